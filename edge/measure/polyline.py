"""Lines of points: their length, even spacing, smoothing, and what lies across them."""

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]


def length(points: F64) -> float:
    """The length of the line through points (n, 2)."""
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


def full_length(points: F64, ruler: float, share: float) -> float:
    """The length of a jagged line, of which points (n, 2), evenly spaced, show nothing finer than about `ruler`.

    A crack is longer the finer the ruler, by about as much at every scale (Mandelbrot, "How long is the coast of
    Britain?", Science 156, 1967): of what a ruler of the same size loses once more, this one has lost a `share`.
    """
    seen = length(points)
    coarse = length(smoothed(points, ruler * len(points) / max(seen, 1e-9)))
    return seen * (seen / max(coarse, seen / 2, 1e-9)) ** share


def evenly(points: F64, step: float) -> F64:
    """Points (m, 2), m >= 2, from end to end along the line through points (n, 2), as near to `step` apart as fits."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    at = np.linspace(0.0, along[-1], max(2, round(along[-1] / step) + 1))
    return np.stack([np.interp(at, along, points[:, axis]) for axis in (0, 1)], axis=1)


def smoothed(values: F64, sigma: float) -> F64:
    """Values (n,) or (n, k) averaged along their first axis by a Gaussian of `sigma` samples; both ends stay."""
    reach = min(int(4 * sigma) + 1, len(values) - 1)
    before = 2 * values[0] - values[reach:0:-1]
    after = 2 * values[-1] - values[-2 : -reach - 2 : -1]
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return _along(np.concatenate([before, values, after]), taps / taps.sum())


def averaged(values: F64, count: int) -> F64:
    """Running means (n,) or (n, k) over `count` samples, an odd number; over fewer at the ends, which stay in place."""
    half = min(count // 2, len(values) - 1)
    sums = np.cumsum(np.concatenate([np.zeros((1, *values.shape[1:])), values]), axis=0)
    at = np.arange(len(values))
    reach = np.minimum(half, np.minimum(at, at[::-1]))
    counts = (2 * reach + 1).reshape(-1, *[1] * (values.ndim - 1))
    return (sums[at + reach + 1] - sums[at - reach]) / counts


def normals(points: F64) -> F64:
    """Unit vectors (n, 2) across the line through evenly spaced points (n, 2), n >= 2."""
    along = np.gradient(points, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
    return np.stack([-along[:, 1], along[:, 0]], axis=1)


def _along(values: F64, taps: F64) -> F64:
    columns = values.reshape(len(values), -1).T
    kept = [np.convolve(column, taps, mode="valid") for column in columns]
    return np.stack(kept, axis=1).reshape(-1, *values.shape[1:])
