"""Printable boards and tag sheets: PDF at true scale, black squares as vectors, a ruler to check the printer with.

reportlab draws it: BSD licence, kept since 2000, depends on pillow alone besides a table of character sets.
"""

import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from calibration.board import DICTIONARY_NAME, MARKER_MODULES, Board, BoardKind
from edge.errors import CalibrationError
from edge.tags import DICTIONARY as TAG_DICTIONARY
from edge.tags import TAGS_IN_FAMILY

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

PAPERS_WH_MM = {"a4": (210.0, 297.0), "a3": (297.0, 420.0), "letter": (215.9, 279.4)}
TAG_MODULES = 8
RULER_MM = 100
# Printers leave about 5 mm blank; rulers and words lie between the edge and the pattern.
EDGE_MM = 8.0
BAND_MM = 14.0
_MM = 72 / 25.4  # a PDF counts in points
_DEFAULTS = {
    ("charuco", "a4"): "charuco:9x6:27",
    ("charuco", "letter"): "charuco:9x6:27",
    ("charuco", "a3"): "charuco:12x8:31",
    ("chessboard", "a4"): "chessboard:9x6:27",
    ("chessboard", "letter"): "chessboard:9x6:27",
    ("chessboard", "a3"): "chessboard:12x8:31",
    ("tags", "a4"): "tags:60:0-5",
    ("tags", "letter"): "tags:60:0-3",
    ("tags", "a3"): "tags:60:0-11",
}
TAG_FORM = "'tags:SIDE_MM:IDS', IDS such as 0-5 or 3,8,12, SIDE_MM being the side of the black square"
_TAGS = re.compile(r"tags:(\d+(?:\.\d+)?):([\d,-]+)", re.ASCII)
_RANGE = re.compile(r"(\d{1,4})(?:-(\d{1,4}))?", re.ASCII)

# Left, top, width, height in mm from the top left of what is drawn.
Rect = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class TagSheet:
    """AprilTags 36h11 `ids`, black squares of `side_mm`. Raises `CalibrationError` for ids that repeat or are none."""

    side_mm: float
    ids: tuple[int, ...]

    def __post_init__(self) -> None:
        repeated = sorted(number for number, count in Counter(self.ids).items() if count > 1)
        if repeated:
            raise CalibrationError(
                f"every tag on a wall needs an id of its own; there more than once: {', '.join(map(str, repeated))}"
            )
        if not self.ids or max(self.ids) >= TAGS_IN_FAMILY:
            raise CalibrationError(f"AprilTag 36h11 has the ids 0 to {TAGS_IN_FAMILY - 1}; got {self.ids}")
        if self.side_mm < 5:
            raise CalibrationError(f"a tag's side is at least 5 mm; got {self.side_mm:g} mm")

    def __str__(self) -> str:
        return f"tags:{self.side_mm:g}:{','.join(map(str, self.ids))}"


def default_target(kind: str, paper: str) -> str:
    """What `kind` alone ('charuco', 'chessboard', 'tags') means on a paper: as large as fits."""
    return _DEFAULTS[kind, paper]


def parse_tags(text: str) -> TagSheet:
    """`text` as in `TAG_FORM`. Raises `CalibrationError`."""
    match = _TAGS.fullmatch(text)
    spans = [_RANGE.fullmatch(part) for part in match[2].split(",")] if match else []
    if match is None or None in spans:
        raise CalibrationError(f"a tag sheet is {TAG_FORM}; got '{text}'")
    ids = [i for span in spans if span for i in range(int(span[1]), int(span[2] or span[1]) + 1)]
    return TagSheet(side_mm=float(match[1]), ids=tuple(ids))


def board_pdf(board: Board, paper: str) -> bytes:
    """One page. Raises `CalibrationError` where the board does not fit."""
    page_wh = _turned(PAPERS_WH_MM[paper], board.size_wh_mm)
    _check_fits_page(board.size_wh_mm, page_wh, str(board), paper)
    pdf, canvas = _canvas(page_wh)
    left, top = ((page - size) / 2 for page, size in zip(page_wh, board.size_wh_mm, strict=True))
    _fill(canvas, page_wh, (left, top), list(_board_rects(board)))
    dictionary = f", markers {DICTIONARY_NAME}" if board.kind is BoardKind.CHARUCO else ""
    _furnish(canvas, page_wh, f"hairline calibrate camera SOURCE --board {board}{dictionary}")
    canvas.save()
    return pdf.getvalue()


def tags_pdf(sheet: TagSheet, paper: str) -> bytes:
    """As many pages as the tags need. Raises `CalibrationError` where not even one fits."""
    page_wh = PAPERS_WH_MM[paper]
    # A white module around a tag belongs to it; below it stands its number.
    pitch_wh = sheet.side_mm * (1 + 2 / TAG_MODULES) + 4, sheet.side_mm * (1 + 2 / TAG_MODULES) + 8
    _check_fits_page(pitch_wh, page_wh, f"a tag of {sheet.side_mm:g} mm", paper)
    cols, rows = (
        int((page - 2 * EDGE_MM - 2 * BAND_MM) / pitch) for page, pitch in zip(page_wh, pitch_wh, strict=True)
    )
    pdf, canvas = _canvas(page_wh)
    for start in range(0, len(sheet.ids), cols * rows):
        for place, number in enumerate(sheet.ids[start : start + cols * rows]):
            row, col = divmod(place, cols)
            left, top = EDGE_MM + BAND_MM + col * pitch_wh[0] + 2, EDGE_MM + BAND_MM + row * pitch_wh[1] + 2
            module = sheet.side_mm / TAG_MODULES
            _fill(canvas, page_wh, (left + module, top + module), list(_tag_rects(number, sheet.side_mm)))
            words = f"36h11  id {number}  {sheet.side_mm:g} mm"
            canvas.drawString((left + module) * _MM, (page_wh[1] - top - pitch_wh[1] + 6) * _MM, words)
        _furnish(
            canvas,
            page_wh,
            f"AprilTag 36h11, side of the black square {sheet.side_mm:g} mm: --scale tag:{sheet.side_mm:g}:SD",
        )
        canvas.showPage()
    canvas.save()
    return pdf.getvalue()


