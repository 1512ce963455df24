"""The first convolution over pairs of pixels: the same numbers, and only where it may be read so."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.bundle import default_bundle_path, read_bundle
from edge.paired import paired
from edge.runtime import Network

GOLDEN = Path(__file__).parent / "golden"
MODEL = read_bundle(default_bundle_path()).model
NETWORKS = ["tiny_bundle/classifier", "tiny_networks/padded", "tiny_networks/two_scores", "tiny_networks/fixed_batch"]


def scores(model: bytes, pixels: np.ndarray) -> np.ndarray:
    """By TFLite's reference kernels, which are never given pairs unasked."""
    return Network(model, input_shape=pixels.shape, reference=True).run(pixels)


@pytest.mark.parametrize("wh", [(96, 96), (168, 121), (240, 144)])
def test_pairs_of_pixels_give_the_same_scores(wh: tuple[int, int]) -> None:
    w, h = wh
    pixels = np.random.default_rng(w).integers(-128, 128, (2, h, w, 3), np.int8)
    by_pairs = paired(MODEL)
    assert by_pairs is not None
    np.testing.assert_array_equal(scores(by_pairs, pixels.reshape(2, h, w // 2, 6)), scores(MODEL, pixels))


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_that_begins_otherwise_is_left_alone(name: str) -> None:
    assert paired((GOLDEN / f"{name}.tflite").read_bytes()) is None


@given(kept=st.integers(0, len(MODEL) - 1), damage=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255))))
def test_what_is_no_network_is_left_to_the_runtime(kept: int, damage: list[tuple[int, int]]) -> None:
    content = bytearray(MODEL[:kept])
    for place, value in damage:
        if place < kept:
            content[place] = value
    by_pairs = paired(bytes(content))
    assert by_pairs is None or len(by_pairs) == kept


def test_whoever_uses_a_network_sees_pixels_whether_they_are_paired_or_not() -> None:
    for width in (96, 97):
        pixels = np.random.default_rng(width).integers(0, 256, (1, 96, width, 3), np.uint8)
        fast, exact = (Network(MODEL, input_shape=pixels.shape, reference=reference) for reference in (False, True))
        assert fast.input_shape == exact.input_shape == pixels.shape
        off = fast.run_pixels(pixels).astype(int) - exact.run_pixels(pixels)
        assert np.abs(off).max() <= 2
        np.testing.assert_array_equal(fast.run((pixels ^ 128).view(np.int8)), fast.run_pixels(pixels))
