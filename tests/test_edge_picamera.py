"""The Pi camera's adapter against a simulated picamera2 (tests/fake_picamera2.py)."""

import ast
import inspect
import json
import sys
import textwrap
import threading
from datetime import timedelta
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
from fake_picamera2 import CompletedRequest, Picamera2, World, install

from edge.cameras import open_source
from edge.cameras.picamera import PiCamera, PiCameraSettings
from edge.clock import ManualClock, SystemClock
from edge.config import CameraConfig
from edge.errors import CameraLostError, ConfigError, SourceError
from edge.frame import Frame, Unreadable
from edge.skips import RESTARTED

WH = (64, 48)
NOW_NS = 100_000_000_000


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World()
    install(monkeypatch, world)
    return world


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(now_mono_ns=NOW_NS)


def picture() -> np.ndarray:
    """Four flat quarters, whose colours survive the halved chroma of YUV: BGR (48, 64, 3)."""
    bgr = np.empty((WH[1], WH[0], 3), np.uint8)
    bgr[:24, :32], bgr[:24, 32:], bgr[24:, :32], bgr[24:, 32:] = (
        (200, 60, 40),
        (30, 180, 60),
        (50, 60, 210),
        (90, 90, 90),
    )
    return bgr


def buffer(bgr: np.ndarray, pixel_format: str, stride: int) -> np.ndarray:
    """The bytes that the camera would leave in memory, rows padded to `stride` with 0xAB: uint8 (n,)."""
    h, w = bgr.shape[:2]
    packed = {
        "RGB888": None,
        "BGR888": cv2.COLOR_BGR2RGB,
        "XRGB8888": cv2.COLOR_BGR2BGRA,
        "XBGR8888": cv2.COLOR_BGR2RGBA,
    }
    if pixel_format in packed:
        code = packed[pixel_format]
        rows = (bgr if code is None else cv2.cvtColor(bgr, code)).reshape(h, -1)
        return np.pad(rows, ((0, 0), (0, stride - rows.shape[1])), constant_values=0xAB).ravel()
    planes = cv2.cvtColor(bgr, cv2.COLOR_BGR2YUV_I420)
    y, u, v = (
        planes[:h],
        planes[h : h + h // 4].reshape(h // 2, w // 2),
        planes[h + h // 4 :].reshape(h // 2, w // 2),
    )
    if pixel_format in ("NV12", "NV21"):
        uv = np.stack([u, v] if pixel_format == "NV12" else [v, u], axis=2).reshape(h // 2, w)
        return np.pad(np.vstack([y, uv]), ((0, 0), (0, stride - w)), constant_values=0xAB).ravel()
    padded = [
        np.pad(p, ((0, 0), (0, s - p.shape[1])), constant_values=0xAB)
        for p, s in ((y, stride), (u, stride // 2), (v, stride // 2))
    ]
    first, second = (1, 2) if pixel_format == "YUV420" else (2, 1)
    return np.concatenate([padded[0].ravel(), padded[first].ravel(), padded[second].ravel()])


def shoot(world: World, count: int = 1, **metadata: object) -> None:
    for _ in range(count):
        world.shots.append((buffer(picture(), "RGB888", WH[0] * 3), metadata))


def settings(**changes: object) -> PiCameraSettings:
    return PiCameraSettings(size_wh=WH, **changes)  # type: ignore[arg-type]


def take(camera: PiCamera, count: int) -> list[Frame]:
    frames = list(islice(camera.frames(), count))
    assert all(isinstance(frame, Frame) for frame in frames)
    return frames  # type: ignore[return-value]


@pytest.mark.parametrize("padding", [0, 64])
@pytest.mark.parametrize(
    "pixel_format", ["RGB888", "BGR888", "XRGB8888", "XBGR8888", "YUV420", "YVU420", "NV12", "NV21"]
)
def test_every_format_and_stride_becomes_bgr(world: World, clock: ManualClock, pixel_format: str, padding: int) -> None:
    channels = {"R": 3, "B": 3, "X": 4}.get(pixel_format[0], 1)
    stride = WH[0] * channels + padding
    world.adjusted = {"format": pixel_format, "stride": stride}
    world.shots.append((buffer(picture(), pixel_format, stride), {}))
    with PiCamera(settings(), clock=clock) as camera:
        (frame,) = take(camera, 1)
    assert frame.wh == WH
    assert frame.pixels.dtype == np.uint8
    assert frame.pixels.flags.c_contiguous
    tolerance = 0 if pixel_format[0] in "RBX" else 4  # YUV rounds
    assert np.abs(frame.pixels.astype(int) - picture()).max() <= tolerance


def test_pixels_outlive_the_request(world: World, clock: ManualClock) -> None:
    shoot(world, 2)
    with PiCamera(settings(), clock=clock) as camera:
        first, second = take(camera, 2)
    assert np.array_equal(first.pixels, picture())
    assert not np.shares_memory(first.pixels, second.pixels)


def test_metadata_reaches_the_frame_and_its_absence_is_none(world: World, clock: ManualClock) -> None:
    taken_ns = NOW_NS - 40_000_000
    shoot(world, SensorTimestamp=taken_ns, ExposureTime=1500, AnalogueGain=2.5, LensPosition=4.0)
    shoot(world)
    with PiCamera(settings(), clock=clock) as camera:
        full, bare = take(camera, 2)
    assert (full.exposure.exposure_us, full.exposure.analogue_gain, full.exposure.lens_position_dpt) == (
        1500,
        2.5,
        4,
    )
    assert full.t_mono_ns == taken_ns
    assert full.t_utc == clock.utc() - timedelta(milliseconds=40)
    assert (bare.exposure.exposure_us, bare.exposure.analogue_gain, bare.exposure.lens_position_dpt) == (None,) * 3
    assert (bare.t_mono_ns, bare.t_utc) == (NOW_NS, clock.utc())


def test_a_sensor_time_of_another_clock_does_not_shift_utc(world: World, clock: ManualClock) -> None:
    shoot(world, SensorTimestamp=NOW_NS + 5_000_000_000)
    with PiCamera(settings(), clock=clock) as camera:
        (frame,) = take(camera, 1)
    assert frame.t_utc == clock.utc()


def test_lost_frames_are_counted_from_gaps(world: World, clock: ManualClock) -> None:
    for step in (0, 1, 4, 5):
        shoot(world, SensorTimestamp=NOW_NS - 9_000_000_000 + step * 100_100_000, FrameDuration=100_000)
    shoot(world, SensorTimestamp=NOW_NS)  # a camera that does not state its frame duration
    with PiCamera(settings(), clock=clock) as camera:
        frames = take(camera, 5)
    assert [frame.lost_before for frame in frames] == [0, 0, 2, 0, 0]
    assert [frame.seq for frame in frames] == [0, 1, 2, 3, 4]


def test_every_request_is_released_even_if_it_is_wrong(world: World, clock: ManualClock) -> None:
    shoot(world, 20)
    with PiCamera(settings(), clock=clock) as camera:
        take(camera, 20)
        assert world.released == world.handed_out == 20
        world.adjusted["size"] = (32, 48)
        world.configuration["main"]["size"] = (32, 48)  # type: ignore[index]
        world.configuration["main"]["stride"] = 96  # type: ignore[index]
        world.shots.append((buffer(picture()[:, :32], "RGB888", 96), {}))
        with pytest.raises(SourceError, match=r"frame of 64 x 48"):
            take(camera, 1)
    assert world.released == world.handed_out == 21


def test_a_stall_ends_the_run_and_closes_without_hanging(world: World, clock: ManualClock) -> None:
    shoot(world, 3)
    with PiCamera(settings(), clock=clock) as camera:
        frames = camera.frames()
        assert [next(frames).seq for _ in range(3)] == [0, 1, 2]
        with pytest.raises(SourceError, match=r"no frame for 1.8 s"):
            next(frames)
    assert set(world.waits) == {1.8}, "noticed within two seconds"
    assert (world.opened, world.closed, world.flushed) == (1, 1, 1)
    camera.close()
    assert world.closed == 1


def test_one_mode_fixed_focus_and_no_noise_reduction(world: World, clock: ManualClock) -> None:
    chosen = settings(lens_position_dpt=3.5, exposure_us=800, analogue_gain=1.0, fps=5.0)
    PiCamera(chosen, clock=clock).close()
    configuration = world.configuration
    assert configuration is not None
    assert configuration["queue"] is False
    assert configuration["buffer_count"] == 4
    assert configuration["main"]["format"] == "RGB888"
    assert configuration["controls"] == {
        "AfMode": 0,
        "LensPosition": 3.5,
        "ExposureTime": 800,
        "AnalogueGain": 1.0,
        "FrameDurationLimits": (200_000, 200_000),
        "NoiseReductionMode": 0,
    }


def test_a_camera_without_what_is_only_wished_works(world: World, clock: ManualClock) -> None:
    world.controls = {}
    shoot(world)
    with PiCamera(settings(), clock=clock) as camera:
        assert len(take(camera, 1)) == 1
    assert world.configuration is not None
    assert world.configuration["controls"] == {}


def test_a_control_that_is_asked_for_and_lacking_is_an_error(world: World, clock: ManualClock) -> None:
    del world.controls["LensPosition"]
    with pytest.raises(SourceError, match="no control LensPosition"):
        PiCamera(settings(lens_position_dpt=3.5), clock=clock)
    assert world.opened == world.closed == 1


@pytest.mark.parametrize("wrong", [{"format": "MJPEG"}, {"format": "SRGGB10"}])
def test_a_format_that_is_not_understood_is_an_error(world: World, clock: ManualClock, wrong: dict[str, str]) -> None:
    world.adjusted = wrong | {"stride": 64}
    with pytest.raises(SourceError, match=wrong["format"]):
        PiCamera(settings(), clock=clock)
    assert world.closed == 1


def test_a_mode_that_libcamera_refuses_is_an_error(world: World, clock: ManualClock) -> None:
    with pytest.raises(SourceError, match="should be even"):
        PiCamera(PiCameraSettings(size_wh=(641, 480)), clock=clock)
    assert world.closed == 1


def test_no_camera_connected(world: World, clock: ManualClock) -> None:
    world.present = False
    with pytest.raises(SourceError, match="list-cameras"):
        open_source("picamera", clock=clock)


def test_without_picamera2_the_way_to_install_it_is_named(monkeypatch: pytest.MonkeyPatch, clock: ManualClock) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)
    with pytest.raises(SourceError, match=r"sudo apt install python3-picamera2.*--system-site-packages"):
        open_source("picamera", clock=clock)


def test_its_frames_do_not_end(world: World, clock: ManualClock) -> None:
    with open_source("picamera", clock=clock) as camera:
        assert camera.frame_count is None
        assert camera.live


def test_the_sensor_is_used_whole_with_a_small_picture_for_viewing(world: World, clock: ManualClock) -> None:
    world.sensor_wh = (4056, 3040)
    PiCamera(clock=clock).close()
    assert world.configuration is not None
    assert world.configuration["main"]["size"] == (4056, 3040)
    assert world.configuration["lores"]["size"] == (640, 480)
    shoot(world)
    with PiCamera(settings(view_width_px=32), clock=clock) as camera:
        (frame,) = take(camera, 1)
    assert frame.small is not None
    assert frame.small.shape == (24, 32, 3)
    assert abs(int(frame.small.mean()) - (world.grey - 16) * 255 / 219) < 2, "video range, as YUV420 has it"


def test_a_camera_without_a_small_stream_works(world: World, clock: ManualClock) -> None:
    world.has_lores = False
    shoot(world)
    with PiCamera(settings(), clock=clock) as camera:
        (frame,) = take(camera, 1)
    assert frame.small is None


def test_the_exposure_keeps_a_driving_rover_sharp(world: World, clock: ManualClock) -> None:
    driving = settings(speed_mm_s=60.0, mm_per_px=0.1)
    PiCamera(driving, clock=clock).close()
    assert world.configuration is not None
    exposure_us = world.configuration["controls"]["ExposureTime"]
    assert exposure_us == 833
    assert 60.0 * exposure_us / 1e6 / 0.1 <= 0.5
    assert settings(speed_mm_s=60.0, mm_per_px=0.1, exposure_us=500).required_controls()["ExposureTime"] == 500
    with pytest.raises(ConfigError, match="833 us"):
        settings(speed_mm_s=60.0, mm_per_px=0.1, exposure_us=900)
    with pytest.raises(ConfigError, match="mm_per_px"):
        settings(speed_mm_s=60.0)
    standing = settings(speed_mm_s=60.0, mm_per_px=0.1, stop_and_shoot=True, exposure_us=9000)
    assert standing.required_controls()["ExposureTime"] == 9000


def test_slow_cameras_are_waited_for(world: World, clock: ManualClock) -> None:
    assert settings(fps=0.5).patience_s() == 6.0
    assert settings(fps=10.0).patience_s() < 2


def test_the_simulation_takes_what_the_real_package_takes() -> None:
    """Every call has the parameters, in their order and with their defaults, of the real one."""
    real = json.loads((Path(__file__).parent / "golden" / "picamera2_signatures.json").read_text())["signatures"]
    for kind in (Picamera2, CompletedRequest):
        for name, parameters in real[kind.__name__].items():
            if (kind.__name__, name) == ("CompletedRequest", "__init__"):
                continue
            ours = inspect.getattr_static(kind, name)
            ours = getattr(ours, "fget", None) or getattr(ours, "__func__", ours)
            expected = ast.parse(f"def f({parameters}): pass").body[0].args  # type: ignore[attr-defined]
            tree = ast.parse(textwrap.dedent(inspect.getsource(ours)))
            declared = next(node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)).args
            assert [a.arg for a in declared.args] == [a.arg for a in expected.args], name
            theirs = [ast.unparse(d) for d in expected.defaults]
            mine = [ast.unparse(d) for d in declared.defaults]
            # libcamera's own type, which is nowhere but on a Pi.
            assert mine == [default.replace("libcamera.Transform()", "None") for default in theirs], name


def test_a_stalled_camera_is_restarted_and_the_gap_logged(world: World) -> None:
    """Through `open_source`, with the real clock: one that gives no frame, one that raises, one that hangs."""
    hung = threading.Event()
    shoot(world, 3)
    world.shots.append(RuntimeError("Camera frontend has timed out!"))
    shoot(world, 2)
    world.shots.append(hung)
    shoot(world, 1)
    small = CameraConfig(size_wh=WH, stall_s=0.3, fps=30.0)
    with open_source("picamera", clock=SystemClock(), settings=small) as camera:
        items = list(islice(camera.frames(), 8))
    hung.set()
    gaps = [i for i, item in enumerate(items) if isinstance(item, Unreadable)]
    assert gaps == [3, 6]
    assert [item.seq for item in items] == list(range(8))
    assert [item.name for item in items[:2]] == ["picamera#000000", "picamera#000001"]
    first, second = items[3], items[6]
    assert isinstance(first, Unreadable)
    assert isinstance(second, Unreadable)
    assert first.reason == second.reason == RESTARTED
    assert first.gap_s is not None
    assert second.gap_s is not None
    assert second.gap_s >= 0.3
    assert world.opened == 3


def test_a_camera_that_is_gone_ends_the_process_with_its_own_status(world: World) -> None:
    shoot(world, 3)
    world.shots.extend(OSError("unplugged") for _ in range(3))
    items: list[Frame | Unreadable] = []
    with (
        open_source("picamera", clock=SystemClock(), settings=CameraConfig(size_wh=WH)) as camera,
        pytest.raises(CameraLostError, match="unplugged") as lost,
    ):
        items.extend(camera.frames())
    del items
    assert lost.value.exit_status == 75
    assert world.opened == world.closed == 3
    assert world.released == world.handed_out == 3
