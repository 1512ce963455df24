"""The records of a base in one SQLite file, for a few rovers."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from edge.base.store import ADD, CONTENTS, REVISION, SUMMARY, SUMS, TABLE, LogSummary
from edge.errors import BaseError
from edge.upload_protocol import Record

_BUSY_TIMEOUT_S = 10.0
# SQLite's smallest limit on values in one statement is 999.
_KEYS_A_QUESTION = 500


class SqliteStore:
    """Records in a file. Every method raises `BaseError` where the file fails."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        with self._failing():
            self._connection = sqlite3.connect(
                path, isolation_level=None, timeout=_BUSY_TIMEOUT_S, check_same_thread=False
            )
            # As in the rover's log: what was acknowledged is on the disk.
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute(TABLE)

    def revision(self, rover: str, log: str) -> int:
        with self._failing(), self._lock:
            return int(self._connection.execute(REVISION, (rover, log)).fetchone()[0])

    def missing(self, rover: str, log: str, sums: Mapping[str, str]) -> list[str]:
        keys = list(sums)
        there: dict[str, str] = {}
        with self._failing(), self._lock:
            for at in range(0, len(keys), _KEYS_A_QUESTION):
                some = keys[at : at + _KEYS_A_QUESTION]
                query = SUMS.format(places=", ".join("?" * len(some)))
                there |= dict(self._connection.execute(query, (rover, log, *some)).fetchall())
        return [key for key in keys if there.get(key) != sums[key]]

    def add(self, rover: str, log: str, records: Sequence[Record]) -> None:
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        with self._failing(), self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany(
                    ADD, [(rover, log, r.key, r.revision, r.sha256, r.content, now) for r in records]
                )
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def contents(self, rover: str, log: str) -> dict[str, str]:
        with self._failing(), self._lock:
            return dict(self._connection.execute(CONTENTS, (rover, log)).fetchall())

    def summary(self) -> list[LogSummary]:
        with self._failing(), self._lock:
            rows = self._connection.execute(SUMMARY).fetchall()
        return [LogSummary(rover=rover, log=log, records=n, last_utc=last) for rover, log, n, last in rows]

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as failed:
            raise BaseError(f"the base's database {self._path} failed: {failed}") from failed
