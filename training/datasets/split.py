"""The split into train, validation and test: a committed manifest that says where every picture goes.

The manifest is JSON. `pictures` maps a pattern (`metu/Positive/*.jpg`) to the stems on each side; `sha256` is
taken over everything else in it, so that a model can state exactly which split it was judged on.
"""

import hashlib
import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from edge.errors import DataError, RecipeError
from training.datasets.duplicates import exact_pairs, fingerprints, near_pairs
from training.datasets.item import Item
from training.datasets.split_rules import LEFT_OUT, RULE_KEYS, SIDES, Pairs, place

SCHEMA_VERSION = 1
DEFAULT = Path(__file__).parent / "splits" / "default.json"
DEFAULT_RECIPE = Path(__file__).parent / "splits" / "default.recipe.json"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Where every picture goes. `sides`: name -> train, validation, test or left_out.

    `recipe` is what the split was made by (its seed, rules and residual leaks). `counts`: data set -> side ->
    label -> pictures; `left_out`: data set -> reason -> pictures.
    """

    sides: Mapping[str, str]
    recipe: Mapping[str, Any]
    counts: Mapping[str, Mapping[str, Mapping[str, int]]]
    left_out: Mapping[str, Mapping[str, int]]
    sha256: str

    def items(self, side: str, items: Iterable[Item]) -> list[Item]:
        """The items of one side, in the order given. Pictures that the split does not list are on no side."""
        if side not in (*SIDES, LEFT_OUT):
            raise DataError(f"a side is one of {', '.join((*SIDES, LEFT_OUT))}, not {side!r}")
        chosen = [item for item in items if self.sides.get(item.name) == side]
        _log.info("%d pictures on side %s", len(chosen), side)
        return chosen


def make_split(items: Sequence[Item], recipe: Mapping[str, Any]) -> Split:
    """Reads every picture, finds the copies, places each. Equal pictures and recipe give an equal split."""
    prints = fingerprints(items)
    limits = recipe["near_duplicates"]
    near = near_pairs(prints, correlation_over=limits["correlation_over"], colour_within=limits["colour_within"])
    pairs = {(int(a), int(b)) for found in (near, exact_pairs(prints)) for a, b in found}
    return split_of(items, sorted(pairs), recipe)


def split_of(items: Sequence[Item], pairs: Pairs, recipe: Mapping[str, Any]) -> Split:
    """The split where the copies are known already: `pairs` are indices into `items`.

    Raises DataError where two items share a name or a side would lack a class, RecipeError for a data set
    without a rule.
    """
    twice = [name for name, times in Counter(item.name for item in items).items() if times > 1]
    if twice:
        raise DataError(f"the name of a picture is unique, and {len(twice)} are not, the first: {twice[0]}")
    placed = place(items, pairs, recipe)
    counts: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    left_out: dict[str, Counter[str]] = defaultdict(Counter)
    for item, (side, why) in zip(items, placed, strict=True):
        counts[item.dataset][side][str(item.label)] += 1
        if why:
            left_out[item.dataset][why] += 1
    plain = json.loads(json.dumps([recipe, counts, left_out]))
    split = Split(
        sides={item.name: side for item, (side, _) in zip(items, placed, strict=True)},
        recipe=plain[0],
        counts=plain[1],
        left_out=plain[2],
        sha256="",
    )
    content = _content(split)
    return _split(content, split_hash(content))


def split_hash(content: Mapping[str, Any]) -> str:
    """SHA-256, hexadecimal, of the manifest less its own `sha256`, as sorted JSON without spaces."""
    bare = {key: value for key, value in content.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(bare, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def load_split(path: Path = DEFAULT) -> Split:
    """Reads a manifest and verifies its hash; raises DataError, naming the file, if missing or changed."""
    content = _json(path)
    if content.get("schema_version") != SCHEMA_VERSION:
        raise DataError(
            f"a split manifest has schema_version {SCHEMA_VERSION}, not {content.get('schema_version')!r}: {path}"
        )
    stated, actual = content.get("sha256"), split_hash(content)
    if stated != actual:
        raise DataError(
            f"a split manifest states the SHA-256 of its content: it says {stated}, the content gives "
            f"{actual}; "
            f"restore the file, or make a new one with `hairline data split`: {path}"
        )
    return _split(content, actual)


def load_recipe(path: Path = DEFAULT_RECIPE) -> dict[str, Any]:
    """Reads a recipe; raises RecipeError, naming the file, for a missing key or an unknown rule."""
    recipe = _json(path)
    _require(recipe, {"schema_version", "seed", "near_duplicates", "datasets", "residual_leaks"}, path)
    _require(recipe["near_duplicates"], {"correlation_over", "colour_within"}, path)
    for dataset, rule in recipe["datasets"].items():
        _require(rule, {"rule"}, path)
        if rule["rule"] not in RULE_KEYS:
            raise RecipeError(
                f"a split rule is one of {', '.join(RULE_KEYS)}, not {rule['rule']!r} ({dataset}): {path}"
            )
        _require(rule, RULE_KEYS[rule["rule"]], path)
        _require(rule.get("fractions", dict.fromkeys(SIDES)), set(SIDES), path)
    return recipe


def _require(content: Mapping[str, Any], keys: set[str], path: Path) -> None:
    missing = sorted(keys - content.keys())
    if missing:
        raise RecipeError(f"a split recipe has the key {missing[0]!r} beside {sorted(content)}: {path}")


def split_text(split: Split) -> str:
    """The manifest as it is stored: a line for each pattern and side."""
    content = _content(split) | {"sha256": split.sha256}
    pictures = content.pop("pictures")
    blocks = []
    for pattern, by_side in pictures.items():
        lines = [
            f"   {json.dumps(side)}: {json.dumps(stems, separators=(',', ':'))}" for side, stems in by_side.items()
        ]
        blocks.append(f"  {json.dumps(pattern)}: {{\n" + ",\n".join(lines) + "\n  }")
    head = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False).removesuffix("\n}")
    return head + ',\n "pictures": {\n' + ",\n".join(blocks) + "\n }\n}\n"


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"there is no such file: {path}") from error
    except OSError as error:
        raise DataError(f"the file cannot be read ({error.strerror}): {path}") from error
    except ValueError as error:
        raise DataError(f"a split is described in JSON, and this file is not ({error}): {path}") from error
    if not isinstance(content, dict):
        raise DataError(f"a split is described by a JSON object, not a {type(content).__name__}: {path}")
    return content


def _content(split: Split) -> dict[str, Any]:
    """What the manifest holds, less its hash; every list sorted."""
    pictures: dict[str, dict[str, list[str]]] = {}
    for name in sorted(split.sides):
        path = PurePosixPath(name)
        by_side = pictures.setdefault(f"{path.parent}/*{path.suffix}", {})
        by_side.setdefault(split.sides[name], []).append(path.stem)
    return {
        "schema_version": SCHEMA_VERSION,
        "recipe": split.recipe,
        "counts": split.counts,
        "left_out": split.left_out,
        "pictures": {pattern: dict(sorted(by_side.items())) for pattern, by_side in sorted(pictures.items())},
    }


def _split(content: Mapping[str, Any], sha256: str) -> Split:
    return Split(
        sides={
            pattern.replace("*", stem): side
            for pattern, by_side in content["pictures"].items()
            for side, stems in by_side.items()
            for stem in stems
        },
        recipe=content["recipe"],
        counts=content["counts"],
        left_out=content["left_out"],
        sha256=sha256,
    )
