"""`hairline run SOURCE --log DIR`: the main job."""

import json
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from edge.verb import Verb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.cameras import Camera
    from edge.clock import Clock
    from edge.config import CameraConfig, RoverConfig
    from edge.inspect import Summary

DESCRIPTION = """Finds cracks in every frame of SOURCE and logs them. SOURCE is a picture, a folder of pictures, a
video, 'wall' (a rendered wall with known cracks) or 'picamera'. What has been logged stays logged, whatever
happens next; Ctrl-C ends the run cleanly. The log is a folder; another run on it adds to it."""

MAX_THREADS = 256


def _configure(parser: ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument(
        "source", nargs="?", metavar="SOURCE", help="a picture, a folder, a video, 'wall' or 'picamera'"
    )
    parser.add_argument("--log", type=Path, metavar="DIR", help="the inspection log's folder")
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="a rover.toml that says all this (see 'hairline config'); what is given here as well goes first",
    )
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="the model bundle (default: the one that ships)")
    parser.add_argument(
        "--classifier",
        metavar="WHAT",
        help="what computes the scores: 'int8', the bundle's network on this machine (default); 'serial:PORT', the "
        "same on a board with Hairline's firmware (PORT@BAUD for another rate than 921600); or 'deepc:PROGRAM', a "
        "float program made by 'hairline firmware deepc'",
    )
    parser.add_argument(
        "--threshold",
        type=float,
        metavar="P",
        help="report windows of at least this probability (default: the bundle's)",
    )
    parser.add_argument(
        "--threads", type=_positive, metavar="N", help="threads for the network (default: one a core, at most 4)"
    )
    parser.add_argument(
        "--calibration",
        type=Path,
        metavar="FILE",
        help="the camera's, from 'hairline calibrate camera'; sets its focus",
    )
    parser.add_argument(
        "--scale",
        metavar="SCALE",
        help="how large a pixel is on the wall, with --calibration: standoff:MM:SD, tag:MM:SD or "
        "points:X1,Y1,X2,Y2:MM:SD (SD: standard deviation in mm)",
    )
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def _run(args: Namespace) -> int:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from edge.bundle import default_bundle_path
    from edge.cameras.calibrated import CalibratedCamera
    from edge.classifiers import open_classifier
    from edge.clock import SystemClock
    from edge.inspect import Inspection
    from edge.interrupt import Interrupt
    from edge.log import InspectionLog, run_start
    from edge.service.notify import Supervisor
    from edge.status_record import RunProgress, StatusWriter

    config = _take_config(args)
    threads = args.threads or min(4, os.cpu_count() or 1)
    bundle_path = args.bundle or default_bundle_path()
    clock = SystemClock()
    interrupted = Interrupt()
    progress = Progress(
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[found]}"),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )
    with open_classifier(args.classifier or "int8", bundle_path, threads=threads) as (
        bundle,
        classifier,
    ):
        threshold = bundle.manifest.window_threshold.score if args.threshold is None else args.threshold
        classifier.spec.q_min(threshold)
        with (
            _open_camera(args, config.camera, clock) as camera,
            InspectionLog.open(args.log, clock=clock) as log,
            progress,
        ):
            calibrated = camera if isinstance(camera, CalibratedCamera) else None
            start = run_start(
                clock=clock,
                source=camera.description,
                bundle=bundle,
                runtime=classifier.runtime,
                threads=threads,
                threshold=threshold,
                command=["hairline", *sys.argv[1:]],
                calibration_id=calibrated.calibration_id if calibrated else None,
                config=calibrated.provenance() if calibrated else None,
            )
            task = progress.add_task("inspecting", total=camera.frame_count, found="")

            def watch(summary: "Summary") -> None:
                progress.update(task, completed=summary.frames, found=f"{summary.finds} finds")
                supervisor.alive(f"{summary.frames} frames, {summary.finds} finds")
                status.update(
                    RunProgress(
                        inspected=summary.inspected,
                        skipped=summary.skipped.total(),
                        lost=summary.lost,
                        finds=summary.finds,
                    )
                )

            with interrupted, Supervisor.from_environment() as supervisor:
                run_id = log.start_run(start, calibrated.calibration if calibrated else None)
                status = StatusWriter(args.log, run_id=run_id, source=camera.description, clock=clock)
                summary = Inspection(
                    camera=camera,
                    classifier=classifier,
                    log=log,
                    run_id=run_id,
                    threshold=threshold,
                    stop=interrupted,
                    watch=watch,
                    calibration_id=start.calibration_id,
                ).run()
    _report(summary, args, stopped=interrupted(), withheld=calibrated.withheld if calibrated else {})
    return 130 if interrupted() else 0


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:6]) <= MAX_THREADS or len(text) > 6:
        raise ArgumentTypeError(f"expected a whole number from 1 to {MAX_THREADS}, got '{text}'")
    return int(text)


def _take_config(args: Namespace) -> "RoverConfig":
    """What `--config` says, also put into `args` wherever the command line was silent."""
    from edge.config import RoverConfig, keys_of, read_config
    from edge.errors import ConfigError

    config = RoverConfig() if args.config is None else read_config(args.config)
    for name in keys_of(RoverConfig):
        if getattr(args, name) is None:
            setattr(args, name, getattr(config, name))
    for name, given in (("source", "SOURCE"), ("log", "--log DIR")):
        if getattr(args, name) is None:
            raise ConfigError(f"a run needs '{name}': {given} on the command line, or {name} = ... in a rover.toml")
    return config


def _open_camera(args: Namespace, settings: "CameraConfig", clock: "Clock") -> "Camera":
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


def _report(summary: "Summary", args: Namespace, *, stopped: bool, withheld: "Mapping[str, int]") -> None:
    score, name, picture = summary.best
    shown = args.log / picture if picture else None
    if args.json:
        content = {
            "frames_inspected": summary.inspected,
            "frames_skipped": dict(summary.skipped),
            "frames_lost": summary.lost,
            "frames_without_mm": dict(withheld),
            "frames_with_finds": summary.frames_with_finds,
            "finds": summary.finds,
            "stopped": stopped,
            "log": str(args.log),
            "best_picture": str(shown) if shown else None,
        }
        sys.stdout.write(json.dumps(content, indent=2) + "\n")
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title="stopped by its user: everything up to here is logged" if stopped else None, show_header=False)
    table.add_row("frames inspected", str(summary.inspected))
    for reason, count in summary.skipped.items():
        table.add_row(Text(f"frames skipped: {reason}"), str(count))
    if summary.lost:
        table.add_row("frames lost by the camera", str(summary.lost))
    for reason, count in withheld.items():
        table.add_row(Text(f"frames without millimetres: {reason}"), str(count))
    table.add_row("frames with finds", str(summary.frames_with_finds))
    table.add_row("finds", str(summary.finds))
    if summary.inspected:
        table.add_row("network, ms a frame", f"{summary.inference_ns / summary.inspected / 1e6:.1f}")
    if shown:
        table.add_row("highest score", Text(f"{score:.3f} in {name}"))
    Console().print(table)
    # Paths are for copying: a table would fold or cut them.
    sys.stdout.write(f"log: {args.log}\n")
    if shown:
        sys.stdout.write(f"annotated picture: {shown}\n")


VERB = Verb(
    name="run",
    help="find cracks in pictures, a video or a camera, and log them",
    extra="edge",
    configure=_configure,
    run=_run,
)
