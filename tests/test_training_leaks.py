"""A picture that a network is judged on is not learnt from, whatever its file is called."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from synthetic_pictures import split_over, tiny, write_pictures

from edge.errors import DataError
from training.datasets.item import Item
from training.leaks import check_sides
from training.train import train


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    return write_pictures(tmp_path_factory.mktemp("own"), count=24)


def test_sides_without_a_common_picture_pass(items: list[Item]) -> None:
    check_sides(items, split_over(items))


@pytest.mark.parametrize("side", ["test", "validation"])
def test_a_copy_of_a_test_picture_in_training_is_refused_before_anything_is_made(
    side: str, items: list[Item], tmp_path: Path
) -> None:
    split = split_over(items)
    judged, learnt = split.items(side, items)[0], split.items("train", items)[0]
    copied = tmp_path / "another name.png"
    shutil.copy(judged.path, copied)
    leaking = [replace(item, path=copied) if item.name == learnt.name else item for item in items]
    with pytest.raises(DataError, match=rf"another name\.png: .*on the train side, and .*{side} side") as raised:
        train(tiny("article-cnn"), leaking, split, tmp_path / "run", verbose=0)
    assert str(judged.path) in str(raised.value)
    assert not (tmp_path / "run").exists()


def test_a_test_picture_put_on_the_training_side_too_is_refused(items: list[Item]) -> None:
    split = split_over(items)
    judged = split.items("test", items)[0]
    twice = replace(judged, name="own/twice.png")
    with pytest.raises(DataError, match="lies on one side"):
        check_sides([*items, twice], replace(split, sides={**split.sides, twice.name: "train"}))


def test_pictures_without_photos_need_a_split_that_says_so(items: list[Item]) -> None:
    split = split_over(items)
    silent = replace(split, recipe={**split.recipe, "residual_leaks": []})
    with pytest.raises(DataError, match=r"own: no picture says which photo.*folder of its own.*residual_leaks"):
        check_sides(items, silent)
    check_sides([replace(item, group=f"own/{item.name}") for item in items], silent)
