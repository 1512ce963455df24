"""How a run stands, in a small file beside its log that is replaced as it goes; never the record.

Whoever reads the file sees a whole one, old or new. It is not flushed: after a power cut it may be gone or old, and
nothing that was logged depends on it.
"""

import logging
import os
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edge.clock import Clock
from edge.errors import LogError
from edge.log.columns import write_utc
from edge.manifest_json import dumps, from_plain, loads
from edge.skips import OVERTAKEN, STANDING

_log = logging.getLogger(__name__)

STATUS_FILE = "status.json"
EVERY_S = 2.0
RATE_WINDOW_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LastFind:
    """The latest find: its frame's name, that frame's time (ISO 8601, UTC), and its score, a probability."""

    frame: str
    t_utc: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """What a run counts, from its start. `skipped` were read and not inspected, `standing_still` neither, because the
    rover stood, `dropped` taken and overtaken by newer ones, `lost` never fetched from the camera. `queued` of
    `queue_size` wait; None where there is no queue.
    """

    inspected: int = 0
    skipped: int = 0
    standing_still: int = 0
    dropped: int = 0
    lost: int = 0
    finds: int = 0
    queued: int | None = None
    queue_size: int | None = None
    last_find: LastFind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusRecord:
    """What the file holds while a run goes on; how it ended, its log says. `frames_per_s`: inspected, over the last ten
    seconds. `written_mono_ns` compares within `boot_id`.
    """

    schema_version: Literal[1]
    run_id: str
    source: str
    pid: int
    written_utc: str
    written_mono_ns: int
    boot_id: str | None
    frames_per_s: float
    progress: RunProgress


def counted(*, inspected: int, reasons: Mapping[str, int], lost: int, finds: int) -> RunProgress:
    """The progress that a log or a summary tells; `reasons` counts what was not inspected."""
    still, dropped = reasons.get(STANDING, 0), reasons.get(OVERTAKEN, 0)
    return RunProgress(
        inspected=inspected,
        skipped=sum(reasons.values()) - still - dropped,
        standing_still=still,
        dropped=dropped,
        lost=lost,
        finds=finds,
    )


class StatusWriter:
    """Replaces the status of one run at most every `EVERY_S`; `frames_per_s` is what it says.

    A disk that cannot take it is logged once: no run ends for its status.
    """

    def __init__(self, folder: Path, *, run_id: str, source: str, clock: Clock) -> None:
        self._path = folder / STATUS_FILE
        self._run_id, self._source, self._clock = run_id, source, clock
        self._seen: deque[tuple[int, int]] = deque()
        self._written_ns: int | None = None
        self._failed = False
        self.frames_per_s = 0.0
        self._boot_id = clock.boot_id()

    def update(self, progress: RunProgress) -> None:
        """Takes how the run stands; between two writings it does nothing."""
        now_ns = self._clock.mono_ns()
        if self._written_ns is not None and now_ns - self._written_ns < EVERY_S * 1e9:
            return
        self._written_ns = now_ns
        self.frames_per_s = self._rate(now_ns, progress.inspected)
        record = StatusRecord(
            schema_version=1,
            run_id=self._run_id,
            source=self._source,
            pid=os.getpid(),
            written_utc=write_utc(self._clock.utc()),
            written_mono_ns=now_ns,
            boot_id=self._boot_id,
            frames_per_s=self.frames_per_s,
            progress=progress,
        )
        part = self._path.with_name(f".{STATUS_FILE}.part")
        try:
            part.write_text(dumps(record), encoding="utf-8")
            part.replace(self._path)
        except OSError as failed:
            if not self._failed:
                _log.warning("the status %s cannot be written: %s", self._path, failed)
            self._failed = True

    def _rate(self, now_ns: int, inspected: int) -> float:
        self._seen.append((now_ns, inspected))
        while len(self._seen) > 2 and now_ns - self._seen[1][0] >= RATE_WINDOW_S * 1e9:
            self._seen.popleft()
        began_ns, began = self._seen[0]
        return 0.0 if now_ns == began_ns else (inspected - began) / ((now_ns - began_ns) / 1e9)


def read_status(folder: Path) -> StatusRecord | None:
    """The status beside a log, None where there is none. Raises `LogError` for a file that is no status of ours."""
    path = folder / STATUS_FILE
    try:
        return from_plain(StatusRecord, loads(path.read_text(encoding="utf-8")), "the status")
    except FileNotFoundError:
        return None
    except OSError as unreadable:
        raise LogError(f"{path}: cannot be read: {unreadable.strerror or unreadable}") from unreadable
    except ValueError as wrong:
        raise LogError(f"{path}: is no status of this Hairline: {wrong}; the next run replaces it") from wrong
