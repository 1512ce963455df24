"""Endless concrete from a few pictures of it: any window, the same whatever windows are asked for.

Patches are laid in a grid, each cut out of one of the pictures at a place that only the seed and the cell decide, and
blended along ragged seams. Where they overlap, weights keep the variance, so that seams are not smoother than the rest
(Heitz and Neyret, "High-Performance By-Example Noise using a Histogram-Preserving Blending Operator", 2018, 3.2).
"""

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from edge.frame import U8Image
from edge.render.concrete import octaves
from edge.render.cracks import F32

SEAM_PX = 48  # how far neighbouring patches overlap
_SMOOTH_SHARE = 8  # a picture's tones of more than this part of its side are its light, not its concrete
_MASKS = 12
_HUGE = 1 << 30


class Patchwork:
    """Patches from `pictures`, uint8 BGR (n, s, s, 3): what is brighter or darker there than around it.

    `tint_bgr` is the mean colour of the pictures. Raises `ValueError` for pictures smaller than two seams.
    """

    def __init__(self, pictures: U8Image, *, seed: int, mirrored: bool = True) -> None:
        if pictures.ndim != 4 or pictures.shape[0] < 1 or pictures.shape[1] < 2 * SEAM_PX:
            raise ValueError(f"a patchwork needs pictures (n, s, s, 3) of s >= {2 * SEAM_PX}; got {pictures.shape}")
        self._side = int(pictures.shape[1])
        self._seed = seed
        self._pitch = self._side - SEAM_PX
        self._mirrors = 2 if mirrored else 1
        self.tint_bgr: F32 = pictures.mean(axis=(0, 1, 2)).astype(np.float32)
        self._details = np.stack([_detail(picture) for picture in pictures])
        self._masks = _masks(np.random.default_rng((seed, 0)), self._side)

    def window(self, left_px: int, top_px: int, wh_px: tuple[int, int]) -> F32:
        """float32 (h, w, 3) about 0: grey levels above or below the mean. Coordinates may be negative."""
        w, h = wh_px
        total = np.zeros((h, w, 3), np.float32)
        weight = np.zeros((h, w), np.float32)
        for x, y, detail, mask in self._patches(left_px, top_px, wh_px):
            rows = slice(max(y, 0), min(y + self._side, h))
            columns = slice(max(x, 0), min(x + self._side, w))
            part = slice(rows.start - y, rows.stop - y), slice(columns.start - x, columns.stop - x)
            m = mask[part]
            total[rows, columns] += detail[part] * m[:, :, None]
            weight[rows, columns] += m * m
        total /= np.sqrt(weight, out=weight)[:, :, None]
        return total

    def _patches(self, left: int, top: int, wh_px: tuple[int, int]) -> Iterator[tuple[int, int, F32, F32]]:
        """Corner in the window, picture and mask of every patch that reaches into the window, row by row."""
        p, s = self._pitch, self._side
        for row in range((top - s) // p + 1, (top + wh_px[1] - 1) // p + 1):
            for column in range((left - s) // p + 1, (left + wh_px[0] - 1) // p + 1):
                rng = np.random.default_rng((self._seed, 1, row % _HUGE, column % _HUGE))
                picture, mirror, mask = (int(rng.integers(n)) for n in (len(self._details), self._mirrors, _MASKS))
                detail = self._details[picture]
                yield column * p - left, row * p - top, detail[:, ::-1] if mirror else detail, self._masks[mask]


def _detail(picture: U8Image) -> F32:
    """The picture less its slow tones, which would show as a chequer of patches."""
    levels = picture.astype(np.float32)
    sigma = picture.shape[0] / _SMOOTH_SHARE
    return levels - cv2.GaussianBlur(levels, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)


def _masks(rng: np.random.Generator, side: int) -> npt.NDArray[np.float32]:
    """float32 (n, s, s): 1 in the middle, ragged towards the edges, above 0 everywhere so that no pixel is bare."""
    x = np.minimum(np.arange(side), np.arange(side)[::-1]).astype(np.float32)
    inward = np.minimum(x[:, None], x[None, :])
    masks = []
    for _ in range(_MASKS):
        ragged = octaves(rng, (side, side), [(90, 0.16 * SEAM_PX), (30, 0.08 * SEAM_PX), (10, 0.04 * SEAM_PX)])
        steep = (inward + ragged - SEAM_PX / 2) / (SEAM_PX / 16)
        masks.append(1 / (1 + np.exp(-np.clip(steep, -30, 30))) + np.float32(1e-6) * (inward + 1))
    return np.stack(masks).astype(np.float32)
