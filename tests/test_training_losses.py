"""The dense loss against the same in plain numpy."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from training.losses import HIGHEST_CELLS, LABEL, SOMEWHERE, WEIGHT, cell_loss, dense_crack_loss


def plain(target: np.ndarray, logits: np.ndarray, *, highest: int, focus: float, somewhere_weight: float) -> float:
    """Window by window, picture by picture: focal loss as Lin et al. (arXiv:1708.02002) define it."""
    total, weights, pictures, pulled = 0.0, 0.0, 0, 0.0
    for n in range(len(logits)):
        for r in range(logits.shape[1]):
            for c in range(logits.shape[2]):
                p = 1 / (1 + np.exp(-float(logits[n, r, c, 0])))
                label, weight = target[n, r, c, LABEL], target[n, r, c, WEIGHT]
                p_true = p if label else 1 - p
                total -= weight * (1 - p_true) ** focus * np.log(p_true)
                weights += weight
        if target[n, ..., SOMEWHERE].any():
            top = np.mean(sorted(logits[n].ravel().astype(float))[-highest:])
            pulled -= np.log(1 / (1 + np.exp(-top)))
            pictures += 1
    return total / (weights + 1) + somewhere_weight * pulled / (pictures + 1)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(1, 3),
    st.integers(4, 6),
    st.fixed_dictionaries(
        {
            "highest": st.sampled_from([1, 5, 16]),
            "focus": st.sampled_from([0.0, 1.0, 2.0]),
            "somewhere_weight": st.sampled_from([0.0, 0.3, 1.0]),
        }
    ),
)
def test_equals_numpy(seed: int, n: int, side: int, options: dict[str, Any]) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 4, (n, side, side, 1)).astype(np.float32)
    target = rng.integers(0, 2, (n, side, side, 3)).astype(np.float32)
    target[..., SOMEWHERE] = rng.integers(0, 2, (n, 1, 1))
    found = float(dense_crack_loss(ops.array(target), ops.array(logits), **options))
    assert found == pytest.approx(plain(target, logits, **options), rel=1e-4, abs=1e-5)


def test_windows_of_weight_0_teach_nothing() -> None:
    target = np.zeros((2, 4, 4, 3), np.float32)
    target[..., LABEL] = 1
    for level in (-30.0, 0.0, 30.0):
        assert float(dense_crack_loss(target, np.full((2, 4, 4, 1), level, np.float32))) == 0


def test_a_crack_somewhere_pulls_up_and_stays_finite_however_wrong_the_network_is() -> None:
    target = np.zeros((1, 4, 4, 3), np.float32)
    target[..., SOMEWHERE] = 1
    losses = [
        float(dense_crack_loss(target, np.full((1, 4, 4, 1), level, np.float32))) for level in (-1e4, -5, 0, 5, 1e4)
    ]
    assert np.isfinite(losses).all()
    assert losses == sorted(losses, reverse=True)
    assert losses[0] > losses[1] > losses[2] > losses[3]


def test_a_known_window_that_is_wrong_costs_more() -> None:
    target = np.zeros((1, 4, 4, 3), np.float32)
    target[..., WEIGHT] = 1
    target[0, 0, 0, LABEL] = 1
    right = np.full((1, 4, 4, 1), -6.0, np.float32)
    right[0, 0, 0] = 6
    wrong = -right
    assert float(dense_crack_loss(target, right)) < 0.01
    assert float(dense_crack_loss(target, wrong)) > 5


def test_cells_are_judged_like_windows_but_easy_ones_weigh_as_much_as_hard_ones() -> None:
    rng = np.random.default_rng(3)
    logits = rng.normal(0, 4, (2, 6, 6, 1)).astype(np.float32)
    target = rng.integers(0, 2, (2, 6, 6, 3)).astype(np.float32)
    target[..., WEIGHT] *= 4
    target[..., SOMEWHERE] = np.array([0, 3])[:, None, None]
    expected = plain(target, logits, highest=HIGHEST_CELLS, focus=0.0, somewhere_weight=0.0)
    somewhere = 0.3 * 3 * np.log1p(np.exp(-np.sort(logits[1].ravel())[-HIGHEST_CELLS:].mean())) / 2
    assert float(cell_loss(ops.array(target), ops.array(logits))) == pytest.approx(expected + somewhere, rel=1e-4)
