"""The two threads that work ahead of the log: one takes frames from the camera, one examines them."""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

from edge.cameras.camera import Camera
from edge.examine import Examined, Examiner, not_examined
from edge.frame import Frame, Unreadable
from edge.lanes import Lane, LaneEndedError, LiveLane, T, pour
from edge.skips import ENDED

# What the frame in work has once the run is to end; with the joins it stays below the two seconds of a clean stop.
_GRACE_S = 0.8
_JOIN_S = 0.2
# A decoder in the middle of a frame must not lose its file; a live camera is made to be closed at any time.
_DECODER_S = 5.0


class Flow:
    """Frames from `camera` through `examiner`, in order. Its threads end with its `with` block.

    At most `queue_size` frames wait for the network: where more come, a live camera's oldest is given up, any other
    source waits.
    """

    def __init__(self, camera: Camera, examiner: Examiner, *, queue_size: int) -> None:
        self._live = camera.live
        self.frames: Lane[Frame | Unreadable] = (LiveLane if camera.live else Lane)(queue_size)
        self._examined: Lane[Examined] = Lane(1)
        self._threads = [
            _start("camera", camera.frames(), self.frames),
            _start("network", map(examiner.examine, self.frames), self._examined),
        ]

    def get(self, timeout_s: float) -> Examined | None:
        """The next frame, None where none was done in time. Raises `LaneEndedError` at the end, before it what broke
        the camera or the network.
        """
        return self._examined.get(timeout_s)

    def rest(self, last_seq: int) -> Iterator[Examined]:
        """All that is under way after frame `last_seq`: examined where that is done in time, the others as `ENDED`."""
        self.frames.close()
        until_s = time.monotonic() + _GRACE_S
        with suppress(LaneEndedError):
            while (left_s := until_s - time.monotonic()) > 0:
                if (one := self._examined.get(left_s)) is not None:
                    last_seq = one.record.seq
                    yield one
        self._examined.close()
        self._threads[0].join(_JOIN_S)
        for one in (*self._examined.rest(), *(not_examined(item, ENDED) for item in self.frames.rest())):
            if one.record.seq > last_seq:
                last_seq = one.record.seq
                yield one

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.frames.close()
        self._examined.close()
        # Before the camera and the network are closed under their hands.
        camera, network = self._threads
        camera.join(_JOIN_S if self._live else _DECODER_S)
        network.join(_JOIN_S)


def _start(name: str, source: Iterable[T], lane: Lane[T]) -> threading.Thread:
    # A camera or a network that hangs must not keep the process from ending.
    thread = threading.Thread(target=pour, args=(source, lane), name=name, daemon=True)
    thread.start()
    return thread
