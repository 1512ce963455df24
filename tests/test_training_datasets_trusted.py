"""The trusted lists are whole and each of its side, their readme tells their counts, and a damaged list is refused."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import DataError
from edge.imagefile import read_bgr
from training.datasets import contact_sheets, trusted
from training.datasets.contact_sheets import drawn_again, drawn_tiles, sheet, stretched, write_sheets
from training.datasets.sdnet import tile_labels
from training.datasets.split import Split, load_split
from training.datasets.trusted import (
    FOLDER,
    FRAME,
    HEADER,
    LISTS,
    MARKS,
    SECOND_READINGS,
    SOURCES,
    WallTile,
    agreement,
    counts,
    marks_text,
    read_marks,
    summary,
    tile_pictures,
    trusted_items,
)


@pytest.fixture(scope="module")
def split() -> Split:
    return load_split()


def rows(path: Path) -> list[list[str]]:
    """The list as csv alone reads it."""
    with path.open(newline="", encoding="utf-8") as lines:
        return list(csv.reader(lines))


def test_the_test_list_is_as_large_as_it_must_be() -> None:
    listed = rows(LISTS["test"])[1:]
    cracked = [row for row in listed if row[3] == "1"]
    assert sum(row[4] == "visible" for row in cracked) >= 150
    assert len({row[0] for row in cracked}) >= 10
    assert {"7096", "7099", "7102", "7109"} == {row[0] for row in listed if row[2] == "frame"}
    for photo in {row[0] for row in listed}:
        labels = [row[3] for row in listed if row[0] == photo]
        assert labels.count("0") == labels.count("1")


@pytest.mark.parametrize("side", LISTS)
def test_every_tile_is_of_the_lists_side_and_every_cracked_one_is_there(side: str, split: Split) -> None:
    listed = read_marks(LISTS[side])
    assert {split.sides[tile.picture_name] for tile in listed} == {side}
    assert set(listed.values()) == set(MARKS)
    cracked = {name for name, at in split.sides.items() if at == side and name.startswith("sdnet2018/W/cracked/")}
    assert {tile.picture_name for tile in listed if tile.label and tile.source != FRAME} == cracked


def test_no_photo_is_in_two_lists() -> None:
    photos = [{tile.photo for tile in read_marks(path)} for path in LISTS.values()]
    assert len(set.union(*photos)) == sum(map(len, photos))


def test_the_readme_tells_the_counts_and_the_split(split: Split) -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert counts() in readme
    assert split.sha256 in readme


@pytest.mark.parametrize("side", LISTS)
def test_the_counts_are_what_counting_lines_gives(side: str) -> None:
    text = LISTS[side].read_text(encoding="utf-8")
    told = summary(read_marks(LISTS[side]), read_marks(SECOND_READINGS[side]))
    last_row = [line for line in told.splitlines() if line[:5] == "| all"]
    of_each = [text.count(f",{label},{mark}\n") for label in (1, 0) for mark in MARKS]
    assert last_row == ["| all | " + " | ".join(map(str, of_each)) + " |"]
    assert f"### {side}\n{told}" in counts()


@pytest.mark.parametrize(("side", "at_least"), [("test", 40), ("validation", 30)])
def test_agreement_is_what_comparing_lines_gives(side: str, at_least: int) -> None:
    paths = LISTS[side], SECOND_READINGS[side]
    first, second = (set(map(tuple, rows(path)[1:])) for path in paths)
    assert agreement(*map(read_marks, paths)) == (len(first & second), len(second))
    assert len(second) >= at_least
    assert set(drawn_again(LISTS[side], len(second))) == read_marks(SECOND_READINGS[side]).keys()


def test_a_second_reading_of_other_tiles_is_refused() -> None:
    stranger = WallTile(photo=1, tile="1", source="tile", label=0)
    with pytest.raises(DataError, match="1-1"):
        agreement(read_marks(), {stranger: "visible"})


TILES = st.builds(
    WallTile,
    photo=st.integers(7069, 7140),
    tile=st.from_regex(r"[1-9][0-9]?(_2)?", fullmatch=True),
    source=st.sampled_from(SOURCES),
    label=st.integers(0, 1),
)


@settings(max_examples=50, deadline=None)
@given(marks=st.dictionaries(TILES, st.sampled_from(MARKS), min_size=1))
def test_a_list_reads_as_it_was_written(marks: dict[WallTile, str], tmp_path_factory: pytest.TempPathFactory) -> None:
    marks = dict({tile.name: (tile, mark) for tile, mark in marks.items()}.values())
    path = tmp_path_factory.mktemp("marks") / "marks.csv"
    path.write_text(marks_text(marks), encoding="utf-8")
    assert read_marks(path) == marks


GOOD = "7097,43,tile,1,visible"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("7097,43,tile,1", "5 fields"),
        ("7097,43,tile,1,seen", "a mark one of"),
        ("7097,43,tile,2,visible", "a label 0 or 1"),
        ("7097,43,film,1,visible", "a source is"),
        ("x,43,tile,1,visible", "a photo is a number"),
        ("7097,../43,tile,1,visible", "number_number"),
        ("", "5 fields"),
        (GOOD, "marked once"),
        ("7097,43,tile,0,not_visible", "marked once"),
    ],
)
def test_a_damaged_line_is_refused_by_name_and_number(line: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text("\n".join([",".join(HEADER), GOOD, line, ""]), encoding="utf-8")
    with pytest.raises(DataError, match=rf"(?s){why}.*marks\.csv, line 3"):
        read_marks(path)


@pytest.mark.parametrize("content", [b"", b"photo,tile\n", b"\xff\xfe", ",".join(HEADER).encode() + b"\n"])
def test_what_is_no_list_is_refused_by_name(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "marks.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"marks\.csv"):
        read_marks(tmp_path / "marks.csv")
    with pytest.raises(DataError, match=r"none\.csv"):
        read_marks(tmp_path / "none.csv")


@pytest.mark.parametrize(("side", "other"), [("test", "validation"), ("validation", "test")])
def test_the_list_of_another_side_is_refused(side: str, other: str, split: Split, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"split, {side}, and .* lies on {other}"):
        next(trusted_items(tmp_path, split, read_marks(LISTS[other]), side))


def test_tiles_of_the_training_side_are_refused(split: Split, tmp_path: Path) -> None:
    name = next(name for name, side in split.sides.items() if side == "train" and "/W/uncracked/" in name)
    photo, number = Path(name).stem.split("-")
    tile = WallTile(photo=int(photo), tile=number, source="tile", label=0)
    with pytest.raises(DataError, match=rf"{name} lies on train"):
        next(trusted_items(tmp_path, split, {tile: "visible"}))


def test_the_list_fits_the_pictures(data_root: Path, split: Split) -> None:
    listed = read_marks()
    labels = {(label.frame, str(label.tile)): label for label in tile_labels(data_root)}
    frames = [tile for tile in listed if tile.source == FRAME]
    assert all(labels[f"{tile.photo}.jpg", tile.tile].label == tile.label for tile in frames)
    assert sum(tile.label for tile in frames) == sum(label.label for label in labels.values())
    chosen = {tile: mark for tile, mark in listed.items() if tile.photo in (7096, 7107)}
    items = list(trusted_items(data_root, split, chosen))
    assert {item.tile: item.mark for item in items} == chosen
    assert {item.picture.shape for item in items} == {(256, 256, 3)}
    cut = next(item for item in items if item.tile.source == FRAME)
    row, column = divmod(int(cut.tile.tile) - 1, 18)
    frame = read_bgr(data_root / "frames" / "sdnet_walls" / f"{cut.tile.photo}.jpg")
    assert (cut.picture == frame[row * 256 :, column * 256 :][:256, :256]).all()


@pytest.mark.parametrize("side", LISTS)
def test_the_sheets_hold_what_the_list_holds(side: str, data_root: Path, split: Split) -> None:
    listed = read_marks(LISTS[side])
    for photo in {tile.photo for tile in listed}:
        drawn = drawn_tiles(photo, data_root, split, side)
        assert set(drawn) == {tile for tile in listed if tile.photo == photo}
        assert [tile.label for tile in drawn] != sorted((tile.label for tile in drawn), reverse=True)
    with pytest.raises(DataError, match="7069"):
        drawn_tiles(7069, data_root, split, side)


def test_a_tile_that_is_nowhere_is_named(data_root: Path) -> None:
    for tile in (
        WallTile(photo=7097, tile="999", source="tile", label=1),
        WallTile(photo=7096, tile="253", source="frame", label=1),
        WallTile(photo=7098, tile="1", source="frame", label=1),
    ):
        with pytest.raises(DataError, match=tile.name):
            next(tile_pictures([tile], data_root))


def test_a_sheet_shows_its_tiles_at_native_size() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (6, 256, 256, 3), np.uint8)
    page = sheet([(str(n), picture) for n, picture in enumerate(noise)])
    width = 256 + contact_sheets.GAP_PX
    height = 256 + contact_sheets.CAPTION_PX
    for n, picture in enumerate(noise):
        y, x = divmod(n, 4)[0] * height, divmod(n, 4)[1] * width
        assert (page[y : y + 256, x : x + 256] == picture).all()
    assert sheet([("1", noise[0])], zoom=2).shape[0] == 2 * 256 + contact_sheets.CAPTION_PX


def test_stretching_brings_out_a_faint_line() -> None:
    picture = np.full((256, 256, 3), 120, np.uint8)
    picture += np.random.default_rng(0).integers(0, 3, (256, 256, 1), np.uint8)
    picture[:, 100] -= 6
    wide = stretched(picture)
    assert wide[:, 100].mean() + 100 < wide[:, 110:].mean()
    assert (stretched(np.zeros((256, 256, 3), np.uint8)) == 0).all()


def test_sheets_are_written_and_read_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiles = [WallTile(photo=7097, tile=str(n), source="tile", label=n % 2) for n in range(1, 19)]
    black = np.zeros((256, 256, 3), np.uint8)
    monkeypatch.setattr(contact_sheets, "tile_pictures", lambda tiles, root: [(tile, black) for tile in tiles])
    assert write_sheets(tiles, tmp_path, "x", named=False) == 2
    assert [row[1] for row in rows(tmp_path / "x-key.csv")] == [tile.name for tile in tiles]
    assert cv2.imread(str(tmp_path / "x-02.png")).shape[1] == 2 * (256 + contact_sheets.GAP_PX)
    assert contact_sheets.main(["--again", "3", "--marks", str(tmp_path / "none.csv"), "--out", str(tmp_path)]) == 1
    assert "none.csv" in capsys.readouterr().err


def test_the_package_holds_the_lists() -> None:
    assert Path(trusted.__file__).parent / "trusted" / "sdnet_test.csv" == LISTS["test"]
    assert LISTS["validation"].parent == LISTS["test"].parent
    pyproject = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    assert '"datasets/trusted/*"' in pyproject
