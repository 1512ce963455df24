"""What time it is: monotonic for durations, UTC for people, and how far the host's clock is to be trusted."""

import ctypes
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES = 512  # struct timex is 208 bytes on 64-bit Linux, fewer on 32-bit


class Clock(Protocol):
    """The clock that the loop, the cameras and the log are handed."""

    def mono_ns(self) -> int:
        """Nanoseconds that only grow. They compare within one boot alone: see `boot_id`."""

    def utc(self) -> datetime:
        """Now, timezone-aware. It may jump; a rover without a network or a battery may be years off."""

    def boot_id(self) -> str | None:
        """What tells one boot from another, or None where the host does not say."""

    def synchronised(self) -> bool | None:
        """Whether the host's clock follows a reference (NTP, PTP, GNSS); None where the host does not say."""


class SystemClock:
    """The host's clock."""

    def mono_ns(self) -> int:
        return time.monotonic_ns()

    def utc(self) -> datetime:
        return datetime.now(UTC)

    def boot_id(self) -> str | None:
        try:
            return BOOT_ID.read_text(encoding="ascii").strip() or None
        except OSError:
            return None

    def synchronised(self) -> bool | None:
        """Asks the kernel, whichever daemon disciplines the clock: adjtimex(2) without a mode only reads."""
        if not sys.platform.startswith("linux"):
            return None
        state = ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
        return None if state < 0 else state != _TIME_ERROR


@dataclass(slots=True, kw_only=True)
class ManualClock:
    """A clock that stands still until it is told to move, for simulations and tests."""

    now_utc: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    now_mono_ns: int = 0
    boot: str | None = "manual"
    is_synchronised: bool | None = True

    def mono_ns(self) -> int:
        return self.now_mono_ns

    def utc(self) -> datetime:
        return self.now_utc

    def boot_id(self) -> str | None:
        return self.boot

    def synchronised(self) -> bool | None:
        return self.is_synchronised

    def advance(self, duration_ns: int) -> None:
        """Moves both times on. Raises `ValueError` for a step back."""
        if duration_ns < 0:
            raise ValueError(f"time only moves forward; got {duration_ns} ns")
        self.now_mono_ns += duration_ns
        self.now_utc += timedelta(microseconds=duration_ns / 1000)
