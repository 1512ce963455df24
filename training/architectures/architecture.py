"""What training and shipping need to know of an architecture."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # recipes are read before Keras, whose start takes seconds
    import keras

    from training.datasets.item import Item
    from training.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a run begins with: the compiled model, its training batches and its validation batches.

    Both batches are `keras.utils.PyDataset`s; the training batches have an attribute `epoch`, which a run that goes on
    sets. `custom_objects`: losses and metrics of our own by name, without which Keras could not read a checkpoint.
    `load_imagenet`: puts the arrays of `training.pretrained` into the model, where the recipe starts from them.
    `guided_by`: lets a trained model, the one started from or the teacher, say what the batches show and what of it.
    """

    model: "keras.Model"
    batches: "keras.utils.PyDataset"
    validation: "keras.utils.PyDataset"
    custom_objects: Mapping[str, Any] = field(default_factory=dict)
    load_imagenet: Callable[[Any], None] | None = None
    guided_by: "Callable[[keras.Model], None] | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """One architecture. Making one imports no Keras: its functions import what they need.

    `task`: "classify" gives a score a window, "segment" one a pixel.
    `rules`: what the network fixes of its recipe, each rule with whether it holds; else it would be found out only
    after training.
    `setup`: from the training and the validation side, all their pictures; raises `DataError` where they do not do.
    `tile_model`: the trained network as the bundle has it, from one tile, without what only training needs.
    `what`: a sentence or two for the model card.
    """

    task: Literal["classify", "segment"]
    rules: "Callable[[Recipe], Mapping[str, bool]]"
    setup: "Callable[[Recipe, Sequence[Item], Sequence[Item]], Setup]"
    tile_model: "Callable[[Recipe, keras.Model], keras.Model]"
    what: "Callable[[Recipe], str]"
