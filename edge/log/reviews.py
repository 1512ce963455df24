"""What people say of finds and cracks: appended to a log, also while a run writes to it; never changed.

Several people may append at once: they go through SQLite's own locks, not through the log's (ADR 0003).
"""

import sqlite3
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.clock import Clock
from edge.errors import LogError
from edge.log import schema
from edge.log.columns import Stored, Value, read_utc, write_text, write_utc
from edge.log.database import DATABASE_FILE, as_log_error

# An undo is an entry like any other. Where nothing had been said before, it reads `unsure`, for this reason: a program
# that does not know the word still takes the find for one that nobody has decided.
UNDONE = "undone"
_BUSY_TIMEOUT_S = 5.0


class Verdict(StrEnum):
    """What a person says of a find or a crack."""

    ACCEPT = "accept"
    REJECT = "reject"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRecord:
    """One entry: who said what of a find or of a crack, and when. Raises `ValueError` for one of neither or of both."""

    t_utc: datetime
    reviewer: str
    verdict: Verdict
    find_id: int | None = None
    crack_id: int | None = None
    reason: str | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if (self.find_id is None) == (self.crack_id is None):
            raise ValueError(f"a review is of a find or of a crack; got find {self.find_id}, crack {self.crack_id}")
        if not self.reviewer:
            raise ValueError("a review says who made it; the reviewer's name is empty")

    def write(self) -> dict[str, Value]:
        return {
            "t_utc": write_utc(self.t_utc),
            "reviewer": write_text(self.reviewer),
            "find_id": self.find_id,
            "crack_id": self.crack_id,
            "verdict": self.verdict.value,
            "reason": None if self.reason is None else write_text(self.reason),
            "note": None if self.note is None else write_text(self.note),
        }

    @classmethod
    def read(cls, row: Stored) -> Self:
        return cls(
            t_utc=read_utc(row["t_utc"]),
            reviewer=row["reviewer"],
            verdict=Verdict(row["verdict"]),
            find_id=row["find_id"],
            crack_id=row["crack_id"],
            reason=row["reason"],
            note=row["note"],
        )


class ReviewLog:
    """Where reviews are appended; a context manager. One thread uses it. What a call has returned for is kept."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, clock: Clock) -> None:
        self._folder = folder
        self._connection = connection
        self._clock = clock

    @classmethod
    def open(cls, folder: Path, *, clock: Clock) -> Self:
        """Raises `LogError` for a log that is missing, of another schema, or in a folder that cannot be written."""
        path = folder / DATABASE_FILE
        with as_log_error(folder, "cannot be opened for reviews"):
            uri = f"{path.resolve().as_uri()}?mode=rw"
            connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY_TIMEOUT_S)
            try:
                objection = schema.objection(connection)
                if objection is not None:
                    raise LogError(f"{path} {objection}")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA foreign_keys = ON")
                # Reading works on a disk that cannot be written; this says so now, not at the first verdict.
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
                connection.row_factory = sqlite3.Row
            except BaseException:
                connection.close()
                raise
        return cls(folder, connection, clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def append(
        self,
        *,
        reviewer: str,
        verdict: Verdict,
        find_id: int | None = None,
        crack_id: int | None = None,
        reason: str | None = None,
        note: str | None = None,
    ) -> int:
        """Appends an entry and returns its number. Raises `ValueError` for a find or crack that is not there."""
        record = ReviewRecord(
            t_utc=self._clock.utc(),
            reviewer=reviewer,
            verdict=verdict,
            find_id=find_id,
            crack_id=crack_id,
            reason=reason,
            note=note,
        )
        with as_log_error(self._folder, "a review could not be logged"):
            return self._insert(record)

    def undo(self, review_id: int, *, reviewer: str) -> int:
        """Takes an entry back by another, which says again what held before it; returns that one's number.

        Raises `ValueError` where there is no such entry, or a later one has been made of the same find or crack.
        """
        with as_log_error(self._folder, "an undo could not be logged"):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                undone = self._insert(self._restored(review_id, reviewer))
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        return undone

    def _restored(self, review_id: int, reviewer: str) -> ReviewRecord:
        row = self._connection.execute("SELECT * FROM reviews WHERE id = ?", (review_id,)).fetchone()
        if row is None:
            raise ValueError(f"what is undone is an entry of the log; entry {review_id} is not there")
        entries = self._connection.execute(
            "SELECT * FROM reviews WHERE find_id IS ? AND crack_id IS ? AND id >= ? ORDER BY id DESC LIMIT 1",
            (row["find_id"], row["crack_id"], review_id),
        ).fetchone()
        if entries["id"] != review_id:
            raise ValueError(f"entry {review_id} is not the last word any more: {entries['reviewer']} has said another")
        before = self._connection.execute(
            "SELECT * FROM reviews WHERE find_id IS ? AND crack_id IS ? AND id < ? ORDER BY id DESC LIMIT 1",
            (row["find_id"], row["crack_id"], review_id),
        ).fetchone()
        note = f"undoes entry {review_id}"
        now = self._clock.utc()
        if before is None:
            record = ReviewRecord.read(row)
            return replace(record, t_utc=now, reviewer=reviewer, verdict=Verdict.UNSURE, reason=UNDONE, note=note)
        return replace(ReviewRecord.read(before), t_utc=now, reviewer=reviewer, note=note)

    def _insert(self, record: ReviewRecord) -> int:
        row = record.write()
        columns, places = ", ".join(row), ", ".join("?" * len(row))
        try:
            # The columns are those of `ReviewRecord`, never anybody's input.
            done = self._connection.execute(
                f"INSERT INTO reviews ({columns}) VALUES ({places}) RETURNING id",  # noqa: S608
                tuple(row.values()),
            ).fetchone()
        except sqlite3.IntegrityError as wrong:
            what = f"find {record.find_id}" if record.crack_id is None else f"crack {record.crack_id}"
            raise ValueError(f"a review is of something in the log; {what} is not there ({wrong})") from wrong
        review_id: int = done[0]
        return review_id
