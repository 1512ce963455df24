"""The contract of a pose, and places in the plane as poses in space: against their formulas and drawing at random."""

import numpy as np
import pytest
from driven_rover import bracket, calibration
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.geometry import WallView, moved, scale_at, to_wall
from edge.pose import Pose, PoseSource
from edge.pose.plane import Bracket, Planar, between, camera_at, compose, pose_covariance

places = st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000), st.floats(-3, 3)).map(np.array)


def pose(t_wall_camera: np.ndarray, covariance: np.ndarray) -> Pose:
    return Pose(source=PoseSource.TAG, t_wall_camera=t_wall_camera, covariance=covariance)


def test_a_rigid_motion_with_a_covariance_is_a_pose():
    spread = np.diag([4.0, 4.0, 0.0, 1e-6, 1e-6, 0.0])
    spread[0, 3] = spread[3, 0] = 1e-3
    assert pose(np.eye(4), spread).covariance is spread


def changed(matrix: np.ndarray, at: tuple[int, int], value: float) -> np.ndarray:
    other = matrix.copy()
    other[at] = value
    return other


@pytest.mark.parametrize(
    ("t_wall_camera", "covariance", "why"),
    [
        (np.eye(4) * [1.01, 1, 1, 1], np.eye(6), "without scaling"),
        (np.diag([1.0, 1.0, -1.0, 1.0]), np.eye(6), "without scaling or mirroring"),
        (changed(np.eye(4), (3, 0), 1.0), np.eye(6), "last row"),
        (changed(np.eye(4), (0, 3), np.nan), np.eye(6), "finite"),
        (np.eye(4), changed(np.eye(6), (0, 1), 0.5), "symmetric"),
        (np.eye(4), -np.eye(6), "negative variance"),
        (np.eye(4), changed(np.eye(6), (2, 2), np.inf), "finite"),
        (np.eye(4), np.eye(6) + 2 * (np.eye(6)[::-1]), "positive semidefinite"),
        # Millimetres and radians: small as it is, this one correlates by 1.5.
        (np.eye(4), changed(changed(np.diag([1.0] * 3 + [1e-8] * 3), (0, 3), 1.5e-4), (3, 0), 1.5e-4), "semidefinite"),
    ],
)
def test_what_is_no_pose_is_refused(t_wall_camera, covariance, why):
    with pytest.raises(ValueError, match=why):
        pose(t_wall_camera, covariance)


@settings(deadline=None, max_examples=30)
@given(first=places, second=places)
def test_a_step_leads_where_it_was_measured(first, second):
    there = compose(first, between(first, second))
    assert np.allclose(there[:2], second[:2], atol=1e-6)
    assert np.allclose(np.exp(1j * there[2]), np.exp(1j * second[2]))


@settings(deadline=None, max_examples=30)
@given(place=places, tilts=st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3)))
def test_the_optical_axis_meets_the_wall_in_the_foot(place, tilts):
    camera = camera_at(place, np.array([400.0, *tilts]))
    eye, axis = camera[:3, 3], camera[:3, 2]
    assert eye[2] == pytest.approx(400.0)
    assert np.allclose((eye - axis * (eye[2] / axis[2]))[:2], place[:2], atol=1e-6)
    pose(camera, np.eye(6))


def test_the_covariance_of_a_pose_is_that_of_drawing_at_random():
    """What a pixel off the middle then says of its place on the wall, from 1500 cameras."""
    rng = np.random.default_rng(2)
    held = bracket()
    spread = np.diag([1.0, 0.8, 0.004]) ** 2
    spread[0, 1] = spread[1, 0] = 0.3
    place = Planar(values=np.array([3000.0, 1200.0, 0.2]), covariance=spread)
    matrix, covariance = pose_covariance(place, held)
    pixel = np.array([[400.0, 30.0]])
    stated = to_wall(calibration(), WallView(t_wall_camera=matrix, covariance=covariance), pixel).covariance_mm2[0]
    towards = np.array([*(pixel[0] - [239.5, 134.5]) / 800.0, 1.0])
    hits = []
    for plane, on in zip(
        rng.multivariate_normal(place.values, spread, 1500),
        rng.multivariate_normal(held.values, held.covariance, 1500),
        strict=True,
    ):
        camera = camera_at(plane, on)
        ray = camera[:3, :3] @ towards
        hits.append((camera[:3, 3] - ray * (camera[2, 3] / ray[2]))[:2])
    # 1500 draws know a variance within 7 % (two standard deviations).
    assert np.allclose(np.cov(np.array(hits).T), stated, rtol=0.15, atol=0.02 * stated.max())
    pose(matrix, covariance)


def test_the_perturbation_is_from_the_left():
    held = Bracket(values=np.array([300.0, 0.02, -0.03]), covariance=np.diag([1e-12] * 3), scale_sd=0.0)
    place = Planar(values=np.array([900.0, -400.0, 0.7]), covariance=np.diag([0.0, 0.0, 1e-8]))
    matrix, covariance = pose_covariance(place, held)
    turned = camera_at(place.values + np.array([0, 0, 1e-4]), held.values)
    sd = np.sqrt(np.diag(covariance)) * np.sign(np.linalg.eigh(covariance)[1][:, -1])
    nearest = min(np.abs(moved(matrix, sign * sd) - turned).max() for sign in (1, -1))
    assert nearest < 1e-3


def test_a_bracket_is_what_its_scale_was_made_from():
    held = bracket()
    assert np.allclose(np.sqrt(np.diag(held.covariance)), [1.0, np.radians(1), np.radians(1)])
    assert held.scale_sd == pytest.approx(1.0 / held.values[0], rel=1e-3)
    shifted = WallView(t_wall_camera=camera_at(np.array([5.0, 0, 0]), held.values), covariance=np.zeros((6, 6)))
    assert scale_at(calibration(), shifted, (240.0, 135.0))[0] == pytest.approx(0.25, rel=1e-3)
    with pytest.raises(ValueError, match="above the wall's origin"):
        Bracket.of(calibration(), shifted)
