"""What another threshold would bring and take away: from the scores of every window, which the log keeps."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from edge.log import RunRecord
from edge.log.columns import read_score_map
from edge.tiling import window_origins

MAX_EXAMPLES = 60
# Of the frames logged last; more would keep whoever moves the slider waiting.
MAX_FRAMES = 20_000
_FRAMES = (
    "SELECT run_id, seq, name, width_px, height_px, score_map, score_map_rows, score_map_cols,"
    " overlay_path IS NOT NULL AS has_picture FROM frames WHERE score_map IS NOT NULL ORDER BY rowid DESC LIMIT ?"
)
_FINDS = "SELECT id, run_id, score FROM finds"
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Which probability each int8 of a run stands for, (256,) from -128 up, and the threshold of its finds."""

    probabilities: F64
    threshold: float

    def q_min(self, score: float) -> int:
        """The smallest int8 at or above a probability, 128 where there is none."""
        # As `edge.manifest.ClassifierSpec.q_min` lets a threshold through that is one of these probabilities.
        return int(np.searchsorted(self.probabilities, score * (1 - 2.0**-22))) - 128


def scale_of(run: RunRecord) -> Scale:
    """From what a run says of its network's output."""
    start = run.start
    real = start.output_scale * (np.arange(-128, 128, dtype=np.float64) - start.output_zero_point)
    if start.score_kind == "logit":
        temperature = start.config.get("temperature", 1.0)
        by = float(temperature) if isinstance(temperature, int | float) and temperature > 0 else 1.0
        real = np.exp(-np.logaddexp(0, -real / by))
    return Scale(probabilities=np.clip(real, 0, 1), threshold=start.window_threshold)


def preview(connection: sqlite3.Connection, runs: list[RunRecord], score: float) -> dict[str, Any]:
    """What would appear and disappear at the threshold `score`, with the highest-scored examples of what would appear.

    A group that touches a find at its own threshold is that find grown, and does not count as new.
    """
    scales = {run.id: scale_of(run) for run in runs}
    appear, grown, examples, looked_at = 0, 0, [], 0
    if any(score < scale.threshold for scale in scales.values()):
        for row in connection.execute(_FRAMES, (MAX_FRAMES,)):
            scale = scales[row["run_id"]]
            if score >= scale.threshold:
                continue
            looked_at += 1
            new, larger = _groups(row, scale, score)
            grown += larger
            appear += len(new)
            examples += [_example(row, runs, scale, group) for group in new[:MAX_EXAMPLES]]
            if len(examples) > 4 * MAX_EXAMPLES:
                examples = _best(examples)
    disappear = [row["id"] for row in connection.execute(_FINDS) if _gone(row, scales, score)]
    return {
        "score": score,
        "appear": appear,
        "grown": grown,
        "disappear": len(disappear),
        "disappear_ids": disappear[:MAX_EXAMPLES],
        "examples": _best(examples),
        "frames": looked_at,
        "all_frames": looked_at < MAX_FRAMES,
    }


class _Group(NamedTuple):
    """Windows that touch: the first column and row, how many of each, and the highest q."""

    column: int
    row: int
    columns: int
    rows: int
    q: int


def _group(stats: list[int], q: int) -> _Group:
    column, row, columns, rows, _ = stats
    return _Group(column=column, row=row, columns=columns, rows=rows, q=q)


def _gone(row: sqlite3.Row, scales: Mapping[str, Scale], score: float) -> bool:
    scale = scales[row["run_id"]]
    return bool(score > scale.threshold and row["score"] < score * (1 - 2.0**-22))


def _best(examples: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(examples, key=lambda one: -one["score"])[:MAX_EXAMPLES]


def _groups(row: sqlite3.Row, scale: Scale, score: float) -> tuple[list[_Group], int]:
    """New groups, and how many finds would grow."""
    q = read_score_map(dict(row))
    if q is None:
        return [], 0
    at, before = scale.q_min(score), scale.q_min(scale.threshold)
    if at > 127 or q.max() < at:
        return [], 0
    above = (q >= at).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(above, connectivity=8, ltype=cv2.CV_32S)
    best = np.full(count, -128, np.int16)
    np.maximum.at(best, labels.ravel(), q.ravel().astype(np.int16))
    areas_before = np.bincount(labels[q >= before].ravel(), minlength=count)
    new = [_group(stats[n].tolist(), int(best[n])) for n in range(1, count) if best[n] < before]
    grown = sum(0 < areas_before[label] < stats[label, cv2.CC_STAT_AREA] for label in range(1, count))
    return new, int(grown)


def _example(row: sqlite3.Row, runs: list[RunRecord], scale: Scale, group: _Group) -> dict[str, Any]:
    start = next(run.start for run in runs if run.id == row["run_id"])
    column, line, columns, lines, q = group
    xs, ys = (window_origins(row[side], start.tile_px, start.stride_px) for side in ("width_px", "height_px"))
    fits = column + columns <= len(xs) and line + lines <= len(ys)
    box = [0, 0, row["width_px"], row["height_px"]]
    if fits:
        x, y = int(xs[column]), int(ys[line])
        right, bottom = (
            int(axis[last]) + start.tile_px for axis, last in ((xs, column + columns - 1), (ys, line + lines - 1))
        )
        box = [x, y, right - x, bottom - y]
    return {
        "run": row["run_id"],
        "seq": row["seq"],
        "name": row["name"],
        "box_xywh_px": box,
        "score": round(float(scale.probabilities[q + 128]), 6),
        "has_picture": bool(row["has_picture"]),
    }