def _board_rects(board: Board) -> Iterator[Rect]:
    cols, rows = board.squares_wh
    side = board.square_mm
    if board.kind is BoardKind.CHESSBOARD:
        yield from ((c * side, r * side, side, side) for r in range(rows) for c in range(cols) if (r + c) % 2 == 0)
        return
    described = board.opencv()
    # OpenCV says where the markers are; the other squares are black.
    corners = [corner[0] for corner in described.getObjPoints()]
    white = {(int(y / side), int(x / side)) for x, y, _ in corners}
    yield from ((c * side, r * side, side, side) for r in range(rows) for c in range(cols) if (r, c) not in white)
    dictionary = described.getDictionary()
    for number, (x, y, _) in zip(np.ravel(described.getIds()), corners, strict=True):
        image = cv2.aruco.generateImageMarker(dictionary, int(number), MARKER_MODULES)
        yield from _module_rects(image, board.marker_mm / MARKER_MODULES, float(x), float(y))


def _tag_rects(number: int, side_mm: float) -> Iterator[Rect]:
    dictionary = cv2.aruco.getPredefinedDictionary(TAG_DICTIONARY)
    image = cv2.aruco.generateImageMarker(dictionary, number, TAG_MODULES)
    return _module_rects(image, side_mm / TAG_MODULES, 0.0, 0.0)


def _module_rects(image: npt.NDArray[np.uint8], module_mm: float, left: float, top: float) -> Iterator[Rect]:
    """A rectangle a run of black modules in a row: fewer seams than one a module."""
    for row, values in enumerate(image):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], (values == 0).astype(np.int8), [0]])))
        for begin, end in edges.reshape(-1, 2):
            yield left + begin * module_mm, top + row * module_mm, (end - begin) * module_mm, module_mm


def _canvas(page_wh: tuple[float, float]) -> tuple[io.BytesIO, "Canvas"]:
    from reportlab.pdfgen.canvas import Canvas

    pdf = io.BytesIO()
    # invariant: the same board gives the same bytes.
    canvas = Canvas(pdf, pagesize=(page_wh[0] * _MM, page_wh[1] * _MM), invariant=1)
    canvas.setTitle("Hairline calibration target")
    # Asks the reader's print dialogue not to fit the page to the paper.
    canvas.setViewerPreference("PrintScaling", "None")
    canvas.setFont("Helvetica", 8)
    return pdf, canvas


def _fill(canvas: "Canvas", page_wh: tuple[float, float], at: tuple[float, float], rects: Sequence[Rect]) -> None:
    """One path, so that no hair of white shows where two rectangles meet."""
    path = canvas.beginPath()
    for left, top, width, height in rects:
        path.rect((at[0] + left) * _MM, (page_wh[1] - at[1] - top - height) * _MM, width * _MM, height * _MM)
    canvas.drawPath(path, stroke=0, fill=1)


def _furnish(canvas: "Canvas", page_wh: tuple[float, float], words: str) -> None:
    """A ruler along the bottom, one along the left, and what the sheet is."""
    canvas.setLineWidth(0.2 * _MM)
    for mm in range(RULER_MM + 1):
        tick = 4.0 if mm % 10 == 0 else 2.5 if mm % 5 == 0 else 1.5
        x, y = EDGE_MM + BAND_MM + mm, EDGE_MM + BAND_MM + mm
        canvas.line(x * _MM, EDGE_MM * _MM, x * _MM, (EDGE_MM + tick) * _MM)
        canvas.line(EDGE_MM * _MM, y * _MM, (EDGE_MM + tick) * _MM, y * _MM)
    start, end = (EDGE_MM + BAND_MM) * _MM, (EDGE_MM + BAND_MM + RULER_MM) * _MM
    canvas.line(start, EDGE_MM * _MM, end, EDGE_MM * _MM)
    canvas.line(EDGE_MM * _MM, start, EDGE_MM * _MM, end)
    canvas.drawString(end + 2 * _MM, EDGE_MM * _MM, f"{RULER_MM} mm")
    canvas.drawString(EDGE_MM * _MM, end + 2 * _MM, f"{RULER_MM} mm")
    check = f"Print at 100 %: both rulers must measure {RULER_MM} mm. Glue it to something flat and stiff."
    canvas.drawString(start, (EDGE_MM + 9) * _MM, check)
    canvas.drawString(start, (EDGE_MM + 5.5) * _MM, words)


def _turned(paper_wh: tuple[float, float], size_wh: tuple[float, float]) -> tuple[float, float]:
    """The paper as the pattern lies."""
    return paper_wh if size_wh[0] <= size_wh[1] else (paper_wh[1], paper_wh[0])


def _check_fits_page(size_wh: tuple[float, float], page_wh: tuple[float, float], what: str, paper: str) -> None:
    room = page_wh[0] - 2 * (EDGE_MM + 6), page_wh[1] - 2 * (EDGE_MM + BAND_MM)
    if size_wh[0] > room[0] or size_wh[1] > room[1]:
        raise CalibrationError(
            f"a target must fit its paper with room for the rulers; '{what}' needs {size_wh[0]:g} x {size_wh[1]:g} mm "
            f"and {paper} leaves {room[0]:g} x {room[1]:g} mm: fewer or smaller squares, or a larger paper"
        )
