"""The boards that a camera is calibrated with: what a user calls one, and where its corners and black squares lie."""

import re
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from edge.errors import CalibrationError
from edge.pose import Matrix

DICTIONARY_NAME = "4X4_100"
_DICTIONARY = cv2.aruco.DICT_4X4_100
_MARKERS = 100
# Four bits by four and a black module around them.
MARKER_MODULES = 6
# So that a module of the marker is an eighth of a square.
MARKER_SHARE = 0.75
MAX_SIDE = 40
FORMS = (
    "'charuco:COLSxROWS:SQUARE_MM' (optionally ':MARKER_MM') or 'chessboard:COLSxROWS:SQUARE_MM', counting squares; "
    "`hairline calibrate target` prints it on the sheet"
)

_TEXT = re.compile(r"(charuco|chessboard):(\d{1,3})x(\d{1,3}):(\d+(?:\.\d+)?)(?::(\d+(?:\.\d+)?))?", re.ASCII)


class BoardKind(StrEnum):
    """`charuco`: a chessboard with a marker in every white square, which may be seen in part."""

    CHARUCO = "charuco"
    CHESSBOARD = "chessboard"


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """`squares_wh` counts squares, the corners between them are one fewer each way. `marker_mm` is 0 on a chessboard.

    Raises `CalibrationError` for a board that cannot be.
    """

    kind: BoardKind
    squares_wh: tuple[int, int]
    square_mm: float
    marker_mm: float = 0.0

    def __post_init__(self) -> None:
        cols, rows = self.squares_wh
        if min(cols, rows) < 3 or max(cols, rows) > MAX_SIDE or self.square_mm <= 0:
            raise CalibrationError(f"a board has 3 to {MAX_SIDE} squares each way, above 0 mm; got '{self}'")
        if self.kind is BoardKind.CHARUCO and not 0.3 * self.square_mm <= self.marker_mm <= 0.9 * self.square_mm:
            raise CalibrationError(f"a marker's side is 0.3 to 0.9 of its square's; got '{self}'")
        if self.kind is BoardKind.CHARUCO and cols * rows // 2 > _MARKERS:
            raise CalibrationError(
                f"a ChArUco board needs a marker of its own in every white square, and there are {_MARKERS}; '{self}' "
                f"has {cols * rows // 2}"
            )

    def __str__(self) -> str:
        cols, rows = self.squares_wh
        marker = f":{self.marker_mm:g}" if self.marker_mm else ""
        return f"{self.kind}:{cols}x{rows}:{self.square_mm:g}{marker}"

    @property
    def corners_wh(self) -> tuple[int, int]:
        """How many inner corners lie side by side and one above the other."""
        return self.squares_wh[0] - 1, self.squares_wh[1] - 1

    @property
    def size_wh_mm(self) -> tuple[float, float]:
        """Of all squares together."""
        return self.squares_wh[0] * self.square_mm, self.squares_wh[1] * self.square_mm

    def corners_mm(self) -> Matrix:
        """(n, 3), z = 0, row after row from the board's top left, which is (0, 0); y points down."""
        cols, rows = self.corners_wh
        x, y = np.meshgrid(np.arange(1, cols + 1), np.arange(1, rows + 1))
        on_board = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1)
        return on_board.astype(np.float64) * self.square_mm

    def opencv(self) -> "cv2.aruco.CharucoBoard":
        """OpenCV's description of a ChArUco board. Raises `ValueError` for a chessboard."""
        if self.kind is not BoardKind.CHARUCO:
            raise ValueError(f"only a ChArUco board has markers; '{self}' has none")
        dictionary = cv2.aruco.getPredefinedDictionary(_DICTIONARY)
        return cv2.aruco.CharucoBoard(self.squares_wh, self.square_mm, self.marker_mm, dictionary)


def parse_board(text: str) -> Board:
    """`text` in one of `FORMS`. Raises `CalibrationError`."""
    match = _TEXT.fullmatch(text)
    if match is None or (match[1] == BoardKind.CHESSBOARD and match[5]):
        raise CalibrationError(f"a board is {FORMS}; got '{text}'")
    kind, square_mm = BoardKind(match[1]), float(match[4])
    marker_mm = float(match[5]) if match[5] else MARKER_SHARE * square_mm
    return Board(
        kind=kind,
        squares_wh=(int(match[2]), int(match[3])),
        square_mm=square_mm,
        marker_mm=marker_mm if kind is BoardKind.CHARUCO else 0.0,
    )
