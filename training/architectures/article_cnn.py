"""How `article-cnn` is trained and shipped: whole pictures, resized."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from training.architectures.architecture import Architecture, Setup
from training.architectures.whole_pictures import default_rules, whole_picture_rules, whole_picture_setup

if TYPE_CHECKING:
    import keras

    from training.datasets.item import Item
    from training.recipe import Recipe

INPUT_PX = 64  # said again in training/models/article_cnn.py, which needs keras; a test holds them together


def _rules(recipe: "Recipe") -> Mapping[str, bool]:
    part = recipe.bundle
    return {
        f"article-cnn's bundle.input_px is {INPUT_PX}; got {part.input_px}": part.input_px == INPUT_PX,
        **whole_picture_rules(recipe),
        **default_rules(recipe, "network"),
    }


def _setup(recipe: "Recipe", train_side: "Sequence[Item]", validation_side: "Sequence[Item]") -> Setup:
    from training.models.article_cnn import article_cnn

    return whole_picture_setup(recipe, article_cnn(), train_side, validation_side)


def _tile_model(_: "Recipe", trained: "keras.Model") -> "keras.Model":
    from training.models.article_cnn import article_cnn

    model = article_cnn(logits=True)
    model.set_weights(trained.get_weights())
    return model


ARTICLE_CNN = Architecture(
    task="classify",
    rules=_rules,
    setup=_setup,
    tile_model=_tile_model,
    what=lambda _: "The network of the surface-crack article, trained as it describes: kept for comparison.",
)
