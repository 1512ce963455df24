"""The records of a base in PostgreSQL, for many rovers, and with PostGIS where finds and cracks lie."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg

from edge.base import places
from edge.base.store import ADD, CONTENTS, REVISION, SUMMARY, TABLE, LogSummary
from edge.errors import BaseError
from edge.upload_protocol import Record

_log = logging.getLogger(__name__)

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
            self.has_places = _open_places(connection)

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
            if self.has_places:
                _put_places(connection, rover, log, [r.key for r in records if places.may_have_place(r.key)])

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


def _open_places(connection: "psycopg.Connection[Any]") -> bool:
    """Makes the table of places where the server has PostGIS; whether it has."""
    known = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'").fetchone()
    if known is None:
        _log.warning("the database's server has no PostGIS: finds and cracks are stored without geometry")
        return False
    connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    is_new = connection.execute("SELECT to_regclass('places') IS NULL").fetchone() == (True,)
    connection.execute(places.TABLE)
    if is_new:
        # Of records that came before there was PostGIS.
        brought = connection.execute("SELECT rover, log, array_agg(key) FROM records GROUP BY rover, log").fetchall()
        for rover, log, keys in brought:
            _put_places(connection, rover, log, [key for key in keys if places.may_have_place(key)])
    return True


def _put_places(connection: "psycopg.Connection[Any]", rover: str, log: str, keys: Sequence[str]) -> None:
    """Brings the places of these records in line with what is stored of them now, late duplicates or not."""
    if not keys:
        return

    def frame(key: str) -> str | None:
        row = connection.execute(places.STORED, (rover, log, [key])).fetchone()
        return None if row is None else row[1]

    connection.execute(places.REMOVE, (rover, log, list(keys)))
    stored = connection.execute(places.STORED, (rover, log, list(keys))).fetchall()
    found = [(key, places.place_of(key, content, frame)) for key, content in stored]
    with connection.cursor() as cursor:
        cursor.executemany(places.PUT, [(rover, log, key, *place) for key, place in found if place is not None])


def _percent(query: str) -> bytes:
    """SQL with psycopg's mark for a value; bytes, because it is put together and not a literal."""
    return query.replace("?", "%s").encode()
