"""How the segmenters are trained: crops with the label of every pixel, one logit a pixel."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from training.architectures.architecture import Architecture, Setup
from training.architectures.whole_pictures import default_rules

if TYPE_CHECKING:
    import keras

    from training.datasets.item import Item
    from training.recipe import Recipe

# Said again by the models, which need keras; a test holds them together. Step: what must divide the input's size.
STEP_PX = {"masknet": 8, "unet": 16, "enet": 8}
# What the padding reaches; of U-Net and ENet most of it only, since theirs reaches over whole pictures.
MARGIN_PX = {"masknet": 56, "unet": 48, "enet": 48}
VALIDATION_BATCHES = 20
WHAT = {
    "masknet": "Marks the pixels of cracks: a small fully convolutional encoder and decoder.",
    "unet": "U-Net (arXiv:1505.04597) at a quarter of its width, padded, with batch normalisation: for comparison.",
    "enet": "ENet (arXiv:1606.02147) as its paper has it: for comparison.",
}


def segmenter(name: str) -> Architecture:
    """`name` is one of `STEP_PX`."""
    return Architecture(
        task="segment",
        rules=partial(_rules, name),
        setup=partial(_setup, name),
        tile_model=partial(_tile_model, name),
        what=lambda _: WHAT[name],
    )


def _rules(name: str, recipe: "Recipe") -> Mapping[str, bool]:
    part, step_px = recipe.bundle, STEP_PX[name]
    return {
        f"{name}'s bundle.tile_px and bundle.input_px are equal, and {step_px} divides them; got {part.tile_px}, "
        f"{part.input_px}": part.tile_px == part.input_px and part.tile_px % step_px == 0,
        f"{name}'s bundle.stride_px is tile_px less two margins of {MARGIN_PX[name]}; got {part.stride_px}": (
            part.stride_px == part.tile_px - 2 * MARGIN_PX[name]
        ),
        f"{name}'s data.crop_px is a multiple of {step_px}; got {recipe.data.crop_px}": (
            recipe.data.crop_px % step_px == 0
        ),
        f"{name} has bundle.dense = false and bundle.score = 'logit'": not part.dense and part.score == "logit",
        f"{name} starts from no other recipe and knows no data.hard_negative_share": (
            recipe.start_from is None and not recipe.data.hard_negative_share
        ),
        **default_rules(recipe, "network"),
        **default_rules(recipe, "augment"),  # its batches have one of their own
    }


def _setup(name: str, recipe: "Recipe", train_side: "Sequence[Item]", validation_side: "Sequence[Item]") -> Setup:
    from training.optimiser import optimiser
    from training.segmentation.batches import MaskBatches
    from training.segmentation.losses import mask_loss

    model = build(name)
    steps = recipe.steps_per_epoch or max(1, len(train_side) // recipe.batch_size)
    model.compile(optimiser(recipe, steps), mask_loss)
    validation = MaskBatches.of_side(validation_side, recipe, batches=VALIDATION_BATCHES, seed=recipe.seed + 1)
    validation.advance = False
    return Setup(
        model=model,
        batches=MaskBatches.of_side(train_side, recipe, batches=steps, seed=recipe.seed),
        validation=validation,
        custom_objects={"mask_loss": mask_loss},
    )


def build(name: str, *, input_px: int | None = None) -> "keras.Model":
    """The untrained network: pixels 0..255 BGR, float32 (n, h, w, 3) -> logits (n, h, w, 1)."""
    from training.models.enet import enet
    from training.models.masknet import masknet
    from training.models.unet import unet

    return {"masknet": masknet, "unet": unet, "enet": enet}[name](input_px=input_px)


def _tile_model(name: str, recipe: "Recipe", trained: "keras.Model") -> "keras.Model":
    """Of one call. masknet's gives its logits by four (`edge.segmenter` puts them in place)."""
    from training.models.masknet import masknet

    px = recipe.bundle.tile_px
    model = masknet(input_px=px, by_four=True) if name == "masknet" else build(name, input_px=px)
    model.set_weights(trained.get_weights())
    return model
