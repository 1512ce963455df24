"""One round of feedback: what a person's verdicts on rendered walls do to false cracks on walls not yet seen.

A bundle with float weights (--bundle; default: the one that ships) searches walls with concrete of the training side.
Finds that touch no true crack are rejected, the others accepted; the log is exported, the recipe `tilenet-m-round` goes
on with it from the bundle's weights, but without the joints, tie holes and wires that it would draw itself: what they
look like, the verdicts alone say. Old and new bundle then search other walls, with concrete of the test side. Wanted:
at least 50 false cracks to begin with, the ratio's 95 % upper bound below 0.7, recall within its interval.

--control: the same steps without the verdicts, to tell what is theirs. --short needs no data and proves nothing: a
small network, trained here for seconds on procedural concrete.
"""

import os
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from feedback_round import Walls, inspect_walls, review
from harness import show

from edge.bundle import default_bundle_path, read_bundle
from edge.clock import SystemClock
from edge.feedback_export import export_feedback
from training.bench.wall_bench import BenchSettings, WallResult, run_walls
from training.datasets import feedback, sdnet
from training.datasets.cleaning import clean
from training.datasets.folder import CLASSES, read_classes
from training.datasets.item import Item
from training.datasets.licences import OWN
from training.datasets.location import data_root
from training.datasets.registry import read_all
from training.datasets.rendered import render_crack
from training.datasets.split import Split, load_split, split_of
from training.datasets.split import load_recipe as load_split_recipe
from training.datasets.wall_textures import textures
from training.gate import Judged, compare, ratio_ci95, walls_judged
from training.recipe import Recipe, load_recipe
from training.segmentation.ship import carry_segmenter
from training.ship import Trained, ship
from training.start import from_bundle
from training.train import train

