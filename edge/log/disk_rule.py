"""What a log may take of its disk: a budget of bytes written in an hour, and room that pictures leave.

A record is always written. Only pictures give way (docs/adr/0011-what-a-log-may-take.md).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

IO = Path("/proc/self/io")
MB = 1_000_000
_HOUR_NS = 3600 * 10**9
_STEP_NS = 60 * 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskRule:
    """Limits in megabytes (10^6 bytes); None: no limit.

    `max_pictures_mb`: all pictures of the log together. `min_free_mb`: what stays free on its file system.
    `max_written_mb_per_hour`: what the process hands to the disk, everything included; a card wears.
    """

    max_pictures_mb: float | None = None
    min_free_mb: float | None = None
    max_written_mb_per_hour: float | None = None


def process_written_bytes() -> int:
    """What this process has handed to disks since it began (proc(5), `write_bytes` of /proc/self/io).

    Raises `OSError` where the kernel does not count it.
    """
    for line in IO.read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name == "write_bytes":
            return int(value)
    raise OSError(f"{IO} has no line write_bytes: the kernel does not count what a process writes")


class HourlyBudget:
    """Says whether a picture may still be written in the last 60 minutes, to the minute. `written` only grows."""

    def __init__(self, max_bytes: float, written: Callable[[], int]) -> None:
        self._max_bytes, self._written = max_bytes, written
        self._steps: deque[tuple[int, int]] = deque()

    def allows(self, more_bytes: int, now_ns: int) -> bool:
        """Whether `more_bytes` fit into the hour that ends at `now_ns` (monotonic)."""
        total = self._written()
        if not self._steps or now_ns - self._steps[-1][0] >= _STEP_NS:
            self._steps.append((now_ns, total))
        while len(self._steps) > 1 and now_ns - self._steps[1][0] >= _HOUR_NS:
            self._steps.popleft()
        return total - self._steps[0][1] + more_bytes <= self._max_bytes
