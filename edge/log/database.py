"""The SQLite file of a log: opened for writing or reading, checked, its errors told as ours."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from edge.durable import sync_folder
from edge.errors import LogError
from edge.log import schema
from edge.log.migrate import migrate

DATABASE_FILE = "inspection.db"
IMAGES_FOLDER = "images"
_BUSY_TIMEOUT_S = 5.0


@contextmanager
def as_log_error(folder: Path, doing: str) -> Iterator[None]:
    """Turns what disk or SQLite cannot do into a `LogError`; a bug in a record or a call stays as it is."""
    try:
        yield
    except (LogError, sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise
    except sqlite3.Error as failed:
        raise LogError(f"log {folder}: {doing}: {failed}") from failed
    except OSError as failed:
        where = f" ({failed.filename})" if failed.filename else ""
        raise LogError(f"log {folder}: {doing}: {failed.strerror or failed}{where}") from failed


def open_to_write(folder: Path) -> sqlite3.Connection:
    """A checked connection in autocommit mode, WAL and synchronous=FULL; the tables are made in a new file.

    One thread at a time may use it, whichever that is. Call it with the lock held. Raises `LogError`, `OSError`,
    `sqlite3.Error`.
    """
    path = folder / DATABASE_FILE
    connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_TIMEOUT_S, check_same_thread=False)
    try:
        _prepare(connection, folder)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, folder: Path) -> None:
    path = folder / DATABASE_FILE
    # Not NORMAL, which many use with WAL: it flushes at checkpoints only, and a power cut takes back commits.
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    new = schema.is_empty(connection)
    if new and any((folder / IMAGES_FOLDER).glob("*")):
        raise LogError(
            f"{path} is empty, but pictures of its runs are there: restore it from a copy, or start a new log"
        )
    if not new:
        _refuse(schema.objection(connection), path)
        _refuse_damaged(connection, path)
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise LogError(f"{path} needs a file system with shared memory (WAL), which this one lacks: use a local disk")
    if new:
        schema.create(connection)
        sync_folder(folder)


def open_to_upgrade(folder: Path) -> sqlite3.Connection:
    """A connection that can write, to a log of any schema that we read, checked. Call it with the lock held."""
    path = folder / DATABASE_FILE
    connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_TIMEOUT_S)
    try:
        connection.execute("PRAGMA synchronous = FULL")
        _refuse(schema.objection_to_reading(connection), path)
        _refuse_damaged(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def open_to_read(folder: Path) -> sqlite3.Connection:
    """A connection that cannot write; it works beside a writer. Raises `LogError`, `sqlite3.Error`."""
    path = folder / DATABASE_FILE
    if not path.is_file():
        raise LogError(f"a log is a folder with an {DATABASE_FILE}; there is no file {path}")
    uri = f"{path.resolve().as_uri()}?mode=ro"
    try:
        return _checked_reader(uri, path)
    except sqlite3.OperationalError:
        # A medium that cannot be written has no room for WAL's shared memory. With an empty WAL, nothing is
        # lost by telling SQLite that the file will not change.
        if os.access(folder, os.W_OK, effective_ids=True):
            raise
        wal = path.with_name(f"{DATABASE_FILE}-wal")
        if wal.exists() and wal.stat().st_size:
            raise LogError(
                f"a log that its writer has not closed needs a disk that can be written; {wal} is not empty: "
                f"copy the whole folder {folder} to a disk and read it there"
            ) from None
        return _checked_reader(f"{uri}&immutable=1", path)


def _checked_reader(uri: str, path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=_BUSY_TIMEOUT_S)
    try:
        _refuse(schema.objection_to_reading(connection), path)
        if schema.version(connection) != schema.SCHEMA_VERSION:
            with closing(connection):
                connection = _upgraded_copy(connection, path)
        connection.row_factory = sqlite3.Row
    except BaseException:
        connection.close()
        raise
    return connection


def _upgraded_copy(old: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    """The log as it stands now, in a temporary file without a name that goes with the connection, in our schema."""
    copy = sqlite3.connect("", isolation_level=None)
    try:
        old.backup(copy)
        migrate(copy)
        copy.execute("PRAGMA query_only = ON")
    except ValueError as wrong:
        copy.close()
        raise LogError(f"{path} cannot be read: {wrong}: use the Hairline that wrote it") from wrong
    except BaseException:
        copy.close()
        raise
    return copy


def _refuse(objection: str | None, path: Path) -> None:
    if objection is not None:
        raise LogError(f"{path} {objection}")


def _refuse_damaged(connection: sqlite3.Connection, path: Path) -> None:
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if verdict != "ok":
        raise LogError(f"{path} is damaged: {verdict}: restore it from a copy, or start a new log")
