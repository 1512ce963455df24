"""How `cnn-80` is trained and shipped: whole pictures, resized."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from training.architectures.architecture import Architecture, Setup
from training.architectures.whole_pictures import default_rules, whole_picture_rules, whole_picture_setup

if TYPE_CHECKING:
    import keras

    from training.datasets.item import Item
    from training.recipe import Recipe

INPUT_PX = 80  # said again in training/models/cnn_80.py, which needs keras; a test holds them together


def _rules(recipe: "Recipe") -> Mapping[str, bool]:
    part = recipe.bundle
    return {
        f"cnn-80's bundle.input_px is {INPUT_PX}; got {part.input_px}": part.input_px == INPUT_PX,
        **whole_picture_rules(recipe),
        **default_rules(recipe, "network", but=("dropout",)),
    }


def _setup(recipe: "Recipe", train_side: "Sequence[Item]", validation_side: "Sequence[Item]") -> Setup:
    from training.models.cnn_80 import cnn_80

    return whole_picture_setup(recipe, cnn_80(dropout=recipe.network.dropout), train_side, validation_side)


def _tile_model(recipe: "Recipe", trained: "keras.Model") -> "keras.Model":
    from training.models.cnn_80 import cnn_80

    model = cnn_80(dropout=recipe.network.dropout, logits=True)
    model.set_weights(trained.get_weights())
    return model


CNN_80 = Architecture(
    task="classify",
    rules=_rules,
    setup=_setup,
    tile_model=_tile_model,
    what=lambda _: "A plain network on pictures of 80 pixels, after the page that tries a photo: kept for comparison.",
)
