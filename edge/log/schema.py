"""Which schema a file has, and how an empty one gets ours. The tables themselves: edge/log/tables.py."""

import sqlite3

from edge.log.rows import transaction
from edge.log.tables import TABLES
from edge.log.triggers import TRIGGERS

SCHEMA_VERSION = 3
# What `edge.log.upgrade` brings up to SCHEMA_VERSION.
UPGRADABLE = (1, 2)
APPLICATION_ID = 0x48616972  # "Hair": tells a log from any other SQLite file

STATEMENTS = (
    *TABLES,
    *TRIGGERS,
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)


def create(connection: sqlite3.Connection) -> None:
    """Makes the tables in a connection in autocommit mode, all or nothing."""
    with transaction(connection):
        for statement in STATEMENTS:
            connection.execute(statement)


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether nothing has been made in this file yet (new, or cut off before `create` had committed)."""
    objects: int = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    return objects == 0 and _pragma(connection, "application_id") == 0


def version(connection: sqlite3.Connection) -> int:
    """Which schema the file says it has."""
    return _pragma(connection, "user_version")


def objection(connection: sqlite3.Connection) -> str | None:
    """Why this file cannot be written to as a log of our schema and what to do about it, or None."""
    unreadable = objection_to_reading(connection)
    if unreadable is not None or version(connection) == SCHEMA_VERSION:
        return unreadable
    return (
        f"has schema {version(connection)}, older than the {SCHEMA_VERSION} of this Hairline: "
        "run `hairline log upgrade` on it (a copy of the old file is kept), or choose another folder"
    )


def objection_to_reading(connection: sqlite3.Connection) -> str | None:
    """Why this file is no log that can be read and what to do about it, or None."""
    if _pragma(connection, "application_id") != APPLICATION_ID:
        return "is a SQLite file, but no inspection log: choose another folder"
    found = version(connection)
    if found > SCHEMA_VERSION:
        return f"has schema {found}, newer than the {SCHEMA_VERSION} of this Hairline: upgrade hairline"
    if found != SCHEMA_VERSION and found not in UPGRADABLE:
        return f"has schema {found}, which no Hairline has written: restore it from a copy, or start a new log"
    return None


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value
