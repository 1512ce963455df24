"""Which side each picture goes to: the rules that a split recipe names, one a data set.

Every rule keeps a unit (pictures of one source photo, and whatever is a copy of one of them) on one side.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from edge.errors import DataError, RecipeError
from training.datasets.duplicates import clusters
from training.datasets.item import Item

SIDES = ("train", "validation", "test")
LEFT_OUT = "left_out"
"""The fourth 'side': pictures that no side may use, such as the photos between two sides."""

GUARD, NO_RANGE, ACROSS = "guard photo", "photo in no range", "near duplicate across sides"
SAME_PHOTO = "photo on several sides"
"""Why a picture is left out."""

RULE_KEYS = {
    "fixed": {"side"},
    "photo_ranges": {"ranges"},
    "random_units": {"fractions"},
    "as_published": set(),
}
"""The rules, and what a recipe has to say with each."""

Pairs = Sequence[tuple[int, int]]
Placed = tuple[str, str]
"""A side, and why where the side is LEFT_OUT."""


def place(items: Sequence[Item], pairs: Pairs, recipe: Mapping[str, Any]) -> list[Placed]:
    """The side of every item, in the order of `items`; `pairs` are the indices of (near) copies.

    Raises RecipeError where the recipe has no rule for a data set, or one that there is not; DataError where
    a side of a data set that is split at random would lack a class.
    """
    by_dataset: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        by_dataset[item.dataset].append(index)
    placed: dict[int, Placed] = {}
    for dataset, indices in by_dataset.items():
        rule = recipe["datasets"].get(dataset)
        if rule is None:
            known = ", ".join(sorted(recipe["datasets"]))
            raise RecipeError(f"a split recipe has a rule for every data set it meets: {dataset} is not in {known}")
        placed |= _by_rule(items, indices, pairs, rule, recipe["seed"])
    sides = [placed[index] for index in range(len(items))]
    without_copies = _without_crossings(sides, clusters(len(items), pairs), ACROSS)
    return _without_crossings(without_copies, units(items, ()), SAME_PHOTO)


def units(items: Sequence[Item], pairs: Pairs) -> list[int]:
    """A unit number for each item: the same for all that groups or copies connect, however indirectly."""
    first: dict[str, int] = {}
    same_group = [
        (first.setdefault(item.group, index), index) for index, item in enumerate(items) if item.group is not None
    ]
    return clusters(len(items), [*pairs, *same_group])


def _by_rule(
    items: Sequence[Item], indices: list[int], pairs: Pairs, rule: Mapping[str, Any], seed: int
) -> dict[int, Placed]:
    if rule["rule"] == "fixed":
        return dict.fromkeys(indices, (rule["side"], ""))
    if rule["rule"] == "as_published":
        return {index: _as_published(items[index]) for index in indices}
    if rule["rule"] == "photo_ranges":
        return {index: _by_photo(items[index], rule["ranges"]) for index in indices}
    if rule["rule"] == "random_units":
        here = {index: position for position, index in enumerate(indices)}
        own_pairs = [(here[a], here[b]) for a, b in pairs if a in here and b in here]
        sides = _random_units([items[index] for index in indices], own_pairs, rule["fractions"], seed)
        return {index: (side, "") for index, side in zip(indices, sides, strict=True)}
    raise RecipeError(f"a split rule is one of {', '.join(RULE_KEYS)}, not {rule['rule']!r}")


def _as_published(item: Item) -> Placed:
    """The side is the folder below the data set's (`deepcrack/train/images/...`)."""
    side = item.name.split("/")[1]
    if side not in SIDES:
        raise RecipeError(f"the rule as_published needs folders named {', '.join(SIDES)}, not {side}: {item.path}")
    return side, ""


def _by_photo(item: Item, ranges: Mapping[str, Mapping[str, Sequence[Sequence[int]]]]) -> Placed:
    """`ranges`: what stands before the photo's number in the group -> side -> inclusive ranges of numbers."""
    before, _, photo = (item.group or "").rpartition("/")
    for side, spans in ranges.get(before, {}).items():
        if any(low <= int(photo) <= high for low, high in spans):
            return (side, GUARD if side == LEFT_OUT else "")
    return LEFT_OUT, NO_RANGE


def _random_units(items: Sequence[Item], pairs: Pairs, fractions: Mapping[str, float], seed: int) -> list[str]:
    """Hands out units, the largest first and equal ones in an order drawn from the seed, to the side that
    lacks most.

    The draw is a hash rather than a generator, so that no version of a library changes it.
    """
    members: dict[int, list[int]] = defaultdict(list)
    for index, number in enumerate(units(items, pairs)):
        members[number].append(index)

    def draw(unit: list[int]) -> tuple[int, bytes]:
        return -len(unit), hashlib.sha256(f"{seed}:{items[unit[0]].name}".encode()).digest()

    totals = Counter(item.label for item in items)
    lacking = {side: {label: fractions[side] * n for label, n in totals.items()} for side in SIDES}
    side_of = [""] * len(items)
    for unit in sorted(members.values(), key=draw):
        labels = Counter(items[index].label for index in unit)
        side = max(SIDES, key=lambda s: sum(n * lacking[s][label] for label, n in labels.items()))
        for label, n in labels.items():
            lacking[side][label] -= n
        for index in unit:
            side_of[index] = side
    _no_side_empty(items, side_of, fractions, largest=max(map(len, members.values())))
    return side_of


def _no_side_empty(items: Sequence[Item], side_of: list[str], fractions: Mapping[str, float], largest: int) -> None:
    """A side that lacks a class judges nothing; it happens where most pictures hang together."""
    there = {(side, item.label) for side, item in zip(side_of, items, strict=True)}
    for label in {item.label for item in items}:
        for side in SIDES:
            if fractions[side] and (side, label) not in there:
                raise DataError(
                    f"every side of a split has pictures of every class: {side} of {items[0].dataset} has "
                    f"none labelled "
                    f"{label}. The largest unit that must stay together has {largest} of {len(items)} "
                    f"pictures: "
                    "add pictures of other photos, or change the fractions of the recipe"
                )


def _without_crossings(placed: list[Placed], together: list[int], why_not: str) -> list[Placed]:
    """Where pictures that belong together lie on several sides, those of the most guarded one stay.

    Test before validation before train; `together` is a number for each picture, the same for those that
    belong together.
    """
    rank = {LEFT_OUT: -1} | {side: rank for rank, side in enumerate(SIDES)}
    best: dict[int, int] = {}
    for cluster, (side, _) in zip(together, placed, strict=True):
        best[cluster] = max(best.get(cluster, -1), rank[side])
    return [
        (LEFT_OUT, why_not) if 0 <= rank[side] < best[cluster] else (side, why)
        for cluster, (side, why) in zip(together, placed, strict=True)
    ]
