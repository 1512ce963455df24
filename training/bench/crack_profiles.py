"""Grey profiles across the cracks of photographs: how wide, how dark, how soft.

A profile is fitted with the picture of a slit: concrete, less a box of light as wide as the crack, blurred by a
Gaussian. The blur is that of lens and demosaicing, and of edges that broke away.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares
from scipy.special import erf

from edge.frame import U8Image
from training.datasets.derived_masks import Mask

F64 = npt.NDArray[np.float64]

PROFILES_A_PICTURE = 10
STEP_PX = 0.5
AVERAGED_PX = (-2, -1, 0, 1, 2)  # along the crack: their mean is one profile
LEAST_EXPLAINED = 0.8  # of a profile's variance, else it is no slit
MOST_BEND = 0.3  # the second singular value of the centreline nearby over its first
ROBUST_LEVELS = 6.0  # residuals above count less: pores and sand beside the crack


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One fit: `depth` is the share of light that is missing in the middle of the box.

    `noise` is the standard deviation of grey values along the crack's floor over that of the concrete beside it, NaN
    where the floor is too narrow. `depth_bgr` the mean missing share over the floor in each colour.
    """

    at_xy_px: tuple[float, float]
    width_px: float
    sigma_px: float
    depth: float
    noise: float
    depth_bgr: tuple[float, float, float]


def slit(parameters: F64, x: F64) -> F64:
    """Grey values (n,) at `x` (n,) px across: level, slope, depth, centre, width, sigma."""
    level, slope, depth, centre, width, sigma = parameters
    k = math.sqrt(2) * sigma
    box = (erf((x - centre + width / 2) / k) - erf((x - centre - width / 2) / k)) / 2
    return (level + slope * x) * (1 - depth * box)


def profiles(picture: U8Image, mask: Mask, rng: np.random.Generator) -> Iterator[Profile]:
    """Fits at random places of the mask's centreline, `picture` uint8 BGR (h, w, 3), `mask` uint8 (h, w) of 0 and 1."""
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    ridge = (distance >= cv2.dilate(distance, np.ones((3, 3)))) & (distance > 0)
    ys, xs = np.nonzero(ridge)
    for k in rng.permutation(len(xs))[:PROFILES_A_PICTURE]:
        half = float(distance[ys[k], xs[k]])
        near = np.hypot(xs - xs[k], ys - ys[k]) < max(12.0, 2 * half)
        along = _direction(np.stack([xs[near], ys[near]], axis=1).astype(np.float64))
        if along is not None:
            found = _fit(picture, np.array([xs[k], ys[k]], np.float64), along, half)
            if found is not None:
                yield found


def _direction(points: F64) -> F64 | None:
    """The unit vector along points (n, 2), None where they are few or lie on no line."""
    if len(points) < 8:
        return None
    _, size, axes = np.linalg.svd(points - points.mean(axis=0))
    return None if size[1] > MOST_BEND * size[0] else axes[0]


def _fit(picture: U8Image, at: F64, along: F64, half: float) -> Profile | None:
    reach = int(5 * half / 2 + 10)
    x = np.arange(-reach, reach + STEP_PX / 2, STEP_PX)
    bands = _straightened(picture, at, along, x)
    if bands is None:
        return None
    grey = bands.mean(axis=(0, 2))
    start = np.array([np.percentile(grey, 80), 0.0, 0.5, 0.0, 2 * half, 1.0])
    bounds = ([1, -3, 0.02, -reach / 2, 0.3, 0.25], [255, 3, 1, reach / 2, 2 * reach, 12])
    start = np.clip(start, np.array(bounds[0]) * 1.001 + 1e-3, np.array(bounds[1]) * 0.999)
    fit = least_squares(lambda p: slit(p, x) - grey, start, bounds=bounds, loss="soft_l1", f_scale=ROBUST_LEVELS)
    left = slit(fit.x, x) - grey
    if 1 - (left**2).sum() / ((grey - grey.mean()) ** 2).sum() < LEAST_EXPLAINED:
        return None
    _, _, depth, centre, width, sigma = (float(v) for v in fit.x)
    floor, beside = np.abs(x - centre) < width / 4, np.abs(x - centre) > width / 2 + 3 * sigma
    if not floor.any() or not beside.any():
        return None
    missing = 1 - bands[:, floor].mean(axis=(0, 1)) / np.maximum(bands[:, beside].mean(axis=(0, 1)), 1)
    rough = float("nan")
    if width >= 8 and width > 6 * sigma:
        rough = float(bands[:, floor].std(axis=0).mean() / max(bands[:, beside].std(axis=0).mean(), 0.5))
    return Profile(
        at_xy_px=(float(at[0]), float(at[1])),
        width_px=width,
        sigma_px=sigma,
        depth=depth,
        noise=rough,
        depth_bgr=(float(missing[0]), float(missing[1]), float(missing[2])),
    )


def _straightened(picture: U8Image, at: F64, along: F64, x: F64) -> npt.NDArray[np.float32] | None:
    """The picture along the lines of `AVERAGED_PX`, float32 (5, n, 3); None where they leave it."""
    across = np.array([-along[1], along[0]])
    s = np.array(AVERAGED_PX, np.float64)[:, None]
    columns = (at[0] + x * across[0] + s * along[0]).astype(np.float32)
    rows = (at[1] + x * across[1] + s * along[1]).astype(np.float32)
    h, w = picture.shape[:2]
    if min(columns.min(), rows.min()) < 0 or columns.max() > w - 1 or rows.max() > h - 1:
        return None
    return cv2.remap(picture, columns, rows, cv2.INTER_LINEAR).astype(np.float32)
