"""Readers: names, labels and groups of every layout, and what they say of a wrong one."""

from pathlib import Path

import pytest

from edge.cameras.sources import PICTURE_SUFFIXES
from edge.errors import DataError
from training.datasets import concrete, deepcrack, elci, folder, metu, registry, sdnet
from training.datasets.item import Item
from training.datasets.licences import CC_BY_4, RESEARCH_ONLY, may_ship
from training.datasets.location import data_root as configured_root


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def summary(items: list[Item]) -> list[tuple[str, int | None, str | None]]:
    return [(item.name, item.label, item.group) for item in items]


def test_metu_groups_positives_by_blocks_of_a_hundred(tmp_path: Path) -> None:
    touch(tmp_path, *(f"metu/Positive/{n}.jpg" for n in ("00099", "00100", "00199", "14965_1")))
    touch(tmp_path, "metu/Negative/00100.jpg", "metu/full_set_exact_duplicates.csv", "metu/Positive/.hidden.jpg")
    assert summary(metu.read(tmp_path)) == [
        ("metu/Negative/00100.jpg", 0, None),
        ("metu/Positive/00099.jpg", 1, "metu/P/0"),
        ("metu/Positive/00100.jpg", 1, "metu/P/1"),
        ("metu/Positive/00199.jpg", 1, "metu/P/1"),
        ("metu/Positive/14965_1.jpg", 1, "metu/P/149"),
    ]


def test_metu_refuses_a_name_without_a_number(tmp_path: Path) -> None:
    touch(tmp_path, "metu/Positive/holiday.jpg", "metu/Negative/00001.jpg")
    with pytest.raises(DataError, match=r"named by its number.*holiday\.jpg"):
        metu.read(tmp_path)


def test_both_layouts_of_sdnet_give_the_same_names(tmp_path: Path) -> None:
    ours, official = tmp_path / "ours", tmp_path / "official"
    touch(ours, "sdnet2018/W/cracked/7069-101.jpg", "sdnet2018/W/uncracked/7107-100_2.jpg")
    touch(official, "sdnet2018/W/CW/7069-101.jpg", "sdnet2018/W/UW/7107-100_2.jpg")
    assert summary(sdnet.read(ours)) == [
        ("sdnet2018/W/cracked/7069-101.jpg", 1, "sdnet2018/W/7069"),
        ("sdnet2018/W/uncracked/7107-100_2.jpg", 0, "sdnet2018/W/7107"),
    ]
    assert summary(sdnet.read(official)) == summary(sdnet.read(ours))


def test_sdnet_reads_decks_and_pavements(tmp_path: Path) -> None:
    touch(tmp_path, "sdnet2018/D/CD/7001-115.jpg", "sdnet2018/P/UP/001-100.jpg")
    assert summary(sdnet.read(tmp_path)) == [
        ("sdnet2018/D/cracked/7001-115.jpg", 1, "sdnet2018/D/7001"),
        ("sdnet2018/P/uncracked/001-100.jpg", 0, "sdnet2018/P/1"),
    ]


def test_a_frame_is_cracked_where_one_of_its_tiles_is(tmp_path: Path) -> None:
    touch(tmp_path, "frames/sdnet_walls/7096.jpg", "frames/sdnet_walls/7099.jpg")
    (tmp_path / "frames/sdnet_walls/tiles.csv").write_text(
        "frame,tile,row,col,x,y,w,h,label\n7096.jpg,1,0,0,0,0,256,256,0\n7096.jpg,20,1,1,256,256,256,256,1\n"
        "7099.jpg,1,0,0,0,0,256,256,0\n"
    )
    assert [(item.name, item.label, item.group) for item in sdnet.read_frames(tmp_path)] == [
        ("frames/sdnet_walls/7096.jpg", 1, "sdnet2018/W/7096"),
        ("frames/sdnet_walls/7099.jpg", 0, "sdnet2018/W/7099"),
    ]
    assert sdnet.tile_labels(tmp_path)[1].box_xywh == (256, 256, 256, 256)


@pytest.mark.parametrize("text", ["frame,tile\n7096.jpg,1\n", "frame,tile,row,col,x,y,w,h,label\n7096.jpg,one\n"])
def test_a_table_of_tiles_with_other_columns_is_refused(tmp_path: Path, text: str) -> None:
    touch(tmp_path, "frames/sdnet_walls/7096.jpg")
    (tmp_path / "frames/sdnet_walls/tiles.csv").write_text(text)
    with pytest.raises(DataError, match=r"has the columns frame,tile.*tiles\.csv"):
        sdnet.tile_labels(tmp_path)


