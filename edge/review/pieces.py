"""A piece of the wall as one visit saw it, put together from its frames: what two visits are compared in."""

import sqlite3
from dataclasses import dataclass
from functools import partial
from math import hypot

import cv2
import numpy as np

from edge.calibration_record import CameraCalibration
from edge.errors import CalibrationError, SourceError
from edge.log import LogReader
from edge.log.columns import read_pose
from edge.mosaic import Mosaic, PosedFrame
from edge.overlay import encode_jpeg
from edge.pose import Matrix
from edge.review.pictures import FramePicture, Pictures, frame_picture

MAX_SIDE_PX = 1_800
MAX_FRAMES = 24
_MARGIN = 1.3
_FRAMES = (
    "SELECT run_id, seq, name, pose_source, pose, pose_covariance,"
    " coalesce(frames.calibration_id, runs.calibration_id) AS calibration,"
    " coalesce(shift_x_mm, 0.0) AS shift_x_mm, coalesce(shift_y_mm, 0.0) AS shift_y_mm"
    " FROM frames JOIN runs ON runs.id = run_id JOIN visits ON visits.id = visit_id"
    " WHERE visit_id = ? AND pose IS NOT NULL AND overlay_path IS NOT NULL ORDER BY frames.rowid"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PieceFrame:
    """A frame that shows part of the piece: its name, where it was, and its picture."""

    name: str
    t_wall_camera: Matrix
    picture: FramePicture


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """left, bottom, right, top of the wall in mm, and the frames of one visit that show it."""

    box_mm: tuple[float, float, float, float]
    calibration: CameraCalibration
    frames: tuple[PieceFrame, ...]

    @property
    def mm_per_px(self) -> float:
        """As fine as the frames are, or as fits into `MAX_SIDE_PX`."""
        left, bottom, right, top = self.box_mm
        native = min(float(frame.t_wall_camera[2, 3]) for frame in self.frames) / max(self.calibration.lens[:2])
        return max(native, max(right - left, top - bottom) / MAX_SIDE_PX)


def piece_of(
    connection: sqlite3.Connection, log: LogReader, visit_id: int, box_mm: tuple[float, float, float, float]
) -> Piece | None:
    """What a visit has of a part of its wall, None where no picture shows it."""
    left, bottom, right, top = box_mm
    middle, reach_mm = np.array([(left + right) / 2, (bottom + top) / 2]), hypot(right - left, top - bottom) / 2
    calibration: CameraCalibration | None = None
    near: list[tuple[float, sqlite3.Row, Matrix]] = []
    for row in connection.execute(_FRAMES, (visit_id,)):
        if calibration is None and row["calibration"] is not None:
            calibration = log.calibration(row["calibration"])
        pose = read_pose(dict(row)).t_wall_camera
        if calibration is None or pose is None or row["calibration"] != calibration.id:
            continue
        place = pose.copy()
        place[:2, 3] += row["shift_x_mm"], row["shift_y_mm"]
        w, h = calibration.frame_wh
        half_mm = _MARGIN * place[2, 3] * hypot(w, h) / 2 / min(calibration.lens[:2])
        far_mm = float(np.linalg.norm(place[:2, 3] - middle))
        if far_mm < half_mm + reach_mm:
            near.append((far_mm, row, place))
    if calibration is None or not near:
        return None
    near.sort(key=lambda one: one[0])
    frames = []
    for _, row, place in near[:MAX_FRAMES]:
        picture = frame_picture(connection, row["run_id"], row["seq"])
        if picture is not None:
            frames.append(PieceFrame(name=row["name"], t_wall_camera=place, picture=picture))
    return Piece(box_mm=box_mm, calibration=calibration, frames=tuple(frames))


def draw_piece(pictures: Pictures, piece: Piece | None) -> bytes:
    """JPEG; what no picture shows is white. Raises `SourceError` where there are none, or none that can be read."""
    if piece is None:
        raise SourceError("no picture of this visit shows this part of the wall")
    readable, why = [], ""
    for frame in piece.frames:
        try:
            pictures.path(frame.picture)
            readable.append(frame)
        except SourceError as missing:
            why = str(missing)
    if not readable:
        raise SourceError(why)
    mm_per_px = piece.mm_per_px
    posed = [
        PosedFrame(
            name=frame.name,
            t_wall_camera=frame.t_wall_camera,
            read=partial(pictures.plain_frame, frame.picture),
        )
        for frame in readable
    ]
    left, bottom, right, top = piece.box_mm
    try:
        mosaic = Mosaic(posed, piece.calibration, mm_per_px=mm_per_px)
        corner = mosaic.to_px(np.array([[left, top]]))[0]
        w, h = (max(1, round(side / mm_per_px)) for side in (right - left, top - bottom))
        drawn = mosaic.part(round(float(corner[0])), round(float(corner[1])), w, h)
    except (CalibrationError, cv2.error) as wrong:
        raise SourceError(f"this part of the wall could not be drawn: {wrong}") from wrong
    return encode_jpeg(drawn)
