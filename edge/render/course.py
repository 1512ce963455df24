"""The course of a crack across a wall, in millimetres: from one point to another around the aggregate."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]

STEP_MM = 0.8
_ROUGHENING = 1.10  # how much more jagged a crack is each time one looks twice as closely
_TAPER = 0.12  # the share of the length over which a free end thins out


@dataclass(frozen=True, slots=True, kw_only=True)
class CrackSpec:
    """A crack from `start_mm` to `end_mm` (wall x, y up), `width_mm` its median width.

    An `open_start` runs on beyond the wall or begins in another crack: it does not thin out there. `step_mm` is
    about the length of its straight pieces.
    """

    start_mm: tuple[float, float]
    end_mm: tuple[float, float]
    width_mm: float
    waviness: float = 0.075
    open_start: bool = False
    step_mm: float = STEP_MM


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueCrack:
    """A rendered crack. `points_mm`: float64 (n, 2), wall x and y up. `widths_mm`: float64 (n,).

    `depths`: float64 (n,), the share of light that it takes away; None leaves it to who draws it.
    """

    name: str
    points_mm: F64
    widths_mm: F64
    depths: F64 | None = None

    @property
    def width_mm(self) -> float:
        """The median width."""
        return float(np.median(self.widths_mm))

    @property
    def length_mm(self) -> float:
        """The length of the polyline."""
        return float(np.linalg.norm(np.diff(self.points_mm, axis=0), axis=1).sum())


def true_crack(rng: np.random.Generator, name: str, spec: CrackSpec) -> TrueCrack:
    """The crack that `spec` asks for: ends where it says, median width as it says."""
    points = _detours(rng, spec)
    widths = _widths(rng, points, spec)
    return TrueCrack(name=name, points_mm=points, widths_mm=widths * (spec.width_mm / np.median(widths)))


def _detours(rng: np.random.Generator, spec: CrackSpec) -> F64:
    """Midpoint displacement: each stretch is halved and its middle pushed aside, until stretches are about
    `STEP_MM`.

    Cracks wander alike at every scale, which is what this makes (Fournier, Fussell and Carpenter, 1982).
    """
    points = np.array([spec.start_mm, spec.end_mm], np.float64)
    share = spec.waviness
    while np.linalg.norm(np.diff(points, axis=0), axis=1).mean() > 1.4 * spec.step_mm:
        along = np.diff(points, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1)
        middle = (points[:-1] + points[1:]) / 2
        middle += across * np.clip(rng.normal(0, share, (len(along), 1)), -2.2 * share, 2.2 * share)
        middle += along * rng.uniform(-0.12, 0.12, (len(along), 1))
        merged = np.empty((2 * len(points) - 1, 2))
        merged[::2], merged[1::2] = points, middle
        # A constant share of the stretch is self-similar already; a little more is the way around sand.
        points, share = merged, min(share * _ROUGHENING, 0.17)
    return points


def _widths(rng: np.random.Generator, points_mm: F64, spec: CrackSpec) -> F64:
    """Relative widths (n,): slow log-normal changes, quick jitter, thin towards the free ends."""
    n = len(points_mm)
    knots = np.linspace(0, n - 1, max(3, n // 40))
    slow = np.interp(np.arange(n), knots, rng.normal(0, 0.28, len(knots)))
    step_mm = np.linalg.norm(np.diff(points_mm, axis=0), axis=1).mean()
    quick = _smoothed(rng.normal(0, 0.2, n), round(max(STEP_MM, spec.width_mm) / max(step_mm, STEP_MM / 100)))
    widths = np.exp(slow + quick)
    s = np.linspace(0, 1, n)
    widths *= np.clip(0.25 + 0.75 * (1 - s) / _TAPER, 0, 1)
    if not spec.open_start:
        widths *= np.clip(0.25 + 0.75 * s / _TAPER, 0, 1)
    return widths


def _smoothed(noise: F64, over: int) -> F64:
    """White noise (n,) as noise that changes over about so many steps, of the same deviation.

    A crack's edges do not waver within its own width: that would look like a string of beads.
    """
    if over < 2:
        return noise
    kernel = np.hanning(2 * over + 1)
    wide = np.pad(noise, over, mode="reflect" if over < len(noise) else "edge")
    return np.convolve(wide, kernel / np.linalg.norm(kernel), mode="valid")
