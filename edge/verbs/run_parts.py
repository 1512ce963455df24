"""What `hairline run` puts together: the camera with its scale, what measures, and who is told after each frame."""

import logging
import sys
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

from edge.errors import CalibrationError, LogError

if TYPE_CHECKING:
    from pathlib import Path

    from edge.bundle import Bundle
    from edge.cameras import Camera
    from edge.cameras.calibrated import CalibratedCamera
    from edge.classifier import Classifier
    from edge.clock import Clock
    from edge.config import CameraConfig, QualityConfig, RoverConfig
    from edge.log import InspectionLog, RunStart, Unfinished
    from edge.measure.measure import Measurer
    from edge.pose.tracker import PoseTracker
    from edge.quality import QualityGate
    from edge.quality.still import Standstill
    from edge.run_book import Summary
    from edge.segmenter import Segmenter
    from edge.service.notify import Supervisor
    from edge.status_record import RunProgress, StatusWriter

_log = logging.getLogger(__name__)

COVERAGE_FILE = "coverage.png"
NOT_ASKED = "not asked for (--no-measure)"
NO_SEGMENTER = "the bundle has no segmenter"


def open_camera(args: Namespace, settings: "CameraConfig", clock: "Clock") -> "Camera":
    """The source, calibrated where a calibration is given. Raises `HairlineError` before anything is logged."""
    from edge.cameras import open_source
    from edge.cameras.calibrated import CalibratedCamera

    if args.calibration is None:
        if args.scale is not None:
            raise CalibrationError("a scale needs the lens that it is seen through: give --calibration FILE as well")
        return open_source(args.source, clock=clock, settings=settings)
    from edge.calibration_record import read_calibration
    from edge.scale import Scale, ScaleSource, fixed_scale, parse_scale

    calibration = read_calibration(args.calibration)
    spec = None if args.scale is None else parse_scale(args.scale)
    with ExitStack() as opened:
        if calibration.lens_position_dpt is not None:
            settings = replace(settings, lens_position_dpt=calibration.lens_position_dpt)
        if settings.mm_per_px is None and spec is not None and spec.source is not ScaleSource.TAG:
            scale = fixed_scale(calibration, spec)
            settings = replace(settings, mm_per_px=scale.mm_per_px if isinstance(scale, Scale) else None)
        source = open_source(args.source, clock=clock, settings=settings)
        camera = CalibratedCamera(opened.enter_context(source), calibration, spec)
        opened.pop_all()
    return camera


@contextmanager
def tracker_of(args: Namespace, camera: "Camera", clock: "Clock") -> "Iterator[PoseTracker | None]":
    """What follows the camera along its wall, where tags or wheels are given; needs a scale (`CalibrationError`)."""
    from edge.cameras.calibrated import CalibratedCamera

    if args.tags is None and args.odometry is None:
        yield None
        return
    from edge.placing import open_tracker
    from edge.scale import Scale, ScaleSource, fixed_scale, parse_scale

    spec = None if args.scale is None else parse_scale(args.scale)
    if not isinstance(camera, CalibratedCamera) or spec is None or spec.source is ScaleSource.TAG:
        raise CalibrationError(
            "places on the wall need a camera held at one distance: give --calibration FILE and --scale standoff:MM:SD "
            "or points:X1,Y1,X2,Y2:MM:SD"
        )
    scale = fixed_scale(camera.calibration, spec)
    if not isinstance(scale, Scale):
        raise CalibrationError(f"places on the wall need millimetres, and there are none: {scale.reason}")
    with open_tracker(camera.calibration, scale, clock, tags=args.tags, odometry=args.odometry) as tracker:
        yield tracker


def settle(log: "InspectionLog", folder: "Path", run_id: str, start: "RunStart", tracker: "PoseTracker | None") -> None:
    """Logs what only a whole run can tell: where its frames were, and, of a visit, the wall's cracks."""
    if tracker is None and start.visit_id is None:
        return
    from edge.measure.severity import EUROCODE_2
    from edge.placing import place_run, track_wall

    if tracker is not None:
        place_run(log, folder, run_id, tracker)
    if start.visit_id is not None:
        tags = None if tracker is None else tracker.tag_map
        cracks = track_wall(log, folder, start.visit_id, EUROCODE_2, tags).cracks
        states = Counter("without wander: joints or wires" if c.runs_straight else c.state.value for c in cracks)
        told = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "none"
        sys.stderr.write(f"cracks of the wall: {told}\n")


def open_segmenter(bundle: "Bundle", *, wanted: bool, threads: int) -> "Segmenter | str":
    """The bundle's segmenter, proven on its golden pictures, or why finds are not measured. Raises `BundleError`."""
    if not wanted:
        return NOT_ASKED
    if bundle.segmenter is None:
        return NO_SEGMENTER
    from edge.segmenter import segmenter_of

    return segmenter_of(bundle, threads=threads)


@dataclass(frozen=True, slots=True, kw_only=True)
class Networks:
    """What computes in a run. `segmenter` is why there is none where there is none; `threshold` is a probability."""

    bundle: "Bundle"
    classifier: "Classifier"
    segmenter: "Segmenter | str"
    threads: int
    threshold: float

    @property
    def unmeasured(self) -> str | None:
        """Why finds are not measured, or None where they are."""
        return self.segmenter if isinstance(self.segmenter, str) else None


