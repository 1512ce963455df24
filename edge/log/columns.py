"""How single values are stored: each writer with its reader."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from edge.manifest import Int8Array
from edge.measure.measured import Interval, Widths
from edge.pose import Matrix, Pose, PoseSource

Value = str | int | float | bytes | None
Row = Mapping[str, Value]
# A row of sqlite3 is untyped; the STRICT tables hold its types.
Stored = Mapping[str, Any]

_COUNT_BYTES = 4
_WIDTHS = ("width_median", "width_p95", "width_max")


def write_text(text: str) -> str:
    """`text` in what UTF-8 can hold: the bytes of a file name that is no UTF-8 (lone surrogates in Python)
    become `\\udcff`, anything else stays as it is."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def write_utc(moment: datetime) -> str:
    """ISO 8601 with microseconds, +00:00: it sorts as it reads. Raises `ValueError` without a time zone."""
    if moment.tzinfo is None:
        raise ValueError(f"a UTC time is timezone-aware; got {moment.isoformat()}")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def read_utc(text: str) -> datetime:
    """What `write_utc` wrote."""
    return datetime.fromisoformat(text)


def write_pose(pose: Pose) -> dict[str, Value]:
    """Columns `pose_source`, `pose` and `pose_covariance`: little-endian doubles, row after row."""
    return {
        "pose_source": pose.source.value,
        "pose": _doubles(pose.t_wall_camera),
        "pose_covariance": _doubles(pose.covariance),
    }


def read_pose(row: Row) -> Pose:
    """What `write_pose` wrote."""
    return Pose(
        source=PoseSource(str(row["pose_source"])),
        t_wall_camera=_matrix(row["pose"], 4),
        covariance=_matrix(row["pose_covariance"], 6),
    )


def write_score_map(q: Int8Array | None) -> dict[str, Value]:
    """Columns `score_map`, `score_map_rows` and `score_map_cols`: int8 (rows, cols), row after row."""
    if q is None:
        return dict.fromkeys(("score_map", "score_map_rows", "score_map_cols"))
    return {"score_map": q.tobytes(), "score_map_rows": q.shape[0], "score_map_cols": q.shape[1]}


def read_score_map(row: Row) -> Int8Array | None:
    """What `write_score_map` wrote; the array cannot be written to."""
    content, rows, cols = row["score_map"], row["score_map_rows"], row["score_map_cols"]
    if not isinstance(content, bytes) or not isinstance(rows, int) or not isinstance(cols, int):
        return None
    return np.frombuffer(content, np.int8).reshape(rows, cols)


def write_courses(courses: Sequence[Matrix]) -> bytes:
    """A blob of courses as edge/log/tables.py describes it, each course (n, 2) or (n, 3); rounded to float32."""
    return b"".join(len(course).to_bytes(_COUNT_BYTES, "little") + course.astype("<f4").tobytes() for course in courses)


def read_courses(content: bytes, values: int) -> tuple[Matrix, ...]:
    """What `write_courses` wrote: float64 (n, values) each. Raises `ValueError` for a blob that is cut short."""
    courses, at = [], 0
    while at < len(content):
        n = int.from_bytes(content[at : at + _COUNT_BYTES], "little")
        begin, at = at + _COUNT_BYTES, at + _COUNT_BYTES + n * values * 4
        if at > len(content):
            raise ValueError("a blob of courses holds the points that it announces; it is cut short")
        courses.append(np.frombuffer(content[begin:at], "<f4").astype(np.float64).reshape(n, values))
    return tuple(courses)


def write_interval(name: str, interval: Interval | None) -> dict[str, Value]:
    """Columns `name_mm`, `name_low_mm` and `name_high_mm`."""
    if interval is None:
        return dict.fromkeys((f"{name}_mm", f"{name}_low_mm", f"{name}_high_mm"))
    low, value, high = (float(v) for v in (interval.low, interval.value, interval.high))
    return {f"{name}_mm": value, f"{name}_low_mm": low, f"{name}_high_mm": high}


def read_interval(row: Stored, name: str) -> Interval | None:
    """What `write_interval` wrote."""
    value = row[f"{name}_mm"]
    if value is None:
        return None
    return Interval(low=row[f"{name}_low_mm"], value=value, high=row[f"{name}_high_mm"])


def write_widths(widths: Widths[Interval] | None) -> dict[str, Value]:
    """The columns of three intervals: `width_median_mm`, `width_p95_mm`, `width_max_mm` and their bounds."""
    three = (None,) * 3 if widths is None else (widths.median, widths.p95, widths.maximum)
    columns: dict[str, Value] = {}
    for name, interval in zip(_WIDTHS, three, strict=True):
        columns |= write_interval(name, interval)
    return columns


def read_widths(row: Stored) -> Widths[Interval] | None:
    """What `write_widths` wrote."""
    median, p95, maximum = (read_interval(row, name) for name in _WIDTHS)
    if median is None or p95 is None or maximum is None:
        return None
    return Widths(median=median, p95=p95, maximum=maximum)


def _doubles(matrix: Matrix | None) -> bytes | None:
    return None if matrix is None else matrix.astype("<f8").tobytes()


def _matrix(content: Value, side: int) -> Matrix | None:
    if not isinstance(content, bytes):
        return None
    return np.frombuffer(content, "<f8").astype(np.float64).reshape(side, side)
