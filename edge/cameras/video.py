"""A video file, read so that a half decoded frame never passes for a clean one."""

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from edge.cameras.camera import Camera
from edge.cameras.container import Ending, ending
from edge.cameras.sources import MAY_BE
from edge.clock import Clock
from edge.errors import SourceError
from edge.frame import Frame, Unreadable

# Codecs whose frames stand alone: a cut damages the last one only.
_INTRA = ("MJPG", "mjpg", "FFV1", "HFYU", "FFVH")
# Elsewhere frames are shown in another order than they are stored. With the deepest usual pyramid (16
# frames), a cut frame is followed by four that were stored before it.
_HELD_INTER = 5
# Matroska states no number of frames: OpenCV estimates it from duration and rate, which may be off by the
# rounding of the one and the jitter of the other.
_ESTIMATE_TOLERANCE = 0.02
_CUT = "the video is cut here: the frame may be only half decoded"
_UNPROVEN = "the container does not tell whether its end is missing: the frame may be only half decoded"


class VideoCamera(Camera):
    """Every frame of a video, named `clip.avi#000012` by its number; `t_utc` is when it was read, not filmed.

    The last frames are held back until the container's sizes prove that the end is there. If it is not, they
    come as `Unreadable`, and `SourceError` ends the run. Damage in the middle of a file is not detected.
    Raises `SourceError` for what FFmpeg cannot open.
    """

    def __init__(self, path: Path, *, clock: Clock) -> None:
        self._path, self._clock = path, clock
        try:
            self._ending = ending(path)
        except OSError as error:
            raise SourceError(f"{path}: cannot be read: {error.strerror or error}") from error
        self._capture = _open(path)
        announced = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.frame_count: int | None = round(announced) if 0 < announced < 1e9 else None
        self.description = str(path)

    def frames(self) -> Iterator[Frame | Unreadable]:
        """Every frame that is proven whole, an `Unreadable` for the rest; then `SourceError` if cut."""
        held: deque[Frame] = deque()
        hold = 1 if self._codec() in _INTRA else _HELD_INTER
        seq = 0
        while (frame := self._next(seq)) is not None:
            seq += 1
            held.append(frame)
            if len(held) > hold:
                yield held.popleft()
        short = self._is_short(seq)
        if self._ending is Ending.WHOLE:
            yield from held
        else:
            # Where nothing else is known, a video that yields fewer frames than it announces counts as cut.
            reason = _CUT if short or self._ending is Ending.CUT else _UNPROVEN
            for frame in held:
                yield _suspect(frame, reason)
        if short or self._ending is Ending.CUT:
            raise SourceError(self._complaint(seq))

    def close(self) -> None:
        """Closes the file."""
        self._capture.release()

    def _next(self, seq: int) -> Frame | None:
        try:
            read, pixels = self._capture.read()
        except cv2.error as error:
            raise SourceError(f"{self._path}: frame {seq} cannot be decoded: {error}") from error
        if not read:
            return None
        return Frame(
            pixels=np.ascontiguousarray(pixels),
            seq=seq,
            name=f"{self._path.name}#{seq:06d}",
            t_mono_ns=self._clock.mono_ns(),
            t_utc=self._clock.utc(),
        )

    def _codec(self) -> str:
        number = int(self._capture.get(cv2.CAP_PROP_FOURCC))
        return (number & 0xFFFFFFFF).to_bytes(4, "little").decode("latin-1")

    def _is_short(self, seq: int) -> bool:
        if self.frame_count is None:
            return False
        estimated = self._path.suffix.lower() in (".mkv", ".webm") or self._ending is Ending.UNKNOWN
        spare = max(2.0, _ESTIMATE_TOLERANCE * self.frame_count) if estimated else 0.0
        return seq < self.frame_count - spare

    def _complaint(self, seq: int) -> str:
        of = "" if self.frame_count is None else f" of {self.frame_count}"
        why = "the file is cut short" if self._ending is Ending.CUT else "the rest could not be decoded"
        return f"{self._path}: the video ended after {seq}{of} frames: {why}; what came before is inspected"


def _suspect(frame: Frame, reason: str) -> Unreadable:
    return Unreadable(seq=frame.seq, name=frame.name, reason=reason, t_mono_ns=frame.t_mono_ns, t_utc=frame.t_utc)


def _open(path: Path) -> cv2.VideoCapture:
    # FFmpeg's own complaints say nothing that we do not say better. It asks for this once, when first used.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    # OpenCV moved these from cv2 to cv2.utils.logging after 4.11, which bookworm's numpy 1 needs.
    log = getattr(cv2.utils, "logging", cv2)
    level = log.getLogLevel()
    log.setLogLevel(0)
    try:
        # FFmpeg by name: the others take '%' in a path for a row of pictures. An absolute path is never a
        # URL.
        capture = cv2.VideoCapture(str(path.resolve()), cv2.CAP_FFMPEG)
    finally:
        log.setLogLevel(level)
    if not capture.isOpened():
        raise SourceError(f"{path}: cannot be opened as a video (damaged, cut short, or none at all): {MAY_BE}")
    return capture
