"""From scores on validation pictures to a threshold with a stated recall and false-alarm rate."""

import numpy as np
import numpy.typing as npt

from edge.errors import DataError
from edge.manifest import OperatingPoint

F32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]


def at_threshold(scores: F32, cracked: Bools, threshold: float, *, chosen_on: str) -> OperatingPoint:
    """The operating point that `threshold` is on these scores, (n,) each; a find is score >= threshold."""
    _check(scores, cracked)
    found = scores >= threshold
    return OperatingPoint(
        score=threshold,
        recall=float(found[cracked].mean()),
        false_alarm_rate=float(found[~cracked].mean()),
        chosen_on=chosen_on,
    )


def best_balance(scores: F32, cracked: Bools, *, chosen_on: str) -> OperatingPoint:
    """The threshold with the highest mean of recall and specificity (Youden, Cancer 3 (1950) 32-35).

    Every threshold between two neighbouring scores finds the same. Of equally good ones this is the middle of
    their widest range: it lies farthest from both classes. Raises `DataError` where a class is missing.
    """
    _check(scores, cracked)
    above = np.unique(scores)
    above = above[above > 0]  # a threshold of 0 would find everything
    if not len(above):
        raise DataError(f"every one of the {len(scores)} scores is 0: the network learnt nothing")
    below = np.concatenate([np.zeros(1, above.dtype), above[:-1]])
    balance = _share_at_least(scores[cracked], above) - _share_at_least(scores[~cracked], above)
    best = np.flatnonzero(balance >= balance.max() - 1e-12)
    runs = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    run = max(runs, key=lambda run: float(above[run[-1]] - below[run[0]]))
    low, high = below[run[0]], above[run[-1]]
    middle = low + (high - low) / 2
    return at_threshold(scores, cracked, float(middle if middle > low else high), chosen_on=chosen_on)


def at_false_alarm_rate(scores: F32, cracked: Bools, most: float, *, chosen_on: str) -> OperatingPoint:
    """The lowest of the scores that, as a threshold, has a false-alarm rate of at most `most`, (0, 1).

    Raises `DataError` where none has, or where a class is missing.
    """
    _check(scores, cracked)
    candidates = np.unique(scores)
    allowed = candidates[_share_at_least(scores[~cracked], candidates) <= most]
    if not len(allowed):
        raise DataError(
            f"no threshold has a false-alarm rate of at most {most} on these {len(scores)} scores: some of "
            "the highest are of uncracked examples; train longer, or allow more false alarms"
        )
    return at_threshold(scores, cracked, float(allowed[0]), chosen_on=chosen_on)


def _share_at_least(scores: F32, thresholds: F32) -> npt.NDArray[np.float64]:
    ordered = np.sort(scores)
    # Counted before it is divided: 1 - 2/3 is more than 1/3 in floating point.
    share: npt.NDArray[np.float64] = (len(ordered) - np.searchsorted(ordered, thresholds)) / len(ordered)
    return share


def _check(scores: F32, cracked: Bools) -> None:
    if scores.shape != cracked.shape or scores.ndim != 1:
        raise ValueError(f"scores and labels are of one shape (n,); got {scores.shape} and {cracked.shape}")
    if not cracked.any() or cracked.all():
        raise DataError("an operating point needs both cracked and uncracked examples")
