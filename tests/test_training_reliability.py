"""Reliability against scores whose probabilities are known."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import DataError
from training.reliability import draw_reliability, expected_calibration_error, reliability


def drawn(n: int, power: float, seed: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Scores, and labels drawn with probability score ** power."""
    rng = np.random.default_rng(seed)
    scores = rng.random(n).astype(np.float32)
    return scores, rng.random(n) < scores**power, [str(i) for i in range(n)]


def test_scores_that_are_probabilities_have_hardly_an_error() -> None:
    bins = reliability(*drawn(4000, 1, 0))
    assert expected_calibration_error(bins) < 0.03
    assert sum(one.ci95[0] <= one.mean_score <= one.ci95[1] for one in bins) >= 8


def test_scores_that_are_too_high_are_found_out() -> None:
    bins = reliability(*drawn(4000, 3, 0))
    # The mean over 0..1 of x - x**3 is a quarter.
    assert expected_calibration_error(bins) == pytest.approx(0.25, abs=0.03)
    assert all(one.cracked < one.mean_score for one in bins)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1, max_size=30), st.integers(1, 12))
def test_every_picture_lies_in_one_bin(examples: list[tuple[float, bool]], count: int) -> None:
    scores = np.array([score for score, _ in examples], np.float32)
    cracked = np.array([label for _, label in examples])
    bins = reliability(scores, cracked, ["one photo"] * len(examples), bins=count)
    assert sum(one.n for one in bins) == len(examples)
    assert sum(one.n * one.cracked for one in bins) == pytest.approx(cracked.sum())
    for one in bins:
        assert one.low - 1e-6 <= one.mean_score <= one.high + 1e-6
        assert one.ci95[0] <= one.cracked <= one.ci95[1]


def test_no_score_is_refused() -> None:
    with pytest.raises(DataError, match="at least one"):
        reliability(np.zeros(0, np.float32), np.zeros(0, bool), [])


def test_the_diagram_is_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "reliability.png"
    draw_reliability(reliability(*drawn(300, 1, 1)), path, title="tilenet-m, metu")
    picture = cv2.imread(str(path))
    assert picture.shape[0] > 500
    assert picture.std() > 10
