"""A log as CSV, a row a find: for spreadsheets and for scripts. RFC 4180, UTF-8."""

import csv
import io
from collections.abc import Sequence
from typing import BinaryIO

from edge.log import LoggedFind, LogReader, RunRecord

COLUMNS = (
    "run_id",
    "frame_seq",
    "frame_name",
    "t_utc",
    "box_x_px",
    "box_y_px",
    "box_w_px",
    "box_h_px",
    "score",
    "windows",
    "threshold",
    "bundle_name",
    "bundle_sha256",
    "runtime",
    "calibration_id",
    "pose_source",
    "overlay_path",
)

# What spreadsheets take for the start of a formula (OWASP, "CSV Injection"), full-width forms included.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def write_csv(log: LogReader, runs: Sequence[RunRecord], stream: BinaryIO) -> None:
    """Writes a header and the finds of `runs`, in the order in which they were logged.

    Boxes lie in the source image. Texts that came from outside get a leading `'` where a spreadsheet would
    take them for a formula; numbers stay as they are. Raises `LogError`.
    """
    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    try:
        writer = csv.writer(text)
        writer.writerow(COLUMNS)
        for run in runs:
            writer.writerows(_row(run, found) for found in log.finds(run.id))
    finally:
        # The stream is the caller's; without this it would be closed with the wrapper.
        text.detach()


def _row(run: RunRecord, found: LoggedFind) -> tuple[str | int | float, ...]:
    start, find = run.start, found.find
    return (
        run.id,
        found.seq,
        _harmless(found.frame_name),
        found.t_utc.isoformat(),
        *find.box_xywh_px,
        find.score,
        find.windows,
        start.window_threshold,
        _harmless(start.bundle_name),
        start.bundle_sha256,
        _harmless(start.runtime),
        _harmless(start.calibration_id or ""),
        found.pose_source.value,
        "" if found.overlay_path is None else found.overlay_path.as_posix(),
    )


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
