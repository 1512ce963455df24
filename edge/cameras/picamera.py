"""The Raspberry Pi's camera through picamera2, the only place that knows it.

Signatures and behaviour as of picamera2 0.3.38.
"""

import logging
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import cv2
import numpy as np

from edge.cameras.camera import Camera
from edge.clock import Clock
from edge.errors import ConfigError, SourceError
from edge.frame import Exposure, Frame, U8Image, Unreadable

_log = logging.getLogger(__name__)

_AF_MANUAL = 0  # libcamera AfModeManual
_NOISE_REDUCTION_OFF = 0  # libcamera draft NoiseReductionModeOff
_OLDEST_FRAME_NS = 10_000_000_000  # a sensor time further back is of another clock
_FRAMES_WAITED = 3
MAX_BLUR_PX = 0.5

# To BGR from what picamera2's make_array returns. Its names read backwards: RGB888 is B, G, R in memory.
_TO_BGR: Mapping[str, int | None] = {
    "RGB888": None,
    "BGR888": cv2.COLOR_RGB2BGR,
    "XRGB8888": cv2.COLOR_BGRA2BGR,
    "XBGR8888": cv2.COLOR_RGBA2BGR,
    "YUV420": cv2.COLOR_YUV2BGR_I420,
    "YVU420": cv2.COLOR_YUV2BGR_YV12,
    "NV12": cv2.COLOR_YUV2BGR_NV12,
    "NV21": cv2.COLOR_YUV2BGR_NV21,
}
_PLANAR = ("YUV420", "YVU420", "NV12", "NV21")


@dataclass(frozen=True, slots=True, kw_only=True)
class PiCameraSettings:
    """One mode for the whole session; switching modes exhausts the camera's memory (picamera2 #887, #1125).

    `size_wh` is that of the pictures to measure in, all of the sensor's pixels where None; a second stream, as wide as
    `view_width_px`, is for viewing. `fps` is low, because the network needs longer than a frame. `lens_position_dpt`
    fixes the focus (dioptres; 1 / m). At `speed_mm_s` along a wall of which a pixel shows `mm_per_px` the exposure is
    so short that a picture blurs by half a pixel at most, unless the rover stops for each (`stop_and_shoot`).
    `exposure_us`, where speed and scale say nothing, and `analogue_gain` are chosen by the camera where None; keep the
    gain low against noise. Noise reduction is off: it smears hairlines. No frame for `stall_s` counts as a failure.

    Raises `ConfigError` for an exposure that blurs by more.
    """

    size_wh: tuple[int, int] | None = None
    view_width_px: int = 640
    pixel_format: str = "RGB888"
    fps: float = 10.0
    lens_position_dpt: float | None = None
    speed_mm_s: float | None = None
    mm_per_px: float | None = None
    stop_and_shoot: bool = False
    exposure_us: int | None = None
    analogue_gain: float | None = None
    noise_reduction: bool = False
    buffer_count: int = 4
    stall_s: float = 1.8

    def __post_init__(self) -> None:
        if self.speed_mm_s is not None and self.mm_per_px is None and not self.stop_and_shoot:
            raise ConfigError(
                f"[camera] an exposure for speed_mm_s = {self.speed_mm_s:g} needs the scale: give mm_per_px, or a "
                "calibration and a scale that is the same for every frame (standoff or points)"
            )
        longest_us = self.longest_us()
        if longest_us is not None and self.exposure_us is not None and self.exposure_us > longest_us:
            raise ConfigError(
                f"[camera] at {self.speed_mm_s:g} mm/s and {self.mm_per_px:g} mm per px a picture blurs by at most "
                f"{MAX_BLUR_PX:g} px within {longest_us} us; exposure_us is {self.exposure_us}: shorten it, drive "
                "slower, or set stop_and_shoot = true"
            )

    def longest_us(self) -> int | None:
        """The exposure in which a picture blurs by `MAX_BLUR_PX`; None where the rover stands, or nobody says."""
        if self.speed_mm_s is None or self.mm_per_px is None or self.stop_and_shoot:
            return None
        return max(1, math.floor(MAX_BLUR_PX * self.mm_per_px / self.speed_mm_s * 1e6))

    def patience_s(self) -> float:
        """How long to wait for a frame: a camera that takes one every few seconds does not stall."""
        return max(self.stall_s, _FRAMES_WAITED / self.fps)

    def required_controls(self) -> dict[str, Any]:
        """What the user set: a camera without it cannot do the job."""
        controls: dict[str, Any] = {}
        if self.lens_position_dpt is not None:
            controls |= {"AfMode": _AF_MANUAL, "LensPosition": self.lens_position_dpt}
        exposure_us = self.exposure_us or self.longest_us()
        if exposure_us is not None:
            controls["ExposureTime"] = exposure_us
        if self.analogue_gain is not None:
            controls["AnalogueGain"] = self.analogue_gain
        return controls

    def wished_controls(self) -> dict[str, Any]:
        """What helps where the camera has it."""
        frame_us = round(1e6 / self.fps)
        controls: dict[str, Any] = {"FrameDurationLimits": (frame_us, frame_us)}
        if not self.noise_reduction:
            controls["NoiseReductionMode"] = _NOISE_REDUCTION_OFF
        return controls


