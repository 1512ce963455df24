"""What a run knows of its wall: where its frames are, and, when it has ended, what its finds make of the wall's cracks.

While a run lasts, a `PoseTracker` says of every frame where it is, as well as can be known then. Afterwards all steps,
rows and tags are weighed together, the log gets the better places, and finds of overlapping frames become cracks.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge.calibration_record import CameraCalibration
from edge.clock import Clock
from edge.coverage import CoverageMap
from edge.errors import MissingExtraError
from edge.log import InspectionLog, LogReader, read_log
from edge.measure.severity import SeverityTable
from edge.odometry_sources import OdometryReplay, OdometrySource, SerialOdometry
from edge.pose.plane import Bracket
from edge.pose.tag_map import TagMap, read_tag_map
from edge.pose.tracker import PoseTracker
from edge.run_coverage import coverage_of_run
from edge.scale import Scale
from edge.serial_link import SerialPort
from edge.tracks import placed_again, track_visit
from edge.tracks.visits import Comparison, Covered

if TYPE_CHECKING:
    from edge.pose.pose import Matrix

_log = logging.getLogger(__name__)

SERIAL = "serial:"
ODOMETRY_BAUD = 115_200
# A place counts as looked at, for cracks that are not seen again, up to this scale.
COARSEST_MM_PER_PX = 1.0


@contextmanager
def open_tracker(
    calibration: CameraCalibration, scale: Scale, clock: Clock, *, tags: Path | None, odometry: str | None
) -> Iterator[PoseTracker]:
    """What follows a camera on a bracket along a wall; `odometry` is a file to replay, or `serial:PORT`.

    Raises `MissingExtraError` without scipy, which the run's end needs, and what `read_tag_map`, `SerialPort` and
    `OdometryReplay` raise.
    """
    _check_scipy()
    with ExitStack() as opened:
        source: OdometrySource | None = None
        if odometry is not None and odometry.startswith(SERIAL):
            port = SerialPort(odometry.removeprefix(SERIAL), ODOMETRY_BAUD)
            opened.callback(port.close)
            source = SerialOdometry(port, clock=clock)
        elif odometry is not None:
            source = OdometryReplay(Path(odometry))
        yield PoseTracker(
            calibration=calibration,
            bracket=Bracket.of(calibration, scale.view),
            tag_map=None if tags is None else read_tag_map(tags),
            odometry=source,
        )


def place_run(log: InspectionLog, folder: Path, run_id: str, tracker: PoseTracker) -> Sequence[str]:
    """Logs where the frames of a run that has ended were, all weighed together; returns what contradicts the rest.

    A frame whose place the whole run leaves open loses the one that it had: millimetres are withheld rather than wrong.
    """
    from edge.pose.graph import solve

    solution = solve(tracker.run())
    with read_log(folder) as reader:
        log.log_poses(run_id, solution.poses, placed_again(reader, run_id, solution.poses))
    for note in solution.notes:
        _log.warning("%s", note)
    return solution.notes


def track_wall(
    log: InspectionLog, folder: Path, visit_id: int, table: SeverityTable | None, tags: TagMap | None = None
) -> Comparison:
    """Logs the cracks of a visit, each once, beside those that earlier visits to the wall know; `tags` hang on it."""
    with read_log(folder) as reader:
        visits = reader.visits()
        wall = next(visit.wall for visit in visits if visit.id == visit_id)
        earlier = [visit.id for visit in visits if visit.wall == wall and visit.id < visit_id]
        return track_visit(
            log,
            reader,
            visit_id,
            covered=_covered(reader, [visit_id]),
            covered_before=_covered(reader, earlier),
            table=table,
            tags=tags,
        )


def _covered(reader: LogReader, visits: Sequence[int]) -> Covered:
    """Whether any run of the visits looked at a place."""
    maps: list[CoverageMap] = []
    for run in reader.runs():
        if run.start.visit_id in visits:
            found = coverage_of_run(reader, run, max_mm_per_px=COARSEST_MM_PER_PX)
            maps += [] if found is None else [found]

    def covered(points_mm: "Matrix") -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
        looked = np.zeros(len(points_mm), bool)
        for one in maps:
            looked |= one.covered(points_mm)
        return looked

    return covered


def _check_scipy() -> None:
    try:
        import scipy.sparse  # noqa: F401
    except ModuleNotFoundError as missing:
        raise MissingExtraError("weighing the places of a run", "calibrate", "scipy") from missing
