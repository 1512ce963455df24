"""What `hairline train` does for a recipe of a segmenter."""

import sys
from argparse import Namespace
from dataclasses import asdict
from pathlib import Path

from edge.errors import DataError, RecipeError
from training.recipe import Recipe


def train_segmenter(recipe: Recipe, args: Namespace, out: Path, *, command: str) -> int:
    """Trains, quantises and measures; puts the segmenter into the bundle `args.bundle`, which must be there, if given.

    A recipe on DeepCrack alone has that set's own split. Its weights never go into a bundle.
    """
    from training.checkpoint import load_progress
    from training.datasets import deepcrack
    from training.datasets.cleaning import clean
    from training.datasets.location import data_root
    from training.datasets.registry import read_all
    from training.datasets.split import DEFAULT, load_split
    from training.segmentation.deepcrack_split import deepcrack_split
    from training.segmentation.measure import TrainedSegmenter, measure
    from training.segmentation.ship import add_segmenter, record, refuse_unasked
    from training.ship import check_licences
    from training.train import train

    root = data_root()
    items, report = clean(read_all(recipe.data.sets, root))
    for reason, dropped in report.by_reason().items():
        sys.stderr.write(f"left out, {reason}: {len(dropped)} of {report.checked}; see `hairline data check`\n")
    research = deepcrack.NAME in recipe.data.sets
    if research and recipe.data.sets != (deepcrack.NAME,):
        raise RecipeError(f"{recipe.name}: DeepCrack has a split of its own, and is trained on alone")
    if args.bundle:
        check_licences(items)
        refuse_unasked(args.bundle, overwrite=args.overwrite)
    split = load_split(args.split or DEFAULT) if args.split or not research else deepcrack_split(items)
    verbose = 1 if sys.stderr.isatty() else 2
    model = train(recipe, items, split, out, verbose=verbose, command=command)
    trained = TrainedSegmenter(recipe=recipe, model=model, items=items, split=split)
    try:
        judged_on = deepcrack.read(root)
    except DataError:
        judged_on = []
    measured = measure(trained, judged_on, command=command)
    record(out, trained, measured, load_progress(out, asdict(recipe), split.sha256))
    if args.bundle:
        add_segmenter(args.bundle, trained, measured)
    for metric in measured.spec.metrics:
        sys.stdout.write(f"{metric.set}: {metric.name} {metric.value:.4f} (n = {metric.n})\n")
    sys.stdout.write(
        f"{f'bundle: {args.bundle}' if args.bundle else 'in no bundle: --bundle names one'}\nrecord: {out}\n"
    )
    return 0
