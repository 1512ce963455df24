"""Cracks from what a log holds of a visit, and back into it."""

from collections.abc import Iterator, Mapping

import numpy as np

from edge.geometry import WallView, to_wall
from edge.log import InspectionLog, LoggedFind, LogReader
from edge.measure.measured import Course, Interval, Measured, OnWall
from edge.measure.severity import SeverityTable
from edge.measure.wander import STRAIGHT_PX, wander_px
from edge.pose import Matrix, Pose
from edge.pose.tag_map import TagMap
from edge.tracks.seen import SeenCourse, length_of, place_covariance
from edge.tracks.track import track
from edge.tracks.visits import Comparison, Covered, Known, compare

# A tag with its white margin is ten cells wide, its black square eight.
_TAG_HALF = 10 / 8 / 2
_SURE_SD = 2.0
_MOST = 0.8


def track_visit(
    log: InspectionLog,
    reader: LogReader,
    visit_id: int,
    *,
    covered: Covered,
    covered_before: Covered,
    table: SeverityTable | None = None,
    tags: TagMap | None = None,
) -> Comparison:
    """Logs how the cracks of a wall stand at a visit, from its finds and from earlier visits; see `compare`.

    It may be done again, after a run was resumed or poses were solved: what was said of the visit is replaced. What
    lies on one of the `tags` is its print, and no crack.
    """
    known = [
        Known(crack_id=crack.crack_id, size=crack.size)
        for _, crack in reader.cracks_before(visit_id)
        if crack.crack_id is not None and crack.size is not None
    ]
    courses = [course for course in seen_courses(reader, visit_id) if not _on_a_tag(course, tags)]
    compared = compare(known, track(courses), covered=covered, covered_before=covered_before, table=table)
    log.log_cracks(visit_id, compared.cracks, compared.shift)
    return compared


def seen_courses(reader: LogReader, visit_id: int) -> list[SeenCourse]:
    """Every measured course of a visit whose frame has a pose; the others have no place on the wall."""
    courses: list[SeenCourse] = []
    for run in reader.runs():
        if run.start.visit_id != visit_id:
            continue
        poses = {logged.frame.seq: logged.frame.pose for logged in reader.frames(run.id)}
        for found in reader.finds(run.id):
            courses += _courses(found, poses[found.seq])
    return courses


def placed_again(reader: LogReader, run_id: str, poses: Mapping[int, Pose]) -> dict[int, tuple[Matrix, ...]]:
    """Where poses that are known better bring the courses of a run's finds: by find, what `log_poses` takes.

    Finds without millimetres, or of a run whose calibration is not in the log, are left out.
    """
    calibration_id = reader.run(run_id).start.calibration_id
    calibration = None if calibration_id is None else reader.calibration(calibration_id)
    placed = {}
    for found in reader.finds(run_id):
        pose, measured = poses.get(found.seq), found.find.measured
        if calibration is None or pose is None or measured is None or measured.on_wall is None:
            continue
        if pose.t_wall_camera is not None and pose.covariance is not None:
            view = WallView(t_wall_camera=pose.t_wall_camera, covariance=pose.covariance)
            placed[found.id] = tuple(to_wall(calibration, view, c.points_px).xy_mm for c in measured.courses)
    return placed


def _on_a_tag(course: SeenCourse, tags: TagMap | None) -> bool:
    """Whether most of a course lies on a tag or its white margin, as far as both their places are known."""
    for tag in () if tags is None else tags.tags:
        unsure_mm = _SURE_SD * float(np.sqrt(tag.sd_mm**2 + np.linalg.eigvalsh(course.place[:2, :2])[-1]))
        aside = np.abs(course.points_mm - [tag.x_mm, tag.y_mm]).max(axis=1)
        if (aside <= _TAG_HALF * tag.side_mm + unsure_mm).mean() > _MOST:
            return True
    return False


def _courses(found: LoggedFind, pose: Pose) -> Iterator[SeenCourse]:
    measured = found.find.measured
    wall = None if measured is None else measured.on_wall
    if measured is None or wall is None or pose.t_wall_camera is None or pose.covariance is None:
        return
    whole = sum(map(length_of, wall.courses_mm))
    for n, (course, points) in enumerate(zip(measured.courses, wall.courses_mm, strict=True)):
        if len(points) < 2 or not length_of(points):
            continue
        share = length_of(points) / whole
        yield SeenCourse(
            frame=(found.run_id, found.seq),
            find_id=found.id,
            course_n=n,
            points_mm=points,
            widths_mm=_widths_mm(measured, wall, course),
            place=place_covariance(pose.t_wall_camera, pose.covariance, points.mean(axis=0)),
            length_mm=Interval(
                low=share * wall.length_mm.low, value=share * wall.length_mm.value, high=share * wall.length_mm.high
            ),
            intervals_mm=wall.widths_mm,
            straight=None if (wander := wander_px(course.points_px)) is None else wander < STRAIGHT_PX,
        )


def _widths_mm(measured: Measured, wall: OnWall, course: Course) -> Matrix:
    """The widths along a course, which are in pixels, as the find's median is in millimetres."""
    if measured.widths_px is None or wall.widths_mm is None or not measured.widths_px.median:
        return np.full(len(course.widths_px), np.nan)
    return course.widths_px * (wall.widths_mm.median.value / measured.widths_px.median)
