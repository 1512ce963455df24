"""What leaves the page as a file: the exports and the report, of what the filter lets through."""

import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from edge.clock import Clock
from edge.errors import LogError
from edge.exports.registry import FORMATS, GEOJSON, exporter
from edge.log import CrackVisit, LoggedFind, LogReader
from edge.log.database import as_log_error, open_to_read
from edge.review.selection import Selection

_MEDIA_TYPES = {
    **dict.fromkeys(("csv", "csv-cracks", "csv-frames"), "text/csv; charset=utf-8"),
    "coco": "application/json",
    "geojson": "application/geo+json",
    "mosaic": "image/png",
}
_NAMES = {
    "csv": "finds.csv",
    "csv-cracks": "cracks.csv",
    "csv-frames": "frames.csv",
    "coco": "coco.json",
    "mosaic": "wall.png",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The ids of what a filter lets through."""

    finds: frozenset[int]
    cracks: frozenset[int]


class ChosenLog(LogReader):
    """A log of which only some finds and cracks are seen."""

    def __init__(self, folder: Path, connection: sqlite3.Connection, chosen: Chosen) -> None:
        super().__init__(folder, connection)
        self._chosen = chosen

    def finds(self, run_id: str) -> Iterator[LoggedFind]:
        return (found for found in super().finds(run_id) if found.id in self._chosen.finds)

    def cracks(self, visit_id: int) -> list[CrackVisit]:
        return [crack for crack in super().cracks(visit_id) if crack.crack_id in self._chosen.cracks]


def formats() -> tuple[str, ...]:
    """What a log can be exported to."""
    return tuple(sorted(FORMATS))


def media_type(name: str) -> str:
    return _MEDIA_TYPES.get(name, "application/octet-stream")


def file_name(name: str) -> str:
    """What an export is called where it is kept."""
    return f"hairline-{_NAMES.get(name, f'log.{name}')}"


def write_export(folder: Path, name: str, chosen: Chosen, georeference: Path | None) -> Path:
    """A new file in the place for temporary ones, the caller's to remove. Raises `LogError`.

    `georeference` is where the wall stands on the earth, which GeoJSON alone needs.
    """
    write_log = exporter(name, georeference if name == GEOJSON else None)

    def write(stream: BinaryIO) -> None:
        with ChosenLog(folder, _opened(folder), chosen) as log:
            write_log(log, log.runs(), stream)

    return _written(write)


def write_report(folder: Path, selection: Selection, chosen: Chosen, clock: Clock) -> Path:
    """As `write_export`: the report as PDF."""
    from edge.review.report import Report

    def write(stream: BinaryIO) -> None:
        connection = _opened(folder)
        with ChosenLog(folder, connection, chosen) as log:
            Report(
                log=log,
                connection=connection,
                chosen=chosen,
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
