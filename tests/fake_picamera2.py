"""A simulated picamera2: what edge/cameras/picamera.py calls, with the names, defaults and habits of 0.3.38.

Signatures are those of the wheel picamera2 0.3.38 (tests/golden/picamera2_signatures.json, to which
tests/test_edge_picamera.py holds them); a call with a parameter that the real one lacks fails here as it would there.
`install` puts it in the place of the real module.
"""

import sys
import threading
import time
import types
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

# Of a Camera Module 3: what it offers, as `Picamera2.camera_controls` lists it: name -> (min, max, default).
CONTROLS: dict[str, tuple[Any, Any, Any]] = {
    "AfMode": (0, 2, 0),
    "LensPosition": (0.0, 32.0, 1.0),
    "ExposureTime": (1, 66666, 20000),
    "AnalogueGain": (1.0, 16.0, 1.0),
    "NoiseReductionMode": (0, 4, 0),
    "FrameDurationLimits": (33333, 120000, 33333),
}
BYTES_A_PIXEL = {"RGB888": 3, "BGR888": 3, "XRGB8888": 4, "XBGR8888": 4}

Shot = tuple[np.ndarray, dict[str, Any]] | Exception | threading.Event


@dataclass
class World:
    """What the simulated camera will do, and what was done to it.

    A shot is a buffer of the main stream and its metadata, an exception to raise, or an event to hang on. `film` makes
    shots without end, given their number, once there are no others.
    """

    film: Callable[[int], Shot] | None = None

    shots: deque[Shot] = field(default_factory=deque)
    sensor_wh: tuple[int, int] = (4608, 2592)
    has_lores: bool = True
    really_waits: bool = False
    grey: int = 77  # of the small stream's pictures
    controls: dict[str, tuple[Any, Any, Any]] = field(default_factory=lambda: dict(CONTROLS))
    adjusted: dict[str, Any] = field(default_factory=dict)  # what libcamera silently makes of the main stream
    present: bool = True
    configuration: dict[str, Any] | None = None
    handed_out: int = 0
    released: int = 0
    opened: int = 0
    closed: int = 0
    flushed: int = 0
    waits: list[Any] = field(default_factory=list)


