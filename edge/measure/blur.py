"""What a blurred slit looks like: how wide it seems, how wide it is, and how large the blur is that would show it so.

A crack is taken as a slit of even darkness, blurred by lens, sensor and pixel as by a Gaussian. Its *equivalent width*
is the area of the darkening divided by its depth in the middle: the width itself for a wide crack; more than that for
a fine one, which never reaches its full darkness, and never less than sqrt(2 pi) times the blur.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.measure.polyline import F64
from edge.measure.profiles import POOLED, Profiles

# Widths over blur for which the table is made; beyond, the blur of one edge does not reach the other.
_WIDEST = 40.0
_STEPS = 2000
MODEL_SD = 0.07
"""Of the logarithm of a blur that was found in a crack: no crack is a slit of one width with straight edges."""
_GRID = 17
_SPREAD = 2.5  # blurs up to so many standard deviations from the stated one are tried
_MAX_WINDOWS = 96
_CORRELATED = 4.0  # neighbouring samples share grain and interpolation
WITHIN_PX = 0.5
"""Over how much of the middle the depth of a fine crack is taken, as the sigma of a Gaussian."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blur:
    """The blur of a picture as the standard deviation of a Gaussian, in pixels, and how sure that is.

    `relative_sd` is the standard deviation of its logarithm. The default holds for a camera in focus whose picture was
    not resampled: the pixel's own width gives 0.29, a lens and demosaicing the rest.
    """

    sigma_px: float = 0.75
    relative_sd: float = 0.2

    def __post_init__(self) -> None:
        if not 0.2 <= self.sigma_px <= 20 or not 0 < self.relative_sd <= 1:
            raise ValueError(
                "a blur is 0.2 to 20 px with a relative standard deviation above 0, up to 1; got "
                f"{self.sigma_px} and {self.relative_sd}"
            )


def equivalent_width(width: F64 | float, sigma: F64 | float) -> F64:
    """Of slits of this width under a blur of `sigma`; both in the same unit."""
    ratios, seen = _table()
    ratio = np.asarray(width) / sigma
    return np.where(ratio < _WIDEST, np.interp(ratio, ratios, seen), ratio) * sigma


def true_width(equivalent: F64 | float, sigma: F64 | float) -> F64:
    """The inverse of `equivalent_width`; 0 for what is narrower than the blur itself."""
    ratios, seen = _table()
    ratio = np.asarray(equivalent) / sigma
    return np.where(ratio < _WIDEST, np.interp(ratio, seen, ratios), ratio) * sigma


def depth_of(profiles: F64, across: F64, within: F64 | float) -> F64:
    """Mean darkness (n,) of profiles (n, m) about their middle, weighted by Gaussians of the sigmas `within`.

    It is the depth in the middle under a blur of hypot(blur, within).
    """
    weights = np.exp(-0.5 * (across / np.asarray(within).reshape(-1, 1)) ** 2)
    return (profiles * weights).sum(axis=1) / weights.sum(axis=1)


def seen_blur(courses: Sequence[Profiles], stated: Blur) -> Blur:
    """The blur that best explains the profiles across a crack, given the stated one.

    For every blur on a grid the slit that has the area and depth of a window of profiles is laid over it; the sum of
    squared differences, with the noise of the concrete, gives the grid's probabilities.
    """
    offsets = np.linspace(-_SPREAD, _SPREAD, _GRID) * stated.relative_sd
    log_p = -0.5 * (offsets / stated.relative_sd) ** 2
    for course in courses:
        log_p = log_p + _log_likelihoods(course, stated.sigma_px * np.exp(offsets))
    p = np.exp(log_p - log_p.max())
    p /= p.sum()
    mean = float((p * offsets).sum())
    sd = math.sqrt(float((p * (offsets - mean) ** 2).sum()) + MODEL_SD**2)
    return Blur(sigma_px=stated.sigma_px * math.exp(mean), relative_sd=min(sd, stated.relative_sd))


def _log_likelihoods(course: Profiles, sigmas: F64) -> F64:
    """(k,): how well slits under each blur explain the windows of one course."""
    rows = np.arange(POOLED // 2, len(course.darkness) - POOLED // 2, POOLED)
    rows = rows[:: max(1, -(-len(rows) // _MAX_WINDOWS))]
    inside = np.abs(course.across_px) <= course.half_px
    across, seen = course.across_px[inside], course.darkness[rows][:, inside]
    area = seen.sum(axis=1)
    depth = depth_of(seen, across, WITHIN_PX)
    good = depth > 4 * course.noise
    if not good.any():
        return np.zeros(len(sigmas))
    across, seen, area, depth = across, seen[good], area[good], depth[good]
    errors = np.array([_misfit(seen, across, area, depth, sigma) for sigma in sigmas])
    # What no slit explains (a rough edge, a width that changes within the window) counts as noise.
    noise = max(course.noise**2, float(errors.min()))
    return -0.5 * errors * seen.size / (_CORRELATED * noise)


def _misfit(seen: F64, across: F64, area: F64, depth: F64, sigma: float) -> float:
    """Mean squared difference between profiles (n, m) and slits of their area and depth under one blur."""
    width = np.maximum(true_width(area / depth, math.hypot(sigma, WITHIN_PX)), 0.1)[:, np.newaxis]
    steps = _normal((across + width / 2) / sigma) - _normal((across - width / 2) / sigma)
    return float(((area[:, np.newaxis] / width * steps - seen) ** 2).mean())


def _normal(z: F64) -> F64:
    """The cumulative normal distribution, within 1e-4."""
    at, below = _normal_table()
    return np.interp(z, at, below)


@functools.cache
def _normal_table() -> tuple[F64, F64]:
    at = np.linspace(-5, 5, 1001)
    return at, np.array([0.5 + 0.5 * math.erf(z / math.sqrt(2)) for z in at])


@functools.cache
def _table() -> tuple[F64, F64]:
    """Widths and equivalent widths, both over the blur: x / erf(x / sqrt(8)), the slit's area over its depth."""
    ratios = np.linspace(0, _WIDEST, _STEPS + 1)
    seen = [r / math.erf(r / math.sqrt(8)) for r in ratios[1:]]
    return ratios, np.array([math.sqrt(2 * math.pi), *seen])