def test_a_folder_is_no_table_of_tiles(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"cannot be read \(Is a directory\): {tmp_path}"):
        sdnet.read_tile_labels(tmp_path)


def test_deepcrack_names_the_source_photo_and_may_not_ship(tmp_path: Path) -> None:
    touch(tmp_path, "deepcrack/train/images/11142-1.jpg", "deepcrack/test/images/11142-2.jpg")
    touch(tmp_path, "deepcrack/test/images/IMG_6536.jpg")
    items = deepcrack.read(tmp_path)
    assert [item.group for item in items] == ["deepcrack/11142", "deepcrack/IMG_6536", "deepcrack/11142"]
    assert [item.label for item in items] == [None, None, None]
    assert items[2].mask_path == tmp_path / "deepcrack/train/masks/11142-1.png"
    assert {item.licence for item in items} == {RESEARCH_ONLY}
    assert not any(map(may_ship, items))


def test_own_pictures_group_by_sub_folder_across_the_classes(tmp_path: Path) -> None:
    touch(
        tmp_path,
        "own/Cracked/a.jpg",
        "own/Cracked/north/b.JPG",
        "own/NEGATIVE/north/c.png",
        "own/notes/d.jpg",
    )
    items = folder.read(tmp_path)
    assert summary(items) == [
        ("own/Cracked/a.jpg", 1, None),
        ("own/Cracked/north/b.JPG", 1, "own/north"),
        ("own/NEGATIVE/north/c.png", 0, "own/north"),
    ]
    assert all(map(may_ship, items))


def test_own_pictures_are_of_every_kind_that_is_inspected(tmp_path: Path) -> None:
    touch(tmp_path, *(f"own/cracked/a{suffix}" for suffix in PICTURE_SUFFIXES), "own/cracked/a.txt")
    assert {item.path.suffix for item in folder.read(tmp_path)} == set(PICTURE_SUFFIXES)


def test_elci_reads_any_tree_with_class_folders(tmp_path: Path) -> None:
    touch(tmp_path, "elci/Dataset/Train/Crack/1.png", "elci/Dataset/Train/Non-Crack/2.png")
    assert summary(elci.read(tmp_path)) == [
        ("elci/Dataset/Train/Crack/1.png", 1, None),
        ("elci/Dataset/Train/Non-Crack/2.png", 0, None),
    ]


def test_no_class_folder_is_said(tmp_path: Path) -> None:
    touch(tmp_path, "own/walls/a.jpg")
    with pytest.raises(DataError, match=r"named cracked, positive, .*own"):
        folder.read(tmp_path)


def test_concrete_finds_masks_in_the_misnamed_folder(tmp_path: Path) -> None:
    touch(tmp_path, "Concrete/Positive/Images/1.jpg", "Concrete/Positive/Masks/1.png")
    touch(
        tmp_path,
        "Concrete/Negative/Images/2.jpg",
        "Concrete/Negative/Mask/2.jpg",
        "Concrete/Negative/Images/3.jpg",
    )
    assert {item.name: item.mask_path for item in concrete.read(tmp_path)} == {
        "concrete/Positive/Images/1.jpg": tmp_path / "Concrete/Positive/Masks/1.png",
        "concrete/Negative/Images/2.jpg": tmp_path / "Concrete/Negative/Mask/2.jpg",
        "concrete/Negative/Images/3.jpg": tmp_path / "Concrete/Negative/Masks/3.png",
    }


@pytest.mark.parametrize("name", sorted(registry.READERS))
def test_a_missing_set_says_how_to_get_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=rf"hairline data fetch {name}.*HAIRLINE_DATA"):
        registry.read_all([name], tmp_path)
    assert registry.present(tmp_path) == []


def test_an_unknown_set_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"one of metu, sdnet2018.*'cifar'"):
        registry.read_all(["cifar"], tmp_path)


def test_the_data_folder_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HAIRLINE_DATA", str(tmp_path))
    assert configured_root() == tmp_path
    monkeypatch.delenv("HAIRLINE_DATA")
    assert configured_root() == Path("data")


def test_the_shippable_sets_are_cc_by(tmp_path: Path) -> None:
    touch(tmp_path, "metu/Positive/00001.jpg", "metu/Negative/00001.jpg", "sdnet2018/W/CW/7069-101.jpg")
    assert {item.licence for item in registry.read_all(["metu", "sdnet2018"], tmp_path)} == {CC_BY_4}
