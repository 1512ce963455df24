"""How `article-cnn` is trained and shipped: whole pictures, resized."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from training.architectures.architecture import Architecture, Setup

if TYPE_CHECKING:
    import keras

    from training.datasets.item import Item
    from training.recipe import Recipe

INPUT_PX = 64  # said again in training/models/article_cnn.py, which needs keras; a test holds them together


def _rules(recipe: "Recipe") -> Mapping[str, bool]:
    part = recipe.bundle
    return {
        f"article-cnn's bundle.input_px is {INPUT_PX}; got {part.input_px}": part.input_px == INPUT_PX,
        "article-cnn has bundle.dense = false and bundle.score = 'logit'": not part.dense and part.score == "logit",
    }


def _setup(recipe: "Recipe", train_side: "Sequence[Item]", validation_side: "Sequence[Item]") -> Setup:
    from training.batches import ResizedBatches
    from training.models.article_cnn import article_cnn
    from training.optimiser import optimiser
    from training.sides import labelled_sides

    train_side, validation_side = labelled_sides(recipe, train_side, validation_side)

    def batches(side: "Sequence[Item]", shuffle: bool) -> ResizedBatches:
        return ResizedBatches(side, input_px=INPUT_PX, batch_size=recipe.batch_size, seed=recipe.seed, shuffle=shuffle)

    train_batches = batches(train_side, shuffle=True)
    model = article_cnn()
    model.compile(optimiser(recipe, len(train_batches)), "binary_crossentropy", metrics=["accuracy"])
    return Setup(model=model, batches=train_batches, validation=batches(validation_side, shuffle=False))


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
