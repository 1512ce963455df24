"""All that a log says of one find, as JSON can hold it."""

import sqlite3
from typing import Any

from edge.exports.coco import outline
from edge.log import FindRecord
from edge.log.corrected import Correction, corrections
from edge.log.edits import words_of

_FIND = (
    "SELECT finds.*, name, t_utc, frames.width_px, height_px, overlay_path, pose_source, mm_per_px, sd_mm_per_px,"
    " scale_source, mm_withheld, frames.calibration_id AS frame_calibration, bundle_name, bundle_sha256,"
    " classifier_sha256, runtime, window_threshold, hairline_version, hairline_commit, source, command_json,"
    " runs.calibration_id AS run_calibration, tile_px, clock"
    " FROM finds JOIN (SELECT *, clock_synchronised AS clock FROM frames) AS frames USING (run_id, seq)"
    " JOIN runs ON runs.id = run_id WHERE finds.id = ?"
)
_IN_FRAME = (
    "SELECT id, score, box_x_px, box_y_px, box_w_px, box_h_px FROM finds WHERE run_id = ? AND seq = ? ORDER BY n"
)
_AROUND = (
    "SELECT seq, name, status, reason, (SELECT min(id) FROM finds"
    " WHERE finds.run_id = frames.run_id AND finds.seq = frames.seq) AS find_id"
    " FROM frames WHERE run_id = ? AND seq BETWEEN ? - 3 AND ? + 3 ORDER BY seq"
)
_HISTORY = "SELECT id, t_utc, reviewer, verdict, reason, note FROM reviews WHERE find_id = ? ORDER BY id"
_CRACKS = "SELECT DISTINCT crack_id FROM crack_finds WHERE find_id = ? ORDER BY crack_id"


def find_details(connection: sqlite3.Connection, find_id: int) -> dict[str, Any] | None:
    """The find, its frame, its neighbours, what was said of it and what made it; None where it is not there."""
    row = connection.execute(_FIND, (find_id,)).fetchone()
    if row is None:
        return None
    key = row["run_id"], row["seq"]
    ask = connection.execute
    correction = corrections(connection, find_id).get(find_id)
    found = FindRecord.read(dict(row))
    return {
        "id": find_id,
        "box_xywh_px": [row["box_x_px"], row["box_y_px"], row["box_w_px"], row["box_h_px"]],
        "frame_wh_px": [row["width_px"], row["height_px"]],
        "windows": row["windows"],
        "frame": {"run": key[0], "seq": key[1], "name": row["name"], "t_utc": row["t_utc"]},
        "has_picture": row["overlay_path"] is not None,
        "measured": _measured(found if correction is None else correction.of(found)),
        "before": None if correction is None else _measured(found),
        "in_frame": [
            {"id": one["id"], "score": round(one["score"], 6), "box_xywh_px": list(tuple(one)[2:])}
            for one in ask(_IN_FRAME, key).fetchall()
        ],
        "around": [dict(one) for one in ask(_AROUND, (key[0], key[1], key[1])).fetchall()],
        "history": [
            {**dict(one), "note": words_of(one["reason"], one["note"])} for one in ask(_HISTORY, (find_id,)).fetchall()
        ],
        "mask": None if correction is None else _plain_correction(correction),
        "cracks": [one[0] for one in ask(_CRACKS, (find_id,)).fetchall()],
        "provenance": _provenance(row),
    }


def _plain_correction(correction: Correction) -> dict[str, Any]:
    """The mask that somebody drew, and from when the sizes are."""
    mask, record = correction.mask, correction.record
    return {
        "box_xywh_px": list(mask.box_xywh_px),
        "counts": list(mask.counts),
        "reviewer": record.reviewer,
        "t_utc": record.t_utc.isoformat(timespec="seconds"),
        "sizes": correction.words,
        "measured_again": correction.measured_again,
    }


def _provenance(row: sqlite3.Row) -> dict[str, str]:
    trust = {None: "perhaps not synchronised", 1: "synchronised", 0: "not synchronised"}
    scale = "none"
    if row["mm_per_px"] is not None:
        scale = f"{row['mm_per_px']:.4f} mm a pixel (sd {row['sd_mm_per_px']:.4f}), from {row['scale_source']}"
    elif row["mm_withheld"]:
        scale = f"withheld: {row['mm_withheld']}"
    return {
        "frame": row["name"],
        "time": f"{row['t_utc'][:19].replace('T', ' ')} UTC, clock {trust[row['clock']]}",
        "source": row["source"],
        "model": f"{row['bundle_name']}, SHA-256 {row['bundle_sha256'][:12]}",
        "runtime": row["runtime"],
        "threshold": f"{row['window_threshold']:.4f}",
        "calibration": row["run_calibration"] or "none: nothing is in millimetres",
        "scale": scale,
        "place on the wall": "not known" if row["pose_source"] == "none" else f"from {row['pose_source']}",
        "made by": f"hairline {row['hairline_version'] or 'of unknown version'}"
        + (f", commit {row['hairline_commit'][:12]}" if row["hairline_commit"] else ""),
        "run": row["run_id"],
    }


def _measured(find: FindRecord) -> dict[str, Any] | None:
    measured = find.measured
    if measured is None:
        return None
    wall = measured.on_wall
    widths, px = wall.widths_mm if wall is not None else None, measured.widths_px
    return {
        "courses_px": [course.points_px.round(1).tolist() for course in measured.courses],
        "outlines_px": [outline(one).round(1).tolist() for one in measured.courses if len(one.points_px) > 1],
        "widths_px": [
            [None if value != value else round(float(value), 2) for value in course.widths_px]
            for course in measured.courses
        ],
        "length_px": round(measured.length_px, 1),
        "mm_per_px": None if widths is None or px is None else round(widths.median.value / px.median, 5),
        "width_px": None if px is None else round(float(px.median), 2),
        "orientation_deg": round(measured.orientation_deg, 1),
        "below_resolution": measured.below_resolution,
        "withheld": measured.withheld,
        "length_mm": None if wall is None else _interval(wall.length_mm),
        "width_mm": None if widths is None else _interval(widths.median),
        "width_max_mm": None if widths is None else _interval(widths.maximum),
        "class": find.severity_class,
        "standard": find.severity_standard,
    }


def _interval(interval: Any) -> list[float]:
    return [round(float(v), 3) for v in (interval.low, interval.value, interval.high)]
