"""Which frames are skipped and why: rendered exposure, glare, tilt, speed and overlap, against what was put in."""

import math
from dataclasses import fields, replace
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from board_renderer import Lens, calibration_of
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.frame import Exposure, Frame
from edge.geometry import WallView, facing
from edge.pose import Pose, PoseSource
from edge.quality import QualityFacts, QualityGate, QualityThresholds
from edge.quality.gate import objection
from edge.quality.light import measure_light
from edge.quality.motion import FrameOutline, tilt_deg
from edge.render.concrete import concrete

LENS = Lens(k=(0.0, 0.0, 0.0, 0.0, 0.0))
CALIBRATION = calibration_of(LENS)
W, H = LENS.frame_wh
WALL = concrete(np.random.default_rng(3), (W, H), mm_per_px=0.25)
DISTANCE_MM = 200.0
GOOD = QualityFacts(blur_px=0.0, median=120.0, dark_share=0.0, bright_share=0.0, glare_share=0.0)


def frame(pixels: np.ndarray = WALL, *, t_ms: float = 0.0, exposure_us: float | None = 5000.0) -> Frame:
    return Frame(
        pixels=pixels,
        seq=0,
        name="x",
        t_mono_ns=int(t_ms * 1e6),
        t_utc=datetime(2026, 1, 1, tzinfo=UTC),
        exposure=Exposure(exposure_us=exposure_us),
    )


def pose(x_mm: float = 0.0, tilt_x_deg: float = 0.0, tilt_y_deg: float = 0.0) -> Pose:
    matrix = facing(DISTANCE_MM, math.radians(tilt_x_deg), math.radians(tilt_y_deg))
    matrix[0, 3] = x_mm
    return Pose(source=PoseSource.REGISTRATION, t_wall_camera=matrix, covariance=np.eye(6))


def reason(pixels: np.ndarray) -> str | None:
    verdict = QualityGate().judge(frame(pixels))
    assert verdict.accepted == (verdict.reason is None)
    return verdict.reason


def test_a_good_frame_is_accepted_without_pose_and_calibration():
    assert reason(WALL) is None


def exposed(gain: float) -> np.ndarray:
    return np.clip(WALL * gain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("gain", "expected"), [(0.05, "too dark"), (0.5, None), (1.2, None), (2.5, "overexposed")])
def test_exposure(gain, expected):
    assert reason(exposed(gain)) == expected


@given(dark=st.integers(0, H), bright=st.integers(0, H))
@settings(deadline=None, max_examples=20)
def test_clipped_shares_are_those_that_were_painted(dark, bright):
    picture = np.full((H, W, 3), 120, np.uint8)
    picture[:dark] = 2
    picture[H - bright :] = 255
    light = measure_light(picture)
    assert light.bright_share == pytest.approx(bright / H, abs=8 / H)
    assert light.glare_share == pytest.approx(bright / H, abs=8 / H)
    assert light.dark_share == pytest.approx(max(0, min(dark, H - bright)) / H, abs=8 / H)


@pytest.mark.parametrize(("radius_px", "expected"), [(10, None), (70, "glare")])
def test_glare_is_one_bright_patch(radius_px, expected):
    y, x = np.indices((H, W))
    lamp = 400 * np.exp(-((x - 300) ** 2 + (y - 200) ** 2) / (2 * radius_px**2))
    assert reason(np.clip(WALL + lamp[:, :, None], 0, 255).astype(np.uint8)) == expected


def test_many_bright_grains_are_no_glare():
    picture = WALL.copy()
    picture[np.random.default_rng(0).random((H, W)) < 0.04] = 255
    light = measure_light(picture)
    assert light.bright_share > 0.03
    assert light.glare_share < 0.01


def test_a_blurred_frame_is_skipped():
    assert reason(cv2.blur(WALL, (9, 1))) == "blurred"
    assert reason(np.full_like(WALL, 120)) == "nothing but noise to be seen (no texture, or far out of focus)"


@given(x=st.floats(-20, 20), y=st.floats(-20, 20))
def test_tilt_is_the_angle_to_the_wall(x, y):
    """Spherical trigonometry: after a turn by x and then y about two axes at right angles, cos = cos x cos y; both at
    once, as here, is a turn by their root of squares."""
    assert tilt_deg(facing(300.0, math.radians(x), math.radians(y))) == pytest.approx(math.hypot(x, y), abs=1e-5)


