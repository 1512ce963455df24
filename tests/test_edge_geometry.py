"""Pixels on the wall: against the formula of the lens written down a second time, and against drawing at random."""

from dataclasses import replace

import numpy as np
import pytest
from board_renderer import Lens, calibration_of
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import CalibrationError
from edge.geometry import WallView, facing, left_covariance, moved, pixels, rays, scale_at, to_wall

LENS = Lens()
W, H = LENS.frame_wh
CALIBRATION = calibration_of(LENS)
STRAIGHT = Lens(k=(0.0, 0.0, 0.0, 0.0, 0.0))
NOTHING_UNSURE = np.zeros((6, 6))

some_pixels = st.lists(st.tuples(st.floats(0, W - 1), st.floats(0, H - 1)), min_size=1, max_size=5).map(np.array)
degrees = st.floats(-25, 25)


@settings(deadline=None, max_examples=30)
@given(points=some_pixels)
def test_rays_are_the_lens_formula_inverted(points):
    assert np.allclose(rays(CALIBRATION, points)[:, :2], LENS.unbend(points), atol=1e-8)
    assert np.allclose(pixels(CALIBRATION, rays(CALIBRATION, points) * 321.0), points, atol=1e-5)


@settings(deadline=None, max_examples=30)
@given(
    xy=st.tuples(st.floats(-60, 60), st.floats(-40, 40)),
    eye=st.tuples(st.floats(-50, 50), st.floats(-50, 50), st.floats(200, 900)),
    tilts=st.tuples(degrees, degrees),
)
def test_a_point_of_the_wall_comes_back(xy, eye, tilts):
    pose = facing(eye[2], *np.radians(tilts))
    pose[:2, 3] = eye[:2]
    in_camera = (np.array([*xy, 0.0]) - pose[:3, 3]) @ pose[:3, :3]
    if in_camera[2] < 50:
        return
    seen = LENS.project(in_camera[np.newaxis])
    if not ((seen >= 0) & (seen <= [W - 1, H - 1])).all():
        return
    view = WallView(t_wall_camera=pose, covariance=NOTHING_UNSURE)
    found = to_wall(CALIBRATION, view, seen)
    assert np.allclose(found.xy_mm, [xy], atol=1e-3)
    assert np.allclose(found.covariance_mm2, 0, atol=1e-12)


def test_the_camera_looks_at_the_wall_with_x_right_and_y_up():
    view = WallView(t_wall_camera=facing(300.0), covariance=NOTHING_UNSURE)
    ((left, top), (right, low)) = to_wall(CALIBRATION, view, np.array([[100.0, 100.0], [600.0, 500.0]])).xy_mm
    assert left < 0 < right
    assert low < 0 < top


def test_the_covariance_is_that_of_drawing_at_random():
    rng = np.random.default_rng(5)
    calibration = calibration_of(LENS, relative_sd=0.001)
    pose = facing(400.0, 0.2, -0.1)
    own = np.diag([0.5, 0.7, 1.5, 0.01, 0.008, 0.005]) ** 2
    view = WallView(t_wall_camera=pose, covariance=left_covariance(pose, own))
    point = np.array([[150.0, 430.0]])
    stated = to_wall(calibration, view, point, sd_px=0.4).covariance_mm2[0]
    drawn = []
    sd = np.sqrt(np.diag(calibration.lens_covariance))
    motions = rng.multivariate_normal(np.zeros(6), view.covariance, 1500)
    for motion in motions:
        other = replace(calibration, lens=tuple(calibration.lens_array + rng.normal(0, sd)))
        shaken = WallView(t_wall_camera=moved(pose, motion), covariance=NOTHING_UNSURE)
        direction = rays(other, point + rng.normal(0, 0.4, (1, 2)))
        eye, towards = shaken.t_wall_camera[:3, 3], direction @ shaken.t_wall_camera[:3, :3].T
        drawn.append((eye - towards[0] * eye[2] / towards[0, 2])[:2])
    # 1500 draws know a variance within 7 % (two standard deviations: 2 * sqrt(2 / n)).
    assert np.allclose(np.cov(np.array(drawn).T), stated, rtol=0.15, atol=0.02 * stated.max())


def test_a_camera_that_only_turns_stays_where_it_is():
    """In the covariance from the left, a turn of the camera about itself is a turn and a shift that go together."""
    pose = facing(500.0)
    pose[:2, 3] = 30.0, -20.0
    own = np.zeros((6, 6))
    own[3, 3] = own[4, 4] = 1e-6
    covariance = left_covariance(pose, own)
    for motion in np.random.default_rng(0).multivariate_normal(np.zeros(6), covariance, 20):
        assert np.allclose(moved(pose, motion)[:3, 3], pose[:3, 3], atol=0.01)
        assert np.abs(motion[:3]).max() > 0.01


@settings(deadline=None, max_examples=30)
@given(distance=st.floats(50, 3000), sd=st.floats(0.01, 10))
def test_the_scale_of_a_square_view_is_distance_over_focal_length(distance, sd):
    square = calibration_of(STRAIGHT)
    own = np.zeros((6, 6))
    own[2, 2] = sd**2
    mm_per_px, spread = scale_at(square, WallView(t_wall_camera=facing(distance), covariance=own), (300.0, 200.0))
    expected = 1 / np.sqrt(STRAIGHT.fx * STRAIGHT.fy)
    assert mm_per_px == pytest.approx(distance * expected, rel=1e-7)
    assert spread == pytest.approx(sd * expected, rel=1e-4)


def test_a_pixel_beyond_the_lens_model_is_refused():
    bulging = calibration_of(Lens(k=(-0.5, 0.0, 0.0, 0.0, 0.0)))
    with pytest.raises(CalibrationError, match="lens model holds"):
        rays(bulging, np.array([[5000.0, 4000.0]]))


def test_a_pixel_that_looks_past_the_wall_is_refused():
    view = WallView(t_wall_camera=facing(300.0, np.radians(80)), covariance=NOTHING_UNSURE)
    with pytest.raises(CalibrationError, match="must look at the wall"):
        to_wall(CALIBRATION, view, np.array([[360.0, 10.0], [360.0, 530.0]]))
