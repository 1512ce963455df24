"""`hairline calibrate camera SOURCE`: a lens from pictures of a board."""

import json
import shutil
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calibration.collect import Progress
    from edge.calibration_record import CameraCalibration

# A sharp board on a rigid sheet gives 0.05 to 0.3 px; above this something is wrong: blur, a bent sheet, another lens.
DEFAULT_MAX_RMS_PX = 0.5

HELP = "a camera's lens from pictures of a board"
DESCRIPTION = """Calibrates a camera from a folder of pictures, a video or 'picamera' (live: it says what is
missing and ends when nothing is; Ctrl-C ends it before). The board is printed by `hairline calibrate target`. The
calibration holds for this resolution and lens position only."""


def configure(parser: ArgumentParser) -> None:
    parser.add_argument("source", metavar="SOURCE", help="a folder of pictures, a video or 'picamera'")
    parser.add_argument("--board", required=True, metavar="BOARD", help="as printed on the sheet: charuco:9x6:27")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help="the calibration to write (JSON)"
    )
    parser.add_argument(
        "--lens-position",
        type=_dioptres,
        metavar="DPT",
        help="focus in dioptres (1 / metres): sets the Pi camera's, and is noted of pictures that do not say it",
    )
    parser.add_argument(
        "--max-error",
        type=_pixels,
        default=DEFAULT_MAX_RMS_PX,
        metavar="PX",
        help=f"reprojection error above which nothing is said in millimetres (default: {DEFAULT_MAX_RMS_PX:g})",
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: Namespace) -> int:
    from calibration.board import parse_board
    from calibration.camera import calibrate
    from calibration.collect import Collector, collect
    from edge.calibration_record import write_calibration
    from edge.cameras import open_source
    from edge.clock import SystemClock
    from edge.config import CameraConfig
    from edge.interrupt import Interrupt

    board, clock, interrupted = parse_board(args.board), SystemClock(), Interrupt()
    focus = CameraConfig(lens_position_dpt=args.lens_position)
    with open_source(args.source, clock=clock, settings=focus) as camera:
        collector = Collector(board, is_stream=_is_stream(args.source), lens_position_dpt=args.lens_position)
        with interrupted, _Line() as line:
            views = collect(camera, collector, stop=interrupted, watch=line)
        description = camera.description
    calibration = calibrate(board, views, source=description, clock=clock, max_rms_px=args.max_error)
    write_calibration(args.output, calibration)
    _report(calibration, args)
    return 0


def _is_stream(source: str) -> bool:
    from edge.cameras.sources import PICTURE_SUFFIXES

    path = Path(source)
    return not path.is_dir() and path.suffix.lower() not in PICTURE_SUFFIXES


class _Line:
    """One line that is written over as frames come; where it is not watched, a line a change."""

    def __init__(self) -> None:
        self._width, self._before = 0, ""
        self._rolls = sys.stderr.isatty()

    def __enter__(self) -> "_Line":
        return self

    def __exit__(self, *_: object) -> None:
        if self._rolls and self._width:
            sys.stderr.write("\n")

    def __call__(self, progress: "Progress") -> None:
        covered = progress.coverage
        missing = "; ".join(covered.missing()) or "nothing"
        text = f"{covered.views} views [{covered.map()}] missing: {missing}"
        if self._rolls:
            # A line that wraps could not be written over.
            text = f"{text} | {progress.last}"[: shutil.get_terminal_size().columns - 1]
            sys.stderr.write("\r" + text.ljust(self._width))
            self._width = len(text)
        elif text != self._before:
            sys.stderr.write(text + "\n")
        sys.stderr.flush()
        self._before = text


def _report(calibration: "CameraCalibration", args: Namespace) -> None:
    if args.json:
        from edge.manifest_json import to_plain

        sys.stdout.write(json.dumps(to_plain(calibration), indent=2) + "\n")
        return
    from rich.console import Console
    from rich.table import Table

    from calibration.camera import poor_views

    errors = sorted(view.rms_px for view in calibration.views)
    table = Table(show_header=False)
    table.add_row("id", calibration.id[:12])
    table.add_row("resolution", "{} x {} px".format(*calibration.frame_wh))
    position = calibration.lens_position_dpt
    table.add_row("lens position", "not stated" if position is None else f"{position:g} dioptres")
    for (name, sd), value in zip(calibration.named_sd().items(), calibration.lens, strict=True):
        table.add_row(name, f"{value:.6g} ± {1.96 * sd:.2g} (95 %)")
    table.add_row("reprojection error", f"{calibration.rms_px:.3f} px over {len(errors)} views")
    table.add_row("a view's error", f"{errors[0]:.3f} to {errors[-1]:.3f} px, median {errors[len(errors) // 2]:.3f}")
    Console().print(table)
    for view in poor_views(calibration):
        sys.stdout.write(
            f"a view that fits poorly: {view.name} ({view.rms_px:.2f} px); leave it out, or take it again\n"
        )
    if calibration.withholds_mm:
        sys.stdout.write(f"no millimetres with it: {calibration.withholds_mm}\n")
    sys.stdout.write(f"calibration: {args.output}\n")


def _dioptres(text: str) -> float:
    return _number(text, 0.0, 50.0, "dioptres from 0 to 50")


def _pixels(text: str) -> float:
    return _number(text, 0.01, 100.0, "pixels from 0.01 to 100")


def _number(text: str, low: float, high: float, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise ArgumentTypeError(f"expected {what}, got '{text}'")
    return value
