"""What a set of image scores says of a network: accuracy, AUROC, precision, recall, with intervals."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from calibration.bootstrap import interval

F32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Counts at a threshold: cracked found and missed, uncracked flagged and passed."""

    true_positive: int
    false_negative: int
    false_positive: int
    true_negative: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One set's figures at `threshold`. Intervals are 95 %, by bootstrap over groups (source photos)."""

    n: int
    accuracy: float
    accuracy_ci95: tuple[float, float]
    auroc: float
    auroc_ci95: tuple[float, float]
    precision: float
    recall: float
    threshold: float
    confusion: Confusion

    def as_json(self) -> dict[str, Any]:
        """Plain values; null where a figure is not a number (no picture of a class, nothing found)."""
        return {name: _finite(value) for name, value in asdict(self).items()}


def auroc(scores: F32, cracked: Bools) -> float:
    """Area under the ROC curve: the Mann-Whitney U of the cracked, ties by half (Hanley & McNeil 1982)."""
    positives, negatives = int(cracked.sum()), int((~cracked).sum())
    if not positives or not negatives:
        return float("nan")
    ranks = rankdata(scores)
    return float((ranks[cracked].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def confusion(scores: F32, cracked: Bools, threshold: float) -> Confusion:
    found = scores >= threshold
    return Confusion(
        true_positive=int((found & cracked).sum()),
        false_negative=int((~found & cracked).sum()),
        false_positive=int((found & ~cracked).sum()),
        true_negative=int((~found & ~cracked).sum()),
    )


def report(scores: F32, cracked: Bools, groups: Sequence[str], threshold: float, *, seed: int = 0) -> Report:
    """`scores` float32 (n,), `cracked` bool (n,), `groups` (n,): what is resampled together."""
    counts = confusion(scores, cracked, threshold)
    found = counts.true_positive + counts.false_positive
    positives = counts.true_positive + counts.false_negative

    def accuracy(at: npt.NDArray[np.intp]) -> float:
        return float(((scores[at] >= threshold) == cracked[at]).mean())

    return Report(
        n=len(scores),
        accuracy=accuracy(np.arange(len(scores))),
        accuracy_ci95=interval(accuracy, groups, seed=seed),
        auroc=auroc(scores, cracked),
        auroc_ci95=interval(lambda at: auroc(scores[at], cracked[at]), groups, seed=seed),
        precision=counts.true_positive / found if found else float("nan"),
        recall=counts.true_positive / positives if positives else float("nan"),
        threshold=threshold,
        confusion=counts,
    )


def _finite(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
