"""What `hairline run` puts together: the camera with its scale, what measures, and who is told after each frame."""

import logging
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edge.errors import LogError

if TYPE_CHECKING:
    from pathlib import Path

    from edge.bundle import Bundle
    from edge.cameras import Camera
    from edge.cameras.calibrated import CalibratedCamera
    from edge.classifier import Classifier
    from edge.clock import Clock
    from edge.config import CameraConfig
    from edge.inspect import Summary
    from edge.log import RunStart
    from edge.measure.measure import Measurer
    from edge.quality import QualityGate
    from edge.segmenter import Segmenter
    from edge.service.notify import Supervisor
    from edge.status_record import StatusWriter

_log = logging.getLogger(__name__)

COVERAGE_FILE = "coverage.png"
NOT_ASKED = "not asked for (--no-measure)"
NO_SEGMENTER = "the bundle has no segmenter"


def open_camera(args: Namespace, settings: "CameraConfig", clock: "Clock") -> "Camera":
    """The source, calibrated where a calibration is given. Raises `HairlineError` before anything is logged."""
    from edge.cameras import open_source
    from edge.cameras.calibrated import CalibratedCamera
    from edge.errors import CalibrationError

    if args.calibration is None:
        if args.scale is not None:
            raise CalibrationError("a scale needs the lens that it is seen through: give --calibration FILE as well")
        return open_source(args.source, clock=clock, settings=settings)
    from edge.calibration_record import read_calibration
    from edge.scale import parse_scale

    calibration = read_calibration(args.calibration)
    spec = None if args.scale is None else parse_scale(args.scale)
    with ExitStack() as opened:
        if calibration.lens_position_dpt is not None:
            settings = replace(settings, lens_position_dpt=calibration.lens_position_dpt)
        source = open_source(args.source, clock=clock, settings=settings)
        camera = CalibratedCamera(opened.enter_context(source), calibration, spec)
        opened.pop_all()
    return camera


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


def gate_of(calibrated: "CalibratedCamera | None") -> "QualityGate":
    """The judge of a run's frames."""
    from edge.quality import QualityGate

    return QualityGate(calibration=None if calibrated is None else calibrated.calibration)


def started(networks: Networks, camera: "Camera", clock: "Clock") -> "RunStart":
    """What a run that starts now records of itself."""
    from edge.cameras.calibrated import CalibratedCamera
    from edge.log import run_start

    calibrated = camera if isinstance(camera, CalibratedCamera) else None
    return run_start(
        clock=clock,
        source=camera.description,
        bundle=networks.bundle,
        runtime=networks.classifier.runtime,
        threads=networks.threads,
        threshold=networks.threshold,
        command=["hairline", *sys.argv[1:]],
        calibration_id=calibrated.calibration_id if calibrated else None,
        config=calibrated.provenance() if calibrated else None,
    )


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
def progress_bar(frame_count: int | None) -> "Iterator[Callable[[Summary], None]]":
    """Shows, on a terminal, what it is told of a run's summary."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    progress = Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[found]}"),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    with progress:
        task = progress.add_task("inspecting", total=frame_count, found="")
        yield lambda summary: progress.update(task, completed=summary.frames, found=f"{summary.finds} finds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Tells the progress bar, the supervisor and the status file how far a run is."""

    show: Callable[["Summary"], None]
    supervisor: "Supervisor"
    status: "StatusWriter"

    def __call__(self, summary: "Summary") -> None:
        """After each frame."""
        from edge.status_record import RunProgress

        self.show(summary)
        self.supervisor.alive(f"{summary.frames} frames, {summary.finds} finds")
        self.status.update(
            RunProgress(
                inspected=summary.inspected, skipped=summary.skipped.total(), lost=summary.lost, finds=summary.finds
            )
        )
