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

    An `open_start` runs on beyond the wall or begins in another crack: it does not thin out there.
    """

    start_mm: tuple[float, float]
    end_mm: tuple[float, float]
    width_mm: float
    waviness: float = 0.075
    open_start: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueCrack:
    """A rendered crack. `points_mm`: float64 (n, 2), wall x and y up. `widths_mm`: float64 (n,)."""

    name: str
    points_mm: F64
    widths_mm: F64

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
    widths = _widths(rng, len(points), open_start=spec.open_start)
    return TrueCrack(name=name, points_mm=points, widths_mm=widths * (spec.width_mm / np.median(widths)))


def _detours(rng: np.random.Generator, spec: CrackSpec) -> F64:
    """Midpoint displacement: each stretch is halved and its middle pushed aside, until stretches are about
    `STEP_MM`.

    Cracks wander alike at every scale, which is what this makes (Fournier, Fussell and Carpenter, 1982).
    """
    points = np.array([spec.start_mm, spec.end_mm], np.float64)
    share = spec.waviness
    while np.linalg.norm(np.diff(points, axis=0), axis=1).mean() > 1.4 * STEP_MM:
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


def _widths(rng: np.random.Generator, n: int, *, open_start: bool) -> F64:
    """Relative widths (n,): slow log-normal changes, quick jitter, thin towards the free ends."""
    knots = np.linspace(0, n - 1, max(3, n // 40))
    slow = np.interp(np.arange(n), knots, rng.normal(0, 0.28, len(knots)))
    widths = np.exp(slow + rng.normal(0, 0.2, n))
    s = np.linspace(0, 1, n)
    widths *= np.clip(0.25 + 0.75 * (1 - s) / _TAPER, 0, 1)
    if not open_start:
        widths *= np.clip(0.25 + 0.75 * s / _TAPER, 0, 1)
    return widths
