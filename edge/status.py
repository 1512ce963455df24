"""How a rover stands: its run's status file, its log, and the machine, in one look."""

from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from edge.clock import Clock
from edge.host import Host
from edge.log import LogReader, RunRecord, RunState, read_log
from edge.log.database import as_log_error, open_to_read
from edge.status_record import LastFind, RunProgress, StatusRecord, counted, read_status

# A run that has said nothing for so long hangs, or its frames take very long.
SILENT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """One look. `state` is the run's, or `silent` for one that should run, or `none`.

    `silent_s`: since when a running run has not said anything, None without a status file of this boot. `progress`
    comes from that file, else from the log, which knows no queue. `throttled` and `throttled_since_boot` are the Pi's
    words, empty where all is well.
    """

    log: Path
    run_id: str | None = None
    source: str | None = None
    state: str = "none"
    reason: str | None = None
    silent_s: float | None = None
    frames_per_s: float | None = None
    progress: RunProgress
    temperature_c: float | None
    throttled: tuple[str, ...]
    throttled_since_boot: tuple[str, ...]
    free_bytes: int | None
    clock_synchronised: bool | None


def look(folder: Path, *, host: Host, clock: Clock) -> Status:
    """The status of the log's latest run and of the machine. Raises `LogError` where the log cannot be read."""
    power, disk = host.power(), host.disk(folder)
    with read_log(folder) as reader:
        runs = reader.runs()
        run = runs[-1] if runs else None
        running = run is not None and run.state is RunState.RUNNING
        record = read_status(folder) if running else None
        if record is not None and run is not None and record.run_id != run.id:
            record = None
        progress = RunProgress() if run is None else _progress(reader, run, record)
    silent_s = _silent_s(record, clock)
    state = "none" if run is None else run.state.value
    return Status(
        log=folder,
        run_id=None if run is None else run.id,
        source=None if run is None else run.start.source,
        state="silent" if silent_s is not None and silent_s > SILENT_S else state,
        reason=None if run is None else run.reason,
        silent_s=silent_s,
        frames_per_s=None if record is None else record.frames_per_s,
        progress=progress,
        temperature_c=host.temperature_c(),
        throttled=() if power is None else power.now,
        throttled_since_boot=() if power is None else power.since_boot,
        free_bytes=None if disk is None else disk.free_bytes,
        clock_synchronised=clock.synchronised(),
    )


def _progress(reader: LogReader, run: RunRecord, record: StatusRecord | None) -> RunProgress:
    if record is not None:
        progress = record.progress
    else:
        counts = reader.counts(run.id)
        progress = counted(inspected=counts.inspected, reasons=counts.skipped, lost=counts.lost, finds=counts.finds)
    return progress if progress.last_find else replace(progress, last_find=_last_find(reader.folder, run.id))


def _last_find(folder: Path, run_id: str) -> LastFind | None:
    query = (
        "SELECT name, t_utc, score FROM finds JOIN frames USING (run_id, seq)"
        " WHERE run_id = ? ORDER BY seq DESC, score DESC LIMIT 1"
    )
    with as_log_error(folder, "could not be read"), closing(open_to_read(folder)) as connection:
        row = connection.execute(query, (run_id,)).fetchone()
    return None if row is None else LastFind(frame=row["name"], t_utc=row["t_utc"], score=row["score"])


def _silent_s(record: StatusRecord | None, clock: Clock) -> float | None:
    if record is None or record.boot_id != clock.boot_id():
        return None
    return max(0.0, (clock.mono_ns() - record.written_mono_ns) / 1e9)


def lines(status: Status) -> list[tuple[str, str]]:
    """The status in a person's words, name and value."""
    p = status.progress
    shown: list[tuple[str, str | None]] = [
        ("log", str(status.log)),
        ("run", None if status.run_id is None else f"{status.run_id[:8]} over {status.source}"),
        ("state", status.state + (f": {status.reason}" if status.reason else "")),
        ("silent", None if status.state != "silent" else f"nothing said for {status.silent_s:.0f} s"),
        ("frames a second", None if status.frames_per_s is None else f"{status.frames_per_s:.2f}"),
        (
            "frames",
            f"{p.inspected} inspected, {p.skipped} skipped, {p.standing_still} while standing still, "
            f"{p.dropped} dropped, {p.lost} lost by the camera",
        ),
        ("queue", None if p.queued is None else f"{p.queued} of {p.queue_size}"),
        ("finds", str(p.finds)),
        (
            "last find",
            None if p.last_find is None else f"{p.last_find.score:.3f} in {p.last_find.frame}, {p.last_find.t_utc}",
        ),
        ("temperature", None if status.temperature_c is None else f"{status.temperature_c:.0f} °C"),
        ("power, now", ", ".join(status.throttled) or None),
        ("power, since boot", ", ".join(status.throttled_since_boot) or None),
        ("free space", None if status.free_bytes is None else f"{status.free_bytes / 1e9:.1f} GB"),
        ("clock", {True: "synchronised", False: "not synchronised", None: None}[status.clock_synchronised]),
    ]
    return [(name, value) for name, value in shown if value is not None]
