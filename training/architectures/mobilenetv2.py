"""How `mobilenetv2` is trained and shipped: whole pictures, resized; ImageNet features, frozen as far as asked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from training.architectures.architecture import Architecture, Setup
from training.architectures.whole_pictures import whole_picture_rules, whole_picture_setup

if TYPE_CHECKING:
    import keras

    from training.datasets.item import Item
    from training.recipe import Recipe

WIDTHS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)  # those that Keras has ImageNet weights for
SEED_WIDTH = 1.0  # stated in the second seed's table of layers; Keras' default in the others, which do not say
LAYERS = 154  # said again in training/models/mobilenetv2.py, which needs keras; a test holds them together
LEAST_INPUT_PX = 32


def _rules(recipe: "Recipe") -> Mapping[str, bool]:
    network, input_px = recipe.network, recipe.bundle.input_px
    return {
        **whole_picture_rules(recipe),
        f"mobilenetv2's network.width must be one of {WIDTHS}; got {network.width}": network.width in WIDTHS,
        f"mobilenetv2's network.frozen_layers are at most its {LAYERS}; got {network.frozen_layers}": (
            network.frozen_layers <= LAYERS
        ),
        f"mobilenetv2's bundle.input_px must be at least {LEAST_INPUT_PX}; got {input_px}": input_px >= LEAST_INPUT_PX,
        "network.frozen_layers above 0 freezes what was learnt before: with network.weights = 'random' it must be 0": (
            network.weights != "random" or network.frozen_layers == 0
        ),
    }


def _setup(recipe: "Recipe", train_side: "Sequence[Item]", validation_side: "Sequence[Item]") -> Setup:
    from training.models.mobilenetv2 import load_imagenet, mobilenetv2

    network = recipe.network
    model = mobilenetv2(
        input_px=recipe.bundle.input_px,
        width=network.width,
        frozen_layers=network.frozen_layers,
        dropout=network.dropout,
        outputs=2 if network.softmax else 1,
        pretrained=network.weights == "imagenet",
    )
    setup = whole_picture_setup(recipe, model, train_side, validation_side)
    return replace(setup, load_imagenet=partial(load_imagenet, model))


def _tile_model(recipe: "Recipe", trained: "keras.Model") -> "keras.Model":
    from training.models.mobilenetv2 import as_logit

    return as_logit(trained, input_px=recipe.bundle.input_px, width=recipe.network.width)


def _what(recipe: "Recipe") -> str:
    network = recipe.network
    start = "from ImageNet weights" if network.weights == "imagenet" else "from scratch, without ImageNet weights"
    other = "" if network.width == SEED_WIDTH else f" (its seed's: {SEED_WIDTH:.2f})"
    return f"MobileNetV2 at width {network.width:.2f}{other}, trained {start}: kept for comparison."


MOBILENETV2 = Architecture(
    task="classify",
    rules=_rules,
    setup=_setup,
    tile_model=_tile_model,
    what=_what,
)
