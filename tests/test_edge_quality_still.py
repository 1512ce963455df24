"""A rover that stands still: the same picture within noise, and nothing else; poses where pictures cannot tell."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from board_renderer import Lens, calibration_of

from edge.clock import ManualClock
from edge.frame import Frame
from edge.geometry import facing
from edge.pose import Pose, PoseSource
from edge.quality.still import Likeness, Standstill, blocks_of, likeness
from edge.render.concrete import concrete
from edge.render.cracks import coverage, crack_path, darken
from edge.skips import MOVING, STANDING

WH = (640, 480)
WALL = concrete(np.random.default_rng(3), (1000, 560))
FLAT = np.full((560, 1000, 3), 140, np.uint8)
CALIBRATION = calibration_of(Lens(frame_wh=WH, fx=2000.0, fy=2000.0, cx=319.5, cy=239.5, k=(0.0,) * 5))


def seen(wall: np.ndarray, x: int = 0, *, seed: int, noise: float = 2.0, light: float = 0.0) -> np.ndarray:
    """What a camera with that noise sees of a wall, uint8 (480, 640, 3)."""
    window = wall[20 : 20 + WH[1], x : x + WH[0]].astype(np.float64) + light
    noisy = window + np.random.default_rng(seed).normal(0, noise, window.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def alike(before: np.ndarray, now: np.ndarray) -> Likeness:
    return likeness(blocks_of(before), blocks_of(now))


@pytest.mark.parametrize("noise", [0.5, 1.5, 3.0])
@pytest.mark.parametrize("light", [-6.0, 0.0, 6.0])
def test_noise_and_a_change_of_light_are_no_movement(noise: float, light: float) -> None:
    assert alike(seen(WALL, seed=1, noise=noise), seen(WALL, seed=2, noise=noise, light=light)) is Likeness.SAME


@pytest.mark.parametrize("px", [4, 8, 16, 40, 200])
def test_a_movement_is_one(px: int) -> None:
    assert alike(seen(WALL, seed=1), seen(WALL, px, seed=2)) is not Likeness.SAME


@pytest.mark.parametrize("noise", [0.5, 2.0])
def test_a_wall_without_texture_is_never_taken_for_the_same(noise: float) -> None:
    """Also where the frame shows a new place of it: nothing would tell."""
    assert alike(seen(FLAT, seed=1, noise=noise), seen(FLAT, seed=2, noise=noise)) is Likeness.UNSURE


def test_a_hairline_that_comes_into_view_on_a_flat_wall_is_not_left_out() -> None:
    rng = np.random.default_rng(5)
    path = crack_path(rng, start_xy_px=(700.0, 0.0), heading_rad=1.5, length_px=600.0, width_px=1.5)
    cracked = darken(FLAT, coverage([path], (1000, 560)), depth=0.3)
    for x in (0, 100, 200, 300):
        assert alike(seen(cracked, seed=1), seen(cracked, x, seed=2)) is not Likeness.SAME


def test_something_new_in_a_corner_is_a_change() -> None:
    changed = WALL.copy()
    cv2.circle(changed, (600, 60), 14, (60, 60, 60), -1)
    assert alike(seen(WALL, seed=1), seen(changed, seed=2)) is Likeness.OTHER


def test_another_size_is_another_picture() -> None:
    assert alike(seen(WALL, seed=1), seen(WALL, seed=1)[:320]) is Likeness.OTHER


def frame(pixels: np.ndarray) -> Frame:
    return Frame(pixels=pixels, seq=0, name="f", t_mono_ns=0, t_utc=ManualClock().utc())


def at(x_mm: float) -> Pose:
    matrix = facing(300.0)
    matrix[0, 3] = x_mm
    return Pose(source=PoseSource.ODOMETRY, t_wall_camera=matrix, covariance=np.zeros((6, 6)))


def test_frames_are_compared_with_the_last_inspected_one() -> None:
    """A slow creep adds up; a frame that was not inspected after all is no reason to skip the next."""
    still, reasons = Standstill(), []
    for i in range(24):
        reasons.append(still.objection(frame(seen(WALL, i, seed=i)), Pose()))
        if reasons[-1] is None:
            still.inspected()
    inspected = [i for i, reason in enumerate(reasons) if reason is None]
    assert inspected[0] == 0
    assert len(inspected) >= 5, "never more than a few pixels without an inspection"
    assert set(reasons) == {None, STANDING}
    refused = Standstill()
    for i in range(3):
        assert refused.objection(frame(seen(WALL, seed=i)), Pose()) is None


@pytest.mark.parametrize(("moved_mm", "expected"), [(0.0, STANDING), (0.05, STANDING), (1.0, None)])
def test_where_pictures_cannot_tell_poses_do(moved_mm: float, expected: str | None) -> None:
    still = Standstill(calibration=CALIBRATION)
    assert still.objection(frame(seen(FLAT, seed=1)), at(0.0)) is None
    still.inspected()
    assert still.objection(frame(seen(FLAT, seed=2)), at(moved_mm)) == expected


def test_a_changed_scene_is_inspected_whatever_the_wheels_say() -> None:
    still = Standstill(calibration=CALIBRATION)
    still.objection(frame(seen(WALL, seed=1)), at(0.0))
    still.inspected()
    assert still.objection(frame(seen(WALL, 60, seed=2)), at(0.0)) is None


def test_without_a_pose_a_flat_wall_is_inspected() -> None:
    still = Standstill(calibration=CALIBRATION)
    still.objection(frame(seen(FLAT, seed=1)), at(0.0))
    still.inspected()
    assert still.objection(frame(seen(FLAT, seed=2)), Pose()) is None


def test_stop_and_shoot_takes_one_frame_a_stop() -> None:
    still, reasons = Standstill(stop_and_shoot=True), []
    for i, x in enumerate((0, 0, 0, 60, 120, 180, 180, 180)):
        reasons.append(still.objection(replace(frame(seen(WALL, x, seed=i)), seq=i), Pose()))
        if reasons[-1] is None:
            still.inspected()
    assert reasons == [MOVING, None, STANDING, MOVING, MOVING, MOVING, None, STANDING]