@pytest.mark.parametrize("tilt", [(5.5, 0), (0, -5.5), (4, 4)])
def test_a_tilted_camera_is_skipped_by_its_pose_and_by_its_view(tilt):
    tilted = pose(0, *tilt)
    assert QualityGate().judge(frame(), tilted).reason == "not square to the wall"
    view = WallView(t_wall_camera=tilted.t_wall_camera, covariance=tilted.covariance)
    assert QualityGate().judge(frame(), None, view).reason == "not square to the wall"
    assert QualityGate().judge(frame(), pose(0, 3, 3)).accepted


@pytest.mark.parametrize("share", [0.5, 0.9, 1.1, 3.0])
def test_half_a_pixel_of_movement_is_the_limit(share):
    """v * exposure / (distance / f) px, from the pinhole: nothing of ours."""
    gate = QualityGate(calibration=CALIBRATION)
    limit_mm_per_s = 0.5 * DISTANCE_MM / LENS.fx / 0.005
    gate.judge(frame(t_ms=0), pose(0))
    verdict = gate.judge(frame(t_ms=500), pose(limit_mm_per_s * share * 0.5))
    assert verdict.facts.motion_px == pytest.approx(0.5 * share, rel=1e-6)
    assert verdict.accepted == (share < 1)


def test_speed_is_against_the_last_frame_and_overlap_against_the_last_accepted():
    gate = QualityGate(calibration=CALIBRATION)
    wide_mm = W * DISTANCE_MM / LENS.fx
    assert gate.judge(frame(t_ms=0), pose(0)).accepted
    dark = gate.judge(frame(exposed(0.05), t_ms=1000), pose(0.3 * wide_mm))
    assert dark.reason == "too dark"
    after = gate.judge(frame(t_ms=2000, exposure_us=100.0), pose(0.4 * wide_mm))
    assert after.facts.overlap_share == pytest.approx(0.6, abs=0.01)
    assert after.facts.motion_px == pytest.approx(0.1 * W * 100e-6, rel=0.01)
    assert after.accepted


def test_a_rover_that_stands_still_shows_nothing_new():
    gate = QualityGate(calibration=CALIBRATION)
    gate.judge(frame(t_ms=0), pose(0))
    assert gate.judge(frame(t_ms=100), pose(0.1)).reason == "nothing new: the last accepted frame saw it"
    assert gate.judge(frame(t_ms=200), Pose()).accepted


@given(x=st.floats(-400, 400), y=st.floats(-400, 400))
def test_overlap_of_two_square_views_is_that_of_two_boxes(x, y):
    outline = FrameOutline(CALIBRATION)
    one, other = facing(DISTANCE_MM), facing(DISTANCE_MM)
    other[:2, 3] += x, y
    w, h = (W - 1) * DISTANCE_MM / LENS.fx, (H - 1) * DISTANCE_MM / LENS.fy
    expected = max(0, w - abs(x)) * max(0, h - abs(y)) / (w * h)
    assert outline.overlap_share(one, other) == pytest.approx(expected, abs=1e-3)


LIMITS = {
    "median": ("min_median", 20.0),
    "dark_share": ("max_dark_share", 0.5),
    "bright_share": ("max_bright_share", 0.5),
    "glare_share": ("max_glare_share", 0.5),
    "tilt_deg": ("max_tilt_deg", 9.0),
    "motion_px": ("max_motion_px", 2.0),
    "blur_px": ("max_blur_px", 9.0),
    "overlap_share": ("max_overlap_share", 0.99),
}


@pytest.mark.parametrize("name", [field.name for field in fields(QualityFacts)])
def test_every_fact_has_a_threshold_of_its_own(name):
    limit, bad = LIMITS[name]
    facts = replace(GOOD, **{name: bad})
    assert objection(GOOD, QualityThresholds()) is None
    assert objection(facts, QualityThresholds()) is not None
    assert objection(facts, replace(QualityThresholds(), **{limit: bad})) is None


def test_facts_go_into_the_log_without_what_is_not_known():
    assert GOOD.write() == {
        "blur_px": 0.0,
        "median": 120.0,
        "dark_share": 0.0,
        "bright_share": 0.0,
        "glare_share": 0.0,
    }