class PiCamera(Camera):
    """Frames from the first Pi camera, without end. `t_mono_ns` is the sensor's time, `t_utc` the same
    instant; `small` is what its second stream shows.

    `lost_before` counts the frames that the sensor took since the last one and nobody fetched, where the
    camera states its frame duration. Raises `SourceError` for a missing picamera2 or camera, a format or
    control that the camera lacks, and a camera that stops delivering.
    """

    def __init__(self, settings: PiCameraSettings | None = None, *, clock: Clock) -> None:
        self._settings = settings or PiCameraSettings()
        self._clock = clock
        self._picam2: Any = _opened(_picamera2_class())
        try:
            self._stream, self._view = self._configure()
            _asking(self._picam2.start)
        except BaseException:
            self.close()
            raise
        w, h = self._stream["size"]
        self.description = f"picamera ({w} x {h} {self._stream['format']}, {self._settings.fps:g} frames a second)"
        self.frame_count: int | None = None
        self.live = True

    def frames(self) -> Iterator[Frame | Unreadable]:
        """Frames as they come. Raises `SourceError` when none comes in time."""
        seq, last_ns = 0, None
        while True:
            request = self._request()
            try:
                pixels = to_bgr(request.make_array("main"), self._stream)
                small = None if self._view is None else to_bgr(request.make_array("lores"), self._view)
                metadata = request.get_metadata()
            finally:
                # A request that is not given back is a buffer lost; after four the camera stands still.
                request.release()
            frame = replace(self._frame(pixels, seq, metadata, last_ns), small=small)
            seq, last_ns = seq + 1, frame.t_mono_ns
            yield frame

    def close(self) -> None:
        """Stops and releases the camera.

        Not by `stop()`: that waits behind a capture that may never come, whereas `close()` ends the event
        loop first.
        """
        picam2, self._picam2 = self._picam2, None
        if picam2 is not None:
            picam2.close()

    def _configure(self) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
        """What the camera makes of the streams to measure in and to view; None where it has none to view."""
        settings, offered = self._settings, self._picam2.camera_controls
        required = settings.required_controls()
        lacking = sorted(set(required) - set(offered))
        if lacking:
            raise SourceError(f"the camera has no control {', '.join(lacking)}, which the settings ask for")
        wished = {name: value for name, value in settings.wished_controls().items() if name in offered}
        w, h = settings.size_wh or tuple(self._picam2.sensor_resolution)
        view_w = min(settings.view_width_px, w)
        # queue=False: a frame that is asked for after the rover stopped should not be one from before. It is
        # no promise (picamera2 #849), which is why frames carry the sensor's time.
        configuration = _asking(
            self._picam2.create_video_configuration,
            main={"size": (w, h), "format": settings.pixel_format},
            lores={"size": (view_w, 2 * round(view_w * h / w / 2))},
            buffer_count=settings.buffer_count,
            controls=required | wished,
            queue=False,
        )
        _asking(self._picam2.configure, configuration)
        # libcamera changes what it cannot do, size and format included, without an error.
        got = self._picam2.camera_configuration()
        stream: Mapping[str, Any] = dict(got["main"])
        if stream["format"] not in _TO_BGR:
            raise SourceError(f"the camera delivers {stream['format']}; understood are {', '.join(sorted(_TO_BGR))}")
        delivered = tuple(stream["size"]), stream["format"]
        if delivered != ((w, h), settings.pixel_format):
            _log.warning("the camera delivers %s instead of %s %s", delivered, (w, h), settings.pixel_format)
        view = got.get("lores")
        return stream, dict(view) if view and view["format"] in _TO_BGR else None

    def _request(self) -> Any:
        if self._picam2 is None:
            raise SourceError("the camera was closed")
        wait_s = self._settings.patience_s()
        try:
            return self._picam2.capture_request(wait=wait_s)
        except TimeoutError as stalled:
            self._picam2.cancel_all_and_flush()
            raise SourceError(f"the camera delivered no frame for {wait_s:g} s: check its cable") from stalled
        except (RuntimeError, OSError) as failed:
            raise SourceError(f"the camera failed: {failed}") from failed

    def _frame(self, pixels: U8Image, seq: int, metadata: Mapping[str, Any], last_ns: int | None) -> Frame:
        now_ns, now_utc = self._clock.mono_ns(), self._clock.utc()
        t_ns = int(metadata.get("SensorTimestamp") or now_ns)
        age_ns = now_ns - t_ns
        if not 0 <= age_ns <= _OLDEST_FRAME_NS:
            _log.warning("frame %d: the sensor's time is %.3f s off ours; t_utc is that of reading", seq, age_ns / 1e9)
            age_ns = 0
        return Frame(
            pixels=pixels,
            seq=seq,
            name=f"picamera#{seq:06d}",
            t_mono_ns=t_ns,
            t_utc=now_utc - timedelta(microseconds=age_ns / 1000),
            exposure=Exposure(
                exposure_us=_number(metadata, "ExposureTime"),
                analogue_gain=_number(metadata, "AnalogueGain"),
                lens_position_dpt=_number(metadata, "LensPosition"),
            ),
            lost_before=_lost(t_ns, last_ns, _number(metadata, "FrameDuration")),
        )


