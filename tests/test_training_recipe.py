"""Recipes: what is wrong is said at once, with the file and the key."""

import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from edge.errors import RecipeError
from training.recipe import AugmentPart, NetworkPart, load_recipe, names, parse, trained_part

SHIPPED = Path(__file__).parent.parent / "training" / "recipes"
SHIPPED_NAMES = sorted(path.stem for path in SHIPPED.glob("*.toml"))


def content(name: str = "tilenet-m") -> dict[str, Any]:
    return tomllib.loads((SHIPPED / f"{name}.toml").read_text())


def changed(key: str, value: object, name: str = "tilenet-m") -> dict[str, Any]:
    """A shipped recipe with one value changed; `key` may be `part.key`; None removes it."""
    recipe = content(name)
    part, _, last = key.rpartition(".")
    table = recipe[part] if part else recipe
    if value is None:
        del table[last]
    else:
        table[last] = value
    return recipe


def test_every_recipe_that_ships_is_valid() -> None:
    assert names() == sorted(path.stem for path in SHIPPED.glob("*.toml"))
    assert {"tilenet-m", "article-cnn"} <= set(names())
    for name in names():
        assert load_recipe(name).name == name


def test_the_article_s_hyperparameters() -> None:
    recipe = load_recipe("article-cnn")
    assert (recipe.learning_rate, recipe.schedule, recipe.patience) == (1e-4, "constant", 5)
    assert (recipe.bundle.input_px, recipe.bundle.tile_px, recipe.bundle.dense) == (64, 227, False)


@pytest.mark.parametrize("key", ["colour", "data.colour", "bundle.colour"])
def test_an_unknown_key_is_named_with_the_known_ones(key: str) -> None:
    with pytest.raises(RecipeError, match=r"my\.toml.*unknown key 'colour'; known: "):
        parse(changed(key, 1), "my.toml")


@pytest.mark.parametrize(
    "key",
    [
        *(
            "name",
            "model",
            "seed",
            "epochs",
            "batch_size",
            "learning_rate",
            "schedule",
            "patience",
            "data.sets",
        ),
        *("bundle.tile_px", "bundle.input_px", "bundle.stride_px", "bundle.dense", "bundle.score"),
    ],
)
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(RecipeError, match=rf"my\.toml.*{key.rpartition('.')[2]}"):
        parse(changed(key, None), "my.toml")


@pytest.mark.parametrize("part", ["data", "bundle"])
def test_a_missing_table_is_named(part: str) -> None:
    for wrong in (None, "text", 5):
        with pytest.raises(RecipeError, match=rf"my\.toml: .*\[{part}\]"):
            parse(changed(part, wrong), "my.toml")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", 5),
        ("model", ["tilenet"]),
        ("seed", 1.5),
        ("seed", True),
        ("epochs", "60"),
        ("epochs", 1.0),
        ("steps_per_epoch", "100"),
        ("steps_per_epoch", False),
        ("learning_rate", "fast"),
        ("learning_rate", True),
        ("data.sets", "metu"),
        ("data.sets", 5),
        ("data.sets", [5]),
        ("data.crop_px", "224"),
        ("bundle.dense", 1),
        ("bundle.dense", "true"),
        ("bundle.tile_px", 96.0),
        ("bundle.window_false_alarm_rate", [0.1]),
        ("bundle.false_alarms_per_photo", "two"),
        ("bundle.image_recall", "high"),
        ("bundle.logit_range", "wide"),
    ],
)
def test_a_value_of_the_wrong_type_is_named(key: str, value: object) -> None:
    with pytest.raises(RecipeError, match=rf"my\.toml.*'{key.rpartition('.')[2]}' must be"):
        parse(changed(key, value), "my.toml")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("model", "resnet"),
        ("schedule", "linear"),
        ("seed", -1),
        ("epochs", 0),
        ("steps_per_epoch", 0),
        ("steps_per_epoch", -3),
        ("batch_size", 0),
        ("learning_rate", 0),
        ("learning_rate", 1.5),
        ("learning_rate", float("nan")),
        ("patience", -1),
        ("data.sets", []),
        ("data.crop_px", 90),
        ("data.crop_px", 112),
        ("bundle.score", "percent"),
        ("bundle.score", "probability"),
        ("bundle.window_false_alarm_rate", 0),
        ("bundle.window_false_alarm_rate", 1),
        ("bundle.false_alarms_per_photo", 0),
        ("bundle.image_recall", 0),
        ("bundle.image_recall", 1.01),
        ("bundle.logit_range", 0),
        ("bundle.logit_range", -12.8),
        ("bundle.image_pooling", "median"),
        ("bundle.image_false_alarm_rate", 0),
        ("bundle.pooling_k", 0),
        ("data.rendered_share", -0.1),
        ("data.real_crack_share", 0.9),
        ("bundle.stride_px", 0),
        ("bundle.stride_px", 20),
        ("bundle.stride_px", 104),
        ("bundle.tile_px", 64),
        ("bundle.input_px", 64),
        ("bundle.dense", False),
    ],
)
def test_an_impossible_value_is_named(key: str, value: object) -> None:
    with pytest.raises(RecipeError, match=rf"my\.toml: .*{key.rpartition('.')[2]}"):
        parse(changed(key, value), "my.toml")


