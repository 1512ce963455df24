"""What leaves the page as a file: the exports and the report, of what the filter lets through."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from edge.clock import Clock
from edge.errors import LogError
from edge.exports.registry import EXPORTERS, exporter
from edge.log import LoggedFind, LogReader
from edge.log.database import as_log_error, open_to_read
from edge.review.selection import Selection

_MEDIA_TYPES = {"csv": "text/csv; charset=utf-8"}


class ChosenFinds(LogReader):
    """A log of which only some finds are seen."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, find_ids: frozenset[int]) -> None:
        super().__init__(folder, connection)
        self._chosen = find_ids

    def finds(self, run_id: str) -> Iterator[LoggedFind]:
        return (found for found in super().finds(run_id) if found.id in self._chosen)


def formats() -> tuple[str, ...]:
    """What a log can be exported to."""
    return tuple(sorted(EXPORTERS))


def media_type(name: str) -> str:
    return _MEDIA_TYPES.get(name, "application/octet-stream")


def write_export(folder: Path, name: str, find_ids: frozenset[int]) -> Path:
    """A new file in the place for temporary ones, the caller's to remove. Raises `LogError`."""

    def write(stream: BinaryIO) -> None:
        with ChosenFinds(folder, _opened(folder), find_ids) as log:
            exporter(name)(log, log.runs(), stream)

    return _written(write)


def write_report(folder: Path, selection: Selection, find_ids: frozenset[int], clock: Clock) -> Path:
    """As `write_export`: the report as PDF."""
    from edge.review.report import Report

    def write(stream: BinaryIO) -> None:
        connection = _opened(folder)
        with ChosenFinds(folder, connection, find_ids) as log:
            Report(
                log=log,
                connection=connection,
                chosen=len(find_ids),
                filter_words=selection.words(),
                made_utc=clock.utc(),
            ).write(stream)

    return _written(write)


def _opened(folder: Path) -> sqlite3.Connection:
    with as_log_error(folder, "cannot be opened for reading"):
        return open_to_read(folder)


def _written(write: Callable[[BinaryIO], None]) -> Path:
    descriptor, name = tempfile.mkstemp(prefix="hairline-")
    try:
        with os.fdopen(descriptor, "w+b") as stream:
            write(stream)
    except BaseException as failed:
        Path(name).unlink(missing_ok=True)
        if isinstance(failed, OSError) and not isinstance(failed, LogError):
            raise LogError(f"the file could not be written: {failed.strerror or failed}") from failed
        raise
    return Path(name)
