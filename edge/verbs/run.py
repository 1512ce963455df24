"""`hairline run SOURCE --log DIR`: the main job."""

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from edge.verb import Verb

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edge.config import RoverConfig
    from edge.interrupt import Interrupt
    from edge.run_book import Summary
    from edge.verbs.run_parts import Networks

DESCRIPTION = """Finds cracks in every frame of SOURCE and logs them. SOURCE is a picture, a folder of pictures, a
video, 'wall' (a rendered wall with known cracks) or 'picamera'. What has been logged stays logged, whatever
happens next; Ctrl-C ends the run cleanly. The log is a folder; another run on it adds to it."""

MAX_THREADS = 256
MAX_MM_PER_PX = 100.0
LIVE_QUEUE = 2
LIVE_BATCH_S = 1.0


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
        "--threads",
        type=_positive,
        metavar="N",
        help="threads for the network (default: one a core, at most 4; for a live camera one core is left to it)",
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
    parser.add_argument(
        "--wall",
        metavar="NAME",
        help="the run is a visit to the wall of that name: its finds become cracks, each once, beside those of earlier "
        "visits",
    )
    parser.add_argument(
        "--tags",
        type=Path,
        metavar="FILE",
        help="where the wall's AprilTags are; with it, or --odometry, frames have places on the wall (needs "
        "--calibration and --scale)",
    )
    parser.add_argument(
        "--odometry",
        metavar="WHERE",
        help="what the rover's wheels say: serial:PORT, or a file that was recorded from one",
    )
    parser.add_argument(
        "--no-measure",
        action="store_false",
        default=None,
        dest="measure",
        help="do not measure finds (they are measured where the bundle has a segmenter)",
    )
    parser.add_argument(
        "--quality",
        action="store_true",
        dest="judge",
        help="skip frames that are too dark, too bright, blurred or not square to the wall, each with its reason; for "
        "a camera on a rover: a folder of chosen photographs is inspected whole",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        default=None,
        help="go on with the last run on this source where it ended early: what it logged is not inspected again",
    )
    parser.add_argument(
        "--coverage",
        type=_scale_that_counts,
        metavar="MM_PER_PX",
        help="draw the map of what was inspected, at this scale or finer, as coverage.png in the log's folder",
    )
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def _run(args: Namespace) -> int:
    from edge.allocator import share_one_heap

    share_one_heap()
    from edge.bundle import default_bundle_path
    from edge.cameras.sources import is_live
    from edge.classifiers import open_classifier
    from edge.interrupt import Interrupt
    from edge.verbs.run_parts import Networks, open_segmenter
    from edge.verbs.run_report import report

    config = _take_config(args)
    threads = args.threads or network_threads(len(os.sched_getaffinity(0)), live=is_live(args.source))
    interrupted = Interrupt()
    with open_classifier(args.classifier or "int8", args.bundle or default_bundle_path(), threads=threads) as (
        bundle,
        classifier,
    ):
        threshold = bundle.manifest.window_threshold.score if args.threshold is None else args.threshold
        classifier.spec.q_min(threshold)
        networks = Networks(
            bundle=bundle,
            classifier=classifier,
            segmenter=open_segmenter(bundle, wanted=args.measure is not False, threads=threads),
            threads=threads,
            threshold=threshold,
        )
        summary, withheld = _inspect(args, config, networks, interrupted)
    report(summary, args, stopped=interrupted(), withheld=withheld, unmeasured=networks.unmeasured)
    return 130 if interrupted() else 0


def _inspect(
    args: Namespace, config: "RoverConfig", networks: "Networks", interrupted: "Interrupt"
) -> "tuple[Summary, Mapping[str, int]]":
    """The run itself; the second is how many frames had no millimetres, by reason."""
    from edge.cameras.calibrated import CalibratedCamera
    from edge.cameras.resumed import ResumedCamera
    from edge.clock import SystemClock
    from edge.examine import Examiner
    from edge.inspect import Inspection
    from edge.log import DiskRule, InspectionLog
    from edge.measure.severity import EUROCODE_2
    from edge.service.notify import Supervisor
    from edge.status_record import StatusWriter
    from edge.verbs.run_parts import (
        Watch,
        gate_of,
        measurer_of,
        open_camera,
        progress_bar,
        settle,
        started,
        stillness_of,
        tracker_of,
        write_coverage,
    )

    clock = SystemClock()
    with (
        open_camera(args, config.camera, clock) as camera,
        tracker_of(args, camera, clock) as tracker,
        InspectionLog.open(args.log, clock=clock, rule=DiskRule(**asdict(config.disk))) as log,
        progress_bar(camera.frame_count) as show,
        interrupted,
        Supervisor.from_environment() as supervisor,
    ):
        calibrated = camera if isinstance(camera, CalibratedCamera) else None
        unfinished = log.unfinished(camera.description, live=camera.live) if args.resume else None
        start = started(networks, camera, clock, unfinished)
        if args.wall is not None and start.visit_id is None:
            start = replace(start, visit_id=log.start_visit(args.wall))
        run_id = log.start_run(start, calibrated.calibration if calibrated else None)
        status = StatusWriter(args.log, run_id=run_id, source=camera.description, clock=clock)
        summary = Inspection(
            camera=camera if unfinished is None else ResumedCamera(camera, unfinished),
            examiner=Examiner(
                classifier=networks.classifier,
                threshold=networks.threshold,
                measurer=measurer_of(networks, calibrated),
                poses=tracker or (calibrated.poses if calibrated else None),
                quality=gate_of(config.quality, calibrated) if args.judge or config.quality.judge else None,
                still=stillness_of(config, camera),
                calibration_id=start.calibration_id,
            ),
            log=log,
            run_id=run_id,
            stop=interrupted,
            watch=Watch(args.log, show=show, supervisor=supervisor, status=status),
            severity_table=EUROCODE_2,
            queue_size=LIVE_QUEUE if camera.live else 1,
            goes_on=unfinished is not None,
            batch_s=LIVE_BATCH_S if camera.live else 0.0,
        ).run()
        settle(log, args.log, run_id, start, tracker)
        if args.coverage is not None:
            write_coverage(args.log, run_id, args.coverage)
    return summary, calibrated.withheld if calibrated else {}


def network_threads(cores: int, *, live: bool) -> int:
    """One a core, at most four: more only wait for memory. Where there are two, a live camera has one for itself."""
    return max(1, min(4, cores - 1 if live else cores))


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:6]) <= MAX_THREADS or len(text) > 6:
        raise ArgumentTypeError(f"expected a whole number from 1 to {MAX_THREADS}, got '{text}'")
    return int(text)


def _scale_that_counts(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < MAX_MM_PER_PX:
        raise ArgumentTypeError(f"expected mm per pixel, above 0 and below {MAX_MM_PER_PX:g}, got '{text}'")
    return value


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


VERB = Verb(
    name="run",
    help="find cracks in pictures, a video or a camera, and log them",
    extra="edge",
    configure=_configure,
    run=_run,
)
