"""A log of the bench beside the truth: which entries are cracks of the wall, how far off in place, width and length.

Whether an entry is a crack is judged where its pixels truly lie, by the frames' true poses: so that what is found and
where it is put are two figures. `off_mm` says how far the log puts it from there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from edge.geometry import WallView, to_wall
from edge.log import CrackSize, CrackVisit, LoggedFind, LogReader
from edge.manifest import ClassifierSpec
from edge.measure.measured import Interval
from edge.pose import Matrix
from edge.render.course import TrueCrack
from edge.tiling import ScoreMap, window_origins
from training.bench.finds_on_wall import FindsOnWall
from training.bench.score import HIT_SHARE, NEAR_MM, Reported, resampled
from training.bench.walls import bench_calibration

F64 = npt.NDArray[np.float64]
TruePose = Callable[[int], Matrix]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entry:
    """A crack of the log. `truly`: its courses where they truly lie; `off_mm`: how far from there the log has them.

    `straight`: the log says that it runs without wander, as a joint or a wire does; it does not count as a crack.
    """

    size: CrackSize
    truly: Reported
    off_mm: float
    straight: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredCrack:
    """What the log says of a true crack, by the entry that covers most of it.

    `true_width_mm` is the median of what the entry covers; `width_mm` is None below resolution. `alone`: no other entry
    is of this crack. `stated_sd_mm` is what the log says of its place.
    """

    name: str
    alone: bool
    true_width_mm: float
    width_mm: Interval | None
    true_length_mm: float
    length_mm: Interval
    off_mm: float
    stated_sd_mm: float


def entries_of(reader: LogReader, true_pose: TruePose) -> list[Entry]:
    """The cracks that the log's visits speak of. Raises `LogError`."""
    finds = {find.id: find for run in reader.runs() for find in reader.finds(run.id)}
    cracks = [crack for visit in reader.visits() for crack in reader.cracks(visit.id)]
    return [_entry(crack, crack.size, finds, true_pose) for crack in cracks if crack.size is not None]


def _entry(crack: CrackVisit, size: CrackSize, finds: Mapping[int, LoggedFind], true_pose: TruePose) -> Entry:
    truly, moved, weights = [], [], []
    for find_id, n in crack.courses:
        found = finds[find_id]
        measured = found.find.measured
        if measured is None or measured.on_wall is None:
            raise ValueError(f"find {find_id} is part of a crack and must have been measured on the wall; it was not")
        view = WallView(t_wall_camera=true_pose(found.seq), covariance=np.zeros((6, 6)))
        there = to_wall(bench_calibration(), view, measured.courses[n].points_px).xy_mm
        truly.append(there)
        moved.append((measured.on_wall.courses_mm[n] - there).mean(axis=0))
        weights.append(len(there))
    off = np.average(moved, axis=0, weights=weights)
    return Entry(
        size=size,
        truly=Reported(courses_mm=tuple(truly)),
        off_mm=float(np.hypot(*off)),
        straight=crack.runs_straight,
    )


def measured_cracks(cracks: Sequence[TrueCrack], entries: Sequence[Entry]) -> Iterator[MeasuredCrack]:
    """Of every true crack that is an entry's; an entry is a crack's where half of its own length lies near it."""
    points = [np.concatenate([resampled(course) for course in entry.truly.courses_mm]) for entry in entries]
    for crack in cracks:
        line = cKDTree(crack.points_mm)
        near = [line.query(one, distance_upper_bound=2 * NEAR_MM)[0] <= NEAR_MM for one in points]
        own = [i for i, close in enumerate(near) if close.mean() >= HIT_SHARE]
        if not own:
            continue
        covered = {i: cKDTree(points[i]).query(crack.points_mm)[0] <= NEAR_MM for i in own}
        best = max(own, key=lambda i: (int(covered[i].sum()), -i))
        size = entries[best].size
        yield MeasuredCrack(
            name=crack.name,
            alone=len(own) == 1,
            true_width_mm=float(np.median(crack.widths_mm[covered[best]])),
            width_mm=None if size.widths_mm is None else size.widths_mm.median,
            true_length_mm=crack.length_mm,
            length_mm=size.length_mm,
            off_mm=entries[best].off_mm,
            stated_sd_mm=size.place_sd_mm,
        )


def windows_of(reader: LogReader, spec: ClassifierSpec, threshold: float, true_pose: TruePose) -> list[Reported]:
    """What the classifier alone says: groups of windows, joined over frames where these truly lie."""
    finds = FindsOnWall(bench_calibration())
    for run in reader.runs():
        for logged in reader.frames(run.id):
            frame = logged.frame
            if frame.score_map_q is not None and frame.frame_wh is not None:
                xs, ys = (window_origins(length, spec.tile_px, spec.stride_px) for length in frame.frame_wh)
                scores = ScoreMap(q=frame.score_map_q, xs=xs, ys=ys, spec=spec)
                finds.add(scores, threshold, true_pose(frame.seq))
    return finds.reported()


def feet_off_mm(reader: LogReader, true_pose: TruePose) -> list[float | None]:
    """Of every inspected frame, how far the log has it from where it was, by where its axis meets the wall; None
    without a place."""
    off: list[float | None] = []
    for run in reader.runs():
        for logged in reader.frames(run.id):
            pose = logged.frame.pose.t_wall_camera
            foot = None if pose is None else _foot(pose) - _foot(true_pose(logged.frame.seq))
            off.append(None if foot is None else round(float(np.hypot(*foot)), 3))
    return off


def _foot(t_wall_camera: Matrix) -> F64:
    eye, axis = t_wall_camera[:3, 3], t_wall_camera[:3, 2]
    return np.asarray(eye[:2] - axis[:2] * (eye[2] / axis[2]))
