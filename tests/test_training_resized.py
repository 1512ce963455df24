"""Whole pictures, resized: what augmentation may do to them, and which sizes are taken."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_pictures import write_pictures

from edge.errors import DataError
from training.recipe import AugmentPart
from training.resized import ResizedBatches, augmented, check_sizes

PICTURE = np.random.default_rng(0).integers(0, 256, (33, 33, 3), np.uint8)


@settings(deadline=None)
@given(st.integers(0, 1000), st.floats(0, 180), st.floats(0, 0.9), st.sampled_from(["none", "horizontal", "both"]))
def test_a_picture_keeps_its_shape_and_a_draw_repeats(seed: int, rotation: float, zoom: float, flips: str) -> None:
    part = AugmentPart(rotation_deg=rotation, zoom=zoom, flips=flips)
    once, again = (augmented(np.random.default_rng(seed), PICTURE, part) for _ in range(2))
    assert (once.shape, once.dtype) == (PICTURE.shape, np.uint8)
    np.testing.assert_array_equal(once, again)


def test_without_augmentation_nothing_changes() -> None:
    np.testing.assert_array_equal(augmented(np.random.default_rng(0), PICTURE, AugmentPart()), PICTURE)


def test_flips_are_mirror_images_in_the_directions_asked_for() -> None:
    for flips, kinds in (("horizontal", 2), ("both", 4)):
        seen = {augmented(np.random.default_rng(s), PICTURE, AugmentPart(flips=flips)).tobytes() for s in range(40)}
        mirrors = [PICTURE, PICTURE[:, ::-1], PICTURE[::-1], PICTURE[::-1, ::-1]][:kinds]
        assert seen == {np.ascontiguousarray(mirror).tobytes() for mirror in mirrors}


def test_a_turn_stays_within_what_was_asked_for() -> None:
    """A line through the middle tells by how much it was turned."""
    picture = np.zeros((101, 101, 3), np.uint8)
    picture[49:52] = 255
    turns = []
    for seed in range(50):
        turned = augmented(np.random.default_rng(seed), picture, AugmentPart(rotation_deg=20))[..., 0]
        ys, xs = np.nonzero(turned[20:81, 20:81] > 128)
        turns.append(np.degrees(np.arctan(np.polyfit(xs, ys, 1)[0])))
    assert max(np.abs(turns)) < 21
    assert min(turns) < -10 < 10 < max(turns)


def test_only_training_batches_are_augmented(tmp_path: Path) -> None:
    items = write_pictures(tmp_path, count=6, side_px=64)
    part = AugmentPart(rotation_deg=90)
    plain, changed = (
        ResizedBatches(items, input_px=64, batch_size=6, seed=1, shuffle=False, augment=a)[0] for a in (None, part)
    )
    assert (plain[0] != changed[0]).any()
    np.testing.assert_array_equal(plain[1], changed[1])
    np.testing.assert_array_equal(plain[0][0], cv2.imread(str(items[0].path)).astype(np.float32))


def test_a_picture_of_another_size_is_named(tmp_path: Path) -> None:
    items = write_pictures(tmp_path, count=4, side_px=64)
    check_sizes(items, 64)
    cv2.imwrite(str(items[2].path), np.zeros((64, 80, 3), np.uint8))
    with pytest.raises(DataError, match=rf"{items[2].path.name}: .*64 x 64 pixels; got 80 x 64.*mixed_sizes = true"):
        check_sizes(items, 64)
