"""Nothing is learnt from what a network will be judged on: checked on the pictures themselves, not on their names."""

from collections.abc import Sequence

from edge.errors import DataError
from training.datasets.checksums import sha256_of
from training.datasets.item import Item
from training.datasets.split import Split


def check_sides(items: Sequence[Item], split: Split) -> None:
    """Raises `DataError` where a picture lies on two sides, or where nobody said that photos may.

    Two files with equal bytes are one picture. A data set none of whose pictures names its source photo may have tiles
    of one photo on two sides; its split has to say so.
    """
    side_of: dict[str, tuple[str, Item]] = {}
    for side in ("test", "validation", "train"):
        for item in split.items(side, items):
            before, other = side_of.setdefault(sha256_of(item.path), (side, item))
            if before != side:
                raise DataError(
                    f"{item.path}: a picture lies on one side of the split; this one is on the {side} side, and the "
                    f"same picture is on the {before} side as {other.path}. Remove one, or make the split again with "
                    "`hairline data split`"
                )
    for dataset in sorted({item.dataset for item in items}):
        if not split.recipe["residual_leaks"] and all(i.group is None for i in items if i.dataset == dataset):
            raise DataError(
                f"{dataset}: no picture says which photo it comes from, so that parts of one photo may lie on both the "
                "training and the test side. Put the pictures of each photo, or wall, into a folder of its own, or "
                "state this under residual_leaks in the recipe of the split"
            )
