"""How single values are stored: each writer with its reader."""

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from edge.manifest import Int8Array
from edge.pose import Matrix, Pose, PoseSource

Value = str | int | float | bytes | None
Row = Mapping[str, Value]


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


def _doubles(matrix: Matrix | None) -> bytes | None:
    return None if matrix is None else matrix.astype("<f8").tobytes()


def _matrix(content: Value, side: int) -> Matrix | None:
    if not isinstance(content, bytes):
        return None
    return np.frombuffer(content, "<f8").astype(np.float64).reshape(side, side)
