"""`hairline log show|export|upgrade`: what an inspection log holds; the same for other programs; an old log renewed."""

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.verb import Verb, add_action

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from edge.exports.registry import Exporter
    from edge.log import CrackVisit, LoggedFind, LogReader, RunCounts, RunRecord, VisitRecord
    from edge.measure.measured import Interval

TOP = 10


def configure(parser: ArgumentParser) -> None:
    """Adds the actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = add_action(actions, "show", "runs, frames and finds; also while a run is writing")
    show.add_argument("--json", action="store_true", help="the same as JSON")
    export = add_action(actions, "export", "the finds and cracks, for other programs")
    export.add_argument(
        "--to",
        required=True,
        metavar="FORMAT",
        help="csv (a row a find), csv-cracks, gpkg (GeoPackage), coco, dxf, mcap, or geojson (with --georeference)",
    )
    export.add_argument(
        "--georeference",
        type=Path,
        metavar="FILE",
        help="where the wall stands on the earth, as JSON (docs/review.md); for geojson alone",
    )
    export.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write to this file (default: standard output)"
    )
    upgrade = add_action(
        actions,
        "upgrade",
        "bring a log of an older schema up to this Hairline's; a copy of the old database stays in it",
    )
    for action in (show, export, upgrade):
        action.add_argument("log", type=Path, metavar="LOG", help="the inspection log's folder")
    for action in (show, export):
        action.add_argument("--run", metavar="ID", help="this run alone; the start of its id is enough")


def run(args: Namespace) -> int:
    """Runs the action that was asked for."""
    from edge.log import read_log

    if args.action == "export":
        return _export(args)
    if args.action == "upgrade":
        return _upgrade(args.log)
    with read_log(args.log) as log:
        runs = [log.run(args.run)] if args.run else log.runs()
        if args.json:
            _write_json(log, runs)
        else:
            _show(log, runs)
    return 0


def _upgrade(folder: Path) -> int:
    from edge.log import upgrade_log

    kept = upgrade_log(folder)
    says = "has this Hairline's schema already" if kept is None else f"upgraded; the old database is kept as {kept}"
    sys.stdout.write(f"{folder}: {says}\n")
    return 0


def _export(args: Namespace) -> int:
    from edge.durable import replacing
    from edge.errors import LogError
    from edge.exports.registry import exporter
    from edge.log import read_log

    export = exporter(args.to, args.georeference)
    with read_log(args.log) as log:
        runs = [log.run(args.run)] if args.run else log.runs()
        if args.output is None:
            _export_to_stdout(export, log, runs)
            return 0
        try:
            with replacing(args.output) as stream:
                export(log, runs, stream)
        except LogError:
            raise
        except OSError as failed:
            raise LogError(f"{args.output} cannot be written: {failed.strerror or failed}") from failed
    return 0


def _export_to_stdout(export: "Exporter", log: "LogReader", runs: "Sequence[RunRecord]") -> None:
    from edge.errors import LogError

    try:
        export(log, runs, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except (LogError, BrokenPipeError):
        # A reader that has gone (`| head`) is no fault; the command line knows what to do.
        raise
    except OSError as failed:
        # What is left in the buffer would fail again, with a traceback, when the interpreter ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise LogError(f"the export cannot be written to standard output: {failed.strerror or failed}") from failed


def _write_json(log: "LogReader", runs: "Sequence[RunRecord]") -> None:
    content = {
        "log": str(log.folder),
        "runs": [_plain_run(log, run) for run in runs],
        "visits": [_plain_visit(log, visit) for visit in log.visits()],
    }
    sys.stdout.write(json.dumps(content, indent=2) + "\n")


def _plain_run(log: "LogReader", run: "RunRecord") -> dict[str, Any]:
    start, counts = run.start, log.counts(run.id)
    columns = {name: value for name, value in run.write().items() if not name.endswith("_json")}
    return {
        **columns,
        "command": list(start.command),
        "config": dict(start.config),
        "frames_inspected": counts.inspected,
        "frames_skipped": dict(counts.skipped),
        "frames_lost": counts.lost,
        "frames_with_finds": counts.frames_with_finds,
        "finds": counts.finds,
        "top_finds": [_plain_find(found) for found in log.top_finds(run.id, TOP)],
    }


def _plain_find(found: "LoggedFind") -> dict[str, Any]:
    overlay = None if found.overlay_path is None else found.overlay_path.as_posix()
    return {
        "frame_seq": found.seq,
        "frame_name": found.frame_name,
        "overlay_path": overlay,
        # JSON has no bytes; whoever wants courses reads the database.
        **{name: value for name, value in found.find.write().items() if not isinstance(value, bytes)},
    }


def _plain_visit(log: "LogReader", visit: "VisitRecord") -> dict[str, Any]:
    return {
        "id": visit.id,
        "wall": visit.wall,
        "cracks": [
            {name: value for name, value in crack.write().items() if not isinstance(value, bytes)}
            for crack in log.cracks(visit.id)
        ],
    }


def _show(log: "LogReader", runs: "Sequence[RunRecord]") -> None:
    from rich.console import Console

    console = Console(file=sys.stdout, highlight=False)
    if not runs:
        console.print(f"{_plain(str(log.folder))}: no runs yet", markup=False)
    for run in runs:
        console.print(_run_table(log.folder, run, log.counts(run.id)))
        finds = log.top_finds(run.id, TOP)
        if finds:
            console.print(_finds_table(finds))
    for visit in log.visits():
        if visit.id in {run.start.visit_id for run in runs}:
            console.print(_cracks_table(visit, log.cracks(visit.id)))


def _run_table(folder: Path, run: "RunRecord", counts: "RunCounts") -> "Table":
    from rich.table import Table
    from rich.text import Text

    start = run.start
    trust = {None: "perhaps not synchronised", True: "synchronised", False: "not synchronised"}
    facts = {
        "run": run.id,
        "log": str(folder),
        "state": run.state.value if run.reason is None else f"{run.state.value}: {run.reason}",
        "started": f"{start.started_utc:%Y-%m-%d %H:%M:%S} UTC, clock {trust[start.clock_synchronised]}",
        "goes on with": _resumed(run),
        "ended": f"{run.ended_utc:%Y-%m-%d %H:%M:%S} UTC" if run.ended_utc else "",
        "source": start.source,
        "bundle": f"{start.bundle_name}, SHA-256 {start.bundle_sha256[:12]}",
        "runtime": f"{start.runtime}, threads: {start.threads}",
        "threshold": f"{start.window_threshold:.4f}",
        "calibration": start.calibration_id or "none: nothing is in millimetres",
        "frames inspected": str(counts.inspected),
        **{f"frames skipped: {reason}": str(n) for reason, n in counts.skipped.items()},
        "frames lost by the camera": str(counts.lost) if counts.lost else "",
        "frames with finds": str(counts.frames_with_finds),
        "finds": str(counts.finds),
    }
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in facts.items():
        if value:
            table.add_row(Text(_plain(name)), Text(_plain(value), overflow="fold"))
    return table


def _resumed(run: "RunRecord") -> str:
    told = run.start.config.get("resumed")
    if run.start.resumes_run_id is None or not isinstance(told, dict):
        return ""
    gap_s = told.get("gap_s")
    gap = "nobody knows how long nothing was inspected" if gap_s is None else f"nothing was inspected for {gap_s:.0f} s"
    return f"{run.start.resumes_run_id}, {told['state']} after {told['frames_logged']} frames; {gap}"


def _finds_table(finds: "Sequence[LoggedFind]") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table("score", "windows", "box x, y, w, h (px)", "frame", "picture")
    table.title, table.title_justify = "finds with the highest scores", "left"
    for found in finds:
        table.add_row(
            f"{found.find.score:.3f}",
            str(found.find.windows),
            ", ".join(map(str, found.find.box_xywh_px)),
            Text(_plain(found.frame_name), overflow="fold"),
            Text("" if found.overlay_path is None else found.overlay_path.as_posix(), overflow="fold"),
        )
    return table


def _cracks_table(visit: "VisitRecord", cracks: "Sequence[CrackVisit]") -> "Table":
    """The longest first; what was not seen again last."""
    from rich.table import Table

    from edge.log import CrackState

    grown = any(crack.state is CrackState.GROWN for crack in cracks)
    table = Table(
        "crack", "state", "length mm", "width mm", "largest mm", *(["longer by", "wider by"] if grown else [])
    )
    table.title, table.title_justify = f"cracks of {_plain(visit.wall)}, visit {visit.id} (95 % intervals)", "left"
    if any(crack.runs_straight for crack in cracks):
        table.caption, table.caption_justify = "no wander: joints, wires and shadows run so, cracks do not", "left"
    for crack in sorted(cracks, key=lambda one: -one.size.length_mm.value if one.size else 0.0):
        size = crack.size
        widths = None if size is None else size.widths_mm
        fine = "" if size is None else "too fine"
        growth = [_interval(crack.length_growth_mm, 0), _interval(crack.width_growth_mm, 2)]
        table.add_row(
            str(crack.crack_id),
            f"{crack.state.value}, no wander" if crack.runs_straight else crack.state.value,
            "" if size is None else _interval(size.length_mm, 0),
            fine if widths is None else _interval(widths.median, 2),
            "" if widths is None else _interval(widths.maximum, 2),
            *(growth if grown else []),
        )
    return table


def _interval(one: "Interval | None", places: int) -> str:
    return "" if one is None else f"{one.value:.{places}f} ({one.low:.{places}f} to {one.high:.{places}f})"


def _plain(text: str) -> str:
    """Text from outside without what would steer the terminal (a file name may hold escape sequences)."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


VERB = Verb(name="log", help="show, export or upgrade an inspection log", extra="edge", configure=configure, run=run)
