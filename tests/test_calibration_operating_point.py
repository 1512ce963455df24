"""Thresholds against brute force over every threshold that there is."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from calibration.operating_point import at_false_alarm_rate, at_false_alarms_per_photo, at_recall, best_balance
from edge.errors import DataError

# Few levels, so that there are ties; 0 is a score that a probability of int8 can have.
EXAMPLES = st.lists(st.tuples(st.integers(0, 16), st.booleans()), min_size=2, max_size=40)


def arrays(examples: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    cracked = np.array([c for _, c in examples], bool)
    assume(cracked.any() and not cracked.all())
    return np.array([s / 16 for s, _ in examples], np.float32), cracked


def rates(scores: np.ndarray, cracked: np.ndarray, threshold: float) -> tuple[float, float]:
    found = [float(s) >= threshold for s in scores]
    hits = [f for f, c in zip(found, cracked, strict=True) if c]
    alarms = [f for f, c in zip(found, cracked, strict=True) if not c]
    return sum(hits) / len(hits), sum(alarms) / len(alarms)


FINE = [t / 64 for t in range(1, 65)]


@settings(max_examples=30, deadline=None)
@given(EXAMPLES, st.floats(0.01, 1))
def test_at_recall_is_the_highest_that_reaches_it(examples: list[tuple[int, bool]], least: float) -> None:
    scores, cracked = arrays(examples)
    enough = [t for t in sorted({float(s) for s in scores}) if t > 0 and rates(scores, cracked, t)[0] >= least]
    if not enough:
        with pytest.raises(DataError):
            at_recall(scores, cracked, least, chosen_on="here")
        return
    point = at_recall(scores, cracked, least, chosen_on="here")
    assert point.score == enough[-1]
    assert (point.chosen_for, point.target, point.chosen_on) == ("recall", least, "here")
    assert (point.recall, point.false_alarm_rate) == pytest.approx(rates(scores, cracked, point.score))
    for rate, ci95 in ((point.recall, point.recall_ci95), (point.false_alarm_rate, point.false_alarm_rate_ci95)):
        assert ci95 is not None
        assert ci95[0] <= rate <= ci95[1]


def test_photos_are_resampled_whole() -> None:
    # Ten photos, each found wholly or not at all: ten examples, not a thousand.
    scores = np.repeat(np.array([0.9] * 5 + [0.1] * 5, np.float32), 100)
    photos = [str(i // 100) for i in range(1000)]
    scores, photos = np.append(scores, np.float32(0.05)), [*photos, "bare"]
    cracked = np.arange(1001) < 1000
    by_photo = at_recall(scores, cracked, 0.5, groups=photos, chosen_on="here").recall_ci95
    alone = at_recall(scores, cracked, 0.5, chosen_on="here").recall_ci95
    assert by_photo is not None
    assert alone is not None
    assert by_photo[1] - by_photo[0] > 5 * (alone[1] - alone[0])


@settings(max_examples=30, deadline=None)
@given(EXAMPLES, st.floats(0.5, 200))
def test_false_alarms_a_photo_are_the_rate_times_its_examples(examples: list[tuple[int, bool]], most: float) -> None:
    scores, cracked = arrays(examples)
    try:
        expected = at_false_alarm_rate(scores, cracked, most / 252, chosen_on="here")
    except DataError:
        with pytest.raises(DataError):
            at_false_alarms_per_photo(scores, cracked, most, examples_per_photo=252, chosen_on="here")
        return
    point = at_false_alarms_per_photo(scores, cracked, most, examples_per_photo=252, chosen_on="here")
    assert point.score == expected.score
    assert point.false_alarms_per_photo == pytest.approx(point.false_alarm_rate * 252)
    assert point.false_alarms_per_photo <= most + 1e-9


@settings(max_examples=50, deadline=None)
@given(EXAMPLES)
def test_best_balance_is_the_best_there_is_and_in_the_middle_of_its_range(
    examples: list[tuple[int, bool]],
) -> None:
    scores, cracked = arrays(examples)
    assume(scores.max() > 0)
    point = best_balance(scores, cracked, chosen_on="here")
    fine = [t for t in FINE if t <= scores.max()]
    balance = {t: float(np.subtract(*rates(scores, cracked, t))) for t in fine}
    best = max(balance.values())
    assert point.recall - point.false_alarm_rate == pytest.approx(best)
    # The widest run of equally good thresholds, in steps of a 64th; scores lie on every fourth step.
    good = [t for t in fine if balance[t] > best - 1e-9]
    runs = [[good[0]]]
    for t in good[1:]:
        if t - runs[-1][-1] < 1.5 / 64:
            runs[-1].append(t)
        else:
            runs.append([t])
    widest = max(len(run) for run in runs)
    middles = [(run[0] - 1 / 64 + run[-1]) / 2 for run in runs if len(run) == widest]
    assert any(point.score == pytest.approx(middle) for middle in middles)


def test_separable_scores_leave_room_on_both_sides() -> None:
    scores = np.array([0.05, 0.1, 0.9, 0.95], np.float32)
    point = best_balance(scores, scores > 0.5, chosen_on="here")
    assert point.score == pytest.approx(0.5)
    assert (point.recall, point.false_alarm_rate) == (1, 0)


def test_neighbouring_float32_scores_are_still_told_apart() -> None:
    low = np.float32(0.7)
    scores = np.array([low, np.nextafter(low, np.float32(1))], np.float32)
    point = best_balance(scores, np.array([False, True]), chosen_on="here")
    assert (point.recall, point.false_alarm_rate) == (1, 0)


@settings(max_examples=50, deadline=None)
@given(EXAMPLES, st.floats(0.01, 0.99))
def test_at_false_alarm_rate_is_the_lowest_allowed(examples: list[tuple[int, bool]], most: float) -> None:
    scores, cracked = arrays(examples)
    allowed = [t for t in sorted({float(s) for s in scores}) if rates(scores, cracked, t)[1] <= most]
    if not allowed:
        with pytest.raises(DataError):
            at_false_alarm_rate(scores, cracked, most, chosen_on="here")
        return
    point = at_false_alarm_rate(scores, cracked, most, chosen_on="here")
    assert point.score == allowed[0]
    assert point.false_alarm_rate <= most


def test_what_cannot_give_a_threshold_is_refused() -> None:
    scores = np.array([0.1, 0.2], np.float32)
    for one_class in (np.zeros(2, bool), np.ones(2, bool)):
        with pytest.raises(DataError, match="both cracked and uncracked"):
            best_balance(scores, one_class, chosen_on="here")
    with pytest.raises(ValueError, match="one shape"):
        best_balance(scores, np.zeros(3, bool), chosen_on="here")
    with pytest.raises(ValueError, match="recall"):
        at_recall(scores, scores > 0.1, 0.0, chosen_on="here")
    with pytest.raises(ValueError, match="false alarms a photo"):
        at_false_alarms_per_photo(scores, scores > 0.1, 252, examples_per_photo=252, chosen_on="here")
    with pytest.raises(DataError, match="every one of the 2 scores is 0"):
        best_balance(np.zeros(2, np.float32), np.array([True, False]), chosen_on="here")
