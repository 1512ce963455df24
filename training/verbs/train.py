"""`hairline train RECIPE`: a recipe -> a trained network -> a bundle."""

import shlex
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

DESCRIPTION = """Trains a recipe on the training side of the split, quantises it to int8, chooses its thresholds on the
validation side, measures it on the test side, and writes a bundle. An interrupted run goes on from its last epoch when
the same command is given again."""


def configure(parser: ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("recipe", metavar="RECIPE", help="a recipe that ships (tilenet, article-cnn) or a .toml file")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="where the run's state and curves go (default: runs/RECIPE)"
    )
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="where the bundle goes (default: OUT/bundle)")
    parser.add_argument("--split", type=Path, metavar="FILE", help="another split than the one that ships")
    parser.add_argument("--overwrite", action="store_true", help="replace a bundle that is already there")


def run(args: Namespace) -> int:
    from rich.console import Console
    from rich.progress import track

    from edge.errors import BundleError, RecipeError
    from training.datasets.cleaning import clean
    from training.datasets.location import data_root
    from training.datasets.registry import read_all
    from training.datasets.split import DEFAULT, load_split
    from training.recipe import load_recipe

    recipe = load_recipe(args.recipe)  # before Keras, whose start takes seconds and many words
    from training.ship import Trained, check_licences, ship
    from training.train import train

    out = args.out or Path("runs") / recipe.name
    folder = args.bundle or out / "bundle"
    if folder.exists() and not args.overwrite:
        raise BundleError(f"{folder}: there is a bundle already; give --overwrite or another --bundle")
    split = load_split(args.split or DEFAULT)
    items, report = clean(read_all(recipe.data.sets, data_root()))
    for reason, dropped in report.by_reason().items():
        sys.stderr.write(f"left out, {reason}: {len(dropped)} of {report.checked}; see `hairline data check`\n")
    check_licences(items)  # before hours of training, not after
    verbose = 1 if sys.stderr.isatty() else 2
    start = None
    if recipe.start_from is not None:
        first = load_recipe(recipe.start_from)
        if (first.model, first.data.sets, first.start_from) != (recipe.model, recipe.data.sets, None):
            raise RecipeError(
                f"{args.recipe}: start_from names a recipe of the same model and data sets that starts from none; "
                f"got '{first.name}'"
            )
        start = train(first, items, split, out.parent / first.name, verbose=verbose)
    model = train(recipe, items, split, out, verbose=verbose, start=start)
    console = Console(stderr=True)
    bundle = ship(
        Trained(recipe=recipe, model=model, items=items, split=split),
        folder,
        command=shlex.join(["hairline", "train", args.recipe, *(["--split", str(args.split)] if args.split else [])]),
        overwrite=args.overwrite,
        progress=lambda pictures: track(pictures, description="scoring pictures", console=console),
    )
    for metric in bundle.manifest.metrics:
        sys.stdout.write(f"{metric.set}: {metric.name} {metric.value:.4f} (n = {metric.n})\n")
    sys.stdout.write(f"bundle: {folder}\ncurves: {out / 'curves.png'}\n")
    return 0
