"""Cracks of known course and width, drawn by exact sub-pixel coverage.

A crack is a ribbon: a jagged centreline with a width at every vertex. Its *coverage* is the share of each pixel that
the ribbon fills, so that a hairline narrower than a pixel darkens it only in part, as a lens and sensor would see it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.frame import U8Image

F32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrackPath:
    """`points_xy_px`: float32 (n, 2), pixel centres at integers. `widths_px`: float32 (n,), full width at each.

    `depths`: float32 (n,) in 0..1, how much of what it covers it takes away; None where it takes all.
    """

    points_xy_px: F32
    widths_px: F32
    depths: F32 | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrackStyle:
    """How a crack wanders. Angles in radians per step, `step_px` the mean distance between vertices.

    Concrete cracks run around aggregate: short straight pieces with small kinks (`kink`) over a slow drift
    (`drift`), a width that changes slowly (`width_spread`, log-normal a step), and now and then a branch.
    """

    step_px: float = 3.0
    kink: float = 0.22
    drift: float = 0.04
    width_spread: float = 0.10
    branch_per_step: float = 0.003


def crack_path(
    rng: np.random.Generator,
    *,
    start_xy_px: tuple[float, float],
    heading_rad: float,
    length_px: float,
    width_px: float,
    style: CrackStyle = CrackStyle(),
) -> CrackPath:
    """One unbranched crack from `start_xy_px`, `length_px` along its course, `width_px` its median width."""
    steps = max(2, round(length_px / style.step_px))
    drift = np.cumsum(rng.normal(0.0, style.drift, steps))
    drift -= np.linspace(0.0, drift[-1] * 0.7, steps)  # wander, but do not curl up
    heading = heading_rad + drift + rng.normal(0.0, style.kink, steps)
    stride = rng.uniform(0.5, 1.5, steps) * style.step_px
    course = np.stack([np.cos(heading), np.sin(heading)], axis=1) * stride[:, None]
    points = np.concatenate([[start_xy_px], start_xy_px + np.cumsum(course, axis=0)])
    log_width = np.cumsum(rng.normal(0.0, style.width_spread, steps + 1))
    log_width = np.clip(log_width - np.median(log_width), np.log(0.5), np.log(1.8))
    return CrackPath(
        points_xy_px=points.astype(np.float32), widths_px=(width_px * np.exp(log_width)).astype(np.float32)
    )


def branches(rng: np.random.Generator, trunk: CrackPath, style: CrackStyle) -> list[CrackPath]:
    """Finer cracks that leave `trunk` at 20 to 60 degrees."""
    found = []
    for i in np.flatnonzero(rng.random(len(trunk.points_xy_px) - 1) < style.branch_per_step):
        along = trunk.points_xy_px[i + 1] - trunk.points_xy_px[i]
        turn = rng.uniform(np.radians(20), np.radians(60)) * rng.choice([-1, 1])
        found.append(
            crack_path(
                rng,
                start_xy_px=(float(trunk.points_xy_px[i, 0]), float(trunk.points_xy_px[i, 1])),
                heading_rad=float(np.arctan2(along[1], along[0])) + turn,
                length_px=rng.uniform(0.1, 0.5) * style.step_px * len(trunk.points_xy_px),
                width_px=float(trunk.widths_px[i]) * rng.uniform(0.4, 0.9),
                style=style,
            )
        )
    return found


def coverage(paths: Sequence[CrackPath], wh_px: tuple[int, int], *, origin_xy_px: tuple[float, float] = (0, 0)) -> F32:
    """The share of each pixel that the cracks fill, times their depth: float32 (h, w) in 0..1, of the window at
    `origin_xy_px`.

    A pixel is taken as one pixel wide across the crack, whatever the crack's direction: exact for straight cracks along
    an axis at any sub-pixel position and width, and area-preserving for oblique ones.
    """
    w, h = wh_px
    covered = np.zeros((h, w), np.float32)
    for path in paths:
        points = path.points_xy_px - np.asarray(origin_xy_px, np.float32)
        half = path.widths_px * np.float32(0.5)
        depths = np.ones_like(half) if path.depths is None else path.depths
        for i, box in _segments_within(points, half, wh_px):
            _cover_segment(covered, box, points[i : i + 2], half[i : i + 2], depths[i : i + 2])
    return covered


def _segments_within(points_xy: F32, half: F32, wh_px: tuple[int, int]) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The straight pieces that reach into the window, with the part of it, x0 y0 x1 y1, that each may cover."""
    reach = (np.maximum(half[:-1], half[1:]) + np.float32(1))[:, None]
    low = np.floor(np.minimum(points_xy[:-1], points_xy[1:]) - reach).astype(np.int64).clip(0)
    high = (np.ceil(np.maximum(points_xy[:-1], points_xy[1:]) + reach).astype(np.int64) + 1).clip(max=wh_px)
    for i in np.flatnonzero((low < high).all(axis=1)):
        yield int(i), (*low[i].tolist(), *high[i].tolist())


def _cover_segment(covered: F32, box_xyxy: tuple[int, ...], ends_xy: F32, half: F32, depths: F32) -> None:
    """Adds one straight piece, round at both ends: `ends_xy` (2, 2), its half widths and depths (2,) there."""
    x0, y0, x1, y1 = box_xyxy
    part = covered[y0:y1, x0:x1]
    xs = np.arange(x0, x1, dtype=np.float32) - ends_xy[0, 0]
    ys = np.arange(y0, y1, dtype=np.float32)[:, None] - ends_xy[0, 1]
    dx, dy = (float(v) for v in ends_xy[1] - ends_xy[0])
    along = ((xs * dx + ys * dy) / max(dx * dx + dy * dy, 1e-12)).clip(0, 1)
    away = np.hypot(xs - along * dx, ys - along * dy)
    half_here = half[0] + along * (half[1] - half[0])
    # The overlap of the crack, -half..half, with the pixel, away - 0.5..away + 0.5.
    filled = np.minimum(half_here, away + 0.5) - np.maximum(-half_here, away - 0.5)
    np.maximum(part, np.minimum(filled, 1) * (depths[0] + along * (depths[1] - depths[0])), out=part)


def darken(image: U8Image, covered: F32, *, depth: float, tint_bgr: tuple[float, float, float] = (1, 1, 1)) -> U8Image:
    """`image` with light taken away where it is `covered`: each pixel times (1 - covered * depth * tint).

    `image`: uint8 (h, w, 3). `depth` in 0..1 is how dark a fully covered pixel becomes; `tint_bgr` scales it a channel.
    """
    factor = 1.0 - covered[..., None] * (depth * np.asarray(tint_bgr, np.float32))
    return np.clip(np.rint(image * factor), 0, 255).astype(np.uint8)
