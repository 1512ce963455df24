"""Writing an inspection log. What a call has returned for is *logged*: it survives a power cut."""

import logging
import os
import sqlite3
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.calibration_record import CameraCalibration
from edge.clock import Clock
from edge.durable import make_folder
from edge.errors import LogError
from edge.log import lock
from edge.log.columns import Value, write_courses, write_pose, write_text, write_utc
from edge.log.crack_record import CrackVisit
from edge.log.crack_rows import replace_cracks
from edge.log.database import as_log_error, open_to_write
from edge.log.disk_rule import MB, DiskRule, HourlyBudget, process_written_bytes
from edge.log.find_record import FindRecord
from edge.log.frame_record import FrameRecord
from edge.log.pictures import images_of, path_in_log, write_pictures
from edge.log.recovery import Unfinished, close_lost_runs, find_unfinished
from edge.log.retention import WITHHELD, Retention
from edge.log.rows import insert, transaction
from edge.log.run_record import RunRecord, RunStart, RunState, Shift
from edge.manifest_json import dumps
from edge.pose import Matrix, Pose

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A frame that is to be logged, with its finds and its annotated picture (JPEG) where it has one.

    `plain_jpegs`: beside that, of each find the picture of `edge.plain`, or none at all.
    """

    frame: FrameRecord
    finds: Sequence[FindRecord] = ()
    overlay_jpeg: bytes | None = None
    plain_jpegs: Sequence[bytes] = ()

    @property
    def jpegs(self) -> Sequence[bytes]:
        """All of its pictures, its own first."""
        return () if self.overlay_jpeg is None else (self.overlay_jpeg, *self.plain_jpegs)


class InspectionLog:
    """A log that this process alone may add to, until `close`. What was seen is never deleted.

    One thread at a time uses it.

    Every method raises `LogError` where the disk or the file fails; what was logged before stays logged.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, lock_descriptor: int, clock: Clock) -> None:
        self._folder = folder
        self._connection = connection
        self._lock = lock_descriptor
        self._clock = clock
        self._boot_id = clock.boot_id()
        self._running: set[str] = set()
        self._retention: Retention | None = None
        self._budget: HourlyBudget | None = None

    @classmethod
    def open(cls, folder: Path, *, clock: Clock, rule: DiskRule | None = None) -> Self:
        """Opens a log, or makes it where there is none, and marks the runs that nobody ended as lost.

        `rule` says what it may take of its disk; with None, whatever it needs. Raises `LogError` for a folder that
        cannot be written, a log that another process writes to, a file that is damaged, of another schema or no log.
        """
        with as_log_error(folder, "cannot be opened for writing"):
            make_folder(folder)
            descriptor = lock.acquire(folder)
            try:
                log = cls(folder, open_to_write(folder), descriptor, clock)
            except BaseException:
                os.close(descriptor)
                raise
            try:
                close_lost_runs(folder, log._connection)
                log._keep_to(rule)
            except BaseException:
                log.close()
                raise
        return log

    def start_visit(self, wall: str) -> int:
        """Logs a visit to the wall of that name, a new one where it is not known, and returns the visit's id."""
        if not wall:
            raise ValueError("a wall has a name; got an empty one")
        with as_log_error(self._folder, f"a visit to '{wall}' could not be logged"), transaction(self._connection):
            self._connection.execute("INSERT INTO walls (name) VALUES (?) ON CONFLICT DO NOTHING", (write_text(wall),))
            query = "INSERT INTO visits (wall_id) SELECT id FROM walls WHERE name = ? RETURNING id"
            visit_id: int = self._connection.execute(query, (write_text(wall),)).fetchone()[0]
        return visit_id

    def start_run(self, start: RunStart, calibration: CameraCalibration | None = None) -> str:
        """Logs a run that starts, with the calibration that it names where it is at hand, and returns its id.

        Raises `ValueError` for a calibration other than the named one, a visit or an earlier run that is not there.
        """
        if calibration is not None and calibration.id != start.calibration_id:
            raise ValueError(f"the run names calibration {start.calibration_id}; got {calibration.id}")
        record = RunRecord(id=str(uuid.uuid4()), start=start)
        with as_log_error(self._folder, "a run could not be started"):
            make_folder(images_of(self._folder, record.id))
            try:
                with transaction(self._connection):
                    insert(self._connection, "runs", record.write())
                    if calibration is not None:
                        keep = "INSERT INTO calibrations VALUES (?, ?) ON CONFLICT DO NOTHING"
                        self._connection.execute(keep, (calibration.id, dumps(calibration)))
            except sqlite3.IntegrityError as wrong:
                raise ValueError(f"the start of a run breaks a rule of the log: {wrong}") from wrong
        self._running.add(record.id)
        return record.id

    def unfinished(self, source: str, *, live: bool) -> Unfinished | None:
        """The last run on `source` where it ended early: one that starts now may go on with it (`resumes_run_id`)."""
        with as_log_error(self._folder, "could not be read"):
            return find_unfinished(self._connection, source, self._clock, live=live)

    def log_frame(
        self, run_id: str, frame: FrameRecord, finds: Sequence[FindRecord], overlay_jpeg: bytes | None
    ) -> Path | None:
        """`log_frames` of a single frame; returns its picture's path below the log's folder."""
        return self.log_frames(run_id, [Entry(frame=frame, finds=finds, overlay_jpeg=overlay_jpeg)])[0]

    def log_frames(self, run_id: str, entries: Sequence[Entry]) -> list[Path | None]:
        """Logs frames with their finds, all or none of them; returns their pictures' paths below the log's folder.

        One flush of rows for all of them: whoever gathers frames decides what a power cut may take. The path is None
        for a frame without a picture, or whose picture the disk's rule has no room for: then the log says so.

        Raises `ValueError` for a run that is not running here, a frame that is logged already, and records
        that contradict each other (millimetres in a run without a calibration).
        """
        if run_id not in self._running:
            raise ValueError(f"frames are logged to a run that is running; run {run_id} is not")
        names = ", ".join(str(entry.frame.seq) for entry in entries)
        with as_log_error(self._folder, f"frame {names} could not be logged"):
            # The pictures first: a row never names what is not there. Where the transaction fails they stay:
            # one that no row names is harmless, and after a failed flush nobody knows whether the row arrived.
            jpegs = {entry.frame.seq: entry.jpegs for entry in entries if entry.jpegs}
            withheld = self._withheld(jpegs)
            written = {seq: pictures for seq, pictures in jpegs.items() if seq not in withheld}
            self._write_pictures(run_id, written)
            try:
                with transaction(self._connection):
                    for entry in entries:
                        self._insert_frame(run_id, entry, entry.frame.seq in written)
                    for seq, reason in withheld.items():
                        insert(self._connection, "absent_pictures", self._absence(run_id, seq, reason))
            except sqlite3.IntegrityError as wrong:
                raise ValueError(f"frame {names} of run {run_id} breaks a rule of the log: {wrong}") from wrong
        return [Path(path_in_log(run_id, entry.frame.seq)) if entry.frame.seq in written else None for entry in entries]

    def log_poses(
        self, run_id: str, poses: Mapping[int, Pose], courses_mm: Mapping[int, Sequence[Matrix]] | None = None
    ) -> None:
        """Logs where the frames `poses` names were, once a whole run has been weighed, in place of what was known then.

        `courses_mm` says where that brings the courses of finds, by the find's id. All or nothing.
        """
        with (
            as_log_error(self._folder, f"the poses of run {run_id} could not be logged"),
            transaction(self._connection),
        ):
            self._connection.executemany(
                "UPDATE frames SET pose_source = :pose_source, pose = :pose, pose_covariance = :pose_covariance"
                " WHERE run_id = :run_id AND seq = :seq",
                ({**write_pose(pose), "run_id": run_id, "seq": seq} for seq, pose in poses.items()),
            )
            self._connection.executemany(
                "UPDATE finds SET courses_mm = ? WHERE id = ? AND run_id = ? AND courses_mm IS NOT NULL",
                ((write_courses(courses), find_id, run_id) for find_id, courses in (courses_mm or {}).items()),
            )

    def log_cracks(self, visit_id: int, cracks: Sequence[CrackVisit], shift: Shift | None = None) -> list[int]:
        """Logs how the cracks of a wall stand at a visit, all or nothing; returns their ids, in order.

        What was said of this visit before is replaced, for it was computed from what is logged; a crack that no visit
        knows any more goes with it, unless somebody has reviewed it. Raises `ValueError` for what breaks a rule of the
        log: a visit, crack or find that is not there, a course of a find in two cracks.
        """
        with as_log_error(self._folder, f"the cracks of visit {visit_id} could not be logged"):
            try:
                with transaction(self._connection):
                    return replace_cracks(self._connection, visit_id, cracks, shift)
            except sqlite3.IntegrityError as wrong:
                raise ValueError(f"the cracks of visit {visit_id} break a rule of the log: {wrong}") from wrong

    def end_run(self, run_id: str, state: RunState, reason: str | None) -> None:
        """Logs a run's end. Raises `ValueError` for a failure without reason, a run not running here."""
        if run_id not in self._running:
            raise ValueError(f"only a run that is running can end; run {run_id} is not")
        if state in (RunState.RUNNING, RunState.LOST) or (state is RunState.FAILED and not reason):
            raise ValueError(f"a run ends finished, interrupted, or failed with a reason; got {state}, {reason!r}")
        with as_log_error(self._folder, f"the end of run {run_id} could not be logged"), transaction(self._connection):
            self._connection.execute(
                "UPDATE runs SET state = ?, reason = ?, ended_utc = ?, ended_mono_ns = ? WHERE id = ?",
                (
                    state.value,
                    None if reason is None else write_text(reason),
                    write_utc(self._clock.utc()),
                    self._clock.mono_ns(),
                    run_id,
                ),
            )
        self._running.discard(run_id)

    def close(self) -> None:
        """Closes the file and lets the next writer in. Closing twice is fine."""
        self._connection.close()
        descriptor, self._lock = self._lock, -1
        if descriptor >= 0:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the log; a run that is still running is ended with what broke it off."""
        try:
            for run_id in sorted(self._running):
                self._end_broken_off(run_id, error)
        finally:
            self.close()

    def _end_broken_off(self, run_id: str, error: BaseException | None) -> None:
        broke = isinstance(error, Exception)
        state = RunState.FAILED if broke else RunState.INTERRUPTED
        reason = f"{type(error).__name__}: {error}" if broke else "the log was closed before the run had ended"
        try:
            self.end_run(run_id, state, reason)
        except LogError as failed:
            # The error that brought us here is the one to raise; the next `open` marks the run lost.
            _log.warning("%s", failed)

    def _insert_frame(self, run_id: str, entry: Entry, has_picture: bool) -> None:
        key: dict[str, Value] = {"run_id": run_id, "seq": entry.frame.seq}
        now = {"boot_id": self._boot_id, "clock_synchronised": self._clock.synchronised()}
        overlay_path = str(path_in_log(run_id, entry.frame.seq)) if has_picture else None
        insert(self._connection, "frames", {**entry.frame.write(), **key, **now, "overlay_path": overlay_path})
        for n, find in enumerate(entry.finds):
            insert(self._connection, "finds", {**key, "n": n, **find.write()})

    def _withheld(self, jpegs: Mapping[int, Sequence[bytes]]) -> dict[int, str]:
        """Which frames' pictures may not be written any more this hour, and why."""
        withheld: dict[int, str] = {}
        allowed = 0
        for seq, pictures in jpegs.items():
            size = sum(map(len, pictures))
            if self._budget is None or self._budget.allows(allowed + size, self._clock.mono_ns()):
                allowed += size
            else:
                withheld[seq] = "what may be written in an hour was used up"
        return withheld

    def _write_pictures(self, run_id: str, jpegs: Mapping[int, Sequence[bytes]]) -> None:
        if not jpegs:
            return
        for seq in jpegs:
            if (self._folder / path_in_log(run_id, seq)).exists() and self._has_frame(run_id, seq):
                raise ValueError(f"a logged picture is not overwritten; frame {seq} of run {run_id} is logged already")
        size = sum(len(jpeg) for pictures in jpegs.values() for jpeg in pictures)
        if self._retention is not None:
            self._retention.make_room(size)
        write_pictures(self._folder, run_id, jpegs)
        if self._retention is not None:
            self._retention.wrote(size)

    def _absence(self, run_id: str, seq: int, reason: str) -> dict[str, Value]:
        now = write_utc(self._clock.utc())
        return {"run_id": run_id, "seq": seq, "t_utc": now, "state": WITHHELD, "reason": reason}

    def _keep_to(self, rule: DiskRule | None) -> None:
        if rule is None:
            return
        self._retention = Retention(self._folder, self._connection, rule, self._clock)
        if rule.max_written_mb_per_hour is not None:
            self._budget = HourlyBudget(rule.max_written_mb_per_hour * MB, process_written_bytes)
            self._budget.allows(0, self._clock.mono_ns())

    def _has_frame(self, run_id: str, seq: int) -> bool:
        query = "SELECT 1 FROM frames WHERE run_id = ? AND seq = ?"
        return self._connection.execute(query, (run_id, seq)).fetchone() is not None
