"""Pixels to int8: real = scale * (q - zero_point) must be the pixel's value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.manifest import Quantisation
from edge.preprocess import resize_tile, to_int8

EVERY_VALUE = np.arange(256, dtype=np.uint8).reshape(16, 16)


def test_the_common_quantisation_subtracts_128() -> None:
    q = to_int8(EVERY_VALUE, Quantisation(scale=1, zero_point=-128))
    assert q.dtype == np.int8
    assert q.flags.c_contiguous
    np.testing.assert_array_equal(q.astype(int), EVERY_VALUE.astype(int) - 128)


def test_a_part_of_a_frame_becomes_contiguous_and_the_frame_stays_as_it_was() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (9, 11, 3), np.uint8)
    before = frame.copy()
    q = to_int8(frame[1:8, 2:7], Quantisation(scale=1, zero_point=-128))
    assert q.flags.c_contiguous
    np.testing.assert_array_equal(q.astype(int) + 128, before[1:8, 2:7])
    np.testing.assert_array_equal(frame, before)


@given(st.floats(0.996, 4), st.integers(-128, -127))
def test_any_quantisation_rounds_to_the_nearest_step(scale: float, zero_point: int) -> None:
    q = to_int8(EVERY_VALUE, Quantisation(scale=scale, zero_point=zero_point))
    real = scale * (q.astype(float) - zero_point)
    inside = (q > -128) & (q < 127)
    assert (np.abs(real - EVERY_VALUE)[inside] <= scale / 2 + 1e-9).all()


def test_what_does_not_fit_saturates() -> None:
    q = to_int8(EVERY_VALUE, Quantisation(scale=1, zero_point=0)).ravel()
    assert q[0] == 0
    assert (q[127:] == 127).all()


def test_shrinking_averages_areas() -> None:
    tile = np.random.default_rng(1).integers(0, 256, (64, 64, 3), np.uint8)
    means = tile.reshape(32, 2, 32, 2, 3).mean(axis=(1, 3))
    assert np.abs(resize_tile(tile, 32) - means).max() <= 0.5
    assert resize_tile(tile, 64) is tile


@pytest.mark.parametrize("input_px", [45, 128])
def test_resized_tiles_have_the_networks_size(input_px: int) -> None:
    assert resize_tile(np.zeros((64, 64, 3), np.uint8), input_px).shape == (input_px, input_px, 3)
