"""How a run stands in one line: under a progress bar, and in `systemctl status`."""

import time
from collections.abc import Callable
from pathlib import Path

from edge.host import Host
from edge.status_record import RunProgress

_HOST_EVERY_S = 5.0


class StatusLine:
    """The machine is asked at most every five seconds."""

    def __init__(self, folder: Path, *, host: Host, mono_s: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._host, self._mono_s = folder, host, mono_s
        self._asked_s: float | None = None
        self._machine: list[str] = []

    def __call__(self, progress: RunProgress, frames_per_s: float) -> str:
        """What the run counts, then the machine; what is nothing, or not known, is left out."""
        p = progress
        parts = [f"{frames_per_s:.1f} frames/s", f"{p.finds} finds"]
        parts += [f"{count} {what}" for count, what in ((p.dropped, "dropped"), (p.lost, "lost")) if count]
        if p.standing_still:
            parts.append(f"{p.standing_still} standing still")
        if p.queued is not None:
            parts.append(f"queue {p.queued} of {p.queue_size}")
        if p.last_find is not None:
            parts.append(f"last find {p.last_find.score:.2f} at {p.last_find.t_utc[11:19]}")
        now_s = self._mono_s()
        if self._asked_s is None or now_s - self._asked_s >= _HOST_EVERY_S:
            self._asked_s, self._machine = now_s, self._ask()
        return ", ".join([*parts, *self._machine])

    def _ask(self) -> list[str]:
        temperature_c, power = self._host.temperature_c(), self._host.power()
        try:
            disk = self._host.disk(self._folder)
        except OSError:
            disk = None  # the log says what is wrong with it
        return [
            *([] if temperature_c is None else [f"{temperature_c:.0f} °C"]),
            *([] if power is None else power.now),
            *([] if disk is None else [f"{disk.free_bytes / 1e9:.1f} GB free"]),
        ]
