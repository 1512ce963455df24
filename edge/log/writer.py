"""Writing an inspection log. What a call has returned for is *logged*: it survives a power cut."""

import logging
import os
import sqlite3
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.calibration_record import CameraCalibration
from edge.clock import Clock
from edge.durable import PART_SUFFIX, make_folder, write_durably
from edge.errors import LogError
from edge.log import lock
from edge.log.columns import Value, write_courses, write_pose, write_text, write_utc
from edge.log.crack_record import CrackVisit
from edge.log.database import IMAGES_FOLDER, as_log_error, open_to_write
from edge.log.find_record import FindRecord
from edge.log.frame_record import FrameRecord
from edge.log.run_record import LOST_REASON, RunRecord, RunStart, RunState, Shift
from edge.manifest_json import dumps
from edge.pose import Matrix, Pose

_log = logging.getLogger(__name__)


class InspectionLog:
    """A log that this process alone may add to, until `close`. What was seen is never deleted. One thread uses it.

    Every method raises `LogError` where the disk or the file fails; what was logged before stays logged.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, lock_descriptor: int, clock: Clock) -> None:
        self._folder = folder
        self._connection = connection
        self._lock = lock_descriptor
        self._clock = clock
        self._boot_id = clock.boot_id()
        self._running: set[str] = set()

    @classmethod
    def open(cls, folder: Path, *, clock: Clock) -> Self:
        """Opens a log, or makes it where there is none, and marks the runs that nobody ended as lost.

        Raises `LogError` for a folder that cannot be written, a log that another process writes to, a file
        that is damaged, of another schema or no log.
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
                log._mark_lost()
            except BaseException:
                log.close()
                raise
        return log

    def start_visit(self, wall: str) -> int:
        """Logs a visit to the wall of that name, a new one where it is not known, and returns the visit's id."""
        if not wall:
            raise ValueError("a wall has a name; got an empty one")
        with as_log_error(self._folder, f"a visit to '{wall}' could not be logged"), self._transaction():
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
            make_folder(self._images(record.id))
            try:
                with self._transaction():
                    self._insert("runs", record.write())
                    if calibration is not None:
                        insert = "INSERT INTO calibrations VALUES (?, ?) ON CONFLICT DO NOTHING"
                        self._connection.execute(insert, (calibration.id, dumps(calibration)))
            except sqlite3.IntegrityError as wrong:
                raise ValueError(f"the start of a run breaks a rule of the log: {wrong}") from wrong
        self._running.add(record.id)
        return record.id

    def log_frame(
        self, run_id: str, frame: FrameRecord, finds: Sequence[FindRecord], overlay_jpeg: bytes | None
    ) -> Path | None:
        """Logs a frame with its finds, all or nothing; returns its picture's path below the log's folder.

        Raises `ValueError` for a run that is not running here, a frame that is logged already, and records
        that contradict each other (millimetres in a run without a calibration).
        """
        if run_id not in self._running:
            raise ValueError(f"frames are logged to a run that is running; run {run_id} is not")
        with as_log_error(self._folder, f"frame {frame.seq} could not be logged"):
            # The picture first: a row never names what is not there. Where the transaction fails the picture
            # stays: one that no row names is harmless, and after a failed flush nobody knows whether the row
            # arrived.
            overlay_path = None if overlay_jpeg is None else self._write_overlay(run_id, frame.seq, overlay_jpeg)
            key: dict[str, Value] = {"run_id": run_id, "seq": frame.seq}
            try:
                with self._transaction():
                    self._insert(
                        "frames", {**frame.write(), **key, **self._now(), "overlay_path": _posix(overlay_path)}
                    )
                    for n, find in enumerate(finds):
                        self._insert("finds", {**key, "n": n, **find.write()})
            except sqlite3.IntegrityError as wrong:
                raise ValueError(f"frame {frame.seq} of run {run_id} breaks a rule of the log: {wrong}") from wrong
        return overlay_path

    def log_poses(
        self, run_id: str, poses: Mapping[int, Pose], courses_mm: Mapping[int, Sequence[Matrix]] | None = None
    ) -> None:
        """Logs where the frames `poses` names were, once a whole run has been weighed, in place of what was known then.

        `courses_mm` says where that brings the courses of finds, by the find's id. All or nothing.
        """
        with as_log_error(self._folder, f"the poses of run {run_id} could not be logged"), self._transaction():
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
                with self._transaction():
                    return self._replace_cracks(visit_id, cracks, shift)
            except sqlite3.IntegrityError as wrong:
                raise ValueError(f"the cracks of visit {visit_id} break a rule of the log: {wrong}") from wrong

    def end_run(self, run_id: str, state: RunState, reason: str | None) -> None:
        """Logs a run's end. Raises `ValueError` for a failure without reason, a run not running here."""
        if run_id not in self._running:
            raise ValueError(f"only a run that is running can end; run {run_id} is not")
        if state in (RunState.RUNNING, RunState.LOST) or (state is RunState.FAILED and not reason):
            raise ValueError(f"a run ends finished, interrupted, or failed with a reason; got {state}, {reason!r}")
        with as_log_error(self._folder, f"the end of run {run_id} could not be logged"), self._transaction():
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

    def _replace_cracks(self, visit_id: int, cracks: Sequence[CrackVisit], shift: Shift | None) -> list[int]:
        do = self._connection.execute
        do(
            "DELETE FROM crack_finds WHERE find_id IN"
            " (SELECT finds.id FROM finds JOIN runs ON runs.id = finds.run_id WHERE visit_id = ?)",
            (visit_id,),
        )
        do("DELETE FROM crack_visits WHERE visit_id = ?", (visit_id,))
        ids = []
        for crack in cracks:
            crack_id = self._new_crack(visit_id) if crack.crack_id is None else crack.crack_id
            self._insert("crack_visits", {**crack.write(), "crack_id": crack_id, "visit_id": visit_id})
            for find_id, course_n in crack.courses:
                self._insert("crack_finds", {"find_id": find_id, "course_n": course_n, "crack_id": crack_id})
            ids.append(crack_id)
        do(
            "DELETE FROM cracks WHERE id NOT IN (SELECT crack_id FROM crack_visits)"
            " AND id NOT IN (SELECT crack_id FROM reviews WHERE crack_id IS NOT NULL)"
        )
        x_mm, y_mm, sd_mm = (None, None, None) if shift is None else (*shift.xy_mm, shift.sd_mm)
        do(
            "UPDATE visits SET shift_x_mm = ?, shift_y_mm = ?, shift_sd_mm = ? WHERE id = ?",
            (x_mm, y_mm, sd_mm, visit_id),
        )
        return ids

    def _new_crack(self, visit_id: int) -> int:
        query = "INSERT INTO cracks (wall_id, first_visit_id) SELECT wall_id, id FROM visits WHERE id = ? RETURNING id"
        row = self._connection.execute(query, (visit_id,)).fetchone()
        if row is None:
            raise ValueError(f"cracks are logged to a visit that is there; visit {visit_id} is not")
        crack_id: int = row[0]
        return crack_id

    def _now(self) -> dict[str, Value]:
        return {"boot_id": self._boot_id, "clock_synchronised": self._clock.synchronised()}

    def _write_overlay(self, run_id: str, seq: int, jpeg: bytes) -> Path:
        # Named by number alone: a frame's own name comes from outside.
        path = self._images(run_id) / f"{seq:06d}.jpg"
        if path.exists() and self._has_frame(run_id, seq):
            raise ValueError(f"a logged picture is not overwritten; frame {seq} of run {run_id} is logged already")
        write_durably(path, jpeg)
        return path.relative_to(self._folder)

    def _has_frame(self, run_id: str, seq: int) -> bool:
        query = "SELECT 1 FROM frames WHERE run_id = ? AND seq = ?"
        return self._connection.execute(query, (run_id, seq)).fetchone() is not None

    def _mark_lost(self) -> None:
        with self._transaction():
            lost = [row[0] for row in self._connection.execute("SELECT id FROM runs WHERE state = 'running'")]
            self._connection.execute(
                "UPDATE runs SET state = 'lost',"
                " reason = ? || (SELECT count(*) FROM frames WHERE run_id = runs.id) WHERE state = 'running'",
                (LOST_REASON,),
            )
        for run_id in lost:
            _log.warning("log %s: run %s ended without a word; what it logged is kept", self._folder, run_id)
            for part in self._images(run_id).glob(f".*{PART_SUFFIX}"):
                with suppress(OSError):
                    part.unlink()

    def _images(self, run_id: str) -> Path:
        return self._folder / IMAGES_FOLDER / run_id

    def _insert(self, table: str, row: dict[str, Value]) -> None:
        columns, places = ", ".join(row), ", ".join("?" * len(row))
        # Table and columns are this package's own names, never anybody's input.
        statement = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608
        self._connection.execute(statement, tuple(row.values()))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after some errors (a full disk).
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise


def _posix(path: Path | None) -> str | None:
    return None if path is None else path.as_posix()
