"""What every export says of a find, a crack and a frame: the same names and units in all formats."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edge.calibration_record import CameraCalibration
from edge.errors import CalibrationError
from edge.geometry import WallView, places
from edge.log import CrackVisit, FrameRecord, LoggedFind, LogReader, RunRecord, VisitRecord
from edge.log.said import ReviewState, Said
from edge.pose import Matrix, PoseSource

Plain = str | int | float | None

_INTERVALS = ("length", "width_median", "width_p95", "width_max")
_MM = tuple(f"{name}{bound}_mm" for name in _INTERVALS for bound in ("", "_low", "_high"))
_SEVERITY = ("severity_class", "severity_standard")
_MEASURED = ("length_px", "orientation_deg", "width_median_px", "width_p95_px", "width_max_px", "below_resolution")
_GROWTH = tuple(f"{name}_growth{bound}_mm" for name in ("length", "width") for bound in ("", "_low", "_high"))
# What people said, and from when the sizes are where somebody corrected a mask.
_SAID = ("correction", "review", "review_reason")
_TEXT, _INTEGER = "TEXT", "INTEGER"
# Every field is a REAL but these.
_KINDS = {
    **dict.fromkeys(
        (
            *("run_id", "frame_name", "t_utc", "bundle_name", "bundle_sha256", "runtime", "calibration_id"),
            *("pose_source", "overlay_path", "withheld", "wall", "state", "doubt", *_SEVERITY),
            *("correction", "review", "review_reason", "not_inspected"),
        ),
        _TEXT,
    ),
    **dict.fromkeys(
        (
            *("find_id", "frame_seq", "box_x_px", "box_y_px", "box_w_px", "box_h_px", "windows", "below_resolution"),
            *("visit_id", "crack_id", "finds", "lost_before", "width_px", "height_px"),
        ),
        _INTEGER,
    ),
}

_BOX = ("box_x_px", "box_y_px", "box_w_px", "box_h_px", "score", "windows")
# New fields come last: programs read these tables by the place of a column too.
FIND_FIELDS = (
    *("run_id", "frame_seq", "frame_name", "t_utc", *_BOX),
    *("threshold", "bundle_name", "bundle_sha256", "runtime", "calibration_id", "pose_source", "overlay_path"),
    *("find_id", *_MEASURED, *_MM, "withheld", *_SEVERITY, "mm_per_px", *_SAID),
)
CRACK_FIELDS = (
    *("wall", "visit_id", "crack_id", "state", "place_sd_mm", *_MM, *_SEVERITY, "covered_share", *_GROWTH),
    *("doubt", "finds", "below_resolution", *_SAID),
)
FRAME_FIELDS = (
    *("run_id", "visit_id", "frame_seq", "frame_name", "t_utc", "not_inspected", "lost_before", "width_px"),
    *("height_px", "mm_per_px", "pose_source", "calibration_id", "finds"),
)


def kind(field: str) -> str:
    """SQL's name for what a field holds: TEXT, INTEGER or REAL."""
    return _KINDS.get(field, "REAL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A find or a crack: its fields, and its courses (n, 2) in mm on the wall, empty where no place is known."""

    fields: Mapping[str, Plain]
    courses_mm: tuple[Matrix, ...]


def finds(log: LogReader, runs: Sequence[RunRecord]) -> Iterator[Item]:
    """Every find of these runs, as logged; where somebody corrected the mask, as measured again."""
    said = log.said_of_finds()
    for run in runs:
        for found in log.corrected_finds(run.id):
            state, reason = said.get(found.id, (ReviewState.UNREVIEWED, None))
            fields = _find_fields(run, found, {"review": state.name.lower(), "review_reason": reason})
            yield Item(fields=fields, courses_mm=_courses_on_wall(found))


def cracks(log: LogReader, runs: Sequence[RunRecord]) -> Iterator[Item]:
    """The cracks of the visits that these runs belong to, those not seen again included."""
    chosen = {run.start.visit_id for run in runs}
    said, corrected = log.said_of_cracks(), log.corrected_cracks()
    for visit in log.visits():
        if visit.id in chosen:
            for crack in log.cracks(visit.id):
                courses = () if crack.size is None else crack.size.courses_mm
                one = said.get(crack.crack_id or 0, Said())
                words = {
                    "review": one.state.name.lower(),
                    "review_reason": one.reason,
                    "correction": before_masks(corrected.get(crack.crack_id or 0, [])),
                }
                fields = _crack_fields(visit, crack, words)
                yield Item(fields=fields, courses_mm=tuple(course[:, :2] for course in courses))


def before_masks(find_ids: Sequence[int]) -> str | None:
    """What is said of a crack that was measured before masks of its finds were corrected."""
    return None if not find_ids else f"measured before the mask was corrected of find {', '.join(map(str, find_ids))}"


def frames(log: LogReader, runs: Sequence[RunRecord]) -> Iterator[Item]:
    """Every frame of these runs, those that were not inspected with the reason.

    `courses_mm` is its outline on the wall, a closed ring; empty where its place is not known.
    """
    for run in runs:
        named = run.start.calibration_id
        calibration = None if named is None else log.calibration(named)
        counts: Counter[int] = Counter(found.seq for found in log.finds(run.id))
        for logged in log.frames(run.id):
            frame = logged.frame
            width_px, height_px = frame.frame_wh or (None, None)
            fields: dict[str, Plain] = {
                "run_id": run.id,
                "visit_id": run.start.visit_id,
                "frame_seq": frame.seq,
                "frame_name": frame.name,
                "t_utc": frame.t_utc.isoformat(),
                "not_inspected": frame.skipped,
                "lost_before": frame.lost_before,
                "width_px": width_px,
                "height_px": height_px,
                "mm_per_px": None if frame.scale is None else frame.scale.mm_per_px,
                "pose_source": frame.pose.source.value,
                "calibration_id": named,
                "finds": counts[frame.seq],
            }
            outline = None if calibration is None else _outline(frame, calibration)
            yield Item(fields=fields, courses_mm=() if outline is None else (outline,))


def _outline(frame: FrameRecord, calibration: CameraCalibration) -> Matrix | None:
    pose = frame.pose
    if pose.t_wall_camera is None or pose.covariance is None or frame.frame_wh != calibration.frame_wh:
        return None
    w, h = frame.frame_wh
    corners = np.array([[0, 0], [w - 1, 0], [w - 1, h - 1], [0, h - 1], [0, 0]], np.float64)
    view = WallView(t_wall_camera=pose.t_wall_camera, covariance=pose.covariance)
    try:
        return places(calibration, view, corners)
    except CalibrationError:
        # A corner looks past the wall: there is no outline on it.
        return None


def _find_fields(run: RunRecord, found: LoggedFind, said: Mapping[str, Plain]) -> dict[str, Plain]:
    start, stored = run.start, found.find.write()
    known: dict[str, Plain] = {
        "run_id": run.id,
        "frame_seq": found.seq,
        "frame_name": found.frame_name,
        "t_utc": found.t_utc.isoformat(),
        "find_id": found.id,
        "threshold": start.window_threshold,
        "bundle_name": start.bundle_name,
        "bundle_sha256": start.bundle_sha256,
        "runtime": start.runtime,
        "calibration_id": start.calibration_id,
        "mm_per_px": None if found.scale is None else found.scale.mm_per_px,
        "pose_source": found.pose_source.value,
        "overlay_path": None if found.overlay_path is None else found.overlay_path.as_posix(),
        "correction": None if found.correction is None else found.correction.words,
        **said,
    }
    return {name: known.get(name, _plain(stored.get(name))) for name in FIND_FIELDS}


def _crack_fields(visit: VisitRecord, crack: CrackVisit, said: Mapping[str, Plain]) -> dict[str, Plain]:
    stored = crack.write()
    known: dict[str, Plain] = {
        "wall": visit.wall,
        "visit_id": visit.id,
        "finds": len({find_id for find_id, _ in crack.courses}),
        "below_resolution": None if crack.size is None else int(crack.size.widths_mm is None),
        **said,
    }
    return {name: known.get(name, _plain(stored.get(name))) for name in CRACK_FIELDS}


def _plain(value: Plain | bytes) -> Plain:
    if isinstance(value, bytes):
        raise TypeError("a blob is no field of an export")
    return int(value) if isinstance(value, bool) else value


def _courses_on_wall(found: LoggedFind) -> tuple[Matrix, ...]:
    """Without a pose the courses lie in axes of the frame's own, which is no place on the wall."""
    measured = found.find.measured
    if found.pose_source is PoseSource.NONE or measured is None or measured.on_wall is None:
        return ()
    return measured.on_wall.courses_mm
