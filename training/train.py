"""A recipe -> a trained float network with the record of its training, in one folder."""

import logging
from collections.abc import Sequence
from contextlib import nullcontext
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
from training.datasets.feedback import FeedbackSet
from training.datasets.item import Item
from training.datasets.split import Split
from training.distributed import Workers
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
    teacher: keras.Model | None = None,
    imagenet: Sequence[F32] | None = None,
    command: str = "",
    workers: Workers | None = None,
    feedback: FeedbackSet | None = None,
) -> keras.Model:
    """Trains `recipe` on the split's training side, judging itself on the validation side only.

    `start`: the model whose weights a fresh run begins with, where the recipe starts from another; `teacher`: the one
    that it learns from, where the recipe names one. `imagenet`: the arrays that it begins with where the recipe says
    `network.weights = "imagenet"` (`training.pretrained`).

    `workers`: those that share every batch; each keeps its own `folder`. `feedback`: reviewed finds to learn from too.

    Leaves `configuration.json`, `state.json`, `last.keras`, `best.keras`, `float.keras`, `curves.png` and TensorBoard
    logs in `folder`; a folder with an interrupted run of the same recipe and split goes on from its last epoch. Raises
    `DataError` where a side lacks a class or shares a picture with another, `CheckpointError` where the folder holds
    something else, `RecipeError` where ImageNet weights are missing, or the architecture cannot learn from feedback.
    """
    check_sides(items, split)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise CheckpointError(f"{folder}: a run needs a folder that can be written; {refused}") from refused
    progress = load_progress(folder, asdict(recipe), split.sha256, feedback.sha256 if feedback else "")
    keras.utils.set_random_seed(recipe.seed)
    train_side, validation_side = (split.items(side, items) for side in ("train", "validation"))
    with workers.scope() if workers else nullcontext():
        setup = ARCHITECTURES[recipe.model].setup(recipe, train_side, validation_side)
        model = setup.model
        if progress.epoch:
            _log.warning("going on after epoch %d of %d in %s", progress.epoch, recipe.epochs, folder)
            model = load_model(folder / LAST, setup.custom_objects)
        else:
            _begin(recipe, setup, start, imagenet)
    guide = start or teacher
    if guide is not None and setup.guided_by is not None:
        setup.guided_by(guide)
    if feedback is not None:
        _add(feedback, setup, recipe)
    write_configuration(folder, recipe, split, command=command, feedback=feedback)
    setup.batches.epoch = progress.epoch
    fit = workers.fit if workers else keras.Model.fit
    if not _finished(recipe, progress):
        fit(
            model,
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
    # The workers' model computes with all of them; what comes next is done by each for itself.
    return load_model(folder / FLOAT_WEIGHTS, setup.custom_objects) if workers else model


def _begin(recipe: Recipe, setup: Setup, start: keras.Model | None, imagenet: Sequence[F32] | None) -> None:
    if start is not None:
        setup.model.set_weights(start.get_weights())
    elif recipe.network.weights == "imagenet":
        if imagenet is None or setup.load_imagenet is None:
            raise RecipeError(f"{recipe.name}: the recipe starts from ImageNet weights, and none were given")
        setup.load_imagenet(imagenet)


def _add(feedback: FeedbackSet, setup: Setup, recipe: Recipe) -> None:
    if not hasattr(setup.batches, "learn_from"):
        raise RecipeError(f"{recipe.name}: only the dense tile networks learn from feedback; got '{recipe.model}'")
    setup.batches.learn_from(feedback)


def _finished(recipe: Recipe, progress: Progress) -> bool:
    stale = recipe.patience and progress.epoch - progress.best_epoch >= recipe.patience
    return progress.epoch >= recipe.epochs or bool(stale)
