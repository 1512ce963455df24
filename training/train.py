"""A recipe -> a trained float network with its curves, in one folder."""

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import keras

from edge.errors import CheckpointError, DataError
from training.batches import ResizedBatches, TileBatches
from training.checkpoint import BEST, LAST, Checkpoint, Progress, load_model, load_progress
from training.curves import draw_curves
from training.datasets.item import Item
from training.datasets.split import Split
from training.losses import dense_crack_loss
from training.models.article_cnn import INPUT_PX, article_cnn
from training.models.tilenet import JUMP_PX, tilenet
from training.recipe import Recipe

VALIDATION_BATCHES = 20
FLOAT_WEIGHTS = "float.keras"

Setup = tuple[keras.Model, keras.utils.PyDataset, keras.utils.PyDataset]
"""The compiled model, its training batches, its validation batches."""

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
    labelled = [item for item in items if item.label is not None]  # the others have only a mask
    train_side, validation_side = (split.items(side, labelled) for side in ("train", "validation"))
    model, batches, validation = _setup(recipe, train_side, validation_side)
    if start is not None:
        model.set_weights(start.get_weights())
    if progress.epoch:
        _log.warning("going on after epoch %d of %d in %s", progress.epoch, recipe.epochs, folder)
        model = load_model(folder / LAST)
    batches.epoch = progress.epoch
    if not _finished(recipe, progress):
        model.fit(
            batches,
            validation_data=validation,
            epochs=recipe.epochs,
            initial_epoch=progress.epoch,
            shuffle=False,
            verbose=verbose,
            callbacks=[Checkpoint(folder, progress, patience=recipe.patience)],
        )
    if recipe.patience:
        model = load_model(folder / BEST)
    model.save(folder / FLOAT_WEIGHTS)
    draw_curves(progress.history, folder / "curves.png", title=recipe.name)
    (folder / "recipe.json").write_text(json.dumps(asdict(recipe), indent=1), encoding="utf-8")
    return model


def _finished(recipe: Recipe, progress: Progress) -> bool:
    stale = recipe.patience and progress.epoch - progress.best_epoch >= recipe.patience
    return progress.epoch >= recipe.epochs or bool(stale)


def _setup(recipe: Recipe, train_side: Sequence[Item], validation_side: Sequence[Item]) -> Setup:
    setups: dict[str, Callable[[Recipe, Sequence[Item], Sequence[Item]], Setup]] = {
        "tilenet": _setup_tilenet,
        "article-cnn": _setup_article,
    }
    for side, items in (("training", train_side), ("validation", validation_side)):
        if not {0, 1} <= {item.label for item in items}:
            raise DataError(f"the {side} side needs cracked and uncracked pictures; data sets: {recipe.data.sets}")
    return setups[recipe.model](recipe, train_side, validation_side)


def _setup_tilenet(recipe: Recipe, train_side: Sequence[Item], validation_side: Sequence[Item]) -> Setup:
    steps = recipe.steps_per_epoch or max(1, len(train_side) // recipe.batch_size)
    model = tilenet(stride_px=JUMP_PX)
    model.compile(_optimiser(recipe, steps), dense_crack_loss)

    validation = TileBatches.of_side(validation_side, recipe, batches=VALIDATION_BATCHES, seed=recipe.seed + 1)
    validation.advance = False
    return model, TileBatches.of_side(train_side, recipe, batches=steps, seed=recipe.seed), validation


def _setup_article(recipe: Recipe, train_side: Sequence[Item], validation_side: Sequence[Item]) -> Setup:
    def batches(side: Sequence[Item], shuffle: bool) -> ResizedBatches:
        return ResizedBatches(side, input_px=INPUT_PX, batch_size=recipe.batch_size, seed=recipe.seed, shuffle=shuffle)

    train_batches = batches(train_side, shuffle=True)
    model = article_cnn()
    model.compile(_optimiser(recipe, len(train_batches)), "binary_crossentropy", metrics=["accuracy"])
    return model, train_batches, batches(validation_side, shuffle=False)


def _optimiser(recipe: Recipe, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    rate = recipe.learning_rate
    if recipe.schedule == "cosine":
        total = recipe.epochs * steps_per_epoch
        warm = min(300, total // 10)
        rate = keras.optimizers.schedules.CosineDecay(
            rate * 0.01, total - warm, warmup_target=rate, warmup_steps=warm, alpha=0.002
        )
    return keras.optimizers.Adam(rate)
