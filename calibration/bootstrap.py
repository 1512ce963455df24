"""Intervals by resampling what was photographed together."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

RESAMPLES = 1000

Indices = npt.NDArray[np.intp]


def interval(statistic: Callable[[Indices], float], groups: Sequence[str], *, seed: int) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile of `statistic` over indices, whole groups resampled with replacement."""
    rng = np.random.default_rng(seed)
    _, member_of = np.unique(np.asarray(groups), return_inverse=True)
    order = np.argsort(member_of, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(member_of[order])) + 1)
    values = [
        statistic(np.concatenate([members[g] for g in rng.integers(0, len(members), len(members))]))
        for _ in range(RESAMPLES)
    ]
    if np.isnan(values).all():
        return float("nan"), float("nan")
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def share_interval(hit: npt.NDArray[np.bool_], groups: Sequence[str], *, seed: int = 0) -> tuple[float, float]:
    """A 95 % interval of the share of `hit`, (n,): the wider ends of two.

    The bootstrap over groups knows that examples of one photo are alike, but says (1, 1) where all are hits; the exact
    interval of Clopper and Pearson (Biometrika 26 (1934) 404-413) does not, but takes examples for independent.
    """
    from scipy.stats import binomtest

    resampled = interval(lambda at: float(hit[at].mean()), groups, seed=seed)
    exact = binomtest(int(hit.sum()), len(hit)).proportion_ci(method="exact")
    return min(resampled[0], float(exact.low)), max(resampled[1], float(exact.high))
