"""What of a log the base has acknowledged: `outbox.db` beside the log, and the rows that it does not cover yet.

The log is never touched. The outbox may be lost or fall back at any time: the base is asked what it has before anything
is sent, so that costs questions, not doubles.
"""

import logging
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from edge.errors import LogError
from edge.log.database import as_log_error, open_to_read
from edge.upload_protocol import BATCH_BYTES, BATCH_RECORDS, row_content, row_key

_log = logging.getLogger(__name__)

OUTBOX_FILE = "outbox.db"
# Tables that grow with every frame: their new rows are found by number. All the others are looked through each time.
GROWING = ("frames", "finds", "reviews", "absent_pictures")
_TABLES = """
CREATE TABLE IF NOT EXISTS acknowledged (
    key TEXT PRIMARY KEY, sha256 BLOB NOT NULL, revision INTEGER NOT NULL, gone INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pictures (
    path TEXT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'gone'))
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the log as it is to be sent, and the pictures that it names."""

    key: str
    content: str
    pictures: tuple[str, ...]


class Outbox:
    """The outbox of one log; one process at a time. Raises `LogError` where it cannot be opened or written."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self._folder, self._connection = folder, connection

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Opens the outbox beside a log, or makes it; one that is damaged is made anew. Raises `LogError`."""
        path = folder / OUTBOX_FILE
        if not folder.is_dir():
            raise LogError(f"an outbox lies beside a log; there is no folder {folder}")
        with as_log_error(folder, "its outbox cannot be opened"):
            try:
                return cls(folder, _opened(path))
            except sqlite3.OperationalError as busy:
                if "locked" in str(busy):
                    raise LogError(f"log {folder} is being uploaded by another process: wait for it to end") from busy
                raise
            except sqlite3.DatabaseError as damaged:
                _log.warning("%s: %s; it is made anew, and the base asked what it has", path, damaged)
                for name in (OUTBOX_FILE, f"{OUTBOX_FILE}-journal"):
                    (folder / name).unlink(missing_ok=True)
                return cls(folder, _opened(path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def revision(self) -> int:
        """The highest revision that was acknowledged."""
        return int(self._ask("SELECT coalesce(max(revision), 0) FROM acknowledged")[0][0])

    def acknowledged(self, keys: Sequence[str]) -> dict[str, bytes]:
        """SHA-256 by key, of those keys that the base has; a row that is gone has none."""
        places = ", ".join("?" * len(keys))
        query = f"SELECT key, sha256 FROM acknowledged WHERE NOT gone AND key IN ({places})"  # noqa: S608  # only ?
        return dict(self._ask(query, tuple(keys)))

    def keys(self, table: str) -> set[str]:
        """The keys of a table's rows that the base has."""
        # "0" follows "/" in ASCII: a range of the primary key.
        query = "SELECT key FROM acknowledged WHERE NOT gone AND key >= ? AND key < ?"
        return {key for (key,) in self._ask(query, (f"{table}/", f"{table}0"))}

    def acknowledge(
        self, items: Sequence[tuple[str, bytes, int]], *, pictures: Sequence[str] = (), gone: bool = False
    ) -> None:
        """Keeps that the base has these (key, SHA-256, revision), and that their pictures are to be sent."""
        with as_log_error(self._folder, "its outbox cannot be written"), self._connection:
            self._connection.executemany(
                "INSERT INTO acknowledged VALUES (?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET"
                " sha256 = excluded.sha256, revision = excluded.revision, gone = excluded.gone",
                [(*item, gone) for item in items],
            )
            self._connection.executemany(
                "INSERT OR IGNORE INTO pictures VALUES (?, 'waiting')", [(path,) for path in pictures]
            )

    def waiting(self, limit: int) -> list[str]:
        """Paths of pictures to be sent, below the log's folder."""
        return [path for (path,) in self._ask("SELECT path FROM pictures WHERE state = 'waiting' LIMIT ?", (limit,))]

    def picture_done(self, path: str, *, gone: bool = False) -> None:
        """Keeps that a picture was sent, or is not there any more."""
        with as_log_error(self._folder, "its outbox cannot be written"), self._connection:
            self._connection.execute("UPDATE pictures SET state = ? WHERE path = ?", ("gone" if gone else "sent", path))

    def _ask(self, query: str, values: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        with as_log_error(self._folder, "its outbox cannot be read"):
            return self._connection.execute(query, values).fetchall()


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=1.0)
    try:
        # Held for as long as the process lives: two uploaders would send everything twice.
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.executescript(f"BEGIN EXCLUSIVE; {_TABLES} COMMIT;")
        if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("the file is damaged")
    except BaseException:
        connection.close()
        raise
    return connection


class LogRows:
    """The rows of a log, batch by batch, each read on its own: an upload that takes hours holds up no writer.

    Every method raises `LogError`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def log_id(self) -> str | None:
        """What names this log to the base: the id of its first run; None before there is one."""
        rows = self._rows("SELECT id FROM runs ORDER BY rowid LIMIT 1", ())
        return str(rows[0]["id"]) if rows else None

    def tables(self) -> dict[str, tuple[str, ...]]:
        """Every table with the columns of its primary key, parents before those that refer to them."""
        names = [
            row["name"]
            for row in self._rows(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'", ()
            )
        ]
        keys = "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk"
        return {name: tuple(row["name"] for row in self._rows(keys, (name,))) for name in names}

    def batches(self, table: str, primary_key: Sequence[str], after: int = 0) -> Iterator[tuple[int, list[Row]]]:
        """Rows of a growing table whose number is above `after`, in order, each batch with its last number."""
        while True:
            # The table's name is from the log's own schema.
            rows = self._rows(
                f"SELECT rowid AS number_of_row, * FROM {table} WHERE rowid > ? ORDER BY rowid LIMIT ?",  # noqa: S608
                (after, BATCH_RECORDS),
            )
            if not rows:
                return
            for last, batch in _cut(rows, table, primary_key):
                after = last
                yield last, batch

    def all_rows(self, table: str, primary_key: Sequence[str]) -> list[Row]:
        """Every row of a table that stays small."""
        return [_row(table, primary_key, dict(row)) for row in self._rows(f"SELECT * FROM {table}", ())]  # noqa: S608

    def _rows(self, query: str, values: tuple[Any, ...]) -> list[sqlite3.Row]:
        with as_log_error(self.folder, "could not be read"), closing(open_to_read(self.folder)) as connection:
            return connection.execute(query, values).fetchall()


def _cut(rows: Sequence[sqlite3.Row], table: str, primary_key: Sequence[str]) -> Iterator[tuple[int, list[Row]]]:
    """The rows in batches of at most `BATCH_BYTES`, but for a single row that is larger."""
    batch: list[Row] = []
    size = last = 0
    for stored in rows:
        values = dict(stored)
        number = values.pop("number_of_row")
        row = _row(table, primary_key, values)
        if batch and size + len(row.content) > BATCH_BYTES:
            yield last, batch
            batch, size = [], 0
        batch.append(row)
        size, last = size + len(row.content), number
    if batch:
        yield last, batch


def _row(table: str, primary_key: Sequence[str], values: Mapping[str, Any]) -> Row:
    return Row(
        key=row_key(table, [values[name] for name in primary_key]),
        content=row_content(values),
        pictures=tuple(value for name, value in values.items() if name.endswith("_path") and value is not None),
    )
