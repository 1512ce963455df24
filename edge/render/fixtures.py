"""What formwork leaves on a cast wall: joints between its panels and the holes of its ties."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from edge.frame import U8Image
from edge.render.concrete import octaves
from edge.render.cracks import F32

CELL_MM = 0.25
_REACH_MM = 26.0  # how far a joint changes the concrete beside it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joint:
    """What changes along a joint: float32 (n,) each, one value every `CELL_MM` of its length."""

    wander_mm: F32
    depth: F32
    half_mm: F32
    fin: F32
    dirt: F32


def joint(rng: np.random.Generator, length_mm: float) -> Joint:
    """A joint as long as the wall is wide or high."""
    n = round(length_mm / CELL_MM)
    return Joint(
        wander_mm=_along(rng, n, ((300, 0.9), (60, 0.25), (8, 0.10))),
        # Grout seals a joint in stretches, so the groove's depth comes and goes.
        depth=np.clip(0.34 + _along(rng, n, ((200, 0.10), (40, 0.08), (6, 0.06))), 0.05, 0.62),
        half_mm=np.clip(0.55 + _along(rng, n, ((150, 0.15), (10, 0.1))), 0.2, 1.2),
        fin=np.clip(0.06 + _along(rng, n, ((120, 0.05), (12, 0.04))), 0, 0.2),
        dirt=np.clip(0.05 + _along(rng, n, ((250, 0.04), (40, 0.03))), 0, 0.2),
    )


def draw_joint(
    image: U8Image,
    joint: Joint,
    *,
    at_px: float,
    upright: bool,
    mm_per_px: float,
    corner_xy_px: tuple[int, int] = (0, 0),
) -> None:
    """A joint at row (`upright`: column) `at_px` of the wall, in place: groove, fin, dirt along it.

    `image` is a window of the wall with its first pixel at `corner_xy_px`.
    """
    across_first = image.transpose(1, 0, 2) if upright else image
    first_along, first_across = corner_xy_px[::-1] if upright else corner_xy_px
    reach = int(_REACH_MM / mm_per_px)
    low = max(0, int(at_px) - reach - first_across)
    high = min(across_first.shape[0], int(at_px) + reach + 1 - first_across)
    if low >= high:
        return
    cells = (np.arange(across_first.shape[1]) + first_along + 0.5) * (mm_per_px / CELL_MM) - 0.5
    at = np.arange(len(joint.depth))
    wander_mm, depth, half_mm, fin, dirt = (
        np.interp(cells, at, curve).astype(np.float32)
        for curve in (joint.wander_mm, joint.depth, joint.half_mm, joint.fin, joint.dirt)
    )
    # Places are those on the wall until the difference is taken, so that every window gives the same values.
    away_mm = ((np.arange(low, high)[:, None] + first_across - at_px) * mm_per_px).astype(np.float32) - wander_mm
    groove = depth / (1 + np.exp(np.clip((np.abs(away_mm) - half_mm) / 0.12, -30, 30)))
    fin_mm = np.float32(1.7)
    light = fin * np.exp(-(((away_mm - fin_mm) / 0.9) ** 2))
    # Slurry leaks to one side more than to the other.
    band = dirt * np.exp(-np.abs(away_mm) / np.where(away_mm > 0, 4.0, 9.0).astype(np.float32))
    factor = (1 - groove) * (1 + light) * (1 - band)
    strip = across_first[low:high]
    strip[:] = np.clip(np.rint(strip * factor[:, :, None]), 0, 255)


def _along(rng: np.random.Generator, cells: int, wavelengths_mm_sd: Sequence[tuple[float, float]]) -> F32:
    """Smooth noise along a line, float32 (cells,)."""
    return octaves(rng, (cells, 4), [(mm / CELL_MM, sd) for mm, sd in wavelengths_mm_sd])[1]


def tie_reach_px(radius_mm: float, mm_per_px: float) -> int:
    """How far from its centre a tie hole changes the picture."""
    return int(2.0 * radius_mm / mm_per_px)


def draw_tie_hole(
    rng: np.random.Generator,
    image: U8Image,
    *,
    centre_xy_px: tuple[float, float],
    radius_mm: float,
    mm_per_px: float,
) -> None:
    """A conical tie hole, its plug set back, in place: lit from above, so dark above and light below."""
    reach = tie_reach_px(radius_mm, mm_per_px)
    h, w = image.shape[:2]
    left, top = int(centre_xy_px[0]) - reach, int(centre_xy_px[1]) - reach
    rows, columns = slice(max(top, 0), min(top + 2 * reach, h)), slice(max(left, 0), min(left + 2 * reach, w))
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return
    ys, xs = np.mgrid[rows, columns].astype(np.float32)
    size = xs.shape[1], xs.shape[0]
    x = (xs - centre_xy_px[0]) * (mm_per_px / radius_mm)
    y = (ys - centre_xy_px[1]) * (mm_per_px / radius_mm)
    ragged = octaves(rng, size, [(14 / mm_per_px, 0.018), (3 / mm_per_px, 0.006)])
    far = np.hypot(x, y) + ragged
    edge = mm_per_px / radius_mm
    hole = _inside(far, 1.0, edge)
    plug = _inside(np.hypot(x - 0.03, (y + 0.10)) + 0.5 * ragged, 0.74, edge)
    wall_tone = 0.80 + 0.28 * np.clip(y / np.maximum(far, 0.2), -1, 1)
    plug_tone = np.clip(0.60 + 0.22 * (y + 0.74), 0.48, 0.80) + octaves(rng, size, [(7 / mm_per_px, 0.03)])
    cast = _inside(np.hypot(x, y - 0.30) + 2 * ragged, 1.0, 0.22)  # the upper rim's shadow reaches down over the plug
    tone = (wall_tone + (plug_tone - wall_tone) * plug) * (0.62 + 0.38 * cast)
    chipped = np.clip(1 - np.abs(far - 1.05) / 0.06, 0, 1) * np.clip(0.03 + 2.5 * ragged, 0, 0.10)
    halo = 1 - 0.05 * np.exp(-np.clip(far - 1, 0, None) * 3)
    factor = (halo + chipped) * (1 - hole) + tone * hole
    patch = image[rows, columns].astype(np.float32)
    # The cone was cast against plastic: smoother than the face.
    smooth = cv2.GaussianBlur(patch, (0, 0), 1.6 * 0.25 / mm_per_px)
    patch += (0.5 * hole)[:, :, None] * (smooth - patch)
    image[rows, columns] = np.clip(np.rint(patch * factor[:, :, None]), 0, 255)


def _inside(distance: F32, radius: float, softness: float) -> F32:
    """1 within `radius`, 0 beyond, with a soft edge."""
    within: F32 = np.clip((radius - distance) / np.float32(softness) + 0.5, 0, 1).astype(np.float32)
    return within
