"""The formats that a log can be exported to, by name: a file each."""

from collections.abc import Callable, Sequence
from typing import BinaryIO

from edge.errors import LogError
from edge.exports.csv import write_csv
from edge.log import LogReader, RunRecord

Exporter = Callable[[LogReader, Sequence[RunRecord], BinaryIO], None]

EXPORTERS: dict[str, Exporter] = {
    "csv": write_csv,
}


def exporter(name: str) -> Exporter:
    """The exporter of that name. Raises `LogError` that lists the known ones."""
    if name not in EXPORTERS:
        raise LogError(f"a log is exported to one of: {', '.join(sorted(EXPORTERS))}; got '{name}'")
    return EXPORTERS[name]
