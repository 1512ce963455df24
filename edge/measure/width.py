"""How wide a crack is, to a fraction of a pixel, from the profiles across it; with an interval, or "below resolution".

What is measured is the area of the darkening, which blur does not change, and the depth in the middle, which it does.
Which widths these leave, by the model of a blurred slit (`edge.measure.blur`), is asked of every width: of a fine crack
the shape says little, but nothing in a crack is darker than `DARKEST`, so that its area alone bounds it from below.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.measure.blur import WITHIN_PX, Blur, depth_of, equivalent_width, seen_blur, true_width
from edge.measure.measured import Interval, Widths
from edge.measure.polyline import F64, averaged
from edge.measure.profiles import POOLED, STEP_PX, Profiles, row_medians

DARKEST = 0.95
"""The share of the light that a crack takes away at the most."""
FINEST_PX = 0.5
"""A width whose interval reaches below this is no width: less of a pixel than that, and dirt would look like it."""
SLIT_RELATIVE_SD = 0.03
SLIT_SD_PX = 0.15
"""How far rough, sloping edges make a crack other than a slit; set on rendered cracks, as `bench_measure.py` says."""
_MIN_PROFILES = 5
_DEPTH_NOISE = 0.035  # the depth is averaged along the course until its noise is such a share of it
_DEPTH_PX = (18.0, 60.0)
_STEADY_PX = 18.0  # the largest width is one that half of so long a stretch reaches
_LOPSIDED = 0.4  # a profile is left out where one side has so much more of the darkening: a pore, or dirt
_RIM_PX = 2
_OPEN = 0.35  # and where its rim is so dark on one side, as a share of its depth: the crack has no edge there
_SHALLOW = 0.35  # and where it is so much shallower than the crack is: what is wide there is no crack
_UNEVEN = 3.0  # and where what lies beside it is so much rougher than beside the rest: the rim of a hole, or a joint
_ANOTHER = 5.0  # a course so many times as wide as the longest is a hole's rim or a joint
_EXCESS_SD = 0.2  # of how much wider a crack's widest places are: some of that may be pores, or a change of depth
_INDEPENDENT_PX = 50.0  # stretches of a crack so far apart are as wide as they like
_Z = 1.96  # of a 95 % interval
_GRID = 400

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrackWidths:
    """Of every course its widths in pixels, (n,), NaN where none could be taken; and of them all, `of_all`.

    `of_all` is None where the crack is below resolution. `blur` is the one that was found.
    """

    along: tuple[F64, ...]
    of_all: Widths[Interval] | None
    blur: Blur


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    """Of one course, (n,) each: the area of the darkening at each profile, and whether both sides have about as much of
    it; its mean over the stretch about it, and the mean depth there through a window of the sigma `within_px`.

    With the standard deviations that noise gives an area, and the median over the course of the equivalent width.
    """

    area: F64
    even: BoolArray
    mean_area: F64
    mean_depth: F64
    within_px: float
    area_sd: float
    equivalent_sd: float

    def slit_width(self, blur: Blur) -> F64:
        """(n,): how wide a slit of this area and depth is."""
        return true_width(self.mean_area / self.mean_depth, math.hypot(blur.sigma_px, self.within_px))


def crack_widths(courses: Sequence[Profiles], usable: Sequence[BoolArray], stated: Blur) -> CrackWidths:
    """The widths of the courses of one crack; `usable`, (n,) each, says where the profiles see only this course."""
    blur = seen_blur(courses, stated)
    concrete = min(course.noise for course in courses)
    seen = [_seen(course, concrete) for course in courses]
    usable = _of_one_crack(seen, [good & one.even for one, good in zip(seen, usable, strict=True)], blur)
    widths = np.concatenate([one.slit_width(blur)[good] for one, good in zip(seen, usable, strict=True)])
    areas = np.concatenate([one.mean_area[good] for one, good in zip(seen, usable, strict=True)])
    if len(widths) >= _MIN_PROFILES:
        equivalent = float(equivalent_width(float(np.median(widths)), blur.sigma_px))
        median = _interval(float(np.median(areas)), equivalent, seen[0].equivalent_sd, blur)
        if median.low >= FINEST_PX:
            return _resolved(seen, usable, blur, median)
    return CrackWidths(along=tuple(np.full(len(good), np.nan) for good in usable), of_all=None, blur=blur)


def _of_one_crack(seen: Sequence[_Seen], usable: Sequence[BoolArray], blur: Blur) -> list[BoolArray]:
    """Usable without the courses that are so much wider than the longest that they are something else."""
    typical = [
        float(np.median(one.slit_width(blur)[good])) for one, good in zip(seen, usable, strict=True) if good.any()
    ]
    most = _ANOTHER * max(typical[0], 1.0) if typical else 0.0
    return [
        good & (bool(good.any()) and float(np.median(one.slit_width(blur)[good])) <= most)
        for one, good in zip(seen, usable, strict=True)
    ]


def _seen(course: Profiles, concrete: float) -> _Seen:
    """`concrete` is the noise beside the crack where that is least."""
    inside = np.abs(course.across_px) <= course.half_px
    count, noise = int(inside.sum()), course.noise
    area = course.darkness[:, inside].sum(axis=1)
    shallow = max(float(np.median(depth_of(course.darkness, course.across_px, WITHIN_PX))), noise)
    within = max(WITHIN_PX, float(np.median(area)) / shallow / 6)  # a wide crack's floor is more than one pixel
    depth = depth_of(course.darkness, course.across_px, within)
    stretch_px = np.clip(POOLED * STEP_PX * (noise / (_DEPTH_NOISE * shallow)) ** 2, *_DEPTH_PX)
    stretch = int(stretch_px / STEP_PX) // 2 * 2 + 1
    mean_area, mean_depth = (np.maximum(averaged(values, stretch), noise / 2) for values in (area, depth))
    # Neighbouring samples share their grain; what lies under the crack is one patch of concrete.
    area_sd = math.hypot(noise * math.sqrt(2 * count), course.concrete_sd * count)
    lopsided = np.abs(course.darkness[:, inside] @ np.sign(course.across_px[inside]))
    edges = np.flatnonzero(inside)
    rims = np.stack([course.darkness[:, edges[part]].mean(axis=1) for part in (slice(_RIM_PX), slice(-_RIM_PX, None))])
    open_sided = rims.max(axis=0) > np.maximum(_OPEN * depth, 3 * noise)
    beside = row_medians(np.abs(course.darkness[:, ~inside]).astype(np.float32))
    clear = (depth > _SHALLOW * shallow) & ~open_sided & (beside < _UNEVEN * concrete)
    depth_sd = noise / math.sqrt(max(1.0, within))
    relative = math.hypot(area_sd / float(np.median(mean_area)), depth_sd / float(np.median(mean_depth)))
    return _Seen(
        area=np.maximum(area, 0),
        even=(lopsided < np.maximum(_LOPSIDED * mean_area, 3 * area_sd)) & clear,
        mean_area=mean_area,
        mean_depth=mean_depth,
        within_px=within,
        area_sd=area_sd,
        # 1.25: a median is that much less sure than a mean.
        equivalent_sd=1.25
        * relative
        * float(np.median(mean_area / mean_depth))
        / math.sqrt(max(1.0, len(area) / POOLED)),
    )


def _interval(area: float, equivalent: float, equivalent_sd: float, blur: Blur) -> Interval:
    """The width in pixels of what has this area of darkening and seems so wide.

    Its probabilities on a grid: every width is as likely as any on a scale of ratios before it is seen, and any depth
    up to `DARKEST`.
    """
    widths = np.geomspace(FINEST_PX / 10, 2 * equivalent + 1, _GRID)
    seems = equivalent_width(widths, blur.sigma_px)
    step = 0.05
    wider, finer = (equivalent_width(widths, blur.sigma_px * (1 + sign * step)) for sign in (1, -1))
    by_blur = (wider - finer) / (2 * step) * blur.relative_sd
    sd = np.sqrt(equivalent_sd**2 + by_blur**2 + SLIT_SD_PX**2 + (SLIT_RELATIVE_SD * widths) ** 2)
    log_p = -0.5 * ((equivalent - seems) / sd) ** 2 - np.log(sd)
    log_p[:-1][area > DARKEST * widths[:-1]] = -np.inf
    p = np.exp(log_p - log_p.max())
    below = np.cumsum(p)
    low, value, high = np.interp([0.025, 0.5, 0.975], (below - p / 2) / below[-1], widths)
    return Interval(low=float(low), value=float(value), high=float(high))


def _resolved(seen: Sequence[_Seen], usable: Sequence[BoolArray], blur: Blur, median: Interval) -> CrackWidths:
    depths = [_steady_depth(one.mean_area / np.maximum(one.slit_width(blur), median.value / 2)) for one in seen]
    raw = [one.area / depth for one, depth in zip(seen, depths, strict=True)]
    kept = [widths[good] for widths, good in zip(raw, usable, strict=True) if good.any()]
    scale = median.value / max(float(np.median(np.concatenate(kept))), 1e-9)
    widths = scale * np.concatenate(kept)
    noise = math.hypot(scale * seen[0].area_sd / float(np.median(depths[0])), 2 * _DEPTH_NOISE * median.value)
    spread = float(np.std(widths))
    # Noise spreads the widths too: what it adds is taken off the percentiles, which it would drive apart.
    own = math.sqrt(max(0.0, 1 - (noise / max(spread, 1e-9)) ** 2))
    p95 = median.value + own * (float(np.percentile(widths, 95)) - median.value)
    largest = scale * max(float(_steady(one).max()) for one in kept)
    largest = max(p95, median.value + own * (largest - median.value))
    count = len(widths)
    stretches = max(1.0, count * STEP_PX / _INDEPENDENT_PX)
    missed = 1 - count / sum(len(good) for good in usable)
    sampling = own * spread * math.sqrt(missed / stretches)
    depth = float(np.median(depths[0]))

    def of(width: float, sd: float) -> Interval:
        equivalent = float(equivalent_width(width, blur.sigma_px))
        sd = math.hypot(sd, _EXCESS_SD * (width - median.value))
        return _widened(_interval(width * depth, equivalent, seen[0].equivalent_sd, blur), sd)

    by_noise = noise / math.sqrt(stretches)
    wide = _no_less(of(p95, math.hypot(2 * sampling, by_noise)), median.value)
    by_noise = noise / math.sqrt(_STEADY_PX / STEP_PX / POOLED)
    widest = of(largest, math.hypot(2 * sampling, by_noise))
    return CrackWidths(
        along=tuple(np.where(good, scale * one, np.nan) for one, good in zip(raw, usable, strict=True)),
        of_all=Widths(median=_widened(median, 1.25 * sampling), p95=wide, maximum=_no_less(widest, wide.value)),
        blur=blur,
    )


def _no_less(interval: Interval, least: float) -> Interval:
    """Of a width that cannot be less than another of the same crack, each from its own area and depth."""
    value = max(interval.value, least)
    return Interval(low=interval.low, value=value, high=max(interval.high, value))


def _steady(widths: F64) -> F64:
    """Running medians: a pore at the crack's edge is no width of the crack."""
    count = min(len(widths), round(_STEADY_PX / STEP_PX))
    stretches = np.lib.stride_tricks.sliding_window_view(widths, count)[:: max(1, count // 6)]
    return np.median(stretches, axis=1)


def _widened(interval: Interval, sd: float) -> Interval:
    """With another, independent cause of error."""
    value, reach = interval.value, _Z * sd
    low = value - math.hypot(value - interval.low, reach)
    return Interval(low=max(low, 0.0), value=value, high=value + math.hypot(interval.high - value, reach))


def _steady_depth(depth: F64) -> F64:
    """Where the depth all but vanishes, the crack is closed or dusted over, and no wider for that."""
    return np.clip(depth, min(0.5 * float(np.median(depth)), DARKEST), DARKEST)
