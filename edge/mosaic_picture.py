"""A mosaic as a PNG file, cracks drawn in by class, with legend and scale bar: written strip by strip."""

import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import cv2
import numpy as np

from edge.errors import SourceError
from edge.frame import U8Image
from edge.mosaic import MAX_SIDE_PX, Mosaic
from edge.pose import Matrix
from edge.scale_bar import INK_BGR, PAPER, draw_scale_bar

Bgr = tuple[int, int, int]

# Okabe and Ito's colours for all kinds of sight, on grey concrete; the last for all further classes.
_COLOURS: tuple[Bgr, ...] = ((0, 94, 213), (0, 159, 230), (178, 114, 0), (115, 158, 0), (167, 121, 204))
_SHIFT = 4  # bits of a pixel's fraction that OpenCV draws with
_STRIP_PX = 1024
_ROWS = 128  # packed at a time
# PNG's filter "Up" (RFC 2083, clause 6.4) and a quick compression: photographs shrink little more at the highest.
_FILTER_UP, _LEVEL = 2, 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnCrack:
    """A crack to draw: courses (n, 2) each in mm on the wall, and the class by which it is coloured."""

    courses_mm: Sequence[Matrix]
    severity: str


def write_mosaic(stream: BinaryIO, mosaic: Mosaic, cracks: Sequence[DrawnCrack] = ()) -> None:
    """Writes a PNG: the mosaic, and below it the classes' colours and a scale bar. Raises as `Mosaic.part`, and
    `SourceError` for a mosaic of more than 30,000 pixels a side: make it coarser."""
    width, height = mosaic.wh
    if max(width, height) > MAX_SIDE_PX:
        raise SourceError(
            f"a picture of a wall has at most {MAX_SIDE_PX} pixels a side; this one, {width} x {height}: "
            "make it coarser, or ask for parts"
        )
    colours = class_colours(cracks)
    legend = _legend(width, colours, mosaic.mm_per_px)
    _write_png(stream, (width, height + len(legend)), _strips(mosaic, cracks, colours, legend))


def class_colours(cracks: Sequence[DrawnCrack]) -> Mapping[str, Bgr]:
    """A colour a class, in the order of the classes' names."""
    names = sorted({crack.severity for crack in cracks})
    return {name: _COLOURS[min(i, len(_COLOURS) - 1)] for i, name in enumerate(names)}


def draw_cracks(
    picture: U8Image,
    left_top_px: tuple[int, int],
    mosaic: Mosaic,
    cracks: Sequence[DrawnCrack],
    colours: Mapping[str, Bgr],
) -> None:
    """Draws cracks into a part of a mosaic (h, w, 3) that begins at `left_top_px`: light lines beside the crack would
    hide it, so they are thin and follow it."""
    pen = max(2, round(min(mosaic.wh) / 1000))
    for crack in cracks:
        lines = [mosaic.to_px(course) - left_top_px for course in crack.courses_mm]
        near = [line for line in lines if _touches(line, picture.shape[1], picture.shape[0], pen)]
        fixed = [np.rint(line * (1 << _SHIFT)).astype(np.int32)[:, None] for line in near]
        cv2.polylines(picture, fixed, False, colours[crack.severity], pen, cv2.LINE_AA, _SHIFT)


def _touches(line: Matrix, width: int, height: int, pen: int) -> bool:
    low, high = line.min(axis=0) - pen, line.max(axis=0) + pen
    return bool((high >= 0).all() and low[0] < width and low[1] < height)


def _strips(
    mosaic: Mosaic, cracks: Sequence[DrawnCrack], colours: Mapping[str, Bgr], legend: U8Image
) -> Iterator[U8Image]:
    top = 0
    for strip in mosaic.strips(_STRIP_PX):
        draw_cracks(strip, (0, top), mosaic, cracks, colours)
        yield strip
        top += len(strip)
    yield legend


def _legend(width: int, colours: Mapping[str, Bgr], mm_per_px: float) -> U8Image:
    size = max(1.0, width / 1600)
    row = round(30 * size)
    legend = np.full(((len(colours) + 2) * row, width, 3), PAPER, np.uint8)
    draw_scale_bar(legend, (row // 2, row // 2), mm_per_px=mm_per_px, most_px=max(1, width // 3), size=size)
    for i, (name, colour) in enumerate(colours.items(), start=2):
        y = i * row
        cv2.line(legend, (row // 2, y), (2 * row, y), colour, max(2, round(3 * size)), cv2.LINE_AA)
        at = (round(2.5 * row), y + round(5 * size))
        cv2.putText(legend, name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5 * size, INK_BGR, max(1, round(size)), cv2.LINE_AA)
    return legend


def _write_png(stream: BinaryIO, wh: tuple[int, int], strips: Iterator[U8Image]) -> None:
    """RFC 2083, 8 bits RGB. Pillow and OpenCV write PNG from a whole picture in memory; this one never is."""
    stream.write(b"\x89PNG\r\n\x1a\n")
    _write_chunk(stream, b"IHDR", struct.pack(">IIBBBBB", *wh, 8, 2, 0, 0, 0))
    packer = zlib.compressobj(_LEVEL)
    above = np.zeros((1, wh[0] * 3), np.uint8)
    for strip in strips:
        for top in range(0, len(strip), _ROWS):
            part = strip[top : top + _ROWS]
            rows = cv2.cvtColor(part, cv2.COLOR_BGR2RGB).reshape(len(part), -1)
            filtered = np.empty((len(rows), rows.shape[1] + 1), np.uint8)
            filtered[:, 0] = _FILTER_UP
            # Modulo 256, as the filter wants it.
            np.subtract(rows, np.concatenate([above, rows[:-1]]), out=filtered[:, 1:])
            above = rows[-1:]
            _write_chunk(stream, b"IDAT", packer.compress(filtered.data))
    _write_chunk(stream, b"IDAT", packer.flush())
    _write_chunk(stream, b"IEND", b"")


def _write_chunk(stream: BinaryIO, kind: bytes, content: bytes) -> None:
    stream.write(struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content)))
