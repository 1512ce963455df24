"""What air leaves in cast concrete: many pits below a millimetre, and bug holes of some millimetres."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edge.render.cracks import F32

_SHIFT = 4  # fractional bits of OpenCV's drawing coordinates
_SMALLEST_PIT_MM = 0.12
_LARGEST_PIT_MM = 0.75
_PIT_EXPONENT = 2.7  # the number of pits larger than r falls as r ** -2.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Pores:
    """How many, on average; they come in clouds. Pits are dark dots; holes have a lit and a shaded side."""

    pits_per_cm2: float = 8.0
    holes_per_m2: float = 160.0


def draw_pores(rng: np.random.Generator, grey: F32, *, mm_per_px: float, pores: Pores) -> None:
    """Draws pits and bug holes into `grey`, float32 (h, w) in grey levels, in place."""
    h, w = grey.shape
    area_cm2 = h * w * (mm_per_px / 10) ** 2
    _draw_pits(rng, grey, mm_per_px, rng.poisson(pores.pits_per_cm2 * area_cm2))
    for _ in range(rng.poisson(pores.holes_per_m2 * area_cm2 / 1e4)):
        radius_mm = min(5.0, 0.7 * (1 + rng.pareto(2.2)))
        centre = (rng.uniform(0, w), rng.uniform(0, h))
        depth = float(np.clip(rng.normal(80, 35), 10, 125))
        draw_hole(rng, grey, centre, radius_mm / mm_per_px, depth)


def _draw_pits(rng: np.random.Generator, grey: F32, mm_per_px: float, count: int) -> None:
    h, w = grey.shape
    # Three times as many candidates, thinned by a smooth field: air gathers in clouds.
    candidates = rng.uniform(0, 1, (3 * count, 2)) * (w, h)
    cell_px = 60 / mm_per_px
    density = rng.gamma(1.2, 1.0, (int(h / cell_px) + 3, int(w / cell_px) + 3)).astype(np.float32)
    keep = _sample(density, candidates / cell_px)
    centres = candidates[rng.uniform(0, 3, len(candidates)) < keep]
    radii_mm = _SMALLEST_PIT_MM * rng.uniform(0, 1, len(centres)) ** (-1 / _PIT_EXPONENT)
    radii_px = np.minimum(radii_mm, _LARGEST_PIT_MM) / mm_per_px
    depths = rng.beta(2.0, 2.2, len(centres)) * 165
    fine = radii_px < 0.9
    dark = np.zeros(grey.shape, np.float32)
    _splat(dark, centres[fine], depths[fine] * np.pi * radii_px[fine] ** 2)
    _blobs(rng, dark, centres[~fine], radii_px[~fine], depths[~fine])
    cv2.GaussianBlur(dark, (0, 0), 0.65, dst=dark)
    grey -= np.minimum(dark, 140.0, out=dark)


def _sample(field: F32, at_xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """`field` at points (n, 2), bilinear (cv2.remap takes no more than 32767 points)."""
    low = np.floor(at_xy).astype(int)
    (x, y), part = low.T, at_xy - low
    upper = field[y, x] * (1 - part[:, 0]) + field[y, x + 1] * part[:, 0]
    lower = field[y + 1, x] * (1 - part[:, 0]) + field[y + 1, x + 1] * part[:, 0]
    sampled: npt.NDArray[np.float64] = upper * (1 - part[:, 1]) + lower * part[:, 1]
    return sampled


def _splat(dark: F32, centres: npt.NDArray[np.float64], strength: npt.NDArray[np.float64]) -> None:
    """Pits below a pixel: their darkness times their area, shared among the four nearest pixels."""
    h, w = dark.shape
    low = np.floor(centres).astype(int)
    part = centres - low
    for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
        x, y = np.minimum(low[:, 0] + dx, w - 1), np.minimum(low[:, 1] + dy, h - 1)
        share = np.abs(1 - dx - part[:, 0]) * np.abs(1 - dy - part[:, 1])
        np.add.at(dark, (y, x), (strength * share).astype(np.float32))


def _blobs(
    rng: np.random.Generator,
    dark: F32,
    centres: npt.NDArray[np.float64],
    radii_px: npt.NDArray[np.float64],
    depths: npt.NDArray[np.float64],
) -> None:
    outlines = _outlines(rng, centres, radii_px, corners=14)
    for outline, depth in zip(outlines, depths, strict=True):
        cv2.fillPoly(dark, [outline], float(depth), cv2.LINE_AA, _SHIFT)


def draw_hole(
    rng: np.random.Generator, grey: F32, centre_xy_px: tuple[float, float], radius_px: float, depth: float
) -> None:
    """One bug hole: irregular, its upper wall in shadow, its lower lip lit, as light falls from above."""
    reach = int(2.2 * radius_px) + 4
    left, top = int(centre_xy_px[0]) - reach, int(centre_xy_px[1]) - reach
    size = 2 * reach + 1
    rows = slice(max(top, 0), min(top + size, grey.shape[0]))
    columns = slice(max(left, 0), min(left + size, grey.shape[1]))
    centre = np.array([[centre_xy_px[0] - left, centre_xy_px[1] - top]])
    outline = _outlines(rng, centre, np.array([radius_px]), corners=28)[0]
    mask = np.zeros((size, size), np.float32)
    cv2.fillPoly(mask, [outline], 1.0, cv2.LINE_AA, _SHIFT)
    soft = cv2.GaussianBlur(mask, (0, 0), 0.7)
    drop = max(1.0, 0.35 * radius_px)
    lower = cv2.warpAffine(soft, np.array([[1.0, 0, 0.3 * drop], [0, 1.0, drop]]), (size, size))
    # What the shifted mask does not cover is the wall under the upper edge: the darkest part.
    dark = soft * depth + np.clip(soft - lower, 0, 1) * (0.45 * depth)
    lip = cv2.GaussianBlur(np.clip(lower - soft, 0, 1), (0, 0), max(0.6, 0.12 * radius_px)) * (0.10 * depth)
    patch = (slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left))
    grey[rows, columns] -= (dark - lip)[patch]


def _outlines(
    rng: np.random.Generator,
    centres: npt.NDArray[np.float64],
    radii_px: npt.NDArray[np.float64],
    *,
    corners: int,
) -> npt.NDArray[np.int32]:
    """Blobs: ellipses whose radius wavers with the angle; fixed-point vertices (n, corners, 1, 2)."""
    n = len(centres)
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    waver = np.zeros((n, corners))
    for k in range(2, 6):
        waver += rng.normal(0, 0.3 / k**1.3, (n, 1)) * np.cos(k * angles + rng.uniform(0, 2 * np.pi, (n, 1)))
    squash, turn = rng.uniform(0.5, 1.0, (n, 1)) ** 0.5, rng.uniform(0, np.pi, (n, 1))
    radius = radii_px[:, None] * np.clip(1 + waver, 0.45, 1.7)
    along, across = radius * np.cos(angles) / squash, radius * np.sin(angles) * squash
    points = np.stack(
        [along * np.cos(turn) - across * np.sin(turn), along * np.sin(turn) + across * np.cos(turn)], axis=2
    )
    fixed: npt.NDArray[np.int32] = np.rint((points + centres[:, None]) * (1 << _SHIFT)).astype(np.int32)
    return fixed[:, :, None, :]
