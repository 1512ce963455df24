"""Where one laid-out picture lies on another: correlation over every shift at once, and whether its peak stands alone.

Masked normalised correlation by Fourier transforms (D. Padfield, "Masked object registration in the Fourier domain",
IEEE Transactions on Image Processing 21(5), 2012), of pictures whose local mean has been taken out already.
"""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edge.pose.pose import Matrix

F32 = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex128]

# A peak that is as far above what other shifts give is no chance, whatever their number.
_SIGNIFICANT_SD = 7.0
_LEAST_CORRELATION = 0.05
# A second peak this near to the first in height could as well be the right one.
_RIVAL = 0.75
_LOBE_PX = 4
_LEAST_OVERLAP = 0.5  # of the overlap without a shift


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Laid:
    """A picture laid on the wall, float32 (h, w), and where it has pixels, bool (h, w); 0 elsewhere."""

    contrast: F32
    seen: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Peak:
    """The best shift: what lies at p in the first lies at p + `shift_px` (x, y) in the second.

    `correlation` at the peak, `rival` that of the next peak within the search; `above_sd` is the peak's height in
    standard deviations of what other shifts give.
    """

    shift_px: Matrix
    correlation: float
    rival: float
    above_sd: float

    @property
    def significant(self) -> bool:
        """Whether it is no chance."""
        return self.above_sd > _SIGNIFICANT_SD and self.correlation > _LEAST_CORRELATION

    @property
    def ambiguous(self) -> bool:
        """Whether another shift fits about as well."""
        return self.rival > _RIVAL * self.correlation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spectra:
    """Of a picture of h x w, its squares and where it has pixels; room for every shift against one as large."""

    shape: tuple[int, int]
    picture: Spectrum
    squares: Spectrum
    seen: Spectrum


def spectra(laid: Laid) -> Spectra:
    """What `search` compares; two of them are of pictures of one size."""
    h, w = laid.contrast.shape
    shape = cv2.getOptimalDFTSize(2 * h), cv2.getOptimalDFTSize(2 * w)
    parts = (laid.contrast, laid.contrast**2, laid.seen.astype(np.float32))
    picture, squares, seen = (np.fft.rfft2(part, shape) for part in parts)
    return Spectra(shape=shape, picture=picture, squares=squares, seen=seen)


def search(first: Spectra, second: Spectra, radius_xy_px: tuple[int, int]) -> Peak | None:
    """The best shift within the radius; None where nothing within it overlaps enough."""
    correlation, count, x, y = _correlate(first, second)
    enough = count >= max(_LEAST_OVERLAP * count[(y == 0) & (x == 0)].item(), 1.0)
    within = enough & (np.abs(x) <= radius_xy_px[0]) & (np.abs(y) <= radius_xy_px[1])
    if not within.any():
        return None
    at = np.unravel_index(np.argmax(np.where(within, correlation, -np.inf)), correlation.shape)
    best = np.array([x[at], y[at]], np.float64)
    beside = (np.abs(x - best[0]) > _LOBE_PX) | (np.abs(y - best[1]) > _LOBE_PX)
    tops = correlation >= cv2.dilate(correlation, np.ones((5, 5), np.uint8))
    rivals = correlation[within & beside & tops]
    elsewhere = correlation[enough & beside] * np.sqrt(count[enough & beside])
    chance = float(np.sqrt(np.mean(elsewhere**2))) if elsewhere.size else np.inf
    height = float(correlation[at])
    return Peak(
        shift_px=best,
        correlation=height,
        rival=float(rivals.max(initial=0.0)),
        above_sd=height * float(np.sqrt(count[at])) / max(chance, 1e-9),
    )


def _correlate(first: Spectra, second: Spectra) -> tuple[F32, Matrix, Matrix, Matrix]:
    """Correlation, number of common pixels, and the shift's x and y, each (h, w), shift 0 in the middle."""
    shape = first.shape

    def over_shifts(left: Spectrum, right: Spectrum) -> Matrix:
        return np.fft.fftshift(np.fft.irfft2(np.conj(left) * right, shape))

    count = np.rint(over_shifts(first.seen, second.seen))
    power = np.clip(over_shifts(first.squares, second.seen), 0, None) * np.clip(
        over_shifts(first.seen, second.squares), 0, None
    )
    correlation = over_shifts(first.picture, second.picture) / np.sqrt(np.maximum(power, 1e-6))
    # Where little overlaps, rounding in the transforms is as large as what is left to correlate.
    correlation = np.where(count > 0.1 * count.max(), np.clip(correlation, -1, 1), 0.0)
    y, x = np.meshgrid(*(np.arange(n, dtype=np.float64) - n // 2 for n in shape), indexing="ij")
    return correlation.astype(np.float32), count, x, y
