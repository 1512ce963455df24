"""A wall of the bench, driven along and inspected as `hairline run --tags --odometry --wall` does, into a log.

Nothing in the run knows more than a rover: its tags lie where a person measured them, its wheels say what they counted,
its bracket is held as well as it is. Who judges the log knows the truth.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from edge.bundle import Bundle
from edge.cameras.calibrated import CalibratedCamera
from edge.cameras.rover import RoverCamera
from edge.cameras.rover_path import Stop
from edge.classifier import Classifier
from edge.clock import SystemClock
from edge.errors import CalibrationError
from edge.examine import Examiner
from edge.inspect import Inspection
from edge.log import InspectionLog, run_start
from edge.measure.measure import Measurer
from edge.odometry import Line, to_line
from edge.placing import open_tracker, place_run, track_wall
from edge.pose.tracker import PoseTracker
from edge.render.wall import WallSpec
from edge.run_book import Summary
from edge.scale import Scale, ScaleSource, ScaleSpec, fixed_scale
from edge.segmenter import segmenter_of
from training.bench.walls import FOCAL_PX, bench_calibration, bench_drive

# How well a person measures where a tag is, and how upright it was glued.
TAG_SD_MM, TAG_TURN_SD_DEG = 2.0, 2.0
_LINES_A_S = 20
WALL = "bench"


def inspect_wall(
    bundle: Bundle, classifier: Classifier, spec: WallSpec, camera: RoverCamera, folder: Path, *, threads: int
) -> Summary:
    """Inspects a wall into the empty log `folder`: one run, one visit. Without a segmenter nothing is measured."""
    threshold, calibration, clock = bundle.manifest.window_threshold.score, bench_calibration(), SystemClock()
    segmenter = None if bundle.segmenter is None else segmenter_of(bundle, threads=threads)
    measurer = None
    if segmenter is not None:
        measurer = Measurer(segmenter=segmenter, threshold=threshold, calibration=calibration)
    with (
        CalibratedCamera(camera, calibration, _held(spec.mm_per_px)) as calibrated,
        _tracker(spec, camera, folder) as tracker,
        InspectionLog.open(folder, clock=clock) as log,
    ):
        start = run_start(
            clock=clock,
            source=calibrated.description,
            bundle=bundle,
            runtime=classifier.runtime,
            threads=threads,
            threshold=threshold,
            command=("hairline", "bench", "wall"),
            calibration_id=calibration.id,
        )
        visit_id = log.start_visit(WALL)
        run_id = log.start_run(replace(start, visit_id=visit_id), calibration)
        examiner = Examiner(
            classifier=classifier,
            threshold=threshold,
            measurer=measurer,
            poses=tracker,
            calibration_id=calibration.id,
        )
        summary = Inspection(
            camera=calibrated,
            examiner=examiner,
            log=log,
            run_id=run_id,
            stop=lambda: False,
            watch=lambda _: None,
            batch_s=1.0,
        ).run()
        place_run(log, folder, run_id, tracker)
        track_wall(log, folder, visit_id, None, tracker.tag_map)
    return summary


def _held(mm_per_px: float) -> ScaleSpec:
    """What is known of the bracket: how it is held in truth."""
    standoff_mm, drive = FOCAL_PX * mm_per_px, bench_drive(mm_per_px)
    return ScaleSpec(
        source=ScaleSource.STANDOFF,
        length_mm=standoff_mm,
        sd_mm=standoff_mm * drive.standoff_sd,
        tilt_sd_rad=drive.tilt_sd_rad,
    )


@contextmanager
def _tracker(spec: WallSpec, camera: RoverCamera, folder: Path) -> Iterator[PoseTracker]:
    """From files such as a rover has: the map of the tags, and a record of its wheels."""
    scale = fixed_scale(bench_calibration(), _held(spec.mm_per_px))
    if not isinstance(scale, Scale):
        raise CalibrationError(f"the bench's own lens must give millimetres; it does not: {scale.reason}")
    tags, odometry = folder / "tags.toml", folder / "odometry.txt"
    tags.write_text(tag_map_of(spec), encoding="utf-8")
    stops = [camera.truth(seq).stop for seq in range(camera.frame_count or 0)]
    odometry.write_text("".join(odometry_of(stops)), encoding="utf-8")
    with open_tracker(bench_calibration(), scale, SystemClock(), tags=tags, odometry=str(odometry)) as tracker:
        yield tracker


def tag_map_of(spec: WallSpec) -> str:
    """The tags of a wall as a person measured them, as `edge.pose.tag_map.read_tag_map` reads it."""
    rng = np.random.default_rng((spec.seed, 23))
    lines = ["schema_version = 1", f"sd_mm = {TAG_SD_MM}", f"turn_sd_deg = {TAG_TURN_SD_DEG}"]
    for tag in spec.tags:
        x, y = np.array(tag.centre_mm) + rng.normal(0, TAG_SD_MM, 2)
        turn = rng.normal(0, TAG_TURN_SD_DEG)
        lines += ["[[tag]]", f"id = {tag.id}", f"x_mm = {x:.3f}", f"y_mm = {y:.3f}", f"side_mm = {tag.side_mm}"]
        lines.append(f"turn_deg = {turn:.4f}")
    return "\n".join(lines) + "\n"


def odometry_of(stops: Sequence[Stop]) -> Iterator[str]:
    """What the wheels say at the stops and between them, as `edge.odometry_sources.OdometryReplay` reads it."""
    times = np.array([stop.t_ns for stop in stops], np.float64)
    places = np.array([stop.odometry for stop in stops])
    ticks = np.arange(times[0], times[-1] + 2e9 / _LINES_A_S, 1e9 / _LINES_A_S)
    at = np.union1d(np.rint(ticks / 1000), np.rint(times / 1000)) * 1000
    for number, t_ns in enumerate(at):
        values = tuple(float(np.interp(t_ns, times, column)) for column in places.T)
        line = Line(kind="HLO", number=number, t_us=round(t_ns / 1000), values=values)
        yield f"{round(t_ns)} {to_line(line)}"