def connected_cameras() -> list[str]:
    """The models that libcamera sees; none is opened, so that a run may have one. Raises `SourceError` for none."""
    picamera2: Any = _picamera2_class()
    cameras = _asking(picamera2.global_camera_info)
    if not cameras:
        raise SourceError(
            "no camera is connected: with the power off, check both ends of its cable; `rpicam-hello --list-cameras`"
        )
    return [str(camera.get("Model") or camera.get("Id") or "a camera") for camera in cameras]


def to_bgr(array: U8Image, stream: Mapping[str, Any]) -> U8Image:
    """What `make_array` returned as BGR (h, w, 3), C-contiguous and the caller's own.

    `stream` is its stream's configuration: `format`, `size` (w, h), `stride` in bytes. picamera2 cuts a
    row's padding off, save for YUV420, whose rows keep it until they are converted (704 px may come as 768,
    picamera2 #1182). Raises `SourceError` for an array of another shape than these say.
    """
    (w, h), pixel_format = stream["size"], stream["format"]
    planar = pixel_format in _PLANAR
    row = stream["stride"] if pixel_format in ("YUV420", "YVU420") else w
    expected = (h * 3 // 2, row) if planar else (h, w, 4 if pixel_format.startswith("X") else 3)
    if array.shape != expected or array.dtype != np.uint8:
        raise SourceError(f"a {pixel_format} frame of {w} x {h} is uint8 {expected}; got {array.dtype} {array.shape}")
    code = _TO_BGR[pixel_format]
    # Whatever the camera's next frame does, these pixels stay: converted or copied, never a view of its
    # buffer.
    bgr = array.copy() if code is None else cv2.cvtColor(array, code)[:, :w]
    return np.ascontiguousarray(bgr, np.uint8)


def _lost(t_ns: int, last_ns: int | None, frame_us: float | None) -> int:
    """Frames that fit into the gap since the last one; 0 where the camera does not state their duration."""
    if last_ns is None or not frame_us:
        return 0
    return max(0, round((t_ns - last_ns) / (frame_us * 1000)) - 1)


def _number(metadata: Mapping[str, Any], name: str) -> float | None:
    value = metadata.get(name)
    return None if value is None else float(value)


def _asking(action: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    try:
        return action(*args, **kwargs)
    except (RuntimeError, ValueError, OSError) as refused:
        raise SourceError(f"the camera cannot be set up: {refused}") from refused


def _opened(picamera2_class: Callable[[], Any]) -> Any:
    try:
        return picamera2_class()
    except (RuntimeError, IndexError, OSError) as missing:
        raise SourceError(
            f"no camera can be opened: {missing}; `rpicam-hello --list-cameras` shows what is connected"
        ) from missing


def _picamera2_class() -> Callable[[], Any]:
    try:
        from picamera2 import Picamera2
    except (ImportError, ValueError) as missing:
        # ValueError: a numpy that the system's packages were not built for (picamera2 #1266).
        raise SourceError(
            "'picamera' needs picamera2, which comes with Raspberry Pi OS and not from PyPI: "
            f"`sudo apt install python3-picamera2`, and a venv made with --system-site-packages ({missing})"
        ) from missing
    found: Callable[[], Any] = Picamera2
    return found
