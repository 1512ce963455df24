"""What formwork leaves on a cast wall: joints between its panels and the holes of its ties."""

from collections.abc import Sequence

import cv2
import numpy as np

from edge.frame import U8Image
from edge.render.concrete import octaves
from edge.render.cracks import F32

_REACH_MM = 26.0  # how far a joint changes the concrete beside it


def draw_joint(rng: np.random.Generator, image: U8Image, *, at_px: float, upright: bool, mm_per_px: float) -> None:
    """A joint through the image at row (`upright`: column) `at_px`, in place: groove, fin, dirt along it."""
    across_first = image.transpose(1, 0, 2) if upright else image
    reach = int(_REACH_MM / mm_per_px)
    low, high = max(0, int(at_px) - reach), min(across_first.shape[0], int(at_px) + reach + 1)
    if low >= high:
        return
    length = across_first.shape[1]
    wander_mm = _along(rng, length, mm_per_px, ((300, 0.9), (60, 0.25), (8, 0.10)))
    away_mm = (np.arange(low, high, dtype=np.float32)[:, None] - np.float32(at_px)) * np.float32(mm_per_px) - wander_mm
    # Grout seals a joint in stretches, so the groove's depth comes and goes.
    depth = np.clip(0.34 + _along(rng, length, mm_per_px, ((200, 0.10), (40, 0.08), (6, 0.06))), 0.05, 0.62)
    half_mm = np.clip(0.55 + _along(rng, length, mm_per_px, ((150, 0.15), (10, 0.1))), 0.2, 1.2)
    groove = depth / (1 + np.exp(np.clip((np.abs(away_mm) - half_mm) / 0.12, -30, 30)))
    fin_mm = np.float32(1.7)
    fin = np.clip(0.06 + _along(rng, length, mm_per_px, ((120, 0.05), (12, 0.04))), 0, 0.2)
    light = fin * np.exp(-(((away_mm - fin_mm) / 0.9) ** 2))
    dirt = np.clip(0.05 + _along(rng, length, mm_per_px, ((250, 0.04), (40, 0.03))), 0, 0.2)
    # Slurry leaks to one side more than to the other.
    band = dirt * np.exp(-np.abs(away_mm) / np.where(away_mm > 0, 4.0, 9.0).astype(np.float32))
    factor = (1 - groove) * (1 + light) * (1 - band)
    strip = across_first[low:high]
    strip[:] = np.clip(np.rint(strip * factor[:, :, None]), 0, 255)


def _along(
    rng: np.random.Generator,
    length_px: int,
    mm_per_px: float,
    wavelengths_mm_sd: Sequence[tuple[float, float]],
) -> F32:
    """Smooth noise along a line, float32 (length_px,)."""
    return octaves(rng, (length_px, 4), [(mm / mm_per_px, sd) for mm, sd in wavelengths_mm_sd])[1]


def draw_tie_hole(
    rng: np.random.Generator,
    image: U8Image,
    *,
    centre_xy_px: tuple[float, float],
    radius_mm: float,
    mm_per_px: float,
) -> None:
    """A conical tie hole, its plug set back, in place: lit from above, so dark above and light below."""
    reach = int(2.0 * radius_mm / mm_per_px)
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
