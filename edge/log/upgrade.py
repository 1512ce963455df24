"""`hairline log upgrade`: a log of an older schema, brought up to ours for good, a copy of the old file kept."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from edge.durable import PART_SUFFIX, sync_folder
from edge.errors import LogError
from edge.log import lock, schema
from edge.log.database import DATABASE_FILE, as_log_error, open_to_upgrade
from edge.log.migrate import migrate


def upgrade_log(folder: Path) -> Path | None:
    """Brings a log up to our schema; returns where the copy of the old file is, None where the log has our schema.

    The copy is on the disk before anything changes; the change is one transaction, so that a power cut leaves the old
    log or the new one. Raises `LogError` where there is no log, another process writes to it, it cannot be upgraded, or
    the copy of an earlier upgrade is there.
    """
    with as_log_error(folder, "cannot be upgraded"):
        if not (folder / DATABASE_FILE).is_file():
            raise LogError(f"a log is a folder with an {DATABASE_FILE}; there is none in {folder}")
        descriptor = lock.acquire(folder)
        try:
            with closing(open_to_upgrade(folder)) as connection:
                version = schema.version(connection)
                if version == schema.SCHEMA_VERSION:
                    return None
                kept = folder / f"inspection.schema-{version}.db"
                _copy(connection, kept)
                migrate(connection)
                return kept
        except ValueError as wrong:
            raise LogError(f"log {folder}: cannot be upgraded: {wrong}; use the Hairline that wrote it") from wrong
        finally:
            os.close(descriptor)


def _copy(connection: sqlite3.Connection, path: Path) -> None:
    if path.exists():
        raise LogError(f"the copy of the old file is never overwritten; {path} is there: move it elsewhere first")
    part = path.with_name(f".{path.name}{PART_SUFFIX}")
    part.unlink(missing_ok=True)
    with closing(sqlite3.connect(part, isolation_level=None)) as copy:
        # One file, without a WAL beside it.
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.execute("PRAGMA synchronous = FULL")
        connection.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    part.replace(path)
    sync_folder(path.parent)
