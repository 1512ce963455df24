"""Writing an inspection log. What a call has returned for is *logged*: it survives a power cut."""

import logging
import os
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.clock import Clock
from edge.durable import PART_SUFFIX, make_folder, write_durably
from edge.errors import LogError
from edge.log import lock
from edge.log.columns import Value, write_text, write_utc
from edge.log.database import IMAGES_FOLDER, as_log_error, open_to_write
from edge.log.records import LOST_REASON, FindRecord, FrameRecord, RunRecord, RunStart, RunState

_log = logging.getLogger(__name__)


class InspectionLog:
    """A log that this process alone may add to, until `close`. Nothing is ever deleted. One thread uses it.

    Every method raises `LogError` where the disk or the file fails; what was logged before stays logged.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, lock_descriptor: int, clock: Clock) -> None:
        self._folder = folder
        self._connection = connection
        self._lock = lock_descriptor
        self._clock = clock
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

    def start_run(self, start: RunStart) -> str:
        """Logs a run that starts, and returns its id."""
        record = RunRecord(id=str(uuid.uuid4()), start=start)
        with as_log_error(self._folder, "a run could not be started"):
            make_folder(self._images(record.id))
            with self._transaction():
                self._insert("runs", record.write())
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
                    self._insert("frames", {**frame.write(), **key, "overlay_path": _posix(overlay_path)})
                    for n, find in enumerate(finds):
                        self._insert("finds", {**key, "n": n, **find.write()})
            except sqlite3.IntegrityError as wrong:
                raise ValueError(f"frame {frame.seq} of run {run_id} breaks a rule of the log: {wrong}") from wrong
        return overlay_path

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
