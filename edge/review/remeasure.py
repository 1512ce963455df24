"""A mask drawn by hand is measured as a network's is: in the picture that the log keeps, by the scale that it knows.

The brush says where the crack runs. How wide it is says the picture: the darkening across the centreline of the mask.
"""

import sqlite3
from dataclasses import dataclass, replace

import cv2
import numpy as np

from edge.calibration_record import CameraCalibration
from edge.errors import SourceError
from edge.geometry import WallView
from edge.imagefile import decode_bgr
from edge.log import LogReader, RunRecord
from edge.log.columns import read_pose
from edge.log.edits import MaskEdit, MaskSize
from edge.log.grade import grade
from edge.measure.blur import Blur
from edge.measure.measure import measure_crack, sized
from edge.measure.measured import Course
from edge.measure.parts import Part
from edge.measure.severity import EUROCODE_2
from edge.plain import plain_box
from edge.review.pictures import FramePicture, Pictures, frame_picture
from edge.scale import Scale, ScaleSource, ScaleSpec, Withheld, fixed_scale

NO_PLAIN = "the log keeps no picture of it without drawings"
NOT_WITHIN = "the mask reaches beyond the picture that the log keeps of it"
VIEW_NOT_KEPT = "the scale came from a tag in each frame, and the log does not keep how the camera stood"
NO_SCALE = "the frame has no scale"
_QUERY = (
    "SELECT run_id, seq, n, pose_source, pose, pose_covariance, mm_per_px, sd_mm_per_px, scale_source, mm_withheld,"
    " calibration_id, severity_standard FROM finds JOIN frames USING (run_id, seq) WHERE finds.id = ?"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measurable:
    """What the log knows of a find that measuring it needs: its picture, the scale there, the camera."""

    frame: FramePicture
    n: int
    scale: Scale | Withheld
    calibration: CameraCalibration | None
    graded: bool


def measurable(connection: sqlite3.Connection, log: LogReader, find_id: int) -> Measurable | None:
    """None for a find that is not in the log. Raises `sqlite3.Error`, `LogError`."""
    row = connection.execute(_QUERY, (find_id,)).fetchone()
    frame = None if row is None else frame_picture(connection, row["run_id"], row["seq"])
    if row is None or frame is None:
        return None
    calibration = None if row["calibration_id"] is None else log.calibration(row["calibration_id"])
    run = next(run for run in log.runs() if run.id == row["run_id"])
    return Measurable(
        frame=frame,
        n=row["n"],
        scale=_scale(row, run, calibration),
        calibration=calibration,
        graded=row["severity_standard"] in (None, EUROCODE_2.standard),
    )


def _scale(row: sqlite3.Row, run: RunRecord, calibration: CameraCalibration | None) -> Scale | Withheld:
    """The scale of a frame as its run had it: never one that nobody calibrated."""
    if row["mm_per_px"] is None or calibration is None:
        return Withheld(reason=row["mm_withheld"] or NO_SCALE)
    pose = read_pose(dict(row))
    if pose.t_wall_camera is not None and pose.covariance is not None:
        return Scale(
            source=ScaleSource(row["scale_source"]),
            mm_per_px=row["mm_per_px"],
            sd_mm_per_px=row["sd_mm_per_px"],
            view=WallView(t_wall_camera=pose.t_wall_camera, covariance=pose.covariance),
        )
    said = run.start.config.get("scale")
    if row["scale_source"] == ScaleSource.TAG.value or not isinstance(said, dict):
        return Withheld(reason=VIEW_NOT_KEPT)
    first, second = said["points_px"] or (None, None)
    spec = ScaleSpec(
        source=ScaleSource(said["source"]),
        length_mm=said["length_mm"],
        sd_mm=said["sd_mm"],
        points_px=None if first is None or second is None else (tuple(first), tuple(second)),
        tilt_sd_rad=said["tilt_sd_rad"],
    )
    return fixed_scale(calibration, spec)


def remeasured(pictures: Pictures, of: Measurable, edit: MaskEdit) -> MaskEdit:
    """The edit with what could be measured on its mask, or why nothing could."""
    try:
        return replace(edit, size=_size(pictures, of, edit))
    except SourceError as missing:
        return replace(edit, size=MaskSize(why_not=str(missing)))


def _size(pictures: Pictures, of: Measurable, edit: MaskEdit) -> MaskSize:
    if of.frame.frame_wh is None or not pictures.has_plain(of.frame, of.n):
        return MaskSize(why_not=NO_PLAIN)
    x, y, w, h = plain_box(of.frame.box(of.n), of.frame.frame_wh)
    left, top, wide, high = edit.box_xywh_px
    if left < x or top < y or left + wide > x + w or top + high > y + h:
        return MaskSize(why_not=NOT_WITHIN)
    seen = decode_bgr(pictures.plain(of.frame, of.n), name=f"find {of.n} of {of.frame.named}")
    if seen.shape[:2] != (h, w):
        return MaskSize(why_not=NO_PLAIN)
    part = Part(mask=edit.mask(), corner_xy=(left - x, top - y))
    found = measure_crack(cv2.cvtColor(seen, cv2.COLOR_BGR2GRAY), part, Blur(), beyond_mask=False)
    if found is None:
        return MaskSize()
    corner = np.array([x, y])
    courses = tuple(Course(points_px=one.points_px + corner, widths_px=one.widths_px) for one in found.courses)
    measured = sized(replace(found, courses=courses), of.scale, of.calibration)
    widths_mm = None if measured.on_wall is None else measured.on_wall.widths_mm
    severity, standard = grade(EUROCODE_2 if of.graded else None, widths_mm)
    return MaskSize(measured=measured, severity_class=severity, severity_standard=standard)
