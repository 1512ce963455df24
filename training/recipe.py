"""A recipe: everything that decides what a training run computes, in one TOML file."""

import dataclasses
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from edge.errors import RecipeError
from training.architectures.registry import ARCHITECTURES

SCHEDULES = ("constant", "cosine")
SCORES = ("logit", "probability")
POOLINGS = ("max", "mean_of_highest")
FLIPS = ("none", "horizontal", "both")
WEIGHTS = ("random", "imagenet")
CRACKED_WALLS = ("none", "likely", "seen")
RENAMED_MODELS = {"tilenet": "tilenet-m"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPart:
    """`sets`: names of data sets. `mixed_sizes`: pictures that are resized whole may have other sizes than the tile.

    The rest is the dense network's: it is trained on squares of `crop_px`.

    `rendered_share` of them have a rendered crack (with `faint_cracks` down to hairlines as pale as real ones),
    `real_crack_share` a real one of which only the picture is known, with `real_crack_weight` in the loss; the others
    have none. On some what is no crack is rendered, with `fixtures` mostly joints, tie holes and wires as rendered
    walls have them. `hard_negative_share` of the pictures without a real crack are drawn from those uncracked ones that
    the network started from takes for cracks. `cracked_walls`: which of SDNET2018's cracked tiles, whose labels are
    noisy, are used too: none, those that are no likely label errors, or those in which an eye has seen a crack.
    `place_cracks`: their course is taken from the network started from or the teacher, every window along it taught.
    """

    sets: tuple[str, ...]
    crop_px: int = 224
    rendered_share: float = 0.42
    faint_cracks: bool = False
    fixtures: bool = False
    real_crack_share: float = 0.25
    real_crack_weight: float = 1.0
    hard_negative_share: float = 0.0
    cracked_walls: str = "none"
    place_cracks: bool = False
    mixed_sizes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkPart:
    """What an architecture leaves open; each takes the keys that its rules allow.

    `weights`: what training starts from. `width`: the share of MobileNetV2's channels (its alpha). `frozen_layers`: how
    many of its layers, counted from the input as Keras lists them, are not trained. `softmax`: two outputs, a
    probability for each class, in place of one. `dropout`: the share of features left out before the last layers.
    """

    weights: str = "random"
    width: float = 1.0
    frozen_layers: int = 0
    softmax: bool = False
    dropout: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentPart:
    """How pictures that are resized whole are changed for training, evenly drawn.

    Turned up to `rotation_deg` either way, magnified 1 - `zoom` to 1 + `zoom` times, mirrored as `flips` says.
    """

    rotation_deg: float = 0.0
    zoom: float = 0.0
    flips: str = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class BundlePart:
    """What the manifest will say of the network: see `edge.manifest.ClassifierSpec`.

    `window_false_alarm_rate` chooses the window threshold: the share of uncracked validation windows above it. Where
    `false_alarms_per_photo` is stated it does instead: the false alarms, tiles of SDNET2018, that a whole wall
    photograph has. `image_recall` or `image_false_alarm_rate` chooses the image threshold: the recall on the validation
    side, or the share of its uncracked pictures above it; without either the two are balanced.
    `logit_range` fixes the int8 range of a logit output (see `training.quantise`).
    """

    tile_px: int
    input_px: int
    stride_px: int
    dense: bool
    score: str
    image_pooling: str = "max"
    pooling_k: int = 1
    window_false_alarm_rate: float = 0.001
    false_alarms_per_photo: float | None = None
    image_recall: float | None = None
    image_false_alarm_rate: float | None = None
    logit_range: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """`patience`: epochs without a better validation loss before stopping; 0 never stops and keeps the last weights.

    `steps_per_epoch` None means one pass over the pictures. `start_from` names the recipe whose weights this one starts
    with, `teacher` one whose network this one learns from; it is trained first where it has not been.
    """

    name: str
    model: str
    seed: int
    epochs: int
    batch_size: int
    learning_rate: float
    schedule: str
    patience: int
    data: DataPart
    bundle: BundlePart
    network: NetworkPart = NetworkPart()
    augment: AugmentPart = AugmentPart()
    steps_per_epoch: int | None = None
    start_from: str | None = None
    teacher: str | None = None

    def check(self, where: str) -> None:
        """Raises `RecipeError` for an impossible value; `where` names the file."""
        if self.model not in ARCHITECTURES:
            raise RecipeError(f"{where}: model must be one of {', '.join(ARCHITECTURES)}; got '{self.model}'")
        rules = {
            f"schedule must be one of {', '.join(SCHEDULES)}; got '{self.schedule}'": self.schedule in SCHEDULES,
            f"bundle.score must be one of {', '.join(SCORES)}; got '{self.bundle.score}'": self.bundle.score in SCORES,
            f"bundle.window_false_alarm_rate must lie between 0 and 1; got {self.bundle.window_false_alarm_rate}": (
                0 < self.bundle.window_false_alarm_rate < 1
            ),
            f"bundle.false_alarms_per_photo must lie above 0; got {self.bundle.false_alarms_per_photo}": (
                self.bundle.false_alarms_per_photo is None or self.bundle.false_alarms_per_photo > 0
            ),
            f"bundle.image_recall must lie above 0 and at most at 1; got {self.bundle.image_recall}": (
                self.bundle.image_recall is None or 0 < self.bundle.image_recall <= 1
            ),
            f"bundle.image_false_alarm_rate must lie between 0 and 1; got {self.bundle.image_false_alarm_rate}": (
                self.bundle.image_false_alarm_rate is None or 0 < self.bundle.image_false_alarm_rate < 1
            ),
            "the image threshold is chosen by bundle.image_recall or bundle.image_false_alarm_rate, not by both": (
                self.bundle.image_recall is None or self.bundle.image_false_alarm_rate is None
            ),
            f"bundle.image_pooling must be one of {', '.join(POOLINGS)}; got '{self.bundle.image_pooling}'": (
                self.bundle.image_pooling in POOLINGS
            ),
            f"bundle.pooling_k must be at least 1, and 1 for 'max'; got {self.bundle.pooling_k}": (
                self.bundle.pooling_k == 1
                or (self.bundle.pooling_k > 1 and self.bundle.image_pooling == "mean_of_highest")
            ),
            f"bundle.logit_range must lie above 0; got {self.bundle.logit_range}": (
                self.bundle.logit_range is None or self.bundle.logit_range > 0
            ),
            f"network.weights must be one of {', '.join(WEIGHTS)}; got '{self.network.weights}'": (
                self.network.weights in WEIGHTS
            ),
            f"network.dropout must be at least 0 and below 1; got {self.network.dropout}": (
                0 <= self.network.dropout < 1
            ),
            f"network.frozen_layers must be at least 0; got {self.network.frozen_layers}": (
                self.network.frozen_layers >= 0
            ),
            f"augment.rotation_deg must lie between 0 and 180; got {self.augment.rotation_deg}": (
                0 <= self.augment.rotation_deg <= 180
            ),
            f"augment.zoom must be at least 0 and below 1; got {self.augment.zoom}": 0 <= self.augment.zoom < 1,
            f"augment.flips must be one of {', '.join(FLIPS)}; got '{self.augment.flips}'": self.augment.flips in FLIPS,
            f"seed must be at least 0; got {self.seed}": self.seed >= 0,
            f"steps_per_epoch must be at least 1; got {self.steps_per_epoch}": (
                self.steps_per_epoch is None or self.steps_per_epoch >= 1
            ),
            f"bundle.stride_px must lie between 1 and tile_px; got {self.bundle.stride_px}": (
                1 <= self.bundle.stride_px <= self.bundle.tile_px
            ),
            **ARCHITECTURES[self.model].rules(self),
            "data's rendered_share and real_crack_share are at least 0 and together at most 1": (
                min(self.data.rendered_share, self.data.real_crack_share) >= 0
                and self.data.rendered_share + self.data.real_crack_share <= 1
            ),
            f"data.cracked_walls must be one of {', '.join(CRACKED_WALLS)}; got '{self.data.cracked_walls}'": (
                self.data.cracked_walls in CRACKED_WALLS
            ),
            f"data.hard_negative_share must lie between 0 and 1; got {self.data.hard_negative_share}": (
                0 <= self.data.hard_negative_share <= 1
            ),
            f"epochs must be at least 1; got {self.epochs}": self.epochs >= 1,
            f"batch_size must be at least 1; got {self.batch_size}": self.batch_size >= 1,
            f"learning_rate must lie above 0 and at most 1; got {self.learning_rate}": 0 < self.learning_rate <= 1,
            f"patience must be at least 0; got {self.patience}": self.patience >= 0,
            "data.sets must name at least one data set": len(self.data.sets) > 0,
            f"data.crop_px must be at least tile_px; got {self.data.crop_px} and {self.bundle.tile_px}": (
                not self.bundle.dense or self.data.crop_px >= self.bundle.tile_px
            ),
        }
        for rule, holds in rules.items():
            if not holds:
                raise RecipeError(f"{where}: {rule}")


def names() -> list[str]:
    """The recipes that ship, by name."""
    folder = resources.files("training") / "recipes"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_recipe(name_or_path: str) -> Recipe:
    """A shipped recipe by name, or a file ending in .toml. Raises `RecipeError`, naming file and key."""
    if name_or_path.endswith(".toml"):
        path = Path(name_or_path)
        if not path.is_file():
            raise RecipeError(f"{path}: there is no such recipe file")
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as unreadable:
            raise RecipeError(f"{path}: a recipe is a text file in UTF-8; {unreadable}") from unreadable
    elif name_or_path in names():
        text = (resources.files("training") / "recipes" / f"{name_or_path}.toml").read_text(encoding="utf-8")
    else:
        raise RecipeError(
            f"there is no recipe '{name_or_path}'; known: {', '.join(names())}, or a path ending in .toml"
        )
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise RecipeError(f"{name_or_path}: not valid TOML: {broken}") from broken
    return parse(content, name_or_path)


def parse(content: Mapping[str, Any], where: str) -> Recipe:
    """A recipe from the content of its file, checked. Raises `RecipeError`."""
    for part in ("data", "bundle", "network", "augment"):
        if not isinstance(content.get(part, {} if part in ("network", "augment") else None), Mapping):
            raise RecipeError(f"{where}: a recipe has a table [{part}]")
    sets = content["data"].get("sets", [])
    if not isinstance(sets, list | tuple) or not all(isinstance(name, str) for name in sets):
        raise RecipeError(f"{where} [data]: 'sets' must be a list of names; got {sets!r}")
    data = _build(DataPart, {**content["data"], "sets": tuple(sets)}, f"{where} [data]")
    bundle = _build(BundlePart, content["bundle"], f"{where} [bundle]")
    network = _build(NetworkPart, content.get("network", {}), f"{where} [network]")
    augment = _build(AugmentPart, content.get("augment", {}), f"{where} [augment]")
    parts = {"data": data, "bundle": bundle, "network": network, "augment": augment}
    recipe: Recipe = _build(Recipe, {**content, **parts}, where)
    recipe.check(where)
    return recipe


def trained_part(stored: Mapping[str, Any]) -> dict[str, Any]:
    """What of a recipe, stored as plain values, decides the weights: all but its name and its part about the bundle.

    One that an earlier version stored has the keys which that did not know at their defaults.
    """
    plain = json.loads(json.dumps(stored))
    for part, kind in (("network", NetworkPart), ("augment", AugmentPart), ("data", DataPart)):
        plain[part] = {**_defaults(kind), **plain.get(part, {})}
    plain["model"] = RENAMED_MODELS.get(plain["model"], plain["model"])
    del plain["bundle"], plain["name"]
    return {**_defaults(Recipe), **plain}


def _defaults(kind: type[Any]) -> dict[str, Any]:
    return {field.name: field.default for field in dataclasses.fields(kind) if field.default is not dataclasses.MISSING}


# The type of a field -> what is accepted for it (a whole number is a valid float to TOML), and its name.
_KINDS: dict[Any, tuple[tuple[type, ...], str]] = {
    int: ((int,), "int"),
    int | None: ((int,), "int"),
    float: ((int, float), "float"),
    float | None: ((int, float), "float"),
    str: ((str,), "str"),
    bool: ((bool,), "bool"),
}


def _build(kind: type[Any], values: Mapping[str, Any], where: str) -> Any:
    fields = {field.name: field for field in dataclasses.fields(kind)}
    if unknown := sorted(set(values) - set(fields)):
        raise RecipeError(f"{where}: unknown key '{unknown[0]}'; known: {', '.join(fields)}")
    needed = {
        name
        for name, field in fields.items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    }
    if missing := sorted(needed - set(values)):
        raise RecipeError(f"{where}: the key '{missing[0]}' is missing")
    for name, value in values.items():
        if fields[name].type not in _KINDS:
            continue
        kinds, called = _KINDS[fields[name].type]
        if type(value) not in kinds:  # isinstance would take true for a whole number
            raise RecipeError(f"{where}: '{name}' must be of type {called}; got {value!r}")
    return kind(**values)