@pytest.mark.parametrize(
    ("key", "value"), [("bundle.input_px", 80), ("bundle.dense", True), ("bundle.score", "probability")]
)
def test_what_the_article_s_network_fixes_cannot_be_said_otherwise(key: str, value: object) -> None:
    with pytest.raises(RecipeError, match=rf"my\.toml: .*{key.rpartition('.')[2]}"):
        parse(changed(key, value, "article-cnn"), "my.toml")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("network.colour", 1),
        ("network.weights", "mine"),
        ("network.weights", "random"),  # with frozen layers
        ("network.width", 0.4),
        ("network.width", "0.35"),
        ("network.frozen_layers", 155),
        ("network.frozen_layers", -1),
        ("network.softmax", 1),
        ("network.dropout", 1.0),
        ("augment.colour", 1),
        ("augment.rotation_deg", 181.0),
        ("augment.zoom", 1.0),
        ("augment.flips", "up"),
        ("bundle.input_px", 16),
        ("data.mixed_sizes", "yes"),
    ],
)
def test_what_mobilenetv2_cannot_be_is_named(key: str, value: object) -> None:
    with pytest.raises(RecipeError, match=rf"my\.toml.*{key.rpartition('.')[2]}"):
        parse(changed(key, value, "mobilenetv2-partial"), "my.toml")


@pytest.mark.parametrize(("name", "part"), [("tilenet-m", "network"), ("tilenet-m", "augment"), ("cnn-80", "network")])
def test_keys_that_a_network_does_not_know_are_refused(name: str, part: str) -> None:
    values = {"network": {"width": 0.5}, "augment": {"zoom": 0.1}}
    with pytest.raises(RecipeError, match=rf"my\.toml: {name} has no {part}\."):
        parse({**content(name), part: values[part]}, "my.toml")


@pytest.mark.parametrize("name", SHIPPED_NAMES)
def test_a_run_that_an_earlier_version_began_is_the_same_recipe(name: str) -> None:
    """It stored no key that came later, tilenet's first name, and the recipe's name of then."""
    now = asdict(load_recipe(name))
    then = {key: value for key, value in now.items() if key not in ("network", "augment", "teacher")}
    then["data"] = {key: value for key, value in now["data"].items() if key not in ("mixed_sizes",)}
    then |= {"name": "another", "model": "tilenet" if now["model"] == "tilenet-m" else now["model"]}
    plain = now["network"] == asdict(NetworkPart()) and now["augment"] == asdict(AugmentPart())
    same = plain and not now["data"]["mixed_sizes"] and now.get("teacher") is None
    assert (trained_part(then) == trained_part(now)) == same
    assert trained_part({**now, "epochs": 1000}) != trained_part(now)


def test_a_maximum_has_no_second_highest() -> None:
    with pytest.raises(RecipeError, match=r"my\.toml: .*pooling_k must be .* 1 for 'max'; got 8"):
        parse(changed("bundle.pooling_k", 8), "my.toml")


def test_a_recipe_may_start_from_another() -> None:
    assert load_recipe("tilenet-m").start_from in names()
    assert load_recipe("tilenet-m-rendered").start_from is None


def test_possible_values_pass() -> None:
    for key, value in [
        ("learning_rate", 1),
        ("steps_per_epoch", 1),
        ("bundle.stride_px", 8),
        ("patience", 3),
    ]:
        parse(changed(key, value), "my.toml")
    recipe = changed("bundle.image_pooling", "mean_of_highest")
    recipe["bundle"]["pooling_k"] = 3
    assert parse(recipe, "my.toml").bundle.pooling_k == 3
    assert parse(changed("steps_per_epoch", None), "my.toml").steps_per_epoch is None


def test_files_that_are_no_recipe_are_named(tmp_path: Path) -> None:
    path = tmp_path / "my.toml"
    with pytest.raises(RecipeError, match=r"my\.toml: there is no such recipe file"):
        load_recipe(str(path))
    path.write_text("epochs = = 3")
    with pytest.raises(RecipeError, match=r"my\.toml: not valid TOML"):
        load_recipe(str(path))
    path.write_bytes(b"name = '\xff\xfe'")
    with pytest.raises(RecipeError, match=r"my\.toml.*UTF-8"):
        load_recipe(str(path))
    with pytest.raises(RecipeError, match=r"no recipe 'tinynet'; known: article-cnn.*tilenet"):
        load_recipe("tinynet")
    path.write_text((SHIPPED / "tilenet-m.toml").read_text().replace('name = "tilenet-m"', 'name = "mine"'))
    assert load_recipe(str(path)).name == "mine"
