"""What hangs on a wall: wires, which pass for cracks, and AprilTags, whose place is known."""

from dataclasses import dataclass

import cv2
import numpy as np

from edge.frame import U8Image
from edge.render.cracks import F32
from edge.tags import DICTIONARY

_SUPERSAMPLED = 4
_CELLS = 10  # of a tag with its white margin: 6 data, 2 black, 2 white


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A cable along y = y0 + slope * x + sag * (x - middle)² (wall mm, y up), and its shadow below it.

    `grey` is its own mean level, `shadow` the share of light that is missing in the middle of its shadow.
    """

    y0_mm: float
    slope: float
    sag_per_mm: float
    middle_mm: float
    radius_mm: float
    grey: float
    shadow: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WallTag:
    """An AprilTag 36h11 around `centre_mm` (wall x, y up); `side_mm` is that of its black square."""

    id: int
    centre_mm: tuple[float, float]
    side_mm: float


def draw_wire(
    image: U8Image, wire: Wire, *, height_mm: float, mm_per_px: float, corner_xy_px: tuple[int, int] = (0, 0)
) -> None:
    """Draws a wire into a window of a wall `height_mm` high, in place; its first pixel is at `corner_xy_px`."""
    h, w = image.shape[:2]
    x = (np.arange(w) + corner_xy_px[0] + 0.5) * mm_per_px
    middle = wire.y0_mm + wire.slope * x + wire.sag_per_mm * (x - wire.middle_mm) ** 2
    slope = wire.slope + 2 * wire.sag_per_mm * (x - wire.middle_mm)
    square = 1 / np.hypot(1, slope)  # from a vertical distance to that from the wire
    reach = 6 * wire.radius_mm / square.min()
    rows = (height_mm - np.array([middle.max() + reach, middle.min() - reach])) / mm_per_px - 0.5 - corner_xy_px[1]
    top, bottom = max(0, int(rows[0])), min(h, int(rows[1]) + 2)
    if top >= bottom:
        return
    y = height_mm - (np.arange(top, bottom) + corner_xy_px[1] + 0.5) * mm_per_px
    above = ((y[:, None] - middle) * square).astype(np.float32) / np.float32(wire.radius_mm)
    # The shadow of a round cable that lies a little off the wall, the light from above.
    shade = np.float32(wire.shadow) * np.exp(-(((above + 1.4) / 1.1) ** 2))
    body = np.clip((1 - np.abs(above)) * np.float32(wire.radius_mm / mm_per_px) + np.float32(0.5), 0, 1)
    light = np.float32(wire.grey) * (0.75 + 0.35 * np.exp(-(((above - 0.45) / 0.3) ** 2)))
    part = image[top:bottom]
    drawn = part * (1 - shade)[:, :, None]
    drawn += body[:, :, None] * (light[:, :, None] - drawn)
    part[:] = np.clip(np.rint(drawn), 0, 255)


def tag_picture(tag: WallTag, *, corner_xy_px: tuple[int, int], wh_px: tuple[int, int], to_cells: F32) -> F32:
    """Reflectance, float32 (h, w) from 0 to 1, NaN outside of the tag's sheet, of the window at `corner_xy_px`.

    `to_cells`: (2, 2), cell = scale * px + shift for x and y, cells counted from the sheet's top left corner.
    """
    dictionary = cv2.aruco.getPredefinedDictionary(DICTIONARY)
    cells = np.full((_CELLS, _CELLS), 255, np.uint8)
    cells[1:-1, 1:-1] = cv2.aruco.generateImageMarker(dictionary, tag.id, _CELLS - 2)
    fine = (np.arange(_SUPERSAMPLED) + 0.5) / _SUPERSAMPLED - 0.5
    at = [
        np.floor(scale * (np.arange(n)[:, None] + first + fine).ravel() + shift).astype(int)
        for (scale, shift), first, n in zip(to_cells, corner_xy_px, wh_px, strict=True)
    ]
    inside = [(a >= 0) & (a < _CELLS) for a in at]
    columns, rows = (np.clip(a, 0, _CELLS - 1) for a in at)
    levels = np.where(inside[1][:, None] & inside[0], cells[rows[:, None], columns] / np.float32(255), np.nan)
    w, h = wh_px
    return levels.reshape(h, _SUPERSAMPLED, w, _SUPERSAMPLED).mean(axis=(1, 3)).astype(np.float32)


def tag_cells(tag: WallTag, *, height_mm: float, mm_per_px: float) -> F32:
    """`to_cells` of `tag_picture` for the pixels of a wall `height_mm` high."""
    cell_mm = tag.side_mm / (_CELLS - 2)
    left = tag.centre_mm[0] - cell_mm * _CELLS / 2
    top = height_mm - tag.centre_mm[1] - cell_mm * _CELLS / 2
    scale = mm_per_px / cell_mm
    return np.array([[scale, 0.5 * scale - left / cell_mm], [scale, 0.5 * scale - top / cell_mm]])
