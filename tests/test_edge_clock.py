"""Clocks: the host's against what the host says elsewhere, and the one that stands still."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge import clock as clock_module
from edge.clock import Clock, ManualClock, SystemClock

CLOCKS: list[Clock] = [SystemClock(), ManualClock()]


@pytest.mark.parametrize("clock", CLOCKS, ids=lambda c: type(c).__name__)
def test_every_clock_keeps_the_contract(clock: Clock) -> None:
    first = clock.mono_ns()
    assert isinstance(first, int)
    assert clock.mono_ns() >= first
    assert clock.utc().utcoffset() == timedelta(0)
    assert clock.synchronised() in (True, False, None)
    assert clock.boot_id() is None or clock.boot_id() == clock.boot_id()


def test_the_system_clock_tells_the_hosts_time() -> None:
    assert abs(SystemClock().utc() - datetime.now(UTC)) < timedelta(seconds=5)
    uptime_s = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    # Linux: CLOCK_MONOTONIC counts from the boot, but for time asleep.
    assert SystemClock().mono_ns() / 1e9 <= uptime_s + 5


def test_a_host_without_a_boot_id_has_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(clock_module, "BOOT_ID", tmp_path / "absent")
    assert SystemClock().boot_id() is None


@pytest.mark.parametrize(("state", "expected"), [(0, True), (5, False), (-1, None)])
def test_the_kernels_word_on_synchronisation(
    monkeypatch: pytest.MonkeyPatch, state: int, expected: bool | None
) -> None:
    # adjtimex(2): TIME_OK 0, TIME_ERROR 5, and -1 where the call is not allowed.
    class Libc:
        @staticmethod
        def adjtimex(_buffer: object) -> int:
            return state

    monkeypatch.setattr(clock_module.ctypes, "CDLL", lambda _name: Libc)
    assert SystemClock().synchronised() is expected


def test_a_manual_clock_moves_when_told() -> None:
    clock = ManualClock()
    before = clock.utc()
    clock.advance(1_500_000_000)
    assert clock.mono_ns() == 1_500_000_000
    assert clock.utc() - before == timedelta(seconds=1.5)
    with pytest.raises(ValueError, match="forward"):
        clock.advance(-1)
