"""Cleaning: each fault is found and named; mending `Concrete` writes a sound copy and nothing else."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from edge.errors import DataError
from training.datasets import concrete, deepcrack, folder, metu
from training.datasets.checksums import sha256_of
from training.datasets.cleaning import clean, decode
from training.datasets.concrete_fix import fix_dataset


def picture(path: Path, seed: int, wh: tuple[int, int] = (227, 227)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (wh[1], wh[0], 3), np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def mask(path: Path, values: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values).save(path)


def binary(wh: tuple[int, int] = (20, 10)) -> np.ndarray:
    values = np.zeros((wh[1], wh[0]), np.uint8)
    values[3:5] = 255
    return values


def test_every_fault_of_a_picture_is_found(tmp_path: Path) -> None:
    metu_folder = tmp_path / "metu"
    good = picture(metu_folder / "Positive/00001.jpg", 1)
    picture(metu_folder / "Positive/00002.jpg", 2, (226, 227))
    (metu_folder / "Positive/00003.jpg").write_bytes(good.read_bytes()[:-400])
    (metu_folder / "Positive/00004.jpg").write_bytes(b"not a picture")
    (metu_folder / "Positive/00005.jpg").write_bytes(good.read_bytes())
    first = picture(metu_folder / "Negative/00001.jpg", 3)
    (metu_folder / "Positive/00006.jpg").write_bytes(first.read_bytes())
    picture(metu_folder / "Negative/00002.jpg", 4)

    kept, report = clean(metu.read(tmp_path))

    assert [item.name for item in kept] == ["metu/Negative/00002.jpg", "metu/Positive/00001.jpg"]
    assert report.checked == 8
    assert {reason: [one.name[5:-4] for one in found] for reason, found in report.by_reason().items()} == {
        "undecodable": ["Positive/00003", "Positive/00004"],
        "wrong size": ["Positive/00002"],
        "copy": ["Positive/00005"],
        "copies with different labels": ["Negative/00001", "Positive/00006"],
    }
    assert report.by_reason()["copy"][0].detail == "the same bytes as metu/Positive/00001.jpg"
    assert report.by_reason()["wrong size"][0].detail == "226x227 px, not 227x227"


def test_an_eps_named_jpg_is_not_even_opened(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n")
    with pytest.raises(UnidentifiedImageError):
        decode(tmp_path / "a.jpg")


def test_a_scan_of_several_pages_is_no_picture(tmp_path: Path) -> None:
    picture(tmp_path / "own/cracked/one.tif", 1)
    page = Image.new("L", (20, 20))
    page.save(tmp_path / "own/cracked/two.tif", save_all=True, append_images=[page])
    kept, report = clean(folder.read(tmp_path))
    assert [item.path.name for item in kept] == ["one.tif"]
    assert "has 2" in report.by_reason()["undecodable"][0].detail


def test_every_fault_of_a_mask_is_found(tmp_path: Path) -> None:
    side = tmp_path / "deepcrack/train"
    (tmp_path / "deepcrack/test/images").mkdir(parents=True)
    for index, name in enumerate(("good", "bits", "none", "rgb", "grey", "small", "broken")):
        picture(side / f"images/{name}.jpg", index, (20, 10))
    mask(side / "masks/good.png", binary())
    (side / "masks/bits.png").parent.mkdir(exist_ok=True)
    Image.fromarray(binary()).convert("1").save(side / "masks/bits.png")
    mask(side / "masks/rgb.png", np.repeat(binary()[..., None], 3, axis=2))
    mask(side / "masks/grey.png", binary() // 2)
    mask(side / "masks/small.png", binary((10, 10)))
    (side / "masks/broken.png").write_bytes((side / "masks/good.png").read_bytes()[:50])

    kept, report = clean(deepcrack.read(tmp_path))

    assert [item.path.stem for item in kept] == ["bits", "good"]
    assert {one.name.rpartition("/")[2]: one.reason for one in report.dropped} == {
        "none.jpg": "mask missing",
        "rgb.jpg": "mask with several channels",
        "grey.jpg": "mask not 0/255",
        "small.jpg": "mask of another size",
        "broken.jpg": "mask undecodable",
    }


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """The fourth seed's data set with the faults that its README tells of."""
    source = tmp_path / "Concrete"
    for index, name in enumerate(("Positive/Images/1", "Positive/Images/2", "Negative/Images/3", "Negative/Images/4")):
        picture(source / f"{name}.jpg", index, (20, 10))
    mask(source / "Positive/Masks/1.png", np.repeat(binary()[..., None], 3, axis=2))
    mask(source / "Positive/Masks/2.png", np.where(binary() > 0, 200, 90).astype(np.uint8))
    mask(source / "Negative/Mask/3.png", np.zeros((10, 20), np.uint8))
    (source / "Negative/Images/5.jpg").write_bytes(b"broken")
    mask(source / "Negative/Mask/5.png", np.zeros((10, 20), np.uint8))
    return source


def test_mending_writes_a_sound_copy(faulty: Path, tmp_path: Path) -> None:
    before = {path: sha256_of(path) for path in faulty.rglob("*") if path.is_file()}
    report = fix_dataset(faulty, tmp_path / "mended/Concrete")

    assert report.written == 3
    assert report.renamed == ("Negative",)
    assert report.rewritten == {"mask with several channels": 1, "mask not 0/255": 1}
    assert {one.name.rpartition("/")[2]: one.reason for one in report.left_behind.dropped} == {
        "4.jpg": "mask missing",
        "5.jpg": "undecodable",
    }
    kept, cleaning = clean(concrete.read(tmp_path / "mended"))
    assert (len(kept), cleaning.dropped) == (3, ())
    assert all(item.mask_path and item.mask_path.parent.name == "Masks" for item in kept)
    for stem in ("1", "2"):
        with Image.open(tmp_path / f"mended/Concrete/Positive/Masks/{stem}.png") as rewritten:
            np.testing.assert_array_equal(np.asarray(rewritten), binary())
    assert {path: sha256_of(path) for path in faulty.rglob("*") if path.is_file()} == before


def test_mending_never_writes_over_anything(faulty: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="new or empty folder"):
        fix_dataset(faulty, faulty)
    with pytest.raises(DataError, match="outside the one it is made from"):
        fix_dataset(faulty, faulty / "mended")


def test_mending_into_a_file_is_named(faulty: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DataError, match=r"cannot be written \(Not a directory\).*file/mended"):
        fix_dataset(faulty, tmp_path / "file/mended")
