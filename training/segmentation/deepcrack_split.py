"""DeepCrack's sides as its authors published them, less the photos that are on both; validation is held out."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from training.datasets.item import Item
from training.datasets.split import Split
from training.datasets.split_rules import LEFT_OUT, SAME_PHOTO

VALIDATION_SHARE = 0.15
"""Of the photos of the training side."""


def deepcrack_split(items: Sequence[Item]) -> Split:
    """The split of `training.datasets.deepcrack.read`'s items; whole photos stay together."""
    published: dict[str, set[str]] = defaultdict(set)
    for item in items:
        published[str(item.group)].add(item.name.split("/")[1])
    side_of = {group: _side(group, sides) for group, sides in published.items()}
    sides = {item.name: side_of[str(item.group)] for item in items}
    text = "\n".join(f"{name} {side}" for name, side in sorted(sides.items()))
    left_out = sum(side == LEFT_OUT for side in sides.values())
    return Split(
        sides=sides,
        recipe={"rule": "as_published", "validation_share": VALIDATION_SHARE, "residual_leaks": []},
        counts={},
        left_out={"deepcrack": {SAME_PHOTO: left_out}},
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )


def _side(group: str, sides: set[str]) -> str:
    if len(sides) > 1:
        return LEFT_OUT
    (side,) = sides
    if side == "train" and hashlib.sha256(group.encode()).digest()[0] < 256 * VALIDATION_SHARE:
        return "validation"
    return side