LEARNT, UNSEEN = range(7_200_000, 7_200_100), range(7_300_000, 7_300_100)
SIZE_MM, SHORT_MM = (1800.0, 1200.0), (700.0, 400.0)
MM_PER_PX = 0.3
THIN = 10
LEAST_FALSE, RATIO = 50, 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a round begins with."""

    start: Path
    recipe: Recipe
    items: Sequence[Item]
    split: Split
    data: Path | None
    size_wh_mm: tuple[float, float]
    learnt: range
    unseen: range
    side: str
    control: bool = False


def main() -> None:
    args = arguments()
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.keep or Path(scratch)
        plan = small_plan(folder) if args.short else full_plan(args)
        new = a_round(plan, folder)
        old_walls = judged(plan, plan.start, folder / "walls-old")
        new_walls = judged(plan, new, folder / "walls-new")
        told(args, plan, old_walls, new_walls)


def arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, help="the bundle to begin with (default: the one that ships)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--short", action="store_true", help="shows that it runs: nothing that it prints is a figure")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep log, feedback, bundle and walls there")
    parser.add_argument("--control", action="store_true", help="the same training without the verdicts")
    parser.add_argument("--learnt", type=int, default=8, metavar="N", help="walls that are reviewed (default: 8)")
    parser.add_argument(
        "--unseen", type=int, default=8, metavar="N", help="walls that both bundles search (default: 8)"
    )
    parser.add_argument("--side", default="test", choices=("validation", "test"), help="of the unseen walls' concrete")
    return parser.parse_args()


def full_plan(args: Namespace) -> Plan:
    recipe = load_recipe("tilenet-m-round")
    recipe = replace(recipe, data=replace(recipe.data, fixtures=False))
    items, _ = clean(read_all(recipe.data.sets, data_root()))
    return Plan(
        start=args.bundle or default_bundle_path(),
        recipe=recipe,
        items=items,
        split=load_split(),
        data=data_root(),
        size_wh_mm=SIZE_MM,
        learnt=LEARNT[: args.learnt],
        unseen=UNSEEN[: args.unseen],
        side=args.side,
        control=args.control,
    )


def a_round(plan: Plan, folder: Path) -> Path:
    """Inspect, review, export, train, ship: the new bundle."""
    walls = Walls(seeds=plan.learnt, size_wh_mm=plan.size_wh_mm, mm_per_px=MM_PER_PX, data=plan.data, side="train")
    verdicts = inspect_walls(walls, plan.start, folder / "log")
    review(folder / "log", verdicts)
    export_feedback(folder / "log", folder / "feedback", clock=SystemClock())
    examples = feedback.read(folder / "feedback")
    feedback.refuse_judges(examples, plan.items, plan.split)
    sys.stderr.write(f"{dict(Counter(reason or 'crack' for reason in verdicts.values()))}; {examples.citation}\n")
    model = train(
        plan.recipe,
        plan.items,
        plan.split,
        folder / "run",
        verbose=2,
        start=from_bundle(plan.start, plan.recipe),
        feedback=None if plan.control else examples,
    )
    trained = Trained(
        recipe=plan.recipe,
        model=model,
        items=few(plan),
        split=plan.split,
        feedback=None if plan.control else examples,
        start=read_bundle(plan.start),
    )
    new = ship(trained, folder / "new", command="bench_feedback.py", overwrite=True).bundle.path
    carry_segmenter(plan.start, new)
    return new


def few(plan: Plan) -> Sequence[Item]:
    """All that chooses the window threshold, of the others every tenth: no figure of pictures is shown here."""
    chooses = {item.name for item in plan.split.items("validation", plan.items) if item.dataset == sdnet.NAME}
    thin = {item.name for item in plan.items[:: THIN if plan.data else 1]}
    return [item for item in plan.items if item.name in chooses | thin]


def judged(plan: Plan, bundle: Path, folder: Path) -> Judged:
    settings = BenchSettings(
        bundle=bundle,
        data=plan.data,
        side=plan.side,
        size_wh_mm=plan.size_wh_mm,
        mm_per_px=MM_PER_PX,
        threads=os.cpu_count() or 1,
    )

    def watch(result: WallResult) -> None:
        near = dict(Counter(false.near for false in result.false))
        hits = sum(crack.hit for crack in result.cracks)
        sys.stderr.write(f"{bundle.name} {result.seed}: {hits} of {len(result.cracks)}, false: {near}\n")

    return walls_judged(run_walls(settings, plan.unseen, folder, jobs=1, watch=watch))


def told(args: Namespace, plan: Plan, old: Judged, new: Judged) -> None:
    report = compare([("walls", old, new)])
    ratio, ratio_range = ratio_ci95(old, new)
    recall, alarms = report.recalls[0], report.alarms[0]
    begun = int(old.alarms.sum())
    rows = [
        {
            "figure": "false cracks",
            "old": begun,
            "new": int(new.alarms.sum()),
            "95 %": "",
            "wanted": "50 to begin with",
        },
        {
            "figure": "false cracks / m2",
            "old": alarms.old,
            "new": alarms.new,
            "95 %": f"ratio {ratio:.2f}: {ratio_range[0]:.2f} to {ratio_range[1]:.2f}",
            "wanted": f"ratio's upper end below {RATIO}",
        },
        {
            "figure": "recall",
            "old": recall.old,
            "new": recall.new,
            "95 %": f"old {recall.old_ci95[0]:.3f} to {recall.old_ci95[1]:.3f}, "
            f"difference {recall.difference_ci95[0]:+.3f} to {recall.difference_ci95[1]:+.3f}",
            "wanted": "within its interval",
        },
    ]
    start = read_bundle(plan.start)
    show(
        "one round of feedback, on walls not yet seen",
        rows,
        args,
        command=command(args),
        begun_with=f"{start.manifest.name}, made at commit {start.manifest.commit[:7]}, SHA-256 {start.sha256[:12]}",
        reviewed_walls=0 if plan.control else len(plan.learnt),
        walls=len(plan.unseen),
        cracks=int(old.cracks.sum()),
        area_m2=round(float(old.bare.sum()), 1),
        concrete="procedural" if plan.data is None else f"{plan.side} side",
        gate_passed=report.passed,
        reached="a short form proves nothing"
        if args.short
        else begun >= LEAST_FALSE and ratio_range[1] < RATIO and recall.new >= recall.old_ci95[0],
    )


def command(args: Namespace) -> str:
    """What decides the figures; where the bundle lies does not: `begun_with` says which it is."""
    words = ["--short"] if args.short else [f"--learnt {args.learnt}", f"--unseen {args.unseen}"]
    words += ["--bundle BUNDLE"] * bool(args.bundle) + ["--control"] * args.control
    words += [f"--side {args.side}"] * (args.side != "test")
    return " ".join(["python tests/benchmarks/bench_feedback.py", *words])


def small_plan(folder: Path) -> Plan:
    """A small network and its bundle, from pictures drawn here."""
    items = draw_pictures(folder / "own")
    rule = {"own": {"rule": "random_units", "fractions": {"train": 0.5, "validation": 0.25, "test": 0.25}}}
    split = split_of(items, [], {**load_split_recipe(), "datasets": rule})
    base = load_recipe("tilenet-m-rendered")
    recipe = replace(
        base,
        name="small",
        model="tilenet-s",
        epochs=1,
        steps_per_epoch=60,
        batch_size=8,
        data=replace(base.data, sets=("own",), crop_px=96),
        bundle=replace(base.bundle, tile_px=64, input_px=64, window_false_alarm_rate=0.4),
    )
    trained = train(recipe, items, split, folder / "start-run", verbose=2)
    start = Trained(recipe=recipe, model=trained, items=items, split=split)
    bundle = ship(start, folder / "start", command="bench_feedback.py --short", overwrite=True).bundle
    return Plan(
        start=bundle.path,
        recipe=replace(recipe, name="small-round", steps_per_epoch=10),
        items=items,
        split=split,
        data=None,
        size_wh_mm=SHORT_MM,
        learnt=LEARNT[:1],
        unseen=UNSEEN[:2],
        side="test",
    )


def draw_pictures(folder: Path) -> list[Item]:
    """Procedural concrete, every other picture with a rendered crack."""
    for n, picture in enumerate(np.concatenate([textures(None, None, "train", seed) for seed in range(3)])):
        path = folder / ("cracked" if n % 2 else "uncracked") / f"{n:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        shown = render_crack(np.random.default_rng(n), picture)[0] if n % 2 else picture
        cv2.imwrite(str(path), shown)
    return read_classes(folder, dataset="own", classes=CLASSES, licence=OWN)


if __name__ == "__main__":
    main()
