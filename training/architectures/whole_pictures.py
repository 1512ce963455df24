"""What the architectures share that look at whole pictures, resized, as the seeds' recipes do."""

import dataclasses
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from training.architectures.architecture import Setup

if TYPE_CHECKING:
    import keras

    from training.datasets.item import Item
    from training.recipe import Recipe


def whole_picture_rules(recipe: "Recipe") -> Mapping[str, bool]:
    """The bundle of such a network scores tile by tile, and holds no last sigmoid."""
    part = recipe.bundle
    return {
        f"{recipe.model} has bundle.dense = false and bundle.score = 'logit'": not part.dense and part.score == "logit"
    }


def default_rules(recipe: "Recipe", part: str, *, but: Sequence[str] = ()) -> Mapping[str, bool]:
    """Of the table [`part`], a recipe of this architecture leaves every key but these at its default."""
    values: Any = getattr(recipe, part)
    return {
        f"{recipe.model} has no {part}.{field.name}; got {getattr(values, field.name)!r}": (
            getattr(values, field.name) == field.default
        )
        for field in dataclasses.fields(values)
        if field.name not in but
    }


def whole_picture_setup(
    recipe: "Recipe", model: "keras.Model", train_side: "Sequence[Item]", validation_side: "Sequence[Item]"
) -> Setup:
    """Compiles `model`; raises `DataError` for a side without a class, or pictures of other sizes than the tile."""
    from training.optimiser import optimiser
    from training.resized import ResizedBatches, check_sizes
    from training.sides import labelled_sides

    train_side, validation_side = labelled_sides(recipe, train_side, validation_side)
    if not recipe.data.mixed_sizes:
        check_sizes([*train_side, *validation_side], recipe.bundle.tile_px)
    batches_of = partial(
        ResizedBatches, input_px=recipe.bundle.input_px, batch_size=recipe.batch_size, seed=recipe.seed
    )
    batches = batches_of(train_side, shuffle=True, augment=recipe.augment)
    model.compile(
        optimiser(recipe, len(batches)),
        "sparse_categorical_crossentropy" if recipe.network.softmax else "binary_crossentropy",
        metrics=["accuracy"],
    )
    return Setup(model=model, batches=batches, validation=batches_of(validation_side, shuffle=False))
