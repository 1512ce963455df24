"""Thinning and courses: topology is kept, spurs are no branches, gaps are crossed, lengths are those of the lines."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.measure.polyline import averaged, evenly, full_length, length, normals, smoothed
from edge.measure.skeleton import centrelines
from edge.measure.thinning import thin


def drawn(*lines: tuple[tuple[float, float], tuple[float, float]], width: int = 7, wh=(260, 220)) -> np.ndarray:
    picture = np.zeros((wh[1], wh[0]), np.uint8)
    for (x0, y0), (x1, y1) in lines:
        start, end = (round(x0 * 16), round(y0 * 16)), (round(x1 * 16), round(y1 * 16))
        cv2.line(picture, start, end, 255, width, cv2.LINE_8, 4)
    return picture > 0


def pieces_and_holes(mask: np.ndarray) -> tuple[int, int]:
    inside = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)[0] - 1
    outside = cv2.connectedComponents(np.pad(~mask, 1, constant_values=True).astype(np.uint8), connectivity=4)[0] - 1
    return inside, outside - 1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.35, 0.65))
def test_thinning_keeps_every_piece_and_every_hole(seed, level):
    noise = cv2.GaussianBlur(np.random.default_rng(seed).random((50, 60)).astype(np.float32), (0, 0), 2.0)
    mask = noise > np.quantile(noise, level)
    pixels, depth = thin(mask)
    skeleton = np.zeros_like(mask)
    skeleton[tuple(pixels.T)] = True
    assert not (skeleton & ~mask).any()
    assert pieces_and_holes(skeleton) == pieces_and_holes(mask)
    assert (depth >= 1).all()


@pytest.mark.parametrize("width", [1, 2, 5, 12])
def test_a_bar_is_thinned_to_its_middle_line(width):
    mask = np.zeros((40, 120), bool)
    mask[10 : 10 + width, 5:115] = True
    pixels, depth = thin(mask)
    rows, columns = pixels.T
    assert len(set(columns.tolist())) == len(columns)  # one pixel wide
    assert abs(rows.mean() - (10 + (width - 1) / 2)) <= 0.6
    assert abs(np.median(depth) - width / 2) <= 1


def test_an_empty_mask_has_no_course():
    assert centrelines(np.zeros((30, 30), bool)) == []
    assert centrelines(np.zeros((1, 1), bool)) == []


@pytest.mark.parametrize("angle_deg", range(0, 180, 15))
def test_a_line_is_as_long_as_it_is_in_every_direction(angle_deg):
    towards = np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))]) * 90
    (line,) = centrelines(drawn((tuple(np.array([130, 110]) - towards), tuple(np.array([130, 110]) + towards))))
    course = evenly(smoothed(evenly(line.points_px, 1.0), 2.0), 1.0)
    assert length(course) == pytest.approx(180, rel=0.05)
    assert line.radius_px == pytest.approx(3.5, abs=1.6)


def test_branches_come_after_the_longest_way():
    found = centrelines(drawn(((20, 110), (240, 110)), ((130, 110), (170, 30))))
    assert len(found) == 2
    assert length(found[0].points_px) > 210
    ends = found[1].points_px[[0, -1]]
    assert np.linalg.norm(ends[0] - [170, 30]) < 6  # the free end first
    assert np.linalg.norm(ends[1] - [130, 110]) < 6


def test_a_ragged_border_makes_no_branches():
    rng = np.random.default_rng(3)
    mask = drawn(((20, 60), (240, 160)), width=9)
    ragged = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5))) > 0
    coarse = cv2.resize(rng.random((44, 52)).astype(np.float32), (260, 220))
    found = centrelines(np.where(coarse > 0.5, ragged, mask))
    assert len(found) == 1
    assert length(evenly(found[0].points_px, 6.0)) == pytest.approx(np.hypot(220, 100), rel=0.06)


def test_a_gap_is_crossed_and_a_stranger_is_not_joined():
    mask = drawn(((20, 110), (110, 110)), ((126, 114), (240, 114)))
    (line,) = centrelines(mask)
    assert length(evenly(line.points_px, 6.0)) == pytest.approx(220, rel=0.05)
    assert np.linalg.norm(np.diff(line.points_px, axis=0), axis=1).max() < 2
    apart = centrelines(drawn(((20, 110), (110, 110)), ((130, 60), (130, 10))))
    assert len(apart) == 2


def test_a_ring_is_gone_round():
    mask = np.zeros((100, 100), np.uint8)
    cv2.circle(mask, (50, 50), 30, 1, 5)
    found = centrelines(mask > 0)
    assert sum(length(line.points_px) for line in found) > 0.8 * 2 * np.pi * 30


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 60), st.integers(0, 1000), st.floats(0.3, 5.0))
def test_lines_keep_their_ends(n, seed, sigma):
    points = np.cumsum(np.random.default_rng(seed).normal(1.0, 0.5, (n, 2)), axis=0)
    for line in (evenly(points, 1.5), smoothed(points, sigma), averaged(points, 5)):
        np.testing.assert_allclose(line[[0, -1]], points[[0, -1]], atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(normals(evenly(points, 1.0)), axis=1), 1)


def test_smoothing_and_averaging_leave_a_straight_line_alone():
    points = np.stack([np.arange(30.0), 2 * np.arange(30.0)], axis=1)
    np.testing.assert_allclose(smoothed(points, 2.5), points, atol=1e-9)
    np.testing.assert_allclose(averaged(points, 7), points, atol=1e-9)
    assert full_length(points, 2.0, 0.7) == pytest.approx(length(points))
