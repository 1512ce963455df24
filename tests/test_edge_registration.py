"""Planar registration: against steps that are exact, and where it must not find one."""

from functools import cache

import cv2
import numpy as np
import pytest
from board_renderer import Lens, calibration_of
from driven_rover import DISTANCE_MM, FRAME_WH, MM_PER_PX, Wall, bracket, calibration

from edge.geometry import facing
from edge.pose.plane import Bracket, Planar, camera_at, compose
from edge.registration import NoStep, Reason, Registered, Registrar, look_of
from edge.render.concrete import concrete

REGISTRAR = Registrar(calibration=calibration())
PREDICTED_SD = (4.0, 3.0, 0.004)
START = (60, 80)


@cache
def bare_wall() -> Wall:
    picture = concrete(np.random.default_rng(3), (1100, 560), mm_per_px=MM_PER_PX)
    return Wall(picture=cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))


def step(
    wall: Wall, moved_px: tuple[int, int], *, off_mm: tuple[float, float] = (0, 0), sd=PREDICTED_SD, seed: int = 0
):
    """By registration, and the truth; the prediction is `off_mm` beside it."""
    there = START[0] + moved_px[0], START[1] + moved_px[1]
    truth = wall.foot_mm(there) - wall.foot_mm(START)
    prediction = Planar(values=truth + np.array([*off_mm, 0.0]), covariance=np.diag(np.square(sd)))
    looks = (look_of(wall.frame(2 * seed + i, at).pixels) for i, at in enumerate((START, there)))
    return REGISTRAR.step(*looks, prediction, bracket()), truth


@pytest.mark.parametrize("moved_px", [(120, 0), (-60, 7), (3, 140), (330, -20), (380, 0)])
def test_a_step_is_found_to_a_tenth_of_a_pixel(moved_px):
    got, truth = step(bare_wall(), moved_px, off_mm=(5.0, -4.0))
    assert isinstance(got, Registered)
    assert np.abs(got.step.values - truth)[:2].max() < 0.1 * MM_PER_PX
    assert abs(got.step.values[2]) < 5e-4


def test_the_covariance_is_honest():
    """Normalised error squared of 12 steps, chi square of 36 degrees: below its upper bound of 99.9 %, and not small
    because everything is allowed.
    """
    rng = np.random.default_rng(5)
    total, sizes = 0.0, []
    for seed in range(12):
        moved = int(rng.integers(60, 340)), int(rng.integers(-30, 30))
        got, truth = step(bare_wall(), moved, off_mm=tuple(rng.normal(0, 2, 2)), seed=seed)
        assert isinstance(got, Registered)
        off = got.step.values - truth
        total += off @ np.linalg.solve(got.step.covariance, off)
        sizes.append(np.sqrt(np.diag(got.step.covariance)[:2]).max())
    assert total < 67.9
    assert np.median(sizes) < 0.2 * MM_PER_PX


@pytest.mark.parametrize("noise_only", [True, False])
def test_a_wall_without_texture_gives_no_step(noise_only):
    """A flat grey, or one with light that falls off smoothly: the same in both frames, and no sign of a step."""
    h, w = 560, 1100
    shade = np.full((h, w), 140.0) if noise_only else 140 + 40 * np.cos(np.linspace(0, 3, w))[None] * np.ones((h, 1))
    for seed in range(3):
        got, _ = step(Wall(picture=shade), (120, 5), seed=seed)
        assert got == NoStep(reason=Reason.NO_TEXTURE)


def test_identical_panels_are_ambiguous_where_the_search_holds_two():
    """Panels of 20 mm from one mould, the same down to the grain; the wheels are sure to 10 mm."""
    panel = bare_wall().picture[100:180, 100:180]
    wall = Wall(picture=np.tile(panel, (7, 14)))
    got, _ = step(wall, (120, 0), sd=(10.0, 3.0, 0.004))
    assert got == NoStep(reason=Reason.AMBIGUOUS)


def test_identical_panels_are_told_apart_where_the_search_holds_one():
    panel = bare_wall().picture[100:400, 100:400]
    got, truth = step(Wall(picture=np.tile(panel, (2, 4))[:560]), (120, 0), off_mm=(3.0, 2.0))
    assert isinstance(got, Registered)
    assert np.abs(got.step.values - truth)[:2].max() < 0.1 * MM_PER_PX


def test_a_joint_alone_does_not_tell_the_step_along_it():
    picture = np.full((560, 1100), 150.0)
    picture[190:194] = 60
    got, _ = step(Wall(picture=picture), (120, 5))
    assert isinstance(got, NoStep)


def test_frames_that_do_not_overlap_give_no_step():
    assert step(bare_wall(), (470, 0))[0] == NoStep(reason=Reason.LITTLE_OVERLAP)


def test_a_step_far_from_its_prediction_is_not_found_and_nothing_else_is():
    got, _ = step(bare_wall(), (120, 0), off_mm=(45.0, 0.0), sd=(1.0, 1.0, 0.002))
    assert got == NoStep(reason=Reason.NO_MATCH)


@pytest.mark.parametrize("tilt_deg", [(0.0, 0.0), (1.5, -1.0), (-0.5, 2.0)])
def test_a_tilted_camera_with_a_bent_lens_and_a_turn(tilt_deg):
    """The tilt, which nobody told, is found along; the step is that of the foot."""
    lens = Lens(frame_wh=FRAME_WH, fx=800.0, fy=800.0, cx=241.0, cy=133.0, k=(-0.1, 0.04, 0.0005, -0.0004, 0.0))
    held = np.array([DISTANCE_MM, *np.radians(tilt_deg)])
    place, truth = np.array([70.0, -75.0, 0.01]), np.array([35.0, 3.0, -0.012])
    looks = [look_of(_shot(lens, camera_at(at, held))) for at in (place, compose(place, truth))]
    prior = Bracket(
        values=facing(DISTANCE_MM)[2, 3] * np.array([1.0, 0, 0]), covariance=bracket().covariance, scale_sd=0
    )
    prediction = Planar(values=truth + np.array([2.0, -2.0, 0.003]), covariance=np.diag(np.square(PREDICTED_SD)))
    got = Registrar(calibration=calibration_of(lens)).step(*looks, prediction, prior)
    assert isinstance(got, Registered)
    assert np.abs(got.step.values - truth)[:2].max() < 0.1 * MM_PER_PX
    assert abs(got.step.values[2] - truth[2]) < 5e-4
    assert np.allclose(np.degrees(got.bracket.values[1:]), tilt_deg, atol=0.2)


def _shot(lens: Lens, camera: np.ndarray) -> np.ndarray:
    """What the lens, written down without OpenCV, sees of the bare wall, whose top left corner is (0, 0)."""
    w, h = lens.frame_wh
    x, y = np.meshgrid((np.arange(2 * w) + 0.5) / 2 - 0.5, (np.arange(2 * h) + 0.5) / 2 - 0.5)
    towards = np.dstack([lens.unbend(np.dstack([x, y])), np.ones_like(x)]) @ camera[:3, :3].T
    hits = camera[:2, 3] - towards[..., :2] * (camera[2, 3] / towards[..., 2:])
    px = (hits * [1, -1] / MM_PER_PX - 0.5).astype(np.float32)
    fine = cv2.remap(bare_wall().picture.astype(np.float32), px[..., 0], px[..., 1], cv2.INTER_CUBIC)
    seen = cv2.resize(fine, (w, h), interpolation=cv2.INTER_AREA)
    return np.clip(
        np.rint(seen + np.random.default_rng(int(px.sum()) % 1000).normal(0, 1.4, seen.shape)), 0, 255
    ).astype(np.uint8)
