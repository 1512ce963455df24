"""A crack goes on where its mask does not: followed by its grey levels from the mask's ends.

Step by step, towards the darkest of a fan of short rays, as long as that is darker than the concrete on both sides.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from edge.frame import U8Image
from edge.measure.polyline import F64
from edge.measure.skeleton import Centreline, centrelines
from edge.measure.thinning import BoolImage

Pieces = npt.NDArray[np.int32]

AHEAD_PX = 8
"""How much further than it was followed a course is drawn: `edge.measure.profiles` cuts off what is concrete."""
REACH_PX = 48
"""The furthest that a crack is followed beyond its mask: half a window, of which more would have fired further on."""
_MOST_TURNS = 4  # what was met is joined, until nothing more is met
_STEP_PX = 4
_BESIDE_PX = 2.0  # a piece of the mask this far beside the way was met
_LOOK_BACK_PX = 10.0
_FAN = np.radians(np.arange(-50, 51, 10))
_SIDE_PX = 4  # of concrete that is looked at on either side of a ray
_SURE = 3.0  # standard deviations of a ray's darkness on concrete
_FAINTEST = 0.03
_FADING = 0.5  # what is no darker than so much of the last step is the crack no more


def completed(grey: U8Image, mask: BoolImage) -> list[Centreline]:
    """The courses of a mask, bool (h, w), of a picture, uint8 (h, w): joined over its gaps and followed to their ends.

    Free ends reach `AHEAD_PX` further than the crack could be followed.
    """
    joined = mask.astype(np.uint8)
    for _ in range(_MOST_TURNS):
        lines = centrelines(joined.view(bool))
        pieces = functools.cache(functools.partial(_pieces, joined.copy()))
        found = [_ways(grey, pieces, line) for line in lines]
        ways = [way for both in found for way, _ in both]
        met = np.array([met for both in found for _, met in both], bool) | _meeting(ways)
        if not met.any():
            break
        cv2.polylines(
            joined, [np.rint(way).astype(np.int32) for way, one in zip(ways, met, strict=True) if one], False, 1, 2
        )
    return [_drawn_on(line, *(way for way, _ in both)) for line, both in zip(lines, found, strict=True)]


def _meeting(ways: Sequence[F64]) -> npt.NDArray[np.bool_]:
    """(n,): which of the ways (m, 2) from different ends come together."""
    if not ways:
        return np.zeros(0, bool)
    owner = np.repeat(np.arange(len(ways)), [len(way) for way in ways])
    points = np.concatenate(ways)
    near = np.linalg.norm(points[:, np.newaxis] - points, axis=2) < 2 * _BESIDE_PX
    near &= owner[:, np.newaxis] != owner
    return np.bincount(owner[near.any(axis=1)], minlength=len(ways)) > 0


def _ways(grey: U8Image, pieces: Callable[[], Pieces], line: Centreline) -> list[tuple[F64, bool]]:
    """From the start and from the end of a course: the way on, and whether it met another piece of the mask."""
    ends = (line.points_px, line.points_px[::-1])
    return [
        _followed(grey, pieces, end, line.radius_px) if free else (end[:0], False)
        for end, free in zip(ends, line.free, strict=True)
    ]


def _drawn_on(line: Centreline, before: F64, after: F64) -> Centreline:
    return replace(line, points_px=np.concatenate([before[:0:-1], line.points_px, after[1:]]))


def _followed(grey: U8Image, pieces: Callable[[], Pieces], course: F64, radius_px: float) -> tuple[F64, bool]:
    """The way on, points (n, 2), from the first point of a course (m, 2); whether it met another piece."""
    at = course[0]
    back = at - course[min(round(max(_LOOK_BACK_PX, 2 * radius_px)), len(course) - 1)]
    heading, way = float(np.arctan2(back[1], back[0])), [at]
    before = course[min(2 * AHEAD_PX, len(course) - 1)]
    least = max(_FAINTEST, _FADING * _darkest(grey, before, heading, radius_px)[1])
    for _ in range(REACH_PX // _STEP_PX):
        turn, darkness = _darkest(grey, at, heading, radius_px)
        if darkness < least:
            break
        heading, least = heading + turn, max(_FAINTEST, _FADING * darkness)
        towards = np.array([np.cos(heading), np.sin(heading)])
        step = at + np.arange(1, _STEP_PX + 1)[:, np.newaxis] * towards
        at = step[-1]
        way.append(at)
        beside = _BESIDE_PX * np.array([-towards[1], towards[0]])
        if _labels(pieces(), np.concatenate([step - beside, step, step + beside])) - _labels(pieces(), course) - {0}:
            return np.array(way), True
    ahead = np.arange(1, AHEAD_PX + 1)[:, np.newaxis] * np.array([np.cos(heading), np.sin(heading)])
    return np.concatenate([way, at + ahead]), False


def _pieces(mask: U8Image) -> Pieces:
    """int32 (h, w): of each pixel the number of the piece that it is of, 0 beside them."""
    return np.asarray(cv2.connectedComponents(mask, connectivity=8, ltype=cv2.CV_32S)[1])


def _labels(pieces: Pieces, points: F64) -> set[int]:
    """Of the pieces that points (n, 2) lie on."""
    x, y = np.rint(points).astype(np.intp).T
    within = (x >= 0) & (y >= 0) & (x < pieces.shape[1]) & (y < pieces.shape[0])
    return set(pieces[y[within], x[within]].tolist())


def _darkest(grey: U8Image, at: F64, heading: float, radius_px: float) -> tuple[float, float]:
    """How far to turn towards the darkest ray from a point, and its darkness, 0 where that may be the concrete's grain.

    Each half of a ray is compared with the darker of its two sides: a shadow's edge is no crack.
    """
    half = min(radius_px, 3.0)
    side = half + 1.5 + np.arange(_SIDE_PX)
    across = np.concatenate([-side[::-1], [-0.5, 0.5], side])
    along = np.arange(1.0, AHEAD_PX + 1)
    angles = (heading + _FAN)[:, np.newaxis, np.newaxis]
    x = at[0] + np.cos(angles) * along[:, np.newaxis] - np.sin(angles) * across
    y = at[1] + np.sin(angles) * along[:, np.newaxis] + np.cos(angles) * across
    shape = (len(_FAN), len(along), len(across))
    h, w = grey.shape
    if min(x.min(), y.min()) < 0 or x.max() > w - 1 or y.max() > h - 1:
        return 0.0, 0.0
    flat = (len(_FAN) * len(along), -1)
    light = cv2.remap(
        grey, x.astype(np.float32).reshape(flat), y.astype(np.float32).reshape(flat), cv2.INTER_LINEAR
    ).reshape(shape)
    # (rays, halves): the means of left side, ray and right side.
    left, ray, right = (
        light[..., part].reshape(len(_FAN), 2, -1).mean(axis=2)
        for part in (slice(_SIDE_PX), slice(_SIDE_PX, _SIDE_PX + 2), slice(_SIDE_PX + 2, None))
    )
    concrete = np.maximum(np.minimum(left, right), 1.0)
    darkness = 1 - ray / concrete
    weakest, mean = darkness.min(axis=1), darkness.mean(axis=1)
    best = int((mean - 2 * np.maximum(0, mean / 2 - weakest)).argmax())
    sides = np.concatenate([light[best, :, :_SIDE_PX], light[best, :, _SIDE_PX + 2 :]], axis=1)
    # Of a half's ten samples, which share the grain of neighbours.
    grain = float(np.std(sides)) / float(concrete[best].mean()) / np.sqrt(AHEAD_PX / 2)
    dark = weakest[best] > mean[best] / 2 and mean[best] > _SURE * grain
    return float(_FAN[best]), float(mean[best]) if dark else 0.0
