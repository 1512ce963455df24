"""`hairline train RECIPE`: a recipe -> a trained network -> a bundle. `hairline train compare`: runs side by side."""

import os
import shlex
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.datasets.feedback import FeedbackSet
    from training.datasets.item import Item
    from training.datasets.split import Split
    from training.recipe import Recipe

DESCRIPTION = """Trains a recipe on the training side of the split, quantises it to int8, chooses its thresholds on the
validation side, measures it on the test side, and writes a bundle. An interrupted run goes on from its last epoch when
the same command is given again. `hairline train compare [RUN ...]` prints the finished runs side by side."""
COMPARE = "compare"
RUNS = Path("runs")


def configure(parser: ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument(
        "recipe",
        metavar="RECIPE",
        help="a recipe that ships (tilenet-m, article-cnn and others: an unknown name is answered with all of them), a "
        ".toml file, or `compare`",
    )
    parser.add_argument(
        "runs", nargs="*", type=Path, metavar="RUN", help="compare: folders of runs (default: all below runs/)"
    )
    parser.add_argument("--csv", action="store_true", help="compare: every figure, as CSV")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where the run's state and curves go (default: runs/RECIPE)"
    )
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="where the bundle goes (default: OUT/bundle)")
    parser.add_argument("--split", type=Path, metavar="FILE", help="another split than the one that ships")
    parser.add_argument("--overwrite", action="store_true", help="replace a bundle that is already there")
    parser.add_argument(
        "--with",
        type=Path,
        dest="feedback",
        metavar="FEEDBACK",
        help="learn from reviewed finds, too: what `hairline feedback export` made",
    )
    start = parser.add_mutually_exclusive_group()
    start.add_argument(
        "--start", type=Path, metavar="BUNDLE", help="begin with a bundle's float weights, and keep its segmenter"
    )
    start.add_argument("--weights", type=Path, metavar="FILE", help="ImageNet weights, where a recipe starts from them")
    start.add_argument("--from-scratch", action="store_true", help="do without ImageNet weights; nothing is frozen")


def run(args: Namespace) -> int:
    from edge.errors import RecipeError

    if args.recipe == COMPARE:
        return _compare(args.runs, as_csv=args.csv)
    if args.runs or args.csv:
        raise RecipeError("one recipe is trained at a time; RUN and --csv belong to `hairline train compare`")
    return _train(args)


def _train(args: Namespace) -> int:
    from rich.console import Console
    from rich.progress import track

    from edge.bundle import read_bundle
    from edge.errors import BundleError, RecipeError
    from training.datasets.cleaning import clean
    from training.datasets.location import data_root
    from training.datasets.registry import read_all
    from training.datasets.split import DEFAULT, load_split

    parts = _recipes(args)  # before Keras, whose start takes seconds and many words
    from training.architectures.registry import ARCHITECTURES
    from training.architectures.tilenet import TILE_PX
    from training.checkpoint import load_progress
    from training.distributed import join_workers
    from training.pretrained import imagenet_weights
    from training.record.results import record_results
    from training.segmentation.ship import carry_segmenter
    from training.segmentation.verb import train_segmenter
    from training.ship import Trained, check_licences, ship
    from training.start import from_bundle
    from training.train import train

    recipe = parts[-1]
    out = args.out or RUNS / recipe.name
    if (args.feedback or args.start) and recipe.model not in TILE_PX:
        raise RecipeError(f"{recipe.name}: --with and --start are for the dense tile networks; got '{recipe.model}'")
    if ARCHITECTURES[recipe.model].task == "segment":
        return train_segmenter(recipe, args, out, command=_command(args))
    folder = args.bundle or out / "bundle"
    if folder.exists() and not args.overwrite:
        raise BundleError(f"{folder}: there is a bundle already; give --overwrite or another --bundle")
    workers = join_workers(os.environ)
    split = load_split(args.split or DEFAULT)
    items, report = clean(read_all(recipe.data.sets, data_root()))
    for reason, dropped in report.by_reason().items():
        sys.stderr.write(f"left out, {reason}: {len(dropped)} of {report.checked}; see `hairline data check`\n")
    check_licences(items)  # before hours of training, not after
    feedback = _feedback(args.feedback, items, split) if args.feedback else None
    network = parts[0].network
    imagenet = imagenet_weights(network.width, data_root(), args.weights) if network.weights == "imagenet" else None
    model, command = from_bundle(args.start, recipe) if args.start else None, _command(args)
    for part in parts:
        run_folder = out if part is recipe else out.parent / part.name
        model = train(
            part,
            items,
            split,
            workers.folder(run_folder) if workers else run_folder,
            verbose=1 if sys.stderr.isatty() else 2,
            start=model if part.start_from or args.start else None,
            teacher=model if part.teacher else None,
            imagenet=imagenet,
            command=command,
            workers=workers,
            feedback=feedback if part is recipe else None,
        )
    if workers and workers.index:
        sys.stdout.write(f"worker {workers.index} is done; worker 0 makes the bundle\n")
        return 0
    console = Console(stderr=True)
    shipped = ship(
        Trained(
            recipe=recipe,
            model=model,
            items=items,
            split=split,
            feedback=feedback,
            start=read_bundle(args.start) if args.start else None,
        ),
        folder,
        command=command,
        overwrite=args.overwrite,
        progress=lambda pictures: track(pictures, description="scoring pictures", console=console),
    )
    if args.start:
        carry_segmenter(args.start, folder)
    progress = load_progress(out, asdict(recipe), split.sha256, feedback.sha256 if feedback else "")
    record_results(out, recipe, model, progress, shipped)
    for metric in shipped.bundle.manifest.metrics:
        sys.stdout.write(f"{metric.set}: {metric.name} {metric.value:.4f} (n = {metric.n})\n")
    sys.stdout.write(f"bundle: {folder}\nrecord: {out}\n")
    return 0


