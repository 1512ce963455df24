"""Probability of detection over the size of a flaw, and a90/95, as non-destructive testing states them.

MIL-HDBK-1823A (2009), appendix G: hit/miss data, POD(a) = logistic(b0 + b1 ln a) by maximum likelihood; a90 is where
POD is 0.9, and a90/95 its upper 95 % confidence bound. The bounds are by likelihood ratio (G.3.3 there; Meeker and
Escobar, Statistical Methods for Reliability Data, 1998, chapter 8), which also hold where hits and misses hardly
overlap and Wald's do not. Cracks are taken as independent of one another.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize_scalar
from scipy.special import expit, logit
from scipy.stats import binomtest, chi2

F64 = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

POD = 0.9
CONFIDENCE = 0.95  # one-sided, as a90/95 is
# The likelihood-ratio statistic has one degree of freedom, and either side is as likely.
_ALLOWED = float(chi2.ppf(2 * CONFIDENCE - 1, 1))
_STEEPEST = 200.0  # of b1: a step at one size, where hits and misses do not overlap
_EXACT = {"xatol": 1e-7, "maxiter": 200}


@dataclass(frozen=True, slots=True, kw_only=True)
class PodFit:
    """`a90` and `a90_95` in mm, within the sizes that were tried: where the curve already starts above 0.9 they are the
    smallest of these; None where it does not reach 0.9 up to the largest.
    """

    cracks: int
    hits: int
    b0: float
    b1: float
    a90_mm: float | None
    a90_95_mm: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WidthBin:
    """Cracks of `low_mm` to `high_mm`; the interval is that of Clopper and Pearson, 95 %, two-sided."""

    low_mm: float
    high_mm: float
    cracks: int
    hits: int
    ci95: tuple[float, float]


class PodModel:
    """The likelihood of `hit` (n,) at sizes `a_mm` (n,), in the log of the size. Raises `ValueError` for no crack."""

    def __init__(self, a_mm: F64, hit: Bools) -> None:
        if not len(a_mm) or len(a_mm) != len(hit) or a_mm.min() <= 0:
            raise ValueError(f"a probability of detection needs sizes above 0, a hit or miss each; got {len(a_mm)}")
        self._x, self._hit = np.log(a_mm), np.asarray(hit, bool)
        self._middle = float(self._x.mean())
        self.b1 = _best(lambda b1: self._over_level(b1)[0], 0.0, _STEEPEST)
        self.highest, level = self._over_level(self.b1)
        self.b0 = level - self.b1 * self._middle

    def curve(self, a_mm: F64) -> F64:
        """POD at sizes (k,)."""
        return expit(self.b0 + self.b1 * np.log(a_mm))

    def fit(self) -> PodFit:
        """The curve's figures."""
        low, high = float(np.exp(self._x.min())), float(np.exp(self._x.max()))
        at_low, at_high = self.curve(np.array([low, high]))
        a90: float | None = None
        if at_low >= POD:
            a90 = low
        elif at_high >= POD:
            a90 = float(np.exp((logit(POD) - self.b0) / self.b1))
        return PodFit(
            cracks=len(self._x),
            hits=int(self._hit.sum()),
            b0=self.b0,
            b1=self.b1,
            a90_mm=a90,
            a90_95_mm=None if a90 is None else self._a90_95(a90, high),
        )

    def lower_bound(self, a_mm: float) -> float:
        """The lower 95 % confidence bound of POD at one size."""
        best = float(self.curve(np.array([a_mm]))[0])
        floor = 1e-9

        def short(p: float) -> float:
            return self._drop(a_mm, p) - _ALLOWED

        if best <= floor or short(floor) <= 0:
            return 0.0
        return float(brentq(short, floor, best, xtol=1e-6)) if short(best) < 0 else best

    def _a90_95(self, a90: float, high: float) -> float | None:
        def short(log_a: float) -> float:
            return self._drop(float(np.exp(log_a)), POD) - _ALLOWED

        if short(np.log(high)) < 0:
            return None  # POD may stay below 0.9 up to the widest crack
        # Where the curve lies above 0.9, one that passes through 0.9 there loses likelihood: from a90 on, ever more.
        if short(np.log(a90)) >= 0:
            return a90
        return float(np.exp(brentq(short, np.log(a90), np.log(high), xtol=1e-6)))

    def _drop(self, a_mm: float, p: float) -> float:
        """Twice what the likelihood loses where POD(`a_mm`) has to be `p`."""
        return 2 * (self.highest - self._through(a_mm, p))

    def _through(self, a_mm: float, p: float) -> float:
        """The highest log-likelihood of a curve through (`a_mm`, `p`)."""
        at, level = np.log(a_mm), logit(p)

        def log_likelihood(b1: float) -> float:
            return self._log_likelihood(level - b1 * at, b1)

        return log_likelihood(_best(log_likelihood, 0.0, _STEEPEST))

    def _over_level(self, b1: float) -> tuple[float, float]:
        """The highest log-likelihood with this slope, and the logit at the mean size that gives it."""
        reach = 30.0 + b1 * float(np.ptp(self._x))

        def log_likelihood(level: float) -> float:
            return self._log_likelihood(level - b1 * self._middle, b1)

        level = _best(log_likelihood, -reach, reach)
        return log_likelihood(level), level

    def _log_likelihood(self, b0: float, b1: float) -> float:
        z = b0 + b1 * self._x
        return float(-np.logaddexp(0, np.where(self._hit, -z, z)).sum())


def _best(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a concave function is highest."""
    return float(minimize_scalar(lambda v: -function(v), bounds=(low, high), method="bounded", options=_EXACT).x)


def width_bins(a_mm: F64, hit: Bools, edges_mm: F64) -> list[WidthBin]:
    """Shares of hits by size; empty bins are left out."""
    bins = []
    for low, high in pairwise(edges_mm.tolist()):
        inside = (a_mm >= low) & (a_mm < high)
        n, hits = int(inside.sum()), int(hit[inside].sum())
        if n:
            exact = binomtest(hits, n).proportion_ci(method="exact")
            bins.append(
                WidthBin(
                    low_mm=low,
                    high_mm=high,
                    cracks=n,
                    hits=hits,
                    ci95=(float(exact.low), float(exact.high)),
                )
            )
    return bins


def poisson_interval(count: int) -> tuple[float, float]:
    """The exact 95 % interval of a Poisson mean, two-sided (Garwood, Biometrika 28 (1936) 437-442)."""
    low = float(chi2.ppf(0.025, 2 * count) / 2) if count else 0.0
    return low, float(chi2.ppf(0.975, 2 * count + 2) / 2)
