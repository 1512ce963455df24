"""`hairline bench wall`: the score card over rendered walls."""

import json
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.manifest import Manifest

DESCRIPTION = """Has a bundle inspect rendered walls of known cracks, as `hairline run` does with tags and wheels, and
prints the score card of their logs: probability of detection over crack width with a90/95, false cracks a square metre,
errors of width, length and place, and how many cracks are one entry. Concrete is grown from real uncracked photographs
of the data folder's test side; without a data folder it is procedural, and the card says so. A wall that --out holds
already, made with the same settings, is not made again."""

WALL_MM = (6000.0, 2500.0)
SHORT_MM = (1200.0, 800.0)


def configure(parser: ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("what", choices=("wall",), help="what to run: 'wall'")
    parser.add_argument("--walls", type=_positive, default=4, metavar="N", help="walls of 6 m x 2.5 m (default: 4)")
    parser.add_argument("--mm-per-px", type=_scale, default=0.1, metavar="MM", help="scale (default: 0.1)")
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="the bundle to judge (default: the one that ships)")
    parser.add_argument(
        "--side",
        choices=("train", "validation", "test"),
        default="test",
        help="whose photographs (default: test)",
    )
    parser.add_argument("--procedural", action="store_true", help="procedural concrete, also where there is data")
    parser.add_argument("--first-seed", type=int, default=0, metavar="N", help="seed of the first wall (default: 0)")
    parser.add_argument("--short", action="store_true", help="walls of 1.2 m x 0.8 m, for a look")
    parser.add_argument("--jobs", type=_positive, default=1, metavar="N", help="walls at a time (default: 1)")
    parser.add_argument("--out", type=Path, default=Path("out/bench/wall"), metavar="DIR", help="card, plots and walls")
    parser.add_argument("--record", type=Path, metavar="FILE", help="put the card into this JSON too, a card a scale")
    parser.add_argument("--json", action="store_true", help="print the card as JSON")


def run(args: Namespace) -> int:
    from rich.console import Console

    from edge.bundle import default_bundle_path
    from edge.manifest import read_manifest
    from training.bench.card import draw_pod, make_card, record_card, tables
    from training.bench.wall_bench import BenchSettings, WallResult, run_walls

    bundle = args.bundle or default_bundle_path()
    manifest = read_manifest(bundle / "manifest.json")
    settings = BenchSettings(
        bundle=bundle,
        data=None if args.procedural else _data(),
        side=args.side,
        size_wh_mm=SHORT_MM if args.short else WALL_MM,
        mm_per_px=args.mm_per_px,
        threads=max(1, (os.cpu_count() or 1) // args.jobs),
    )
    seeds = range(args.first_seed, args.first_seed + args.walls)
    told = Console(stderr=True)

    def watch(result: WallResult) -> None:
        hits = sum(crack.hit for crack in result.cracks)
        told.print(
            f"wall {result.seed}: {hits} of {len(result.cracks)} cracks hit, {len(result.false)} false, "
            f"{result.area_m2:.2f} m² in {result.frames} frames; a frame: {result.seconds / result.frames:.2f} s, "
            f"{result.inference_s / result.frames:.2f} s of it to search"
        )

    results = run_walls(settings, seeds, args.out, jobs=args.jobs, watch=watch)
    card = make_card(
        results,
        mm_per_px=args.mm_per_px,
        facts=_facts(args, settings.data, manifest),
        not_measured=_not_measured(manifest),
    )
    content = json.dumps(card.as_json(), indent=2, allow_nan=False) + "\n"
    (args.out / "card.json").write_text(content, encoding="utf-8")
    draw_pod(results, card, args.out / "pod.png")
    if args.record:
        record_card(card, args.record)
    if args.json:
        sys.stdout.write(content)
        return 0
    console = Console()
    for table in tables(card):
        console.print(table)
    sys.stdout.write(f"card: {args.out / 'card.json'}\nplot: {args.out / 'pod.png'}\n")
    return 0


def _facts(args: Namespace, data: Path | None, manifest: "Manifest") -> dict[str, Any]:
    from edge.render.crack_look import read_crack_look
    from training.datasets.split import load_split

    return {
        "command": " ".join(["hairline", *sys.argv[1:]]),
        "bundle": manifest.name,
        "bundle_commit": manifest.commit,
        "classifier_sha256": manifest.files[manifest.classifier.file],
        "window_threshold": manifest.window_threshold.score,
        "wall_mm": "{:g} x {:g}".format(*(SHORT_MM if args.short else WALL_MM)),
        "concrete": "procedural" if data is None else f"photographs, {args.side} side",
        "split_sha256": None if data is None else load_split().sha256,
        "crack_look_sha256": read_crack_look().sha256,
        "placed_by": "tags, registration and wheels; hits are judged where entries truly lie",
        "reported": "groups of windows" if manifest.segmenter is None else "cracks of the log",
    }


def _not_measured(manifest: "Manifest") -> dict[str, str]:
    figures = ("width error and interval", "length error", "position error") if manifest.segmenter is None else ()
    return dict.fromkeys(figures, "no segmenter in the bundle")


def _data() -> Path | None:
    from training.datasets.location import data_root

    root = data_root()
    return root if root.is_dir() else None


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text[:6]) <= 10_000:
        raise ArgumentTypeError(f"expected a whole number from 1 to 10000, got '{text}'")
    return int(text)


def _scale(text: str) -> float:
    value = float(text)
    if not 0.02 <= value <= 2:
        raise ArgumentTypeError(f"expected millimetres a pixel from 0.02 to 2, got {text}")
    return value
