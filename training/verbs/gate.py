"""`hairline gate OLD NEW`: whether a new bundle may take an old one's place."""

import os
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from training.verbs.evaluate import items_of, named_path

if TYPE_CHECKING:
    from training.bench.wall_bench import WallResult
    from training.gate import GateReport, Judged, Row

DESCRIPTION = """Compares two bundles, each at its own thresholds, on rendered walls whose seeds nothing else may use
(concrete of the data folder's test side; procedural without one) and on the pictures of --data, of sets in the split
only the test side. NEW passes where its recall does not fall beyond its interval on any set and its false alarms fall;
the status is 0 then, else 1. --replace puts a NEW that passes in OLD's place, in one step, and keeps OLD beside it."""

WALL_MM, SHORT_MM = (1800.0, 1200.0), (700.0, 400.0)
MM_PER_PX = 0.3


def configure(parser: ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("old", type=Path, metavar="OLD", help="the bundle in use")
    parser.add_argument("new", type=Path, metavar="NEW", help="the one that is to take its place")
    parser.add_argument(
        "--data", action="append", type=named_path, default=[], metavar="NAME=PATH", help="a set; may be repeated"
    )
    parser.add_argument("--walls", type=int, default=12, metavar="N", help="rendered walls (default: 12)")
    parser.add_argument("--short", action="store_true", help="small walls, for a look")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="walls at a time (default: 1)")
    parser.add_argument("--out", type=Path, default=Path("out/gate"), metavar="DIR", help="what each did on each wall")
    parser.add_argument("--replace", action="store_true", help="put NEW in OLD's place where it passes")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace) -> int:
    from edge.bundle import read_bundle
    from edge.errors import BundleError
    from edge.manifest_json import dumps
    from training.bench.frozen import FROZEN_SEEDS
    from training.gate import compare
    from training.replace import refuse_loss, replace_bundle

    if not 2 <= args.walls <= len(FROZEN_SEEDS) or args.jobs < 1:
        raise BundleError(f"a gate has 2 to {len(FROZEN_SEEDS)} walls, one or more at a time; got {args.walls}")
    bundles = [read_bundle(path) for path in (args.old, args.new)]
    if args.replace:
        refuse_loss(*bundles)  # before minutes of work, not after
    sets = [("rendered walls", *_walls(args)), *_pictures(args)]
    report = compare(sets)
    if args.json:
        sys.stdout.write(dumps(report))
    else:
        _print(report, [bundle.sha256 for bundle in bundles])
    if not report.passed:
        return 1
    if args.replace:
        kept = replace_bundle(args.old, args.new)
        sys.stderr.write(f"{args.old} is the new bundle now; the old one is kept: {kept}\n")
    return 0


def _walls(args: Namespace) -> "tuple[Judged, Judged]":
    from rich.console import Console

    from training.bench.frozen import FROZEN_SEEDS
    from training.bench.wall_bench import BenchSettings, run_walls
    from training.datasets.location import data_root
    from training.gate import walls_judged

    told, root = Console(stderr=True), data_root()
    judged = []
    for name, bundle in (("old", args.old), ("new", args.new)):

        def watch(result: "WallResult", name: str = name) -> None:
            hits = sum(crack.hit for crack in result.cracks)
            told.print(f"{name}, wall {result.seed}: {hits} of {len(result.cracks)} cracks, {len(result.false)} false")

        settings = BenchSettings(
            bundle=bundle,
            data=root if root.is_dir() else None,
            side="test",
            size_wh_mm=SHORT_MM if args.short else WALL_MM,
            mm_per_px=MM_PER_PX,
            threads=max(1, (os.cpu_count() or 1) // args.jobs),
        )
        seeds = FROZEN_SEEDS[: args.walls]
        judged.append(walls_judged(run_walls(settings, seeds, args.out / name, jobs=args.jobs, watch=watch)))
    return judged[0], judged[1]


def _pictures(args: Namespace) -> "list[tuple[str, Judged, Judged]]":
    from edge.classifier import load_classifier
    from training.datasets.split import load_split
    from training.evaluate import on_side, score_items
    from training.gate import pictures_judged

    split, found = load_split(), []
    for name, path in args.data:
        items = items_of(name, path)
        if any(item.name in split.sides for item in items):
            items = on_side(items, split, "test")
        judged = []
        for folder in (args.old, args.new):
            bundle, classifier = load_classifier(folder)
            scored = score_items(items, classifier)
            judged.append(pictures_judged(scored, bundle.manifest.image_threshold.score))
        found.append((name, judged[0], judged[1]))
    return found


def _print(report: "GateReport", names: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"old {names[0][:12]}, new {names[1][:12]} (95 % intervals)")
    for column in ("figure", "set", "old", "new", "new - old"):
        table.add_column(column, justify="left" if column in ("figure", "set") else "right")
    for figure, rows in (("recall", report.recalls), ("false alarms", report.alarms)):
        for row in rows:
            table.add_row(figure, *_cells(row))
    Console().print(table)
    for objection in report.objections:
        sys.stdout.write(f"no: {objection}\n")
    sys.stdout.write("the new bundle may take the old one's place\n" if report.passed else "the old bundle stays\n")


def _cells(row: "Row") -> tuple[str, str, str, str]:
    old = f"{row.old:.3f} ({row.old_ci95[0]:.3f} to {row.old_ci95[1]:.3f})"
    return row.set, old, f"{row.new:.3f}", f"{row.difference_ci95[0]:+.3f} to {row.difference_ci95[1]:+.3f}"
