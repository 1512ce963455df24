"""Temperature and offset against scores whose own are known, and against a search over all of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from calibration.temperature import BOUNDS, fit_scaling, scaling_of
from edge.errors import DataError
from edge.manifest import ClassifierSpec, ImagePooling, Quantisation
from edge.tiling import ScoreMap, image_score


def overconfident(true_t: float, offset: float = 0.0, n: int = 4000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Logits (n, 1) that are `true_t` times what the labels, drawn with them, bear out, and `offset` more."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(0, 2, n)
    return true_t * honest[:, None] + offset, rng.random(n) < expit(honest)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.3, 5), st.floats(-6, 6), st.integers(0, 99))
def test_a_known_temperature_and_offset_are_found_again(true_t: float, offset: float, seed: int) -> None:
    found = fit_scaling(*overconfident(true_t, offset, seed=seed))
    assert found.temperature == pytest.approx(true_t, rel=0.15)
    assert found.offset == pytest.approx(offset, abs=0.2 * true_t)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 999), st.integers(1, 4))
def test_no_other_temperature_and_offset_are_likelier(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    logits, cracked = rng.normal(0, 3, (60, k)), np.arange(60) % 3 == 0
    logits[cracked] += 6
    logits[0, 1:] = np.nan
    target = np.where(cracked, 21 / 22, 1 / 42)  # Platt's, for 20 cracked and 40 uncracked

    def loss(t: float, offset: float) -> float:
        p, not_p = (np.nanmean(expit(sign * (logits - offset) / t), axis=1) for sign in (1, -1))
        tiny = np.finfo(np.float64).tiny
        return float(-(target * np.log(p + tiny) + (1 - target) * np.log(not_p + tiny)).mean())

    found = fit_scaling(logits, cracked)
    others = (loss(t, offset) for t in np.geomspace(0.1, 15, 40) for offset in np.linspace(-4, 8, 40))
    assert loss(found.temperature, found.offset) <= min(others) + 1e-3


def test_separable_scores_end_in_a_finite_temperature() -> None:
    cracked = np.arange(200) % 2 == 0
    found = fit_scaling(np.where(cracked, 5.0, -5.0)[:, None], cracked)
    # Platt's targets: sigmoid(5 / T) = 101 / 102.
    assert found.temperature == pytest.approx(5 / np.log(101), rel=1e-2)
    assert found.offset == pytest.approx(0.0, abs=0.05)


def test_scores_that_rank_wrongly_end_at_the_bound_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    logits, cracked = overconfident(1.0)
    assert fit_scaling(-logits, cracked).temperature == pytest.approx(BOUNDS[1], rel=0.01)
    assert "hardly rank" in caplog.text


def test_one_class_is_refused() -> None:
    logits, _ = overconfident(1.0)
    with pytest.raises(DataError, match="class is missing"):
        fit_scaling(logits, np.ones(len(logits), bool))


def spec(**changes: object) -> ClassifierSpec:
    values = {
        "file": "classifier.tflite",
        "input_px": 8,
        "tile_px": 8,
        "stride_px": 8,
        "dense": True,
        "colour_order": "BGR",
        "input": Quantisation(scale=1.0, zero_point=-128),
        "output": Quantisation(scale=0.1, zero_point=3),
        "score": "logit",
        "labels": ("uncracked", "cracked"),
        "image_pooling": ImagePooling(kind="mean_of_highest", k=3),
        "mm_per_px": "unknown",
    }
    return ClassifierSpec(**(values | changes))  # type: ignore[arg-type]


def maps(of: ClassifierSpec, q: np.ndarray) -> list[ScoreMap]:
    side = np.arange(q.shape[1], dtype=np.int32) * 8
    return [ScoreMap(q=row[None], xs=side, ys=side[:1], spec=of) for row in q]


def test_image_scores_are_likelier_at_their_temperature_once_shifted() -> None:
    rng = np.random.default_rng(1)
    cracked = rng.random(300) < 0.5
    q = np.clip(rng.normal(np.where(cracked, 20, -20)[:, None], 40, (300, 6)), -128, 127).astype(np.int8)
    found = scaling_of(maps(spec(), q), cracked)
    shifted = np.clip(q - round(found.offset / 0.1), -128, 127).astype(np.int8)

    def loss(temperature: float, of: np.ndarray) -> float:
        p = np.array([image_score(one) for one in maps(spec(temperature=temperature), of)])
        return float(-np.log(np.where(cracked, p, 1 - p)).mean())

    assert found.offset > 1.0  # the highest of six windows are confident whatever the label
    assert loss(found.temperature, shifted) < loss(1.0, q)
    assert abs(loss(found.temperature, shifted) - min(loss(t, shifted) for t in np.geomspace(0.5, 10, 60))) < 2e-3


def test_a_probability_is_not_divided() -> None:
    scores = spec(score="probability", output=Quantisation(scale=1 / 256, zero_point=-128))
    with pytest.raises(ValueError, match="probability already"):
        scaling_of(maps(scores, np.zeros((2, 3), np.int8)), np.array([True, False]))
