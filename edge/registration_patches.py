"""How far patches of one picture lie from their places in another, to a fraction of a pixel, and how sure each is.

B. D. Lucas and T. Kanade, "An iterative image registration technique with an application to stereo vision", IJCAI 1981.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from edge.pose.pose import Matrix
from edge.registration_search import F32, Laid

_ITERATIONS = 10
_STILL_PX = 0.01
_FARTHEST_PX = 4.0
_LEAST_CORRELATION = 0.4
_SMOOTHING_PX = 0.7  # bilinear interpolation of finer detail would be biased
_WEAKEST = 1e-6  # a patch whose structure is that much weaker along one axis shows nothing along it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patches:
    """k patches of the first picture: middle (k, 2), where it lies in the second (k, 2), covariance (k, 2, 2); px."""

    at_px: Matrix
    found_px: Matrix
    covariance: Matrix

    def scaled(self, factor: float) -> "Patches":
        """The same in pixels of a picture that is `factor` times as large, left and top edges being the same."""
        return Patches(
            at_px=(self.at_px + 0.5) * factor - 0.5,
            found_px=(self.found_px + 0.5) * factor - 0.5,
            covariance=self.covariance * factor**2,
        )


def follow(first: Laid, second: Laid, side_px: int, stride_px: int) -> Patches:
    """The patches that could be followed, from where they are; none farther than four pixels. `side_px` is odd."""
    a, b = (cv2.GaussianBlur(laid.contrast, (0, 0), _SMOOTHING_PX) for laid in (first, second))
    slope_y, slope_x = np.gradient(a)
    found = []
    for x, y in _middles(first, second, side_px, stride_px):
        half = side_px // 2
        window = np.s_[y - half : y + half + 1, x - half : x + half + 1]
        slopes = np.stack([slope_x[window].ravel(), slope_y[window].ravel()]).astype(np.float64)
        one = _follow_one(a[window], b, slopes, (x, y))
        if one is not None:
            found.append(((x, y), *one))
    at, to, covariance = zip(*found, strict=True) if found else ((), (), ())
    return Patches(
        at_px=np.array(at, np.float64).reshape(-1, 2),
        found_px=np.array(to).reshape(-1, 2),
        covariance=np.array(covariance).reshape(-1, 2, 2),
    )


def _middles(first: Laid, second: Laid, side_px: int, stride_px: int) -> list[tuple[int, int]]:
    """Of patches that both pictures see whole, with room to move."""
    both = (first.seen & second.seen).astype(np.uint8)
    side = side_px + 2 * int(_FARTHEST_PX)
    whole = cv2.erode(both, np.ones((side, side), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
    rows, columns = np.flatnonzero(whole.any(axis=1)), np.flatnonzero(whole.any(axis=0))
    if not rows.size:
        return []
    return [
        (x, y)
        for y in range(rows[0], rows[-1] + 1, stride_px)
        for x in range(columns[0], columns[-1] + 1, stride_px)
        if whole[y, x]
    ]


def _follow_one(patch: F32, picture: F32, slopes: Matrix, middle: tuple[int, int]) -> tuple[Matrix, Matrix] | None:
    """Where it lies now and the covariance; None where it was lost."""
    structure = slopes @ slopes.T
    low, high = np.linalg.eigvalsh(structure)
    if low <= _WEAKEST * max(high, 1.0):
        return None
    moved = np.zeros(2)
    for _ in range(_ITERATIONS):
        there = cv2.getRectSubPix(picture, patch.shape[::-1], (middle[0] + moved[0], middle[1] + moved[1]))
        off = (there - patch).astype(np.float64)
        step = -np.linalg.solve(structure, slopes @ off.ravel())
        moved += step
        if np.abs(moved).max() > _FARTHEST_PX:
            return None
        if np.abs(step).max() < _STILL_PX:
            break
    else:
        return None
    if np.corrcoef(there.ravel(), patch.ravel())[0, 1] < _LEAST_CORRELATION:
        return None
    return middle + moved, off.var() * _correlated(off) * np.linalg.inv(structure)


def _correlated(off: Matrix) -> float:
    """How many pixels share what is left over: neighbours are alike, so they tell less than their number."""
    power = max(float(off.var()), 1e-12)
    centred = off - off.mean()
    factor = 1.0
    for pairs in (centred[1:] * centred[:-1], centred[:, 1:] * centred[:, :-1]):
        alike = float(np.clip(pairs.mean() / power, 0.0, 0.9))
        factor *= (1 + alike) / (1 - alike)
    return factor
