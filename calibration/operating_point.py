"""From scores on validation pictures to a threshold for a stated recall or a stated number of false alarms.

Every function takes `scores` (probabilities) and `cracked`, (n,) each, and the `groups`, (n,), that its intervals
resample together: source photos (None: every example for itself). A find is score >= threshold. All raise `DataError`
where a class is missing or no threshold gives what was asked for, `ValueError` where shapes differ.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from calibration.bootstrap import share_interval
from edge.errors import DataError
from edge.operating_point import ChosenFor, OperatingPoint

F32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Groups = Sequence[str] | None


def best_balance(scores: F32, cracked: Bools, *, groups: Groups = None, chosen_on: str) -> OperatingPoint:
    """The threshold with the highest mean of recall and specificity (Youden, Cancer 3 (1950) 32-35).

    Every threshold between two neighbouring scores finds the same. Of equally good ones this is the middle of
    their widest range: it lies farthest from both classes.
    """
    above = _candidates(scores, cracked)
    below = np.concatenate([np.zeros(1, above.dtype), above[:-1]])
    balance = _share_at_least(scores[cracked], above) - _share_at_least(scores[~cracked], above)
    best = np.flatnonzero(balance >= balance.max() - 1e-12)
    runs = np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    run = max(runs, key=lambda run: float(above[run[-1]] - below[run[0]]))
    low, high = below[run[0]], above[run[-1]]
    middle = low + (high - low) / 2
    threshold = float(middle if middle > low else high)
    return _point(scores, cracked, groups, score=threshold, chosen_for="balance", target=None, chosen_on=chosen_on)


def at_recall(scores: F32, cracked: Bools, least: float, *, groups: Groups = None, chosen_on: str) -> OperatingPoint:
    """The highest of the scores that, as a threshold, has a recall of at least `least`, (0, 1]."""
    if not 0 < least <= 1:
        raise ValueError(f"a stated recall lies above 0 and at most at 1; got {least}")
    candidates = _candidates(scores, cracked)
    enough = candidates[_share_at_least(scores[cracked], candidates) >= least]
    if not len(enough):
        raise DataError(
            f"no threshold above 0 has a recall of at least {least} on these {len(scores)} scores: some of the cracked "
            "examples score 0; train longer, or state a lower recall"
        )
    threshold = float(enough[-1])
    return _point(scores, cracked, groups, score=threshold, chosen_for="recall", target=least, chosen_on=chosen_on)


def at_false_alarm_rate(
    scores: F32, cracked: Bools, most: float, *, groups: Groups = None, chosen_on: str
) -> OperatingPoint:
    """The lowest of the scores that, as a threshold, has a false-alarm rate of at most `most`, (0, 1)."""
    threshold = _lowest(scores, cracked, most)
    return _point(
        scores, cracked, groups, score=threshold, chosen_for="false_alarm_rate", target=most, chosen_on=chosen_on
    )


def at_false_alarms_per_photo(
    scores: F32, cracked: Bools, most: float, *, examples_per_photo: int, groups: Groups = None, chosen_on: str
) -> OperatingPoint:
    """The lowest of the scores that, as a threshold, gives a whole wall photograph at most `most` false alarms.

    The uncracked examples are parts of wall photographs, `examples_per_photo` of which make a whole one (252 tiles of
    SDNET2018): the rate on them times that number is what a photograph without a crack is expected to have.
    """
    if not 0 < most < examples_per_photo:
        raise ValueError(f"false alarms a photo lie between 0 and its {examples_per_photo} examples; got {most}")
    threshold = _lowest(scores, cracked, most / examples_per_photo)
    return _point(
        scores,
        cracked,
        groups,
        score=threshold,
        chosen_for="false_alarms_per_photo",
        target=most,
        chosen_on=chosen_on,
        examples_per_photo=examples_per_photo,
    )


def _lowest(scores: F32, cracked: Bools, most: float) -> float:
    """The lowest score above 0 whose false-alarm rate is at most `most`."""
    candidates = _candidates(scores, cracked)
    allowed = candidates[_share_at_least(scores[~cracked], candidates) <= most]
    if not len(allowed):
        raise DataError(
            f"no threshold has a false-alarm rate of at most {most:.6g} on these {len(scores)} scores: some of "
            "the highest are of uncracked examples; train longer, or allow more false alarms"
        )
    return float(allowed[0])


def _point(
    scores: F32,
    cracked: Bools,
    groups: Groups,
    *,
    score: float,
    chosen_for: ChosenFor,
    target: float | None,
    chosen_on: str,
    examples_per_photo: int | None = None,
) -> OperatingPoint:
    """What the threshold `score` is on these scores."""
    each = np.array(range(len(scores)) if groups is None else groups).astype(str)
    hits, alarms = (scores[of_class] >= score for of_class in (cracked, ~cracked))
    return OperatingPoint(
        score=score,
        chosen_for=chosen_for,
        target=target,
        recall=float(hits.mean()),
        recall_ci95=share_interval(hits, each[cracked].tolist()),
        false_alarm_rate=float(alarms.mean()),
        false_alarm_rate_ci95=share_interval(alarms, each[~cracked].tolist()),
        examples_per_photo=examples_per_photo,
        chosen_on=chosen_on,
    )


def _candidates(scores: F32, cracked: Bools) -> F32:
    """The scores that can be a threshold, ascending; one of 0 would find everything."""
    if scores.shape != cracked.shape or scores.ndim != 1:
        raise ValueError(f"scores and labels are of one shape (n,); got {scores.shape} and {cracked.shape}")
    if not cracked.any() or cracked.all():
        raise DataError("an operating point needs both cracked and uncracked examples")
    candidates = np.unique(scores)
    candidates = candidates[candidates > 0]
    if not len(candidates):
        raise DataError(f"every one of the {len(scores)} scores is 0: the network learnt nothing")
    return candidates


def _share_at_least(scores: F32, thresholds: F32) -> npt.NDArray[np.float64]:
    ordered = np.sort(scores)
    # Counted before it is divided: 1 - 2/3 is more than 1/3 in floating point.
    share: npt.NDArray[np.float64] = (len(ordered) - np.searchsorted(ordered, thresholds)) / len(ordered)
    return share
