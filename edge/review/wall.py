"""The wall as the log knows it: what each frame saw of it, and where the cracks run."""

import sqlite3
from collections.abc import Mapping
from typing import Any

import numpy as np

from edge.calibration_record import CameraCalibration
from edge.errors import CalibrationError
from edge.geometry import WallView, to_wall
from edge.log import LogReader
from edge.log.columns import read_courses, read_pose
from edge.log.said import Said, said_of_cracks
from edge.review.texts import short_class

MAX_FRAMES = 5_000
_FRAMES = (
    "SELECT frames.rowid, run_id, seq, status, frames.reason AS reason, width_px, height_px,"
    " frames.calibration_id AS calibration_id,"
    " runs.calibration_id AS run_calibration, pose_source, pose, pose_covariance,"
    " overlay_path IS NOT NULL AS has_picture,"
    " (SELECT min(id) FROM finds WHERE finds.run_id = frames.run_id AND finds.seq = frames.seq) AS find_id"
    " FROM frames JOIN runs ON runs.id = run_id WHERE pose IS NOT NULL ORDER BY frames.rowid LIMIT ?"
)
_FINDS = (
    "SELECT finds.id AS id, courses_mm, (SELECT CASE reason WHEN 'undone' THEN NULL ELSE verdict END FROM reviews"
    " WHERE find_id = finds.id ORDER BY reviews.id DESC LIMIT 1) AS said"
    " FROM finds JOIN frames USING (run_id, seq) WHERE courses_mm IS NOT NULL AND pose IS NOT NULL"
)
_STATES = {"accept": "accepted", "reject": "rejected", "unsure": "unsure"}
_CRACKS = (
    "SELECT crack_id, visit_id, state, courses_mm, length_mm, width_median_mm, severity_class FROM crack_visits"
    " WHERE courses_mm IS NOT NULL AND visit_id = (SELECT max(visit_id) FROM crack_visits AS later"
    " WHERE later.crack_id = crack_visits.crack_id AND later.courses_mm IS NOT NULL) ORDER BY crack_id"
)


def wall_content(connection: sqlite3.Connection, log: LogReader) -> dict[str, Any]:
    """Footprints of frames that have a place, courses of finds and cracks, in mm; `none` says why there are none."""
    calibrations: dict[str, CameraCalibration | None] = {}
    frames = []
    for row in connection.execute(_FRAMES, (MAX_FRAMES,)).fetchall():
        calibration_id = row["calibration_id"] or row["run_calibration"]
        if calibration_id is not None and calibration_id not in calibrations:
            calibrations[calibration_id] = log.calibration(calibration_id)
        corners = _corners(row, calibrations)
        if corners is not None:
            frames.append(
                {
                    "run": row["run_id"],
                    "seq": row["seq"],
                    "skipped": row["reason"],
                    "find_id": row["find_id"],
                    "has_picture": bool(row["has_picture"]),
                    "corners_mm": corners,
                }
            )
    said = said_of_cracks(connection)
    return {
        "frames": frames,
        "finds": [
            {
                "id": row["id"],
                "state": _STATES.get(row["said"], "unreviewed"),
                "courses_mm": _plain(row["courses_mm"], 2),
            }
            for row in connection.execute(_FINDS).fetchall()
        ],
        "cracks": [
            {
                "id": row["crack_id"],
                "state": row["state"],
                "review": said.get(row["crack_id"], Said()).state.name.lower(),
                "length_mm": row["length_mm"],
                "width_mm": row["width_median_mm"],
                "class": short_class(row["severity_class"]),
                "courses_mm": _plain(row["courses_mm"], 3),
            }
            for row in connection.execute(_CRACKS).fetchall()
        ],
        "none": None if frames else _why_none(connection),
    }


def _corners(row: sqlite3.Row, calibrations: Mapping[str, CameraCalibration | None]) -> list[list[float]] | None:
    """Where a frame's corners lie on the wall, clockwise from its upper left; None where that is not known."""
    pose = read_pose(dict(row))
    calibration = calibrations.get(row["calibration_id"] or row["run_calibration"] or "")
    if calibration is None or pose.t_wall_camera is None or pose.covariance is None or row["width_px"] is None:
        return None
    w, h = row["width_px"], row["height_px"]
    corners_px = np.array([[0.0, 0.0], [w - 1, 0.0], [w - 1, h - 1], [0.0, h - 1]])
    view = WallView(t_wall_camera=pose.t_wall_camera, covariance=pose.covariance)
    try:
        return to_wall(calibration, view, corners_px).xy_mm.round(1).tolist()
    except CalibrationError:
        # A corner that looks past the wall: the frame has no footprint that could be drawn.
        return None


def _plain(content: bytes, values: int) -> list[list[list[float]]]:
    return [course[:, :2].round(1).tolist() for course in read_courses(content, values)]


def _why_none(connection: sqlite3.Connection) -> str:
    frames, posed = connection.execute("SELECT count(*), count(pose) FROM frames").fetchone()
    if not frames:
        return "No frame has been logged yet."
    if not posed:
        return (
            f"None of the {frames} frames says where on the wall it was taken, so there is no map. A rover's camera"
            " with a calibration and tags or wheels gives places; single photographs do not."
        )
    return (
        f"{posed} of {frames} frames have a place, but no calibration in the log says how large they are on the wall."
    )
