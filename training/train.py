"""A recipe -> a trained float network with its curves, in one folder."""

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import keras

from edge.errors import CheckpointError
from training.architectures.registry import ARCHITECTURES
from training.checkpoint import BEST, LAST, Checkpoint, Progress, load_model, load_progress
from training.curves import draw_curves
from training.datasets.item import Item
from training.datasets.split import Split
from training.recipe import Recipe

FLOAT_WEIGHTS = "float.keras"

_log = logging.getLogger(__name__)


def train(
    recipe: Recipe,
    items: Sequence[Item],
    split: Split,
    folder: Path,
    *,
    verbose: int = 1,
    start: keras.Model | None = None,
) -> keras.Model:
    """Trains `recipe` on the split's training side, judging itself on the validation side only.

    `start`: the model whose weights a fresh run begins with, where the recipe starts from another.

    Leaves `state.json`, `last.keras`, `best.keras`, `float.keras` and `curves.png` in `folder`; a folder with an
    interrupted run of the same recipe and split goes on from its last epoch. Raises `DataError` where a side lacks a
    class, `CheckpointError` where the folder holds something else.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise CheckpointError(f"{folder}: a run needs a folder that can be written; {refused}") from refused
    progress = load_progress(folder, asdict(recipe), split.sha256)
    keras.utils.set_random_seed(recipe.seed)
    train_side, validation_side = (split.items(side, items) for side in ("train", "validation"))
    setup = ARCHITECTURES[recipe.model].setup(recipe, train_side, validation_side)
    model = setup.model
    if start is not None:
        model.set_weights(start.get_weights())
    if progress.epoch:
        _log.warning("going on after epoch %d of %d in %s", progress.epoch, recipe.epochs, folder)
        model = load_model(folder / LAST, setup.custom_objects)
    setup.batches.epoch = progress.epoch
    if not _finished(recipe, progress):
        model.fit(
            setup.batches,
            validation_data=setup.validation,
            epochs=recipe.epochs,
            initial_epoch=progress.epoch,
            shuffle=False,
            verbose=verbose,
            callbacks=[Checkpoint(folder, progress, patience=recipe.patience)],
        )
    if recipe.patience:
        model = load_model(folder / BEST, setup.custom_objects)
    model.save(folder / FLOAT_WEIGHTS)
    draw_curves(progress.history, folder / "curves.png", title=recipe.name)
    (folder / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1), encoding="utf-8")
    return model


def _finished(recipe: Recipe, progress: Progress) -> bool:
    stale = recipe.patience and progress.epoch - progress.best_epoch >= recipe.patience
    return progress.epoch >= recipe.epochs or bool(stale)
