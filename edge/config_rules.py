"""What a key of `rover.toml` may hold: each rule takes a value as TOML gave it, or says in words what it allows."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """`allows` completes the sentence "... is"; `take` returns the value to use, or raises `ValueError`.

    `take` is also handed the folder that relative paths start from.
    """

    allows: str
    take: Callable[[Any, Path], Any]


def text(allows: str, *, starts: Sequence[str] = ()) -> Rule:
    """A string that is not empty; with `starts`, one that begins with one of them."""

    def take(value: Any, _folder: Path) -> str:
        if not isinstance(value, str) or not value.strip() or (starts and not value.startswith(tuple(starts))):
            raise ValueError
        return value

    return Rule(allows=allows, take=take)


def path(allows: str) -> Rule:
    """A path; a relative one starts from the folder of the file that names it."""

    def take(value: Any, folder: Path) -> Path:
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise ValueError
        return folder / Path(value).expanduser()

    return Rule(allows=allows, take=take)


def source(allows: str) -> Rule:
    """What `edge.cameras.open_source` takes; what is a path there is one here."""

    def take(value: Any, folder: Path) -> str:
        if not isinstance(value, str) or not value.strip() or "\0" in value:
            raise ValueError
        if value in ("picamera", "wall") or value.startswith("wall:"):
            return value
        return str(folder / Path(value).expanduser())

    return Rule(allows=allows, take=take)


def whole(low: int, high: int, unit: str = "") -> Rule:
    """A whole number from `low` to `high`."""

    def take(value: Any, _folder: Path) -> int:
        # TOML's true is Python's True, which is an int.
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError
        return value

    return Rule(allows=f"a whole number from {low} to {high}{unit and f' ({unit})'}", take=take)


def number(low: float, high: float, unit: str = "") -> Rule:
    """A number from `low` to `high`; never NaN."""

    def take(value: Any, _folder: Path) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise ValueError
        if not math.isfinite(value):
            raise ValueError
        return float(value)

    return Rule(allows=f"a number from {low:g} to {high:g}{unit and f' ({unit})'}", take=take)


def flag() -> Rule:
    """true or false."""

    def take(value: Any, _folder: Path) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value

    return Rule(allows="true or false", take=take)


def one_of(*choices: str) -> Rule:
    """One of a few words."""

    def take(value: Any, _folder: Path) -> str:
        if value not in choices:
            raise ValueError
        return str(value)

    return Rule(allows="one of " + ", ".join(f'"{choice}"' for choice in choices), take=take)


def size_wh() -> Rule:
    """Width and height in pixels, both even, as a camera's are."""

    def take(value: Any, _folder: Path) -> tuple[int, int]:
        if not isinstance(value, list) or len(value) != 2:
            raise ValueError
        for side in value:
            if isinstance(side, bool) or not isinstance(side, int) or not 64 <= side <= 16384 or side % 2:
                raise ValueError
        return value[0], value[1]

    return Rule(allows="[width, height] in pixels, even whole numbers from 64 to 16384", take=take)
