"""The rover's camera: its frames show the wall where the lens model says, its truth is what was drawn."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.calibration_record import CameraCalibration
from edge.cameras.rover import RoverCamera
from edge.cameras.rover_path import Drive, Stop, serpentine_drive
from edge.cameras.rover_sensor import Exposer, Sensor, motion_kernel
from edge.clock import ManualClock
from edge.frame import U8Image
from edge.geometry import WallView, facing, to_wall
from edge.render.course import CrackSpec, TrueCrack, true_crack
from edge.render.crack_look import read_crack_look
from edge.render.wall import WallSpec

WH = (320, 240)
MM = 0.3
CLEAN = Sensor(exposure_s=0.0, line_s=0.0, read_sd=0.0, shot=0.0, vignetting=0.0, jpeg_quality=100)
LOOK = replace(read_crack_look(), tint_bgr=(1.0, 1.0, 1.0))


def calibration() -> CameraCalibration:
    lens = (400.0, 402.0, 161.2, 118.9, -0.12, 0.05, 0.0005, -0.0004, 0.0)
    return CameraCalibration(
        schema_version=1,
        id="",
        made_utc="2026-01-01T00:00:00+00:00",
        hairline_version="test",
        source="test",
        board="none",
        frame_wh=WH,
        lens_position_dpt=None,
        lens=lens,
        lens_covariance=tuple(tuple(0.0 for _ in lens) for _ in lens),
        rms_px=0.0,
        max_rms_px=1.0,
        views=(),
    ).with_id()


class Dots:
    """A flat grey wall with soft dark dots at known places, and cracks."""

    def __init__(self, cracks: tuple[TrueCrack, ...] = (), *, dots_mm: np.ndarray | None = None) -> None:
        self.spec = WallSpec(size_wh_mm=(300.0, 200.0), mm_per_px=MM, seed=3, cracks=cracks)
        self._dots = np.empty((0, 2)) if dots_mm is None else self.spec.to_px(dots_mm)

    def window(self, left_px: int, top_px: int, wh_px: tuple[int, int]) -> U8Image:
        x, y = np.meshgrid(np.arange(wh_px[0]) + left_px, np.arange(wh_px[1]) + top_px)
        grey = np.full(x.shape, 180.0)
        for dot in self._dots:
            grey -= 150 * np.exp(-((x - dot[0]) ** 2 + (y - dot[1]) ** 2) / (2 * 2.5**2))
        return np.repeat(np.rint(grey).astype(np.uint8)[:, :, None], 3, axis=2)


SHARED = Dots()


def stop(*, tilt: tuple[float, float] = (0.03, -0.02), velocity: tuple[float, float] = (0.0, 0.0)) -> Stop:
    pose = facing(120.0, *tilt)
    pose[:2, 3] = (150.0, 100.0)
    return Stop(t_ns=0, t_wall_camera=pose, velocity_mm_s=np.array(velocity), odometry=(150.0, 100.0, 0.0))


def camera(surface: Dots, at: Stop, sensor: Sensor = CLEAN) -> RoverCamera:
    return RoverCamera(
        surface,  # type: ignore[arg-type]
        [at],
        calibration=calibration(),
        look=LOOK,
        clock=ManualClock(),
        sensor=sensor,
        nominal_mm_per_px=MM,
    )


@settings(max_examples=8, deadline=None)
@given(st.floats(-0.05, 0.05), st.floats(-0.05, 0.05), st.integers(0, 2**32 - 1))
def test_places_project_as_in_opencv(tilt_x: float, tilt_y: float, seed: int) -> None:
    at = stop(tilt=(tilt_x, tilt_y))
    points = np.random.default_rng(seed).uniform((110, 70), (190, 130), (20, 2))
    from_wall = np.linalg.inv(at.t_wall_camera)
    turn, _ = cv2.Rodrigues(from_wall[:3, :3])
    known = calibration()
    on_wall = np.column_stack([points, np.zeros(20)])
    expected, _ = cv2.projectPoints(on_wall, turn, from_wall[:3, 3], known.camera_matrix, known.distortion)
    # A rotation vector of nearly half a turn is good to 1e-7.
    assert np.abs(camera(SHARED, at).project(0, points) - expected.reshape(-1, 2)).max() < 1e-3


def test_a_rolling_shutter_sees_each_row_from_where_the_camera_was_then() -> None:
    at = stop(velocity=(80.0, 0.0))
    rolling = replace(CLEAN, line_s=1e-4)
    points = np.random.default_rng(0).uniform((120, 75), (180, 125), (30, 2))
    seen = camera(SHARED, at, rolling).project(0, points)
    for place, pixel in zip(points, seen, strict=True):
        moved = at.t_wall_camera.copy()
        moved[0, 3] += 80.0 * 1e-4 * (pixel[1] - (WH[1] - 1) / 2)
        view = WallView(t_wall_camera=moved, covariance=np.zeros((6, 6)))
        assert np.abs(to_wall(calibration(), view, pixel[None]).xy_mm[0] - place).max() < 1e-4


@pytest.mark.parametrize("sensor", [CLEAN, replace(CLEAN, line_s=1e-4)])
def test_what_is_on_the_wall_appears_where_it_projects(sensor: Sensor) -> None:
    """The concrete takes the way from pixel to wall, `project` the other: dots tie the two together."""
    places = np.array([[112.0, 72.0], [150.0, 100.0], [188.0, 74.0], [115.0, 126.0], [184.0, 124.0], [140.0, 85.0]])
    taken = camera(Dots(dots_mm=places), stop(velocity=(80.0, 0.0)), sensor)
    dark = 180 - taken.frame(0).pixels.astype(np.float64).mean(axis=2)
    for u, v in taken.project(0, places):
        rows, columns = slice(int(v) - 9, int(v) + 11), slice(int(u) - 9, int(u) + 11)
        part = np.where(dark[rows, columns] > 3, dark[rows, columns], 0)
        ys, xs = np.mgrid[rows, columns]
        assert ((part * xs).sum() / part.sum(), (part * ys).sum() / part.sum()) == pytest.approx((u, v), abs=0.06)


@pytest.mark.parametrize("width_mm", [0.15, 0.4, 1.2])
def test_a_crack_lies_where_the_truth_says_as_wide_as_it_is(width_mm: float) -> None:
    points = np.stack([np.linspace(118, 182, 60), np.linspace(85, 112, 60)], axis=1)
    crack = TrueCrack(name="C", points_mm=points, widths_mm=np.full(60, width_mm), depths=np.full(60, 0.5))
    at = stop()
    taken = camera(Dots((crack,)), at)
    missing = 1 - taken.frame(0).pixels[..., 1].astype(np.float64) / 180
    truth = taken.truth(0)
    (seen,) = truth.cracks
    assert seen.name == "C"
    # Integrated over the frame, missing light over depth is width times length, through lens and tilt.
    along = np.diff(seen.points_px, axis=0)
    length_px = np.linalg.norm(along, axis=1).sum()
    length_mm = np.linalg.norm(np.diff(seen.points_mm, axis=0), axis=1).sum()
    area_mm2 = missing.sum() / 0.5 * (length_mm / length_px) * truth.mm_per_px
    assert area_mm2 == pytest.approx(length_mm * width_mm, rel=0.06)
    # Its middle line is the projected course.
    ys, xs = np.nonzero(missing > 0.4 * missing.max())
    line = np.concatenate([np.linspace(a, b, 20) for a, b in zip(seen.points_px[:-1], seen.points_px[1:], strict=True)])
    away = np.linalg.norm(line[None] - np.stack([xs, ys], axis=1)[:, None], axis=2).min(axis=1)
    assert away.max() < width_mm / MM + 1.5
    columns = np.unique(xs)[5:-5]
    weights = missing[:, columns]
    middle = (weights * np.arange(WH[1])[:, None]).sum(axis=0) / weights.sum(axis=0)
    assert np.abs(middle - np.interp(columns, seen.points_px[:, 0], seen.points_px[:, 1])).mean() < 0.15


def test_frames_are_the_same_in_any_order_and_the_seed_decides() -> None:
    rng = np.random.default_rng(1)
    crack = true_crack(rng, "C", CrackSpec(start_mm=(120, 80), end_mm=(180, 120), width_mm=0.6))
    stops = serpentine_drive(
        np.random.default_rng(0), size_wh_mm=(300.0, 200.0), footprint_wh_mm=(92.0, 69.0), standoff_mm=120.0
    )
    make = {"calibration": calibration(), "look": LOOK, "clock": ManualClock(), "sensor": Sensor()}
    one, other = (RoverCamera(Dots((crack,)), stops, **make) for _ in range(2))  # type: ignore[arg-type]
    forward = [one.frame(k).pixels for k in range(4)]
    assert all(np.array_equal(other.frame(k).pixels, forward[k]) for k in (3, 0, 2, 1))
    assert one.frame_count == len(stops)
    assert {frame.wh for frame in (one.frame(0), one.frame(1))} == {WH}
    assert one.frame(0).mm_per_px is None


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), w=st.floats(150, 900), h=st.floats(100, 500))
def test_a_drive_covers_the_wall_but_for_what_sway_takes(seed: int, w: float, h: float) -> None:
    seen = (92.0, 69.0)
    stops = serpentine_drive(
        np.random.default_rng(seed),
        size_wh_mm=(w, h),
        footprint_wh_mm=seen,
        standoff_mm=120.0,
        drive=Drive(sway_mm=1.0),
    )
    middles = np.array([s.t_wall_camera[:2, 3] - s.t_wall_camera[:2, 2] * 120 / s.t_wall_camera[2, 2] for s in stops])
    covered = np.zeros((int(h), int(w)), bool)
    for x, y in middles:
        rows = slice(max(0, int(np.ceil(y - seen[1] / 2))), max(0, int(y + seen[1] / 2)))
        covered[rows, max(0, int(np.ceil(x - seen[0] / 2))) : max(0, int(x + seen[0] / 2))] = True
    assert covered[6:-6, 6:-6].all()
    assert (np.diff([s.t_ns for s in stops]) > 0).all()


def test_odometry_is_off_by_the_slip_and_exact_without() -> None:
    def drive(slip: float) -> list[Stop]:
        exact = Drive(slip_mean=slip, slip_row_sd=0, slip_step_sd=0, sway_mm=0, tilt_sd_rad=0, turn_sd_rad=0)
        exact = replace(exact, standoff_sd=0, gyro_drift_rad=0)
        return serpentine_drive(
            np.random.default_rng(0),
            size_wh_mm=(900.0, 69.0),
            footprint_wh_mm=(92.0, 69.0),
            standoff_mm=120.0,
            drive=exact,
        )

    for one in drive(0.0):
        assert one.odometry == pytest.approx((*one.t_wall_camera[:2, 3], 0.0))
    last = drive(0.05)[-1]
    true_mm, told_mm = last.t_wall_camera[0, 3] - 46.0, last.odometry[0] - 46.0
    assert told_mm == pytest.approx(true_mm / 0.95)


@given(st.floats(-6, 6), st.floats(-6, 6))
def test_a_stroke_of_motion_has_its_length_and_its_middle_at_the_middle(dx: float, dy: float) -> None:
    kernel = motion_kernel((dx, dy)).astype(np.float64)
    at = np.arange(len(kernel)) - len(kernel) // 2
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    for axis, moved in ((0, dx), (1, dy)):
        share = kernel.sum(axis=axis)
        assert (share * at).sum() == pytest.approx(0, abs=1e-4)
        # A uniform stroke has variance L²/12; sharing among neighbouring pixels adds at most a quarter.
        assert moved**2 / 12 - 0.01 <= (share * at**2).sum() <= moved**2 / 12 + 0.26


def test_noise_has_the_stated_variance() -> None:
    sensor = replace(CLEAN, read_sd=2.0, shot=0.05)
    exposer = Exposer(sensor, WH, seed=1)
    for level in (40.0, 160.0):
        light = np.full((WH[1], WH[0], 3), level, np.float32)
        pixels = exposer.expose(light, 0, (0.0, 0.0)).astype(np.float64)
        # JPEG at 100 keeps brightness but for rounding; colour is stored at half the resolution, so grey is compared.
        grey = pixels @ [0.114, 0.587, 0.299]
        expected = (4 + 0.05 * level) * (0.114**2 + 0.587**2 + 0.299**2)
        assert grey.var() == pytest.approx(expected, rel=0.05, abs=0.55)
        assert grey.mean() == pytest.approx(level, abs=0.2)
