"""A board in a picture: which of its corners are seen, and where."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from calibration.board import Board, BoardKind
from edge.frame import U8Image
from edge.pose import Matrix

# Fewer corners than this say little, and four are needed to know how the board is turned.
MIN_CORNERS = 8
# Half a window in which a corner is refined.
_WINDOW_PX = (2, 8)
# It must not reach the next corner, nor a marker's, which pull: this much of a square is free around a corner.
_FREE_SHARE = {BoardKind.CHESSBOARD: 1 / 4, BoardKind.CHARUCO: 1 / 8}
_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-3)
# How far a corner may lie from where a flat board would have it, in squares: a lens's distortion bends less.
_BENT_SQUARES = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sighting:
    """Corners `ids` (n,) of the board, as in `Board.corners_mm`, at `points_px` (n, 2), pixel middles at integers."""

    name: str
    ids: npt.NDArray[np.int64]
    points_px: Matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSeen:
    """Why a picture does not count."""

    name: str
    reason: str


class BoardFinder:
    """Finds one board in pictures."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def find(self, picture: U8Image, *, name: str) -> Sighting | NotSeen:
        """The board's corners in a BGR picture (h, w, 3), or why there are none."""
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        charuco = self._board.kind is BoardKind.CHARUCO
        found = self._charuco(grey) if charuco else self._chessboard(grey)
        if isinstance(found, str):
            return NotSeen(name=name, reason=found)
        ids, rough = found
        free_px = _square_px(self._board, ids, rough) * _FREE_SHARE[self._board.kind]
        points = _refined(grey, rough, free_px)
        if not self._is_flat(ids, points):
            return NotSeen(name=name, reason=f"what is seen is not the board '{self._board}': its corners do not match")
        return Sighting(name=name, ids=ids, points_px=points)

    def _chessboard(self, grey: U8Image) -> tuple[npt.NDArray[np.int64], Matrix] | str:
        flags = cv2.CALIB_CB_ACCURACY | cv2.CALIB_CB_NORMALIZE_IMAGE
        seen, corners = cv2.findChessboardCornersSB(grey, self._board.corners_wh, flags=flags)
        if not seen:
            return f"no whole chessboard of {_times(self._board.squares_wh)} squares is seen (every square must be)"
        return np.arange(len(corners)), corners.reshape(-1, 2).astype(np.float64)

    def _charuco(self, grey: U8Image) -> tuple[npt.NDArray[np.int64], Matrix] | str:
        corners, ids, _, markers = self._detector.detectBoard(grey)
        known = self._board.squares_wh[0] * self._board.squares_wh[1] // 2
        strange = sorted(int(i) for i in ([] if markers is None else markers.ravel()) if i >= known)
        if strange:
            return (
                f"markers {', '.join(map(str, strange[:4]))} are not on the board '{self._board}', which has 0 to "
                f"{known - 1}: the board is another one"
            )
        count = 0 if ids is None else len(ids)
        if count < MIN_CORNERS:
            seen = 0 if markers is None else len(markers)
            if seen >= MIN_CORNERS:
                return f"{seen} markers are seen, yet they do not lie as on the board '{self._board}'"
            return f"{count} corners are seen and {MIN_CORNERS} are needed"
        return ids.ravel().astype(np.int64), corners.reshape(-1, 2).astype(np.float64)

    @cached_property
    def _detector(self) -> "cv2.aruco.CharucoDetector":
        return cv2.aruco.CharucoDetector(self._board.opencv())

    def _is_flat(self, ids: npt.NDArray[np.int64], points: Matrix) -> bool:
        """Whether the corners lie as a flat board's would, but for what a lens bends."""
        on_board = self._board.corners_mm()[ids, :2]
        to_board, _ = cv2.findHomography(points, on_board)
        if to_board is None:
            return False  # all in one line
        off = cv2.perspectiveTransform(points[:, np.newaxis], to_board)[:, 0] - on_board
        return bool(np.abs(off).max() < _BENT_SQUARES * self._board.square_mm)


def _square_px(board: Board, ids: npt.NDArray[np.int64], points: Matrix) -> float:
    """The shortest side of a square in the picture."""
    at = np.full((board.corners_wh[0] * board.corners_wh[1], 2), np.nan)
    at[ids] = points
    grid = at.reshape(board.corners_wh[1], board.corners_wh[0], 2)
    sides = [np.linalg.norm(np.diff(grid, axis=axis), axis=2).ravel() for axis in (0, 1)]
    return float(np.nanmin(np.concatenate([*sides, [1e3]])))


def _refined(grey: U8Image, rough: Matrix, free_px: float) -> Matrix:
    """Corners at the saddles of the grey values. The detectors' own differ by half a pixel in where they count from."""
    half = int(np.clip(free_px, *_WINDOW_PX))
    start = rough.astype(np.float32).reshape(-1, 1, 2)
    return cv2.cornerSubPix(grey, start, (half, half), (-1, -1), _STOP).reshape(-1, 2).astype(np.float64)


def _times(wh: tuple[int, int]) -> str:
    return f"{wh[0]} x {wh[1]}"
