"""Grey-level profiles across a crack: how much darker than the concrete beside it, perpendicular to its course."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from edge.frame import U8Image
from edge.measure.polyline import F64, averaged, evenly, normals, smoothed
from edge.measure.skeleton import Centreline

STEP_PX = 1.0
"""From one profile to the next along the crack."""
POOLED = 5
"""Each profile is the mean over so many, one at every step."""
FLANK_PX = 9
"""How much concrete is looked at on either side."""
_COURSE_SIGMA_PX = 2.0  # over a skeleton's pixel steps
_TEXTURE_PX = 16  # patches of concrete so far apart have little to do with one another
_ROUNDS = 2
_MAX_SHIFT_PX = 2.0
_SMOOTH_PX = (0.5, 12.0)
_SMOOTH_SHARE = 0.12  # of the width: a wide crack's ragged edges are no turns of its course
_GAIN = 1.5  # the window pulls a centre of mass inwards
_NOISY = 5.0  # the course is averaged over (this * noise / depth)² px
_FAINTEST = 0.02  # darkness below which a profile has no middle
_DARKER = 1.2
_LEAST_NOISE = 0.003  # concrete of one grey level, black or blown out, tells nothing of its grain
_END_PX = 5  # the darkness at an end is a mean over so many profiles
_FOLLOWING_PX = 12
_HALF_DARK = 0.5
_END_SURE = 2.0  # standard deviations of one sample of concrete
_END_FAINTEST = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profiles:
    """Profiles of one course, `STEP_PX` apart.

    `points_px` float64 (n, 2): the middle of the crack; `across_px` (m,): where each sample lies, 0 in the middle, one
    pixel apart. `darkness` float64 (n, m): the share of the concrete's light that is missing; each row is the mean
    over `POOLED` of them. `half_px`: samples further out than this are concrete. `noise`: their standard deviation;
    `concrete_sd`: how far, by its texture, the concrete under a crack is off what lies beside it.
    """

    points_px: F64
    across_px: F64
    darkness: F64
    half_px: float
    noise: float
    concrete_sd: float


def profiles_along(grey: U8Image, centreline: Centreline, blur_px: float) -> Profiles:
    """Profiles across a course of a picture, uint8 (h, w), whose blur has about this standard deviation.

    The centreline is moved to the middle of the darkening, so that it does not matter where in the crack, nor how far
    beside it, the mask's border runs.
    """
    points = evenly(smoothed(evenly(centreline.points_px, STEP_PX), _COURSE_SIGMA_PX / STEP_PX), STEP_PX)
    half = 2 * centreline.radius_px + 3 * blur_px
    for _ in range(_ROUNDS):
        found = _sampled(grey, points, half, pooled=1)
        half = min(half, _half_px(found, blur_px))
        points = evenly(points + normals(points) * _middle(found, blur_px)[:, np.newaxis], STEP_PX)
    found = _sampled(grey, points, half)
    first, last = _ends(found, centreline)
    return replace(found, points_px=found.points_px[first:last], darkness=found.darkness[first:last])


def _ends(found: Profiles, centreline: Centreline) -> tuple[int, int]:
    """From and up to which profile there is a crack: at a free end, where its darkness is half of what follows.

    That is where a blurred slit ends. What is as faint as the concrete's grain, or a small share of the course's own
    darkness, is none of it.
    """
    depth = averaged(_core(found.across_px, found.darkness), _END_PX)
    least = max(_END_SURE * found.noise, _END_FAINTEST * float(np.median(depth)))
    cut = [0, 0]
    for i, free in enumerate(centreline.free):
        if free and len(depth) >= 2 * _FOLLOWING_PX:
            along = depth[:: 1 - 2 * i]
            following = np.lib.stride_tricks.sliding_window_view(along, _FOLLOWING_PX)[: len(along) // 2].max(axis=1)
            dark = along[: len(following)] > np.maximum(_HALF_DARK * following, least)
            cut[i] = int(dark.argmax())
    return cut[0], len(depth) - cut[1]


def _sampled(grey: U8Image, points: F64, half_px: float, *, pooled: int = POOLED) -> Profiles:
    reach = math.ceil(half_px) + FLANK_PX
    across = np.arange(-reach, reach + 1, dtype=np.float32)
    (x, y), (out_x, out_y) = (pair.astype(np.float32).T[:, :, np.newaxis] for pair in (points, normals(points)))
    interpolation = cv2.INTER_CUBIC if pooled > 1 else cv2.INTER_LINEAR  # for where the middle is, the faster one does
    border = cv2.BORDER_REFLECT_101
    light = cv2.remap(grey, x + out_x * across, y + out_y * across, interpolation, borderMode=border)
    light = cv2.blur(light.astype(np.float32), (1, pooled), borderType=border)
    left, right = row_medians(light[:, :FLANK_PX]), row_medians(light[:, -FLANK_PX:])
    slope = (right - left) / (2 * reach - FLANK_PX + 1)
    concrete = np.maximum(((left + right) / 2)[:, np.newaxis] + slope[:, np.newaxis] * across, 1)
    darkness = 1 - light / concrete
    flanks = np.concatenate([darkness[::2, :FLANK_PX], darkness[::2, -FLANK_PX:]], axis=1)
    # Shading makes both sides differ too, but slowly.
    change = np.diff((right - left)[:: int(_TEXTURE_PX / STEP_PX)]) if len(points) > _TEXTURE_PX else right - left
    return Profiles(
        points_px=points,
        across_px=across.astype(np.float64),
        darkness=darkness.astype(np.float64),
        half_px=half_px,
        noise=max(_sd(flanks), _LEAST_NOISE),
        concrete_sd=_sd(change) / 2 / float(np.median(concrete)),
    )


def row_medians(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """(n,) of rows (n, m), m odd."""
    return cv2.sort(values, cv2.SORT_EVERY_ROW)[:, values.shape[1] // 2]


def _sd(values: npt.NDArray[np.floating]) -> float:
    """From the median of the deviations: a pore beside the crack is no noise."""
    return float(1.4826 * np.median(np.abs(values)))


def _half_px(found: Profiles, blur_px: float) -> float:
    """How far from the middle even the wider stretches of the crack have ended."""
    return float(np.percentile(_widths_px(found.across_px, found.darkness), 95)) * 0.6 + 3 * blur_px


def _widths_px(across: F64, darkness: F64) -> F64:
    """(n,): about how wide the crack seems: the area of the darkening over its depth."""
    return np.clip(darkness.sum(axis=1) / np.maximum(_core(across, darkness), _FAINTEST), 0, 2 * across[-1])


def _core(across: F64, darkness: F64) -> F64:
    """(n,): how dark the middle is."""
    return np.asarray(darkness[:, np.abs(across) <= 1].mean(axis=1))


def _middle(found: Profiles, blur_px: float) -> F64:
    """How far (n,) the middle of the darkening lies beside the middle of the profiles.

    Its centre of mass under a window as wide as the crack, averaged along the more of the course the less the crack
    stands out from the noise.
    """
    across = found.across_px
    width = float(np.median(_widths_px(across, found.darkness)))
    weights = np.exp(-0.5 * (across / (0.4 * width + blur_px)) ** 2)
    # What is much darker than the crack is a pore at its edge, not its middle.
    darkest = _DARKER * float(np.median(_core(across, found.darkness))) + found.noise
    mass = np.clip(found.darkness, 0, max(darkest, _FAINTEST)) @ np.column_stack([weights, weights * across])
    depth = max(float(np.median(mass[:, 0])) / weights.sum(), _FAINTEST)
    low, high = _SMOOTH_PX
    sigma = np.clip((_NOISY * found.noise / depth) ** 2, max(low, _SMOOTH_SHARE * width), high) / STEP_PX
    total, moment = smoothed(mass, float(sigma)).T
    shift = moment / np.maximum(total, _FAINTEST * weights.sum())
    return np.clip(_GAIN * shift, -_MAX_SHIFT_PX, _MAX_SHIFT_PX)
