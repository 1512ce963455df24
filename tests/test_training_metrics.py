"""The figures against counting by hand: pairs for the AUROC, whole groups for the intervals."""

import json
from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.bootstrap import RESAMPLES, interval
from training.metrics import auroc, confusion, report

# Few levels, so that there are many ties, as int8 scores have them.
EXAMPLES = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=40)


def arrays(examples: list[tuple[int, bool]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([s / 8 for s, _ in examples], np.float32), np.array([c for _, c in examples], bool)


@given(EXAMPLES)
def test_auroc_is_the_share_of_pairs_in_the_right_order(examples: list[tuple[int, bool]]) -> None:
    scores, cracked = arrays(examples)
    pairs = list(product(scores[cracked], scores[~cracked]))
    found = auroc(scores, cracked)
    if not pairs:
        assert np.isnan(found)
        return
    assert found == pytest.approx(np.mean([1.0 if p > n else 0.5 if p == n else 0.0 for p, n in pairs]))


@given(EXAMPLES, st.integers(0, 8))
def test_confusion_counts_everything_once(examples: list[tuple[int, bool]], threshold: int) -> None:
    scores, cracked = arrays(examples)
    counts = confusion(scores, cracked, threshold / 8)
    expected = Counter((s >= threshold, c) for s, c in examples)
    assert counts.true_positive == expected[True, True]
    assert counts.false_negative == expected[False, True]
    assert counts.false_positive == expected[True, False]
    assert counts.true_negative == expected[False, False]


def test_a_report_by_hand() -> None:
    scores = np.array([0.9, 0.8, 0.4, 0.6, 0.1, 0.2, 0.3, 0.5], np.float32)
    cracked = np.array([1, 1, 1, 0, 0, 0, 0, 0], bool)
    found = report(scores, cracked, list("abcdefgh"), 0.5)
    assert (found.n, found.threshold) == (8, 0.5)
    assert found.accuracy == pytest.approx(5 / 8)
    assert found.precision == pytest.approx(2 / 4)
    assert found.recall == pytest.approx(2 / 3)
    assert found.auroc == pytest.approx(13 / 15)
    for value, (low, high) in ((found.accuracy, found.accuracy_ci95), (found.auroc, found.auroc_ci95)):
        assert low <= value <= high
        assert low < high
    plain = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert plain["confusion"] == {
        "true_positive": 2,
        "false_negative": 1,
        "false_positive": 2,
        "true_negative": 3,
    }


@pytest.mark.filterwarnings("error")
def test_what_is_not_a_number_is_null_in_json() -> None:
    scores = np.array([0.1, 0.2], np.float32)
    plain = json.loads(json.dumps(report(scores, np.zeros(2, bool), ["a", "b"], 0.5).as_json(), allow_nan=False))
    assert plain["accuracy"] == 1
    assert (plain["auroc"], plain["precision"], plain["recall"]) == (None, None, None)
    assert plain["auroc_ci95"] == [None, None]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.sampled_from("abcde"), min_size=1, max_size=20), st.integers(0, 100))
def test_the_bootstrap_draws_whole_groups_with_replacement(groups: list[str], seed: int) -> None:
    sizes = Counter(groups)
    drawn: list[int] = []

    def statistic(at: np.ndarray) -> float:
        times = Counter(at.tolist())
        by_group: dict[str, set[int]] = {}
        for index, group in enumerate(groups):
            by_group.setdefault(group, set()).add(times[index])
        assert all(len(counts) == 1 for counts in by_group.values()), "a group was torn apart"
        drawn.append(sum(counts.copy().pop() for counts in by_group.values()))
        assert len(at) == sum(counts.copy().pop() * sizes[group] for group, counts in by_group.items())
        return float(len(at))

    interval(statistic, groups, seed=seed)
    assert drawn == [len(sizes)] * RESAMPLES


def test_groups_widen_the_interval_and_a_seed_repeats_it() -> None:
    right = np.repeat(np.random.default_rng(0).random(20) < 0.8, 10)

    def accuracy(at: np.ndarray) -> float:
        return float(right[at].mean())

    alone = interval(accuracy, [str(i) for i in range(200)], seed=1)
    together = interval(accuracy, [str(i // 10) for i in range(200)], seed=1)
    assert together[1] - together[0] > 2 * (alone[1] - alone[0])
    assert together == interval(accuracy, [str(i // 10) for i in range(200)], seed=1)
    # The percentiles of a binomial share: p +- 1.96 sqrt(p (1 - p) / n).
    p = right.mean()
    half = 1.96 * np.sqrt(p * (1 - p) / 200)
    assert alone == pytest.approx((p - half, p + half), abs=0.02)