def _feedback(folder: Path, items: "list[Item]", split: "Split") -> "FeedbackSet":
    """The reviewed finds. Raises `DataError` where they come from what networks are judged on."""
    from training.datasets import feedback, sdnet
    from training.datasets.location import FOLDERS, data_root

    root = data_root()
    whole = sdnet.read_frames(root) if (root / FOLDERS[sdnet.FRAMES_NAME]).is_dir() else []
    found = feedback.read(folder)
    feedback.refuse_judges(found, [*items, *whole], split)
    return found


def _recipes(args: Namespace) -> "list[Recipe]":
    """The recipe that was asked for, after those that have to be trained before it."""
    from edge.errors import RecipeError

    if args.start:
        return _chain(args.recipe)[-1:]
    parts = _chain(args.recipe)
    if (args.weights or args.from_scratch) and parts[0].network.weights != "imagenet":
        raise RecipeError(
            f"{args.recipe}: --weights and --from-scratch are for recipes that start from ImageNet weights"
        )
    if not args.from_scratch:
        return parts
    return [replace(part, network=replace(part.network, weights="random", frozen_layers=0)) for part in parts]


def _chain(name: str, after: tuple[str, ...] = ()) -> "list[Recipe]":
    from edge.errors import RecipeError
    from training.recipe import load_recipe

    if name in after:
        raise RecipeError(f"{name}: a recipe cannot be trained before itself: {', '.join((*after, name))}")
    recipe = load_recipe(name)
    before = recipe.start_from or recipe.teacher
    if before is None:
        return [recipe]
    parts = _chain(before, (*after, name))
    if parts[-1].data.sets != recipe.data.sets:
        raise RecipeError(f"{name}: '{before}' must be trained on the same data sets; got {parts[-1].data.sets}")
    if recipe.start_from and _shape(parts[-1]) != _shape(recipe):
        raise RecipeError(f"{name}: start_from names a recipe of the same model, width and outputs; got '{before}'")
    return [*parts, recipe]


def _shape(recipe: "Recipe") -> tuple[str, float, bool]:
    """What decides the shapes of a network's weights."""
    return recipe.model, recipe.network.width, recipe.network.softmax


def _command(args: Namespace) -> str:
    """The words that decide what is computed; where it is put does not."""
    words = ["hairline", "train", args.recipe]
    words += ["--split", str(args.split)] if args.split else []
    words += ["--weights", str(args.weights)] if args.weights else []
    words += ["--from-scratch"] if args.from_scratch else []
    words += ["--start", str(args.start)] if args.start else []
    words += ["--with", str(args.feedback)] if args.feedback else []
    return shlex.join(words)


def _compare(folders: list[Path], *, as_csv: bool) -> int:
    from training.record.compare import finished_runs, read_runs, tables, write_csv

    runs = read_runs(folders or finished_runs(RUNS))
    if as_csv:
        write_csv(runs, sys.stdout)
        return 0
    from rich.console import Console
    from rich.table import Table

    for title, (head, *lines) in tables(runs).items():
        table = Table(title=title, title_justify="left")
        for i, column in enumerate(head):
            table.add_column(column, justify="left" if i == 0 else "right")
        for line in lines:
            table.add_row(*line)
        Console().print(table)
    return 0
