"""The sides of a split as a classifier learns from them."""

from collections.abc import Sequence

from edge.errors import DataError
from training.datasets.item import Item
from training.recipe import Recipe


def labelled_sides(
    recipe: Recipe, train_side: Sequence[Item], validation_side: Sequence[Item]
) -> tuple[list[Item], list[Item]]:
    """The labelled pictures of both sides. Raises `DataError` where one lacks a class."""
    labelled = []
    for side, items in (("training", train_side), ("validation", validation_side)):
        labelled.append([item for item in items if item.label is not None])  # the others have only a mask
        if not {0, 1} <= {item.label for item in labelled[-1]}:
            raise DataError(
                f"the {side} side needs cracked and uncracked pictures; data sets: {', '.join(recipe.data.sets)}"
            )
    return labelled[0], labelled[1]
