"""The coverage map of a run, from what its log says of every frame."""

from edge.calibration_record import CameraCalibration
from edge.coverage import CELL_MM, CoverageMap, scored_box
from edge.geometry import WallView
from edge.log import FrameRecord, LogReader, RunRecord
from edge.pose import Pose
from edge.skips import STANDING
from edge.tiling import window_origins

DROPPED = "dropped by the camera"
NOT_SCORED = "no scores were logged"


def coverage_of_run(
    log: LogReader, run: RunRecord, *, max_mm_per_px: float, cell_mm: float = CELL_MM
) -> CoverageMap | None:
    """None where the run has no calibration in the log: then nothing has a place. A frame without a pose adds nothing.

    Frames that the camera lost, and those that were skipped before anybody asked for their place, are taken to lie
    evenly between those before and after them. A frame of a rover that stood missed nothing. Raises `LogError`, and
    `CalibrationError` for a pose that cannot be.
    """
    named = run.start.calibration_id
    calibration = None if named is None else log.calibration(named)
    if calibration is None:
        return None
    coverage = CoverageMap(max_mm_per_px=max_mm_per_px, cell_mm=cell_mm)
    before: WallView | None = None
    missed: list[str] = []
    for logged in log.frames(run.id):
        frame = logged.frame
        missed += [DROPPED] * frame.lost_before
        view = _view(frame.pose)
        if view is not None:
            _add(coverage, calibration, run, frame, view)
            for reason, place in zip(missed, _between(before, view, len(missed)), strict=False):
                coverage.missed(calibration, place, reason)
            before, missed = view, []
        elif frame.skipped is None:
            before, missed = None, []
        elif frame.skipped != STANDING:
            missed.append(frame.skipped)
    return coverage


def _add(
    coverage: CoverageMap, calibration: CameraCalibration, run: RunRecord, frame: FrameRecord, view: WallView
) -> None:
    if frame.skipped == STANDING:
        return
    if frame.skipped is not None:
        coverage.missed(calibration, view, frame.skipped)
        return
    if frame.score_map_q is None or frame.frame_wh != calibration.frame_wh:
        coverage.missed(calibration, view, NOT_SCORED)
        return
    tile_px, stride_px = run.start.tile_px, run.start.stride_px
    xs, ys = (window_origins(side, tile_px, stride_px) for side in frame.frame_wh)
    coverage.inspected(frame.seq, calibration, view, scored_box(xs, ys, tile_px, stride_px))


def _view(pose: Pose) -> WallView | None:
    if pose.t_wall_camera is None or pose.covariance is None:
        return None
    return WallView(t_wall_camera=pose.t_wall_camera, covariance=pose.covariance)


def _between(before: WallView | None, after: WallView, count: int) -> list[WallView]:
    """Views evenly spread from one to the other; as sure of their place as the second, which is for a picture only."""
    if before is None:
        return []
    views = []
    for i in range(1, count + 1):
        pose = after.t_wall_camera.copy()
        share = i / (count + 1)
        pose[:3, 3] = (1 - share) * before.t_wall_camera[:3, 3] + share * after.t_wall_camera[:3, 3]
        views.append(WallView(t_wall_camera=pose, covariance=after.covariance))
    return views
