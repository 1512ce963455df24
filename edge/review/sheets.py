"""The parts that the report is put together from."""

import io
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import CondPageBreak, Flowable, Image, LongTable, Paragraph, Table, TableStyle

from edge.errors import SourceError
from edge.review.pictures import FramePicture, Pictures, Size

_INK = colors.HexColor("#1b2126")
_LINE = colors.HexColor("#c9ced3")
_BODY = ParagraphStyle("body", fontName="Helvetica", fontSize=10, leading=14, textColor=_INK, spaceAfter=6)
_CELL = ParagraphStyle("cell", parent=_BODY, fontSize=8.5, leading=11, spaceAfter=0)
_HEAD = ParagraphStyle("head", parent=_CELL, fontName="Helvetica-Bold")
_HEADING = ParagraphStyle("heading", parent=_BODY, fontName="Helvetica-Bold", fontSize=13, leading=17, spaceBefore=10)
_TITLE = ParagraphStyle("title", parent=_HEADING, fontSize=26, leading=32)
PICTURE_WH_MM = (170.0, 120.0)
CELL_MM, COLUMNS = 38.0, 4


def latin(words: str) -> str:
    """Text that the PDF's own fonts can show; other letters become `?`."""
    return words.encode("cp1252", "replace").decode("cp1252")


def title(words: str) -> Flowable:
    return Paragraph(_safe(words), _TITLE)


def heading(words: str) -> Flowable:
    return Paragraph(_safe(words), _HEADING)


def room(high_mm: float) -> Flowable:
    """A new page where less than so much of this one is left: a heading stands on no page alone."""
    return CondPageBreak(high_mm * mm)


def text(words: str) -> Flowable:
    return Paragraph(_safe(words), _BODY)


def small(words: str) -> Flowable:
    return Paragraph(_safe(words), _CELL)


def facts(rows: Mapping[str, str], *, row_mm: float | None = None) -> Flowable:
    """Names and what they are, one below the other."""
    cells = [[Paragraph(_safe(name), _HEAD), Paragraph(_safe(value), _CELL)] for name, value in rows.items()]
    height = None if row_mm is None else [row_mm * mm] * len(cells)
    made = Table(cells, colWidths=[35 * mm, 135 * mm], rowHeights=height, hAlign="LEFT", spaceAfter=10)
    made.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.5, _LINE), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]))
    return made


def signatures(roles: Sequence[str]) -> Flowable:
    """A line for each to sign on, with the date."""
    cells = [[Paragraph(_safe(text), _CELL) for role in roles for text in (f"{role}: name and signature", "date")]]
    made = Table(cells, colWidths=[58 * mm, 27 * mm] * len(roles), rowHeights=[16 * mm], hAlign="LEFT")
    made.setStyle(TableStyle([("LINEABOVE", (0, 0), (-1, -1), 0.8, _INK), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return made


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], widths_mm: Sequence[float]) -> Flowable:
    """A table whose head is repeated on every page."""
    cells = [[Paragraph(_safe(name), _HEAD) for name in columns]]
    cells += [[Paragraph(_safe(value), _CELL) for value in row] for row in rows]
    made = LongTable(cells, colWidths=[width * mm for width in widths_mm], repeatRows=1, hAlign="LEFT", spaceAfter=6)
    made.setStyle(
        TableStyle(
            [
                ("LINEBELOW", (0, 0), (-1, 0), 1, _INK),
                ("LINEBELOW", (0, 1), (-1, -1), 0.4, _LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ]
        )
    )
    return made


def picture(pictures: Pictures, frame: FramePicture | None, n: int) -> Flowable:
    """The `n`th find of a frame as the camera saw it; or why there is no picture."""
    try:
        if frame is None:
            raise SourceError("the log does not know its frame")
        jpeg = pictures.plain(frame, n) if pictures.has_plain(frame, n) else pictures.of_find(frame, n, Size.CROP)
    except SourceError as missing:
        return text(f"No picture: {missing}")
    made = Image(io.BytesIO(jpeg))
    factor = min(PICTURE_WH_MM[0] * mm / made.imageWidth, PICTURE_WH_MM[1] * mm / made.imageHeight)
    made.drawWidth, made.drawHeight = made.imageWidth * factor, made.imageHeight * factor
    made.hAlign, made.spaceAfter = "LEFT", 3 * mm
    return made


def thumbnail(pictures: Pictures, frame: FramePicture | None, n: int) -> bytes | None:
    """JPEG, a square around the `n`th find of a frame; None where there is no picture."""
    try:
        return None if frame is None else pictures.of_find(frame, n, Size.LARGE)
    except SourceError:
        return None


def contact_sheet(cells: Sequence[tuple[bytes | None, str]]) -> Flowable:
    """Small pictures with a word each, four in a row."""
    made = [
        [small("no picture") if jpeg is None else Image(io.BytesIO(jpeg), CELL_MM * mm, CELL_MM * mm), small(words)]
        for jpeg, words in cells
    ]
    made += [[small(""), small("")]] * (-len(made) % COLUMNS)
    rows = [made[i : i + COLUMNS] for i in range(0, len(made), COLUMNS)]
    whole = LongTable(rows, colWidths=[(CELL_MM + 4) * mm] * COLUMNS, hAlign="LEFT")
    whole.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]))
    return whole


def _safe(words: str) -> str:
    """Texts come from outside; reportlab reads markup in them."""
    return escape(latin(words))
