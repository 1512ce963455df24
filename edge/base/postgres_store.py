"""The records of a base in PostgreSQL, for many rovers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg

from edge.base.store import ADD, CONTENTS, REVISION, SUMMARY, TABLE, LogSummary
from edge.errors import BaseError
from edge.upload_protocol import Record

_CONNECT_TIMEOUT_S = 10
_SUMS = "SELECT key, sha256 FROM records WHERE rover = %s AND log = %s AND content IS NOT NULL AND key = ANY(%s)"


class PostgresStore:
    """Records in a database that `conninfo` names (`postgresql://...`). Every method raises `BaseError` where it fails.

    A request has a connection of its own: a server that was started again is simply there again.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        with self._connected() as connection:
            # Two bases that start at the same moment would both make the table, and one would fail.
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('hairline base'))")
            connection.execute(TABLE)
            self._refuse_unsafe(connection)

    def revision(self, rover: str, log: str) -> int:
        with self._connected() as connection:
            return int(connection.execute(_percent(REVISION), (rover, log)).fetchall()[0][0])

    def missing(self, rover: str, log: str, sums: Mapping[str, str]) -> list[str]:
        keys = list(sums)
        with self._connected() as connection:
            there = dict(connection.execute(_SUMS, (rover, log, keys)).fetchall())
        return [key for key in keys if there.get(key) != sums[key]]

    def add(self, rover: str, log: str, records: Sequence[Record]) -> None:
        now = datetime.now(UTC).isoformat(timespec="microseconds")
        # In one order, so that two requests never wait for each other's rows.
        rows = sorted((rover, log, r.key, r.revision, r.sha256, r.content, now) for r in records)
        with self._connected() as connection, connection.cursor() as cursor:
            cursor.executemany(_percent(ADD), rows)

    def contents(self, rover: str, log: str) -> dict[str, str]:
        with self._connected() as connection:
            return dict(connection.execute(_percent(CONTENTS), (rover, log)).fetchall())

    def summary(self) -> list[LogSummary]:
        with self._connected() as connection:
            rows = connection.execute(SUMMARY.encode()).fetchall()
        return [LogSummary(rover=rover, log=log, records=n, last_utc=last) for rover, log, n, last in rows]

    def close(self) -> None:
        """Nothing is held between two requests."""

    def _refuse_unsafe(self, connection: "psycopg.Connection[Any]") -> None:
        for name in ("fsync", "synchronous_commit"):
            row = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
            if row is None or row[0] == "off":
                raise BaseError(f"what a base acknowledges is on disk: the database must not have {name} = off")

    @contextmanager
    def _connected(self) -> Iterator["psycopg.Connection[Any]"]:
        """A connection whose work is committed at the end of the block, or rolled back."""
        try:
            with psycopg.connect(self._conninfo, connect_timeout=_CONNECT_TIMEOUT_S) as connection:
                yield connection
        except psycopg.Error as failed:
            raise BaseError(f"the base's database failed: {failed}") from failed


def _percent(query: str) -> bytes:
    """SQL with psycopg's mark for a value; bytes, because it is put together and not a literal."""
    return query.replace("?", "%s").encode()
