"""A recipe -> a trained float network with the record of its training, in one folder."""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from edge.errors import CheckpointError, RecipeError
from training.architectures.architecture import Setup
from training.architectures.registry import ARCHITECTURES
from training.checkpoint import BEST, LAST, Checkpoint, Progress, load_model, load_progress
from training.curves import draw_curves
from training.datasets.item import Item
from training.datasets.split import Split
from training.leaks import check_sides
from training.recipe import Recipe
from training.record.board import board_callbacks
from training.record.configuration import write_configuration

F32 = npt.NDArray[np.float32]

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
    imagenet: Sequence[F32] | None = None,
    command: str = "",
) -> keras.Model:
    """Trains `recipe` on the split's training side, judging itself on the validation side only.

    `start`: the model whose weights a fresh run begins with, where the recipe starts from another. `imagenet`: the
    arrays that it begins with where the recipe says `network.weights = "imagenet"` (`training.pretrained`).

    Leaves `configuration.json`, `state.json`, `last.keras`, `best.keras`, `float.keras`, `curves.png` and TensorBoard
    logs in `folder`; a folder with an interrupted run of the same recipe and split goes on from its last epoch. Raises
    `DataError` where a side lacks a class or shares a picture with another, `CheckpointError` where the folder holds
    something else, `RecipeError` where ImageNet weights are missing.
    """
    check_sides(items, split)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise CheckpointError(f"{folder}: a run needs a folder that can be written; {refused}") from refused
    progress = load_progress(folder, asdict(recipe), split.sha256)
    keras.utils.set_random_seed(recipe.seed)
    train_side, validation_side = (split.items(side, items) for side in ("train", "validation"))
    setup = ARCHITECTURES[recipe.model].setup(recipe, train_side, validation_side)
    model = setup.model
    if progress.epoch:
        _log.warning("going on after epoch %d of %d in %s", progress.epoch, recipe.epochs, folder)
        model = load_model(folder / LAST, setup.custom_objects)
    else:
        _begin(recipe, setup, start, imagenet)
    if start is not None and setup.mine is not None:
        setup.mine(start)
    write_configuration(folder, recipe, split, command=command)
    setup.batches.epoch = progress.epoch
    if not _finished(recipe, progress):
        model.fit(
            setup.batches,
            validation_data=setup.validation,
            epochs=recipe.epochs,
            initial_epoch=progress.epoch,
            shuffle=False,
            verbose=verbose,
            callbacks=[Checkpoint(folder, progress, patience=recipe.patience), *board_callbacks(folder, recipe)],
        )
    if recipe.patience:
        model = load_model(folder / BEST, setup.custom_objects)
    model.save(folder / FLOAT_WEIGHTS)
    draw_curves(progress.history, folder / "curves.png", title=recipe.name)
    return model


def _begin(recipe: Recipe, setup: Setup, start: keras.Model | None, imagenet: Sequence[F32] | None) -> None:
    if start is not None:
        setup.model.set_weights(start.get_weights())
    elif recipe.network.weights == "imagenet":
        if imagenet is None or setup.load_imagenet is None:
            raise RecipeError(f"{recipe.name}: the recipe starts from ImageNet weights, and none were given")
        setup.load_imagenet(imagenet)


def _finished(recipe: Recipe, progress: Progress) -> bool:
    stale = recipe.patience and progress.epoch - progress.best_epoch >= recipe.patience
    return progress.epoch >= recipe.epochs or bool(stale)
