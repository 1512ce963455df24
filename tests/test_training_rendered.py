"""Training pictures with rendered cracks: their truth is true."""

from functools import partial

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.datasets.distractors import render_distractor
from training.datasets.rendered import (
    FAINTEST,
    MIN_LENGTH_PX,
    cell_targets,
    render_crack,
    window_targets,
)


def grey(h: int = 150, w: int = 170) -> np.ndarray:
    return np.full((h, w, 3), 160, np.uint8)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(32, 70),
    st.integers(32, 70),
    st.sampled_from([16, 24, 32]),
    st.sampled_from([1, 5, 8]),
    st.booleans(),
)
def test_window_targets_are_counted_window_by_window(
    seed: int, h: int, w: int, tile_px: int, stride_px: int, visible: bool
) -> None:
    rng = np.random.default_rng(seed)
    covered = np.where(rng.random((h, w)) < rng.choice([0.0005, 0.01]), rng.random((h, w)), 0).astype(np.float32)
    centreline = (rng.random((h, w)) < rng.choice([0.01, 0.06, 0.15])).astype(np.uint8)
    found = window_targets(covered, centreline, tile_px=tile_px, stride_px=stride_px, visible=visible)
    ys, xs = (range(0, length - tile_px + 1, stride_px) for length in (h, w))
    assert found.label.shape == found.weight.shape == (len(ys), len(xs))
    for r, y in enumerate(ys):
        for c, x in enumerate(xs):
            cut = slice(y, y + tile_px), slice(x, x + tile_px)
            long_enough = int(centreline[cut].sum()) >= MIN_LENGTH_PX
            bare = not (covered[cut] > 0.02).any()
            assert found.label[r, c] == long_enough
            assert found.weight[r, c] == (bare or (long_enough and visible))


def test_cells_are_counted_cell_by_cell_and_a_crack_beside_one_leaves_it_open() -> None:
    covered, centreline = np.zeros((64, 64), np.float32), np.zeros((64, 64), np.uint8)
    centreline[20:44, 30], covered[20:44, 29:32] = 1, 1.0
    found = cell_targets(covered, centreline, first_px=8, side=6)
    label, weight = np.zeros((6, 6)), np.ones((6, 6))
    label[1, 2] = 1  # rows 16 to 23, columns 24 to 31, hold four pixels of it
    label[2:4, 2] = 1
    label[4, 2] = 1
    weight[1:5, 3] = 0  # column 32 begins beside its body
    np.testing.assert_array_equal(found.label, label)
    np.testing.assert_array_equal(found.weight, weight)
    unseen = cell_targets(covered, centreline, first_px=8, side=6, visible=False)
    np.testing.assert_array_equal(unseen.weight, weight * (label == 0))


def test_faint_cracks_go_below_what_plain_ones_reach() -> None:
    def palest(faint: bool) -> float:
        found = []
        for seed in range(60):
            picture, _, centreline, _ = render_crack(np.random.default_rng(seed), grey(), faint=faint)
            if centreline.any():
                found.append(float((160 - picture[centreline == 1].astype(float)).mean(axis=1).min()))
        return float(np.percentile(found, 10))

    assert palest(faint=True) < 0.6 * palest(faint=False)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_a_rendered_crack_darkens_where_it_says_and_nowhere_else(seed: int) -> None:
    image = grey()
    picture, covered, centreline, visibility = render_crack(np.random.default_rng(seed), image)
    assert picture.shape == image.shape
    assert picture.dtype == np.uint8
    assert covered.shape == centreline.shape == image.shape[:2]
    assert 0 <= covered.min() <= covered.max() <= 1
    assert set(np.unique(centreline)) <= {0, 1}
    assert 0 < visibility <= 0.9
    far = cv2.dilate(covered, np.ones((41, 41), np.uint8)) == 0  # farther than the softening reaches
    assert (picture[far] == 160).all()
    assert (picture <= 160).all()
    if (covered > 0.9).sum() > 50 and visibility > 3 * FAINTEST:
        assert picture[covered > 0.9].mean() < 155
    # The centreline runs inside the crack.
    assert (cv2.dilate(covered, np.ones((3, 3), np.uint8))[centreline == 1] > 0).mean() > 0.99 or not centreline.any()


def test_a_crack_too_faint_to_see_is_left_out() -> None:
    rng = np.random.default_rng(0)
    _, covered, centreline, _ = render_crack(rng, grey())
    seen = window_targets(covered, centreline, tile_px=96, stride_px=8, visible=True)
    unseen = window_targets(covered, centreline, tile_px=96, stride_px=8, visible=False)
    assert seen.label.any()
    assert (unseen.weight[unseen.label == 1] == 0).all()
    assert (seen.weight[seen.label == 1] == 1).all()


@pytest.mark.parametrize(
    "render",
    [lambda r, i: render_crack(r, i)[0], render_distractor, partial(render_distractor, fixtures=True)],
)
def test_the_same_generator_draws_the_same_and_the_original_stays(render: object) -> None:
    image = grey(96, 96)
    first, again, other = (render(np.random.default_rng(seed), image) for seed in (5, 5, 6))  # type: ignore[operator]
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (image == 160).all()


@pytest.mark.parametrize("fixtures", [False, True])
def test_every_distractor_changes_the_picture_and_keeps_its_form(fixtures: bool) -> None:
    image = grey()
    changed = 0
    for seed in range(80):
        picture = render_distractor(np.random.default_rng(seed), image, fixtures=fixtures)
        assert picture.shape == image.shape
        assert picture.dtype == np.uint8
        changed += bool((picture != image).any())
    assert changed > 70  # a tie hole may lie outside
