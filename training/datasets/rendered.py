"""Training pictures whose truth is known: cracks rendered onto real uncracked concrete.

A crack that we draw ourselves has a known place, so every window can be supervised. The pictures drawn upon come from
the training side of the split only.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edge.frame import U8Image
from edge.render.cracks import F32, CrackPath, CrackStyle, branches, coverage, crack_path, darken

MIN_LENGTH_PX = 24  # a window with less crack than this is not used as an example of one
CELL_PX, CELL_LENGTH_PX = 8, 3  # the same of the small squares that are supervised as well
CELL_MARGIN_PX = 2  # a crack that runs so close beside a cell leaves its label open
SPREAD_PX = 0.35  # by how much demosaicing and JPEG widen what a photograph shows of a hairline
NARROWEST_PX, NARROWEST_FAINT_PX = 0.7, 0.35
LEAST_FADING, LEAST_FAINT_FADING = 0.3, 0.12
FAINTEST = 0.10  # depth times width (up to one pixel) below which a rendered crack teaches nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowTargets:
    """Labels of the windows of one picture: float32 (rows, cols) each; weight 0 where the label is not known."""

    label: F32
    weight: F32


def render_crack(
    rng: np.random.Generator, image: U8Image, *, faint: bool = False
) -> tuple[U8Image, F32, npt.NDArray[np.uint8], float]:
    """A crack on `image` (h, w, 3): the picture, its coverage (h, w), its centreline (h, w; 0 or 1), its visibility.

    `faint`: it may be as narrow, and in stretches as pale, as the hairlines of walls.
    """
    h, w = image.shape[:2]
    narrowest_px = NARROWEST_FAINT_PX if faint else NARROWEST_PX
    width_px = float(np.exp(rng.uniform(np.log(narrowest_px), np.log(9.0))))
    style = CrackStyle(
        step_px=rng.uniform(2.0, 5.0),
        kink=rng.uniform(0.08, 0.45),
        drift=rng.uniform(0.01, 0.08),
        width_spread=rng.uniform(0.03, 0.16),
        branch_per_step=rng.choice([0.0, 0.0, 0.01]),
    )
    paths = _across(rng, (w, h), width_px + SPREAD_PX, style)
    covered = coverage(paths, (w, h))
    centreline = np.zeros((h, w), np.uint8)
    for path in paths:
        cv2.polylines(centreline, [np.rint(path.points_xy_px).astype(np.int32)], isClosed=False, color=1)
    # A wide crack is deep, and what is deep is dark; only a fine one can be faint.
    depth = rng.uniform(0.18 + 0.06 * min(width_px, 6.0), 0.9)
    # Out of focus, or with edges broken away: a wide crack need not have a sharp edge.
    sigma = rng.uniform(0.4, 1.1 + 0.25 * width_px)
    softened = cv2.GaussianBlur(covered, (0, 0), sigma) * _fading(rng, (w, h), faint=faint)
    tint = tuple(float(v) for v in np.clip(rng.normal(1.0, 0.06, 3), 0.7, 1.15))
    picture = darken(image, softened.astype(np.float32), depth=depth, tint_bgr=(tint[0], tint[1], tint[2]))
    return picture, covered, centreline, depth * min(1.0, width_px)


def _across(rng: np.random.Generator, wh_px: tuple[int, int], width_px: float, style: CrackStyle) -> list[CrackPath]:
    """A crack through a random point, both ways, mostly leaving the picture; sometimes ending in it."""
    start = (rng.uniform(0, wh_px[0]), rng.uniform(0, wh_px[1]))
    heading = rng.uniform(0, 2 * np.pi)
    paths = []
    for turn in (0.0, np.pi):
        length = rng.uniform(20, 120) if rng.random() < 0.12 else 1.5 * max(wh_px)
        trunk = crack_path(
            rng,
            start_xy_px=start,
            heading_rad=heading + turn,
            length_px=length,
            width_px=width_px,
            style=style,
        )
        paths += [trunk, *branches(rng, trunk, style)]
    return paths


def _fading(rng: np.random.Generator, wh_px: tuple[int, int], *, faint: bool) -> F32 | float:
    """Real cracks are faint in stretches: a smooth factor over the picture, (h, w), at most 1."""
    if rng.random() < 0.5:
        return 1.0
    cells = int(rng.integers(4, 12)) if faint else 5
    least = LEAST_FAINT_FADING if faint else LEAST_FADING
    coarse = rng.uniform(least + 0.05, 1.4, (cells, cells)).astype(np.float32)
    return np.minimum(cv2.resize(coarse, wh_px, interpolation=cv2.INTER_CUBIC), 1.0).clip(least, 1.0)


def cell_targets(
    covered: F32, centreline: npt.NDArray[np.uint8], *, first_px: int, side: int, visible: bool = True
) -> WindowTargets:
    """Which of `side` x `side` cells of `CELL_PX`, from (`first_px`, `first_px`) on, hold a crack.

    Else as `window_targets`, but that a crack beside a cell leaves its label open too.
    """
    around = np.ones((2 * CELL_MARGIN_PX + 1,) * 2, np.uint8)
    inside = (slice(first_px, first_px + side * CELL_PX),) * 2
    return window_targets(
        cv2.dilate(covered, around)[inside],
        centreline[inside],
        tile_px=CELL_PX,
        stride_px=CELL_PX,
        visible=visible,
        least_px=CELL_LENGTH_PX,
    )


def window_targets(
    covered: F32,
    centreline: npt.NDArray[np.uint8],
    *,
    tile_px: int,
    stride_px: int,
    visible: bool = True,
    least_px: int = MIN_LENGTH_PX,
) -> WindowTargets:
    """Which windows hold a crack: at least `least_px` of centreline is a yes, none of its body a no.

    Between the two, and wherever the crack is too faint to see (`visible` False), the window is left out.
    """
    length = _window_sums(centreline.astype(np.float32), tile_px, stride_px)
    body = _window_sums((covered > 0.02).astype(np.float32), tile_px, stride_px)
    label = (length >= least_px).astype(np.float32)
    known = (body == 0) | ((label == 1) & visible)
    return WindowTargets(label=label, weight=known.astype(np.float32))


def _window_sums(values: F32, tile_px: int, stride_px: int) -> F32:
    total = cv2.integral(values)
    high = total[tile_px::stride_px], total[:-tile_px:stride_px]
    sums = (high[0] - high[1])[:, tile_px::stride_px] - (high[0] - high[1])[:, :-tile_px:stride_px]
    return np.rint(sums).astype(np.float32)
