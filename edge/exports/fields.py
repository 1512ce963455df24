"""What every export says of a find and of a crack: the same names and units in all formats."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from edge.log import CrackVisit, LoggedFind, LogReader, RunRecord, VisitRecord
from edge.pose import Matrix, PoseSource

Plain = str | int | float | None

_INTERVALS = ("length", "width_median", "width_p95", "width_max")
_MM = tuple(f"{name}{bound}_mm" for name in _INTERVALS for bound in ("", "_low", "_high"))
_SEVERITY = ("severity_class", "severity_standard")
_MEASURED = ("length_px", "orientation_deg", "width_median_px", "width_p95_px", "width_max_px", "below_resolution")
_GROWTH = tuple(f"{name}_growth{bound}_mm" for name in ("length", "width") for bound in ("", "_low", "_high"))
_TEXT, _INTEGER = "TEXT", "INTEGER"
# Every field is a REAL but these.
_KINDS = {
    **dict.fromkeys(
        (
            *("run_id", "frame_name", "t_utc", "bundle_name", "bundle_sha256", "runtime", "calibration_id"),
            *("pose_source", "overlay_path", "withheld", "wall", "state", "doubt", *_SEVERITY),
        ),
        _TEXT,
    ),
    **dict.fromkeys(
        (
            *("find_id", "frame_seq", "box_x_px", "box_y_px", "box_w_px", "box_h_px", "windows", "below_resolution"),
            *("visit_id", "crack_id", "finds"),
        ),
        _INTEGER,
    ),
}

_BOX = ("box_x_px", "box_y_px", "box_w_px", "box_h_px", "score", "windows")
# New fields come last: programs read these tables by the place of a column too.
FIND_FIELDS = (
    *("run_id", "frame_seq", "frame_name", "t_utc", *_BOX),
    *("threshold", "bundle_name", "bundle_sha256", "runtime", "calibration_id", "pose_source", "overlay_path"),
    *("find_id", *_MEASURED, *_MM, "withheld", *_SEVERITY, "mm_per_px"),
)
CRACK_FIELDS = (
    *("wall", "visit_id", "crack_id", "state", "place_sd_mm", *_MM, *_SEVERITY, "covered_share", *_GROWTH),
    *("doubt", "finds"),
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
    """Every find of these runs, as logged."""
    for run in runs:
        for found in log.finds(run.id):
            yield Item(fields=_find_fields(run, found), courses_mm=_courses_on_wall(found))


def cracks(log: LogReader, runs: Sequence[RunRecord]) -> Iterator[Item]:
    """The cracks of the visits that these runs belong to, those not seen again included."""
    chosen = {run.start.visit_id for run in runs}
    for visit in log.visits():
        if visit.id in chosen:
            for crack in log.cracks(visit.id):
                courses = () if crack.size is None else crack.size.courses_mm
                yield Item(fields=_crack_fields(visit, crack), courses_mm=tuple(course[:, :2] for course in courses))


def _find_fields(run: RunRecord, found: LoggedFind) -> dict[str, Plain]:
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
    }
    return {name: known.get(name, _plain(stored.get(name))) for name in FIND_FIELDS}


def _crack_fields(visit: VisitRecord, crack: CrackVisit) -> dict[str, Plain]:
    stored = crack.write()
    known: dict[str, Plain] = {
        "wall": visit.wall,
        "visit_id": visit.id,
        "finds": len({find_id for find_id, _ in crack.courses}),
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