def measurer_of(networks: Networks, calibrated: "CalibratedCamera | None") -> "Measurer | None":
    """What measures a run's finds: in millimetres for a calibrated camera, else in pixels."""
    from edge.measure.measure import Measurer

    if isinstance(networks.segmenter, str):
        return None
    calibration = None if calibrated is None else calibrated.calibration
    return Measurer(segmenter=networks.segmenter, threshold=networks.threshold, calibration=calibration)


def gate_of(config: "QualityConfig", calibrated: "CalibratedCamera | None") -> "QualityGate":
    """The judge of a run's frames."""
    from edge.quality import QualityGate, QualityThresholds

    names = [limit.name for limit in fields(QualityThresholds)]
    said = {name: value for name in names if (value := getattr(config, name)) is not None}
    return QualityGate(QualityThresholds(**said), calibration=None if calibrated is None else calibrated.calibration)


def stillness_of(config: "RoverConfig", camera: "Camera") -> "Standstill | None":
    """What leaves out the frames of a rover that stands; pictures in a folder are all looked at, unless asked for."""
    from edge.cameras.calibrated import CalibratedCamera
    from edge.quality.still import Standstill

    stop_and_shoot = bool(config.camera.stop_and_shoot)
    skip_still = config.quality.skip_still
    if not (camera.live if skip_still is None else skip_still) and not stop_and_shoot:
        return None
    calibration = camera.calibration if isinstance(camera, CalibratedCamera) else None
    return Standstill(calibration=calibration, stop_and_shoot=stop_and_shoot)


def started(networks: Networks, camera: "Camera", clock: "Clock", unfinished: "Unfinished | None") -> "RunStart":
    """What a run that starts now records of itself; `unfinished` is the run that it goes on with."""
    from edge.cameras.calibrated import CalibratedCamera
    from edge.log import run_start

    calibrated = camera if isinstance(camera, CalibratedCamera) else None
    scale = calibrated.provenance() if calibrated else {}
    start = run_start(
        clock=clock,
        source=camera.description,
        bundle=networks.bundle,
        runtime=networks.classifier.runtime,
        threads=networks.threads,
        threshold=networks.threshold,
        command=["hairline", *sys.argv[1:]],
        calibration_id=calibrated.calibration_id if calibrated else None,
        config={**scale, **(unfinished.provenance() if unfinished else {})},
    )
    if unfinished is None:
        return start
    return replace(start, resumes_run_id=unfinished.run_id, visit_id=unfinished.visit_id)


def write_coverage(log: "Path", run_id: str, max_mm_per_px: float) -> None:
    """Draws what a run inspected at that scale or finer as `COVERAGE_FILE` in the log's folder.

    Without a pose in the log there is no map. Raises `LogError`.
    """
    import cv2

    from edge.coverage_picture import draw_coverage
    from edge.durable import write_durably
    from edge.log import read_log
    from edge.run_coverage import coverage_of_run

    with read_log(log) as reader:
        coverage = coverage_of_run(reader, reader.run(run_id), max_mm_per_px=max_mm_per_px)
    if coverage is None or not (coverage.state > 0).any():
        _log.warning("no coverage map: no frame of this run has a place on the wall")
        return
    _, content = cv2.imencode(".png", draw_coverage(coverage))
    try:
        write_durably(log / COVERAGE_FILE, content.tobytes())
    except OSError as failed:
        raise LogError(f"{log / COVERAGE_FILE} cannot be written: {failed.strerror or failed}") from failed
    sys.stderr.write(f"coverage map: {log / COVERAGE_FILE}\n")


@contextmanager
def progress_bar(frame_count: int | None) -> "Iterator[Callable[[int, str], None]]":
    """Shows, on a terminal, the number of frames and the line that it is told."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    progress = Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[line]}"),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    with progress:
        task = progress.add_task("inspecting", total=frame_count, line="")
        yield lambda frames, line: progress.update(task, completed=frames, line=line)


class Watch:
    """Tells the progress bar, the supervisor, the status file and the live picture how far a run is."""

    def __init__(
        self, folder: "Path", *, show: Callable[[int, str], None], supervisor: "Supervisor", status: "StatusWriter"
    ) -> None:
        from edge.host import Host
        from edge.live_view import LiveView
        from edge.status_line import StatusLine

        self._show, self._supervisor, self._status = show, supervisor, status
        self._line, self._view = StatusLine(folder, host=Host()), LiveView(folder)

    def __call__(self, summary: "Summary") -> None:
        """Whenever frames were logged."""
        progress = _progress_of(summary)
        self._status.update(progress)
        line = self._line(progress, self._status.frames_per_s)
        self._show(summary.frames, line)
        self._supervisor.alive(f"{summary.frames} frames: {line}")
        if summary.queue is not None and summary.queue.newest is not None:
            self._view.update(summary.queue.newest)


def _progress_of(summary: "Summary") -> "RunProgress":
    from edge.log.columns import write_utc
    from edge.status_record import LastFind, counted

    last, queue = summary.last, summary.queue
    return replace(
        counted(inspected=summary.inspected, reasons=summary.skipped, lost=summary.lost, finds=summary.finds),
        queued=None if queue is None else queue.frames,
        queue_size=None if queue is None else queue.size,
        last_find=None
        if last is None
        else LastFind(frame=last.record.name, t_utc=write_utc(last.record.t_utc), score=last.score),
    )
