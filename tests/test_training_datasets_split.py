"""The split: what belongs together lies on one side, the manifest is exact, a changed one is refused."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import DataError, RecipeError
from training.datasets.item import Item
from training.datasets.split import (
    DEFAULT,
    Split,
    load_recipe,
    load_split,
    split_hash,
    split_of,
    split_text,
)

SIDES = {"train", "validation", "test"}
RECIPE: dict[str, Any] = {
    **load_recipe(),
    "datasets": {
        "own": {"rule": "random_units", "fractions": {"train": 0.7, "validation": 0.1, "test": 0.2}},
        "walls": {
            "rule": "photo_ranges",
            "ranges": {
                "walls": {
                    "train": [[0, 9]],
                    "left_out": [[10, 10]],
                    "validation": [[11, 12]],
                    "test": [[13, 20]],
                }
            },
        },
        "published": {"rule": "as_published"},
    },
}


def item(name: str, *, label: int = 0, group: str | None = None) -> Item:
    return Item(
        name=name,
        path=Path("/nowhere") / name,
        dataset=name.split("/")[0],
        label=label,
        group=group,
        licence="",
    )


@st.composite
def pictures(draw: st.DrawFn) -> tuple[list[Item], list[tuple[int, int]]]:
    """Pictures of two data sets, some grouped, some of them copies of others."""
    groups = st.none() | st.sampled_from(["own/a", "own/b"])
    own = [
        item(f"own/{n}.jpg", label=draw(st.integers(0, 1)), group=draw(groups)) for n in range(draw(st.integers(0, 60)))
    ]
    walls = [item(f"walls/{n}.jpg", group=f"walls/{draw(st.integers(0, 22))}") for n in range(draw(st.integers(0, 30)))]
    items = own + walls
    if len(items) < 2:
        return items, []
    index = st.integers(0, len(items) - 1)
    return items, draw(st.lists(st.tuples(index, index).filter(lambda pair: pair[0] != pair[1]), max_size=12))


@given(pictures(), st.integers(0, 3))
def test_nothing_that_belongs_together_lies_on_two_sides(
    case: tuple[list[Item], list[tuple[int, int]]], seed: int
) -> None:
    items, pairs = case
    try:
        split = split_of(items, pairs, RECIPE | {"seed": seed})
    except DataError as error:
        # Few pictures, or most of them linked: refused, as it should be.
        if "every side of a split has pictures of every class" in str(error):
            return
        raise
    assert split.sides.keys() == {item.name for item in items}
    assert set(split.sides.values()) <= SIDES | {"left_out"}
    for a, b in pairs:
        assert len({split.sides[items[a].name], split.sides[items[b].name]} & SIDES) <= 1
    sides_of_group = defaultdict(set)
    for one in items:
        sides_of_group[one.group or one.name].add(split.sides[one.name])
    assert all(len(sides & SIDES) <= 1 for sides in sides_of_group.values())
    counted = sum(n for sides in split.counts.values() for labels in sides.values() for n in labels.values())
    assert counted == len(items)
    left_out = [name for name, side in split.sides.items() if side == "left_out"]
    assert sum(n for reasons in split.left_out.values() for n in reasons.values()) == len(left_out)


@given(pictures(), st.randoms())
def test_the_same_pictures_give_the_same_bytes_and_reading_gives_them_back(
    tmp_path_factory: pytest.TempPathFactory, case: tuple[list[Item], list[tuple[int, int]]], random: Any
) -> None:
    items, pairs = case
    try:
        split = split_of(items, pairs, RECIPE)
    except DataError:
        return
    random.shuffle(pairs)
    text = split_text(split)
    assert split_text(split_of(items, [(b, a) for a, b in pairs], RECIPE)) == text
    path = tmp_path_factory.mktemp("split") / "split.json"
    path.write_text(text)
    assert load_split(path) == split
    for side in SIDES:
        assert [one.name for one in split.items(side, items)] == [
            one.name for one in items if split.sides[one.name] == side
        ]


def test_fractions_and_classes_come_out_balanced() -> None:
    items = [item(f"own/{n:04}.jpg", label=n % 2, group=f"own/g{n // 7}") for n in range(2000)]
    counts = split_of(items, [], RECIPE).counts["own"]
    for label in "01":
        assert counts["train"][label] == pytest.approx(700, abs=10)
        assert counts["validation"][label] == pytest.approx(100, abs=10)
        assert counts["test"][label] == pytest.approx(200, abs=10)


def test_copies_go_to_one_side_rather_than_away() -> None:
    items = [item(f"own/{n:03}.jpg", label=n % 2) for n in range(200)]
    split = split_of(items, [(n, n + 100) for n in range(100)], RECIPE)
    assert split.left_out == {}
    assert all(split.sides[a.name] == split.sides[b.name] for a, b in zip(items, items[100:], strict=False))


def test_another_seed_gives_another_split() -> None:
    items = [item(f"own/{n}.jpg", label=n % 2) for n in range(100)]
    one, two = (split_of(items, [], RECIPE | {"seed": seed}) for seed in (1, 2))
    assert one.sides != two.sides
    assert one.sha256 != two.sha256


def test_photos_go_where_their_range_says_and_copies_leave_the_less_guarded_side() -> None:
    items = [item(f"walls/{n}.jpg", group=f"walls/{n}") for n in (1, 2, 10, 11, 13, 30)]
    split = split_of(items, [(0, 4), (3, 4)], RECIPE)
    assert [split.sides[one.name] for one in items] == [
        "left_out",  # a copy of one in test
        "train",
        "left_out",  # the guard
        "left_out",  # a copy of one in test
        "test",
        "left_out",  # in no range
    ]
    assert split.left_out == {"walls": {"near duplicate across sides": 2, "guard photo": 1, "photo in no range": 1}}


def test_a_published_split_loses_the_training_crops_of_test_photos() -> None:
    names = [f"published/{file}.jpg" for file in ("train/images/1-1", "test/images/1-2", "train/images/2")]
    items = [item(name, group=f"published/{name.rpartition('/')[2][0]}") for name in names]
    sides = split_of(items, [], RECIPE).sides
    assert [sides[name] for name in names] == ["left_out", "test", "train"]


def test_a_data_set_that_hangs_together_as_one_is_refused() -> None:
    items = [item(f"own/{n}.jpg", label=1, group="own/one") for n in range(20)]
    with pytest.raises(DataError, match=r"validation of own has none labelled 1.*20 of 20"):
        split_of(items, [], RECIPE)


def test_two_pictures_of_one_name_are_refused() -> None:
    with pytest.raises(DataError, match=r"unique.*own/1\.jpg"):
        split_of([item("own/1.jpg"), item("own/1.jpg")], [], RECIPE)


def test_a_data_set_without_a_rule_is_refused() -> None:
    with pytest.raises(RecipeError, match="metu is not in own, published, walls"):
        split_of([item("metu/1.jpg")], [], RECIPE)


def test_a_side_is_one_of_four() -> None:
    with pytest.raises(DataError, match="not 'val'"):
        load_split().items("val", [])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content["pictures"]["metu/Positive/*.jpg"]["test"].pop(), "states the SHA-256"),
        (lambda content: content["recipe"].update(seed=1), "states the SHA-256"),
        (lambda content: content.update(schema_version=2), "schema_version 1, not 2"),
        (lambda content: content.pop("sha256"), "says None"),
    ],
)
def test_a_changed_manifest_is_refused(tmp_path: Path, change: Any, message: str) -> None:
    content = json.loads(DEFAULT.read_text())
    change(content)
    (tmp_path / "changed.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match=rf"{message}.*changed\.json"):
        load_split(tmp_path / "changed.json")


@pytest.mark.parametrize(("text", "message"), [("{", "JSON"), ("[]", "object, not a list"), (None, "no such file")])
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / "x.json").write_text(text)
    with pytest.raises(DataError, match=rf"{message}.*x\.json"):
        load_split(tmp_path / "x.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda recipe: recipe.pop("seed"), "'seed'"),
        (lambda recipe: recipe["datasets"]["metu"].pop("fractions"), "'fractions'"),
        (lambda recipe: recipe["datasets"]["metu"]["fractions"].pop("test"), "'test'"),
        (lambda recipe: recipe["datasets"]["metu"].update(rule="luck"), "not 'luck'"),
    ],
)
def test_a_recipe_with_a_hole_is_refused(tmp_path: Path, change: Any, message: str) -> None:
    recipe = load_recipe()
    change(recipe)
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    with pytest.raises(RecipeError, match=rf"{message}.*recipe\.json"):
        load_recipe(tmp_path / "recipe.json")


def test_the_shipped_recipes_are_whole() -> None:
    assert load_recipe() == load_split().recipe
    load_recipe(DEFAULT.parent / "other.recipe.json")


def test_the_shipped_split_is_small_and_says_what_leaks() -> None:
    split: Split = load_split()
    assert DEFAULT.stat().st_size < 200_000
    assert split_hash(json.loads(DEFAULT.read_text())) == split.sha256
    assert any("negatives" in leak for leak in split.recipe["residual_leaks"])
    frames = {name: side for name, side in split.sides.items() if name.startswith("frames/")}
    assert frames == {f"frames/sdnet_walls/{photo}.jpg": "test" for photo in (7096, 7099, 7102, 7109)}


def test_the_shipped_split_keeps_photos_whole() -> None:
    """From the names alone, by no code of the split: SDNET2018's photos and METU's blocks of positives."""
    sides: dict[str, set[str]] = defaultdict(set)
    for name, side in load_split().sides.items():
        dataset, *_, class_name, file = name.split("/")
        if dataset == "sdnet2018":
            sides[file.split("-")[0]].add(side)
        elif class_name == "Positive":
            sides[f"block {file[:3]}"].add(side)
    assert len(sides) > 80
    assert all(len(found) == 1 for found in sides.values())
    photos = {
        side: [int(photo) for photo, found in sides.items() if photo.isdigit() and found == {side}] for side in SIDES
    }
    for one, other in (("train", "validation"), ("train", "test"), ("validation", "test")):
        assert min(abs(a - b) for a in photos[one] for b in photos[other]) >= 2


@pytest.mark.parametrize("load", [load_split, load_recipe])
def test_a_folder_is_no_manifest(tmp_path: Path, load: Any) -> None:
    with pytest.raises(DataError, match=rf"cannot be read \(Is a directory\): {tmp_path}"):
        load(tmp_path)
