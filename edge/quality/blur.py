"""How blurred a picture of a wall is, in pixels, whatever the wall looks like.

Bare surfaces are alike at every scale: the mean squared difference of two pixels k apart (the variogram) grows as a
power of k (Mandelbrot and Van Ness, "Fractional Brownian motions, fractional noises and applications", 1968). A
movement of L pixels during exposure averages over L and bends that curve at small k in a way that depends on L alone;
noise adds a constant. The curve that fits best, over power, L and noise, gives L. Along x and along y each for
itself: a rover moves one way.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from edge.frame import U8Image

F64 = npt.NDArray[np.float64]

LAGS_PX = (1, 2, 3, 4, 6, 8, 12)
PATCH_PX = 128
PATCHES = 3  # across and down
# What a wall's grain is beyond a camera's noise: more noise than this is taken for texture.
MAX_NOISE_SD = 2.5
_POWERS = np.array([0.05, 0.2, 0.35, 0.5, 0.7])
_LENGTHS_PX = np.arange(0, 12.01, 0.5)
# A sharp lens on a sensor: a normal distribution of this standard deviation, and the pixel's own square.
_LENS_SD_PX = 0.6
_FREQUENCIES = 2048
# The fit says less than the truth, because grain is rougher than the power law at one pixel; rendered movements of 3 to
# 10 px on rendered and photographed walls set this factor (tests/test_edge_quality_blur.py holds it to them).
_CALIBRATION = 1.25
# Of the differences at the longest lag; less of it than this, and all that is seen may be noise.
_LEAST_TEXTURE = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class BlurGauge:
    """Measures blur. Its table of curves is made once: make one gauge for many frames."""

    _curves: F64 = field(default_factory=lambda: _curves())

    def blur_px(self, picture: U8Image) -> float | None:
        """The worse of x and y, in pixels up to 15, of uint8 (h, w, 3); None where nothing but noise is seen.

        Right within a third or 1.5 px; less than about 3 px cannot be told from sharp, for walls differ as much.
        """
        patches = _patches(picture)
        # A joint spoils the differences across it, and lies in one column or one row of patches.
        along_x = self._fit(_variogram([np.vstack(column) for column in zip(*patches, strict=True)], axis=1))
        along_y = self._fit(_variogram([np.hstack(row) for row in patches], axis=0))
        if along_x is None or along_y is None:
            return None
        return max(along_x, along_y)

    def _fit(self, variogram: F64) -> float | None:
        """Least squares of relative errors over every curve: variogram = gain * curve + 2 * noise variance."""
        if variogram.min() <= 0:
            return None
        weighed, weight = self._curves / variogram, 1 / variogram
        cc, cw, ww = (weighed * weighed).sum(axis=1), weighed @ weight, weight @ weight
        c1, w1 = weighed.sum(axis=1), weight.sum()
        noise = np.clip((cc * w1 - cw * c1) / (cc * ww - cw**2), 0, 2 * MAX_NOISE_SD**2)
        gain = np.maximum((c1 - noise * cw) / cc, 0)
        errors = ((gain[:, None] * weighed + noise[:, None] * weight - 1) ** 2).sum(axis=1)
        best = int(np.argmin(errors))
        if gain[best] * self._curves[best, -1] < _LEAST_TEXTURE * variogram[-1]:
            return None
        return float(_LENGTHS_PX[best % len(_LENGTHS_PX)] * _CALIBRATION)


def _curves() -> F64:
    """(powers * lengths, lags): the variogram of a wall of each power seen through each movement, 1 at the last lag."""
    f = np.arange(1, _FREQUENCIES + 1) / (2 * _FREQUENCIES)
    optics = np.exp(-((2 * np.pi * f * _LENS_SD_PX) ** 2)) * np.sinc(f) ** 2
    spectra = f ** -(2 * _POWERS[:, None] + 1) * optics
    moved = spectra[:, None, :] * np.sinc(f * _LENGTHS_PX[:, None]) ** 2
    differences = 1 - np.cos(2 * np.pi * np.outer(f, LAGS_PX))
    curves = moved.reshape(-1, len(f)) @ differences
    return curves / curves[:, -1:]


def _patches(picture: U8Image) -> list[list[U8Image]]:
    """Rows of patches spread over the frame, in green: the channel that a Bayer sensor samples twice."""
    h, w = picture.shape[:2]
    side = min(PATCH_PX, h, w)
    tops = np.linspace(0, h - side, PATCHES).astype(int)
    lefts = np.linspace(0, w - side, PATCHES).astype(int)
    return [[cv2.extractChannel(picture[y : y + side, x : x + side], 1) for x in lefts] for y in tops]


def _variogram(groups: list[U8Image], *, axis: int) -> F64:
    """(lags,): the median over groups of patches, so that a joint or a tag in one of them counts for little."""
    values = np.empty((len(groups), len(LAGS_PX)))
    for row, group in zip(values, groups, strict=True):
        for i, lag in enumerate(LAGS_PX):
            a, b = (group[:, lag:], group[:, :-lag]) if axis == 1 else (group[lag:], group[:-lag])
            row[i] = cv2.norm(a, b, cv2.NORM_L2SQR) / a.size
    return np.median(values, axis=0)
