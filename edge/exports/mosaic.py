"""The wall of a log as one picture (PNG), put together from its frames, the cracks drawn in by their class."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import BinaryIO

import numpy as np

from edge.calibration_record import CameraCalibration
from edge.errors import CalibrationError, LogError, SourceError
from edge.exports.fields import cracks
from edge.exports.pictures import frame_of, within_its_run
from edge.log import LoggedFrame, LogReader, RunRecord
from edge.mosaic import Mosaic, PosedFrame
from edge.mosaic_picture import DrawnCrack, write_mosaic

# A side; the frames' own resolution where that is less.
MAX_SIDE_PX = 8_000


def write_wall(log: LogReader, runs: Sequence[RunRecord], stream: BinaryIO) -> None:
    """Writes PNG: the frames of the latest of the visits with nothing drawn in, then its cracks, a legend, a scale bar.

    A log keeps no pictures of frames without finds: their places are white, as what was never seen. Raises `LogError`
    where no frame has both a place on the wall and a picture.
    """
    last = max((run.start.visit_id or 0 for run in runs), default=0)
    of_visit = [run for run in runs if (run.start.visit_id or 0) == last]
    calibration, frames = _frames(log, of_visit)
    if calibration is None or not frames:
        raise LogError(
            f"log {log.folder}: a picture of the wall needs frames that know their place on it and have a picture; no"
            " frame here has both: run with --calibration, a scale and poses"
        )
    lines = [
        DrawnCrack(
            courses_mm=item.courses_mm,
            severity=str(item.fields["severity_class"] or "no class").partition(":")[0],
        )
        for item in cracks(log, of_visit)
        if item.courses_mm
    ]
    try:
        write_mosaic(stream, Mosaic(frames, calibration, mm_per_px=_mm_per_px(frames, calibration)), lines)
    except (SourceError, CalibrationError) as wrong:
        raise LogError(f"log {log.folder}: the wall could not be drawn: {wrong}") from wrong


def _frames(log: LogReader, runs: Sequence[RunRecord]) -> tuple[CameraCalibration | None, list[PosedFrame]]:
    """The frames with a place and a picture, of the first camera among them, as the visit's comparison shifts them."""
    shifts = {visit.id: visit.shift for visit in log.visits()}
    calibration: CameraCalibration | None = None
    frames = []
    for run in runs:
        named = run.start.calibration_id
        of_run = None if named is None else log.calibration(named)
        calibration = calibration or of_run
        if of_run is None or calibration is None or of_run.id != calibration.id:
            continue
        shift = shifts.get(run.start.visit_id or 0)
        for logged in _pictured(log, run):
            pose = logged.frame.pose.t_wall_camera
            if pose is None:
                continue
            place = pose.copy()
            place[:2, 3] += np.zeros(2) if shift is None else shift.xy_mm
            read = partial(frame_of, log, logged)
            frames.append(PosedFrame(name=logged.frame.name, t_wall_camera=place, read=read))
    return calibration, frames


def _pictured(log: LogReader, run: RunRecord) -> Iterator[LoggedFrame]:
    return (logged for logged in log.frames(run.id) if within_its_run(log, logged, logged.overlay_path) is not None)


def _mm_per_px(frames: Sequence[PosedFrame], calibration: CameraCalibration) -> float:
    nearest = min(float(frame.t_wall_camera[2, 3]) for frame in frames)
    middles = np.array([frame.t_wall_camera[:2, 3] for frame in frames])
    native = nearest / max(calibration.lens[:2])
    # Half a frame more on either side.
    wide = float(np.ptp(middles, axis=0).max()) + native * max(calibration.frame_wh)
    return max(native, wide / MAX_SIDE_PX)
