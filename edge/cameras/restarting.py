"""A live camera that is watched: one that stalls or fails is closed and opened again, and the gap is told."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace

from edge.cameras.camera import Camera
from edge.clock import Clock
from edge.errors import CameraLostError
from edge.frame import Frame, Unreadable
from edge.lanes import Lane, LaneEndedError, pour
from edge.skips import RESTARTED

_log = logging.getLogger(__name__)

_START_S = 8.0  # for opening a camera and its first frame
_CLOSE_S = 2.0
MAX_FAILURES = 3
_WITHIN_S = 60.0


class RestartingCamera(Camera):
    """The frames of the cameras that `open_camera` opens, one after the other, numbered through.

    A camera that delivers nothing for `stall_s`, or raises whatever it may, is given up and opened anew; the gap comes
    as an `Unreadable` with its length. The third failure within a minute raises `CameraLostError`. The first camera is
    opened here, so that what it raises is its user's to mend.
    """

    def __init__(self, open_camera: Callable[[], Camera], *, clock: Clock, stall_s: float) -> None:
        self._open, self._clock, self._stall_s = open_camera, clock, stall_s
        self._camera: Camera | None = open_camera()
        self.description, self.frame_count, self.live = self._camera.description, self._camera.frame_count, True
        self._failed_s: deque[float] = deque(maxlen=MAX_FAILURES)
        self._seq, self._name, self._frame_ns = 0, "camera", 0
        self._last_ns, self._last_utc = clock.mono_ns(), clock.utc()

    def frames(self) -> Iterator[Frame | Unreadable]:
        """Frames until the camera is lost, which raises `CameraLostError`."""
        while True:
            failure = yield from self._session()
            _log.warning("%s failed: %s", self.description, failure)
            self.close()
            self._failed_s.append(time.monotonic())
            if len(self._failed_s) == MAX_FAILURES and self._failed_s[-1] - self._failed_s[0] < _WITHIN_S:
                yield self._gap(self._clock.mono_ns())
                raise CameraLostError(
                    f"a camera may fail {MAX_FAILURES - 1} times a minute; it failed {MAX_FAILURES} times, at last: "
                    f"{failure}: check its cable and its power; whoever supervises this process may start it again"
                )

    def close(self) -> None:
        """Closes the camera at hand; one that hangs is left behind."""
        camera, self._camera = self._camera, None
        if camera is not None:
            closing = threading.Thread(target=camera.close, name="camera close", daemon=True)
            closing.start()
            closing.join(_CLOSE_S)

    def _session(self) -> Generator[Frame | Unreadable, None, str]:
        """The frames of one camera; returns why there are no more."""
        lane: Lane[Frame | Unreadable] = Lane(1)
        threading.Thread(target=pour, args=(self._delivered(), lane), name="camera watched", daemon=True).start()
        fresh = True
        try:
            while True:
                patience_s = max(_START_S, self._stall_s) if fresh else self._stall_s
                item = lane.get(patience_s)
                if item is None:
                    return f"no frame for {patience_s:g} s"
                if fresh and self._failed_s:
                    yield self._gap(item.t_mono_ns)
                yield self._numbered(item, measure=not fresh)
                fresh = False
        except LaneEndedError:
            return "its frames ended"
        except Exception as broke:  # noqa: BLE001  # whatever a driver raises, the answer is the same
            return f"{type(broke).__name__}: {broke}"
        finally:
            lane.close()

    def _delivered(self) -> Iterator[Frame | Unreadable]:
        """In a thread of its own, because opening may hang as well."""
        camera = self._camera
        if camera is None:
            camera = self._camera = self._open()
        yield from camera.frames()

    def _numbered(self, item: Frame | Unreadable, *, measure: bool) -> Frame | Unreadable:
        if measure:
            self._frame_ns = (item.t_mono_ns - self._last_ns) // (item.lost_before + 1)
        self._last_ns, self._last_utc = item.t_mono_ns, item.t_utc
        self._name = item.name.partition("#")[0]
        self._seq += 1
        return replace(item, seq=self._seq - 1, name=f"{self._name}#{self._seq - 1:06d}")

    def _gap(self, until_ns: int) -> Unreadable:
        """Since the last frame, and how many would have come."""
        gap_ns = max(0, until_ns - self._last_ns)
        self._seq += 1
        return Unreadable(
            seq=self._seq - 1,
            name=f"{self._name}#{self._seq - 1:06d}",
            reason=RESTARTED,
            t_mono_ns=self._last_ns,
            t_utc=self._last_utc,
            lost_before=max(0, round(gap_ns / self._frame_ns) - 1) if self._frame_ns > 0 else 0,
            gap_s=gap_ns / 1e9,
        )
