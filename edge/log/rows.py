"""Rows into the log's tables, all of a block or none."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from edge.log.columns import Row


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """What the block changed is committed at its end, or nothing of it. Raises `sqlite3.Error`."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        # SQLite has rolled back by itself after some errors (a full disk).
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def insert(connection: sqlite3.Connection, table: str, row: Row) -> None:
    """Inserts one row, inside a transaction. Raises `sqlite3.Error`."""
    columns, places = ", ".join(row), ", ".join("?" * len(row))
    # Table and columns are this package's own names, never anybody's input.
    statement = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608
    connection.execute(statement, tuple(row.values()))