class CompletedRequest:
    """One frame; its buffer is overwritten as soon as it is given back."""

    def __init__(
        self, world: World, buffers: dict[str, np.ndarray], metadata: dict[str, Any], config: dict[str, Any]
    ) -> None:
        self._world, self._buffers, self._metadata, self._config = world, buffers, metadata, config
        self._ref_count = 1

    def make_array(self, name: str) -> np.ndarray:
        """As helpers._make_array_shared: padding is cut off, save for YUV420; a copy, as in the real one."""
        assert self._ref_count > 0, "read after release"
        pixel_format, (w, h), stride = (self._config[name][k] for k in ("format", "size", "stride"))
        buffer = self._buffers[name]
        if pixel_format in BYTES_A_PIXEL:
            channels = BYTES_A_PIXEL[pixel_format]
            return buffer.reshape(h, stride)[:, : w * channels].reshape(h, w, channels).copy()
        rows = buffer.reshape(h * 3 // 2, stride)
        return (rows[:, :w] if pixel_format in ("NV12", "NV21") else rows).copy()

    def get_metadata(self) -> dict[str, Any]:
        assert self._ref_count > 0, "read after release"
        return dict(self._metadata)

    def release(self) -> None:
        self._ref_count -= 1
        if self._ref_count < 0:
            raise RuntimeError("CompletedRequest: lock now has negative ref_count")
        for buffer in self._buffers.values():
            buffer[:] = 0xEE
        self._world.released += 1


class Picamera2:
    """Only what is used. `world` is set on the subclass that `install` makes."""

    world: World

    def __init__(self, camera_num=0, verbose_console=None, tuning=None, allocator=None) -> None:
        if not self.world.present:
            raise RuntimeError(
                f"No camera number {camera_num} found - use rpicam-hello --list-cameras to check the cables"
            )
        self.world.opened += 1
        self.sensor_resolution = self.world.sensor_wh
        self._started = self._stalled = False

    @staticmethod
    def global_camera_info() -> list[dict[str, Any]]:
        return [{"Model": "imx708", "Num": 0}]

    @property
    def camera_controls(self) -> dict[str, tuple[Any, Any, Any]]:
        return self.world.controls

    def create_video_configuration(
        self,
        main={},  # noqa: B006 - as in the original
        lores=None,
        raw={},  # noqa: B006
        transform=None,
        colour_space=None,
        buffer_count=6,
        controls={},  # noqa: B006
        display="main",
        encode="main",
        queue=True,
        sensor={},  # noqa: B006
        use_case="video",
    ) -> dict[str, Any]:
        unknown = (set(main) | set(lores or {})) - {"format", "size", "stride", "framesize", "preserve_ar"}
        if unknown:
            raise ValueError(f"Bad key(s) {unknown} in stream configuration")
        stream = {"format": "XBGR8888", "size": (1280, 720), "preserve_ar": True} | main
        if lores is not None:
            lores = {"format": "YUV420", "size": stream["size"], "preserve_ar": False} | lores
        controls = dict(controls)
        return {"main": stream, "lores": lores, "controls": controls, "buffer_count": buffer_count, "queue": queue}

    def configure(self, camera_config=None) -> None:
        assert not self._started
        main, lores = dict(camera_config["main"]), camera_config["lores"]
        for name, stream in (("main", main), ("lores", lores)):
            if stream is None:
                continue
            if type(stream["size"]) is not tuple or len(stream["size"]) != 2:
                raise RuntimeError(f"size in {name} stream should be (width, height)")
            if stream["size"][0] % 2 or stream["size"][1] % 2:
                raise RuntimeError("width and height should be even")
        if lores is not None and (lores["size"][0] > main["size"][0] or lores["size"][1] > main["size"][1]):
            raise RuntimeError("lores stream dimensions may not exceed main stream")
        for name in camera_config["controls"]:
            if name not in self.world.controls:
                raise RuntimeError(f"Control {name} is not advertised by libcamera")
        main |= self.world.adjusted
        main.setdefault("stride", main["size"][0] * BYTES_A_PIXEL.get(main["format"], 1))
        # Rows of the small stream come padded to 64 bytes, as the Pi's do.
        lores = lores and lores | {"stride": -(-lores["size"][0] // 64) * 64} if self.world.has_lores else None
        self.world.configuration = camera_config | {"main": main, "lores": lores}

    def camera_configuration(self) -> dict[str, Any]:
        assert self.world.configuration is not None
        return self.world.configuration

    def start(self, config=None, show_preview=False) -> None:
        assert self.world.configuration is not None, "Camera has not been configured"
        self._started = True

    def capture_request(self, wait=None, signal_function=None, flush=None) -> CompletedRequest:
        """`wait` is seconds, then TimeoutError (concurrent.futures' is the built-in one)."""
        assert self._started
        self.world.waits.append(wait)
        outstanding = self.world.handed_out - self.world.released
        if not self.world.shots and self.world.film is not None:
            self.world.shots.append(self.world.film(self.world.handed_out))
        if not self.world.shots or outstanding >= self.camera_configuration()["buffer_count"]:
            if self.world.really_waits:
                time.sleep(wait)
            self._stalled = True
            raise TimeoutError
        shot = self.world.shots.popleft()
        if isinstance(shot, Exception):
            raise shot
        if isinstance(shot, threading.Event):
            shot.wait()
            raise TimeoutError
        self.world.handed_out += 1
        buffer, metadata = shot
        config = self.camera_configuration()
        buffers = {"main": buffer.copy()}
        if config["lores"] is not None:
            (_, h), stride = config["lores"]["size"], config["lores"]["stride"]
            buffers["lores"] = np.full(h * 3 // 2 * stride, 128, np.uint8)
            buffers["lores"][: h * stride] = self.world.grey
        return CompletedRequest(self.world, buffers, metadata, config)

    def cancel_all_and_flush(self) -> None:
        self.world.flushed += 1
        self._stalled = False

    def stop(self) -> None:
        # The real one queues its job behind the capture that never ends and waits for it without a limit.
        assert not self._stalled, "stop() hangs behind a capture that timed out"
        self._started = False

    def close(self) -> None:
        self._started = False
        self.world.closed += 1


def install(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """Makes `from picamera2 import Picamera2` find the simulation."""
    module = types.ModuleType("picamera2")
    module.Picamera2 = type("Picamera2", (Picamera2,), {"world": world})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", module)
