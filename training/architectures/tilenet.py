"""How `tilenet`, in its three sizes, is trained and shipped: crops with dense targets, one score a window."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from training.architectures.architecture import Architecture, Setup
from training.architectures.whole_pictures import default_rules

if TYPE_CHECKING:
    import keras

    from training.datasets.item import Item
    from training.recipe import Recipe

# Said again in training/models/tilenet.py, which needs keras; a test holds them together.
JUMP_PX = 8
TILE_PX = {"tilenet-s": 64, "tilenet-m": 96, "tilenet-l": 96}
LEAST_JUMPS = 3  # 4 by 4 windows a crop: the loss takes the mean of the 16 highest
VALIDATION_BATCHES = 20


def tilenet_of_size(name: str) -> Architecture:
    """`name` is one of `TILE_PX`."""
    return Architecture(
        task="classify",
        rules=partial(_rules, name),
        setup=partial(_setup, name),
        tile_model=partial(_tile_model, name),
        what=lambda _: "Finds cracks in concrete: a small fully convolutional network that scores every window.",
    )


def _rules(name: str, recipe: "Recipe") -> Mapping[str, bool]:
    part, tile_px = recipe.bundle, TILE_PX[name]
    least_crop_px = tile_px + LEAST_JUMPS * JUMP_PX
    return {
        f"{name}'s bundle.tile_px and bundle.input_px are {tile_px}; got {part.tile_px}, {part.input_px}": (
            part.tile_px == part.input_px == tile_px
        ),
        f"{name}'s bundle.stride_px must be a multiple of {JUMP_PX}; got {part.stride_px}": (
            part.stride_px % JUMP_PX == 0
        ),
        f"{name}'s data.crop_px must be at least {least_crop_px}; got {recipe.data.crop_px}": (
            recipe.data.crop_px >= least_crop_px
        ),
        "data.hard_negative_share needs start_from or teacher: a trained network says which pictures are hard": (
            not recipe.data.hard_negative_share or recipe.start_from is not None or recipe.teacher is not None
        ),
        "data.place_cracks needs start_from or teacher: a trained network says where cracks of walls run": (
            not recipe.data.place_cracks or recipe.start_from is not None or recipe.teacher is not None
        ),
        "teacher is for tilenet-s, whose tile is smaller; a recipe has start_from or teacher": (
            recipe.teacher is None or (name == "tilenet-s" and recipe.start_from is None)
        ),
        f"{name} has bundle.dense = true and bundle.score = 'logit'": part.dense and part.score == "logit",
        **default_rules(recipe, "network"),
        **default_rules(recipe, "augment"),  # its batches have one of their own
    }


def _setup(name: str, recipe: "Recipe", train_side: "Sequence[Item]", validation_side: "Sequence[Item]") -> Setup:
    from training.batches import TileBatches
    from training.datasets import metu
    from training.distillation import distilled_crack_loss
    from training.losses import cell_loss, dense_crack_loss
    from training.mining import crack_course, hardest, likeliest_xyxy
    from training.models.tilenet import CELLS, WINDOWS, taught_tilenet, windows_only
    from training.optimiser import optimiser
    from training.sides import labelled_sides

    train_side, validation_side = labelled_sides(recipe, train_side, validation_side)
    steps = recipe.steps_per_epoch or max(1, len(train_side) // recipe.batch_size)
    model = taught_tilenet(name)
    window_loss = distilled_crack_loss if recipe.teacher else dense_crack_loss
    model.compile(optimiser(recipe, steps), {WINDOWS: window_loss, CELLS: cell_loss})
    validation = TileBatches.of_side(validation_side, recipe, batches=VALIDATION_BATCHES, seed=recipe.seed + 1)
    validation.advance = False
    batches = TileBatches.of_side(train_side, recipe, batches=steps, seed=recipe.seed)

    def guided_by(other: "keras.Model") -> None:
        taught, other = other, windows_only(other)
        if recipe.data.hard_negative_share:
            batches.hard_negatives = hardest(other, [item for items in batches.negatives for item in items])
        unmasked = [item for items in batches.positives for item in items if item.dataset != metu.NAME]
        if recipe.data.place_cracks:
            batches.courses = {item.path: crack_course(taught, item) for item in unmasked}
        elif recipe.data.real_crack_share:
            batches.likeliest_xyxy = {item.path: likeliest_xyxy(other, item) for item in unmasked}
        if recipe.teacher:
            batches.teacher = validation.teacher = other

    return Setup(
        model=model,
        batches=batches,
        validation=validation,
        guided_by=guided_by,
        custom_objects={loss.__name__: loss for loss in (window_loss, cell_loss)},
    )


def _tile_model(name: str, recipe: "Recipe", trained: "keras.Model") -> "keras.Model":
    from training.models.tilenet import shipped

    return shipped(name, trained, input_px=recipe.bundle.tile_px, stride_px=recipe.bundle.stride_px)
