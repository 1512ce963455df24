"""Where an odometry's lines come from: a serial port, or a file of what once came from one."""

from collections import deque
from pathlib import Path
from typing import Protocol

from edge.clock import Clock
from edge.errors import SourceError
from edge.odometry import LONGEST_LINE
from edge.odometry_track import OdometryTrack
from edge.serial_link import Port

LEAD_NS = 1_000_000_000


class OdometrySource(Protocol):
    """What the loop asks before every frame."""

    def poll(self, track: OdometryTrack, until_ns: int) -> None:
        """Hands on every line that has come; of a record, those that had come by then."""


class SerialOdometry:
    """Lines from a port, `edge.serial_link.SerialPort` or what plays one."""

    def __init__(self, port: Port, *, clock: Clock) -> None:
        self._port, self._clock = port, clock
        self._held = bytearray()

    def poll(self, track: OdometryTrack, until_ns: int) -> None:
        """Raises `OSError` for a port that is gone."""
        self._held += self._port.read(0.0)
        *lines, rest = bytes(self._held).split(b"\n")
        # More without an end is noise, and memory that noise must not fill.
        self._held[:] = rest if len(rest) <= LONGEST_LINE else b""
        for line in lines:
            track.feed(line.decode("ascii", "replace"), self._clock.mono_ns())


class OdometryReplay:
    """A file with a line of the protocol a line, each after the time when it came: `<nanoseconds> $HLO,...*CRC`.

    Times are those of the frames that it belongs to. Raises `SourceError` for a file that cannot be read or a line
    without a time.
    """

    def __init__(self, path: Path) -> None:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as failed:
            raise SourceError(f"{path}: cannot be read: {failed.strerror or failed}") from failed
        self._lines: deque[tuple[int, str]] = deque()
        for number, line in enumerate(text.splitlines(), start=1):
            time_ns, space, content = line.partition(" ")
            if not space or not (time_ns.isascii() and time_ns.isdecimal()):
                raise SourceError(
                    f"{path}: every line is '<nanoseconds> $HLO,...*CRC'; line {number} is '{line[:40]}': record it "
                    "again"
                )
            self._lines.append((int(time_ns), content))

    def poll(self, track: OdometryTrack, until_ns: int) -> None:
        """Lines until then and a little longer, as a line comes after what it tells; no track holds a whole drive."""
        while self._lines and self._lines[0][0] <= until_ns + LEAD_NS:
            time_ns, content = self._lines.popleft()
            track.feed(content, time_ns)
