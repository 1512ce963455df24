"""A log as CSV, a row a find, a crack or a frame: for spreadsheets and for scripts. RFC 4180, UTF-8."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import BinaryIO

from edge.exports.fields import CRACK_FIELDS, FIND_FIELDS, FRAME_FIELDS, Item, Plain, cracks, finds, frames
from edge.log import LogReader, RunRecord

# What spreadsheets take for the start of a formula (OWASP, "CSV Injection"), full-width forms included.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_csv(log: LogReader, runs: Sequence[RunRecord], stream: BinaryIO) -> None:
    """Writes a header and the finds of `runs`, in the order in which they were logged; what is not known is empty.

    Boxes lie in the source image; `x_low_mm` to `x_high_mm` is the 95 % interval of `x_mm`. Texts that came from
    outside get a leading `'` where a spreadsheet would take them for a formula; numbers stay as they are. Raises
    `LogError`.
    """
    _write(FIND_FIELDS, finds(log, runs), stream)


def write_csv_of_cracks(log: LogReader, runs: Sequence[RunRecord], stream: BinaryIO) -> None:
    """As `write_csv`, a row a crack and visit. Empty but for its header where no visit was named or compared."""
    _write(CRACK_FIELDS, cracks(log, runs), stream)


def write_csv_of_frames(log: LogReader, runs: Sequence[RunRecord], stream: BinaryIO) -> None:
    """As `write_csv`, a row a frame: what was looked at, and in `not_inspected` why the rest was not."""
    _write(FRAME_FIELDS, frames(log, runs), stream)


def _write(fields: Sequence[str], items: Iterable[Item], stream: BinaryIO) -> None:
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text)
        writer.writerow(fields)
        writer.writerows([_harmless(item.fields[name]) for name in fields] for item in items)
    finally:
        # The stream is the caller's; without this it would be closed with the wrapper.
        text.detach()


def _harmless(value: Plain) -> str | int | float:
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA_STARTS) else value
