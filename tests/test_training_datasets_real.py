"""The shipped split against the real pictures: nothing on two sides that is the same, or nearly."""

from pathlib import Path

import numpy as np
import pytest

from training.datasets.checksums import SETS, known
from training.datasets.duplicates import Fingerprints, fingerprints
from training.datasets.item import Item
from training.datasets.registry import read_all
from training.datasets.sdnet import TILE_COLUMNS, TILE_ROWS, tile_labels
from training.datasets.split import Split, load_split


@pytest.fixture(scope="module")
def split() -> Split:
    return load_split()


@pytest.fixture(scope="module")
def items(data_root: Path, split: Split) -> list[Item]:
    return read_all(split.recipe["datasets"], data_root)


@pytest.fixture(scope="module")
def prints(items: list[Item]) -> Fingerprints:
    return fingerprints(items)


def test_every_picture_is_placed(items: list[Item], split: Split) -> None:
    assert {item.name for item in items} == split.sides.keys()
    labels = {item.name: str(item.label) for item in items}
    for dataset, sides in split.counts.items():
        for side, counts in sides.items():
            placed = [item.name for item in split.items(side, items) if item.dataset == dataset]
            assert {label: sum(labels[name] == label for name in placed) for label in counts} == counts


def test_the_sides_share_no_bytes(items: list[Item], prints: Fingerprints, split: Split) -> None:
    sides: dict[str, set[str]] = {}
    for item, sha256 in zip(items, prints.sha256, strict=True):
        sides.setdefault(sha256, set()).add(split.sides[item.name])
    assert len(sides) == len(items)


def test_the_pictures_are_those_of_the_known_hashes(items: list[Item], prints: Fingerprints) -> None:
    expected = {name: sha256 for dataset in SETS for name, sha256 in known(dataset).items()}
    found = {item.name: sha256 for item, sha256 in zip(items, prints.sha256, strict=True)}
    assert {name: found[name] for name in found.keys() & expected.keys()} == {
        name: expected[name] for name in found.keys() & expected.keys()
    }
    assert len(found.keys() & expected.keys()) == 12_000


def test_no_two_sides_hold_pictures_that_look_alike(items: list[Item], prints: Fingerprints, split: Split) -> None:
    """Stricter than the split's own rule: nothing above 0.95 and of like colour, by numpy alone."""
    side = np.array([split.sides[item.name] for item in items])
    for test_side, other in (("test", "train"), ("test", "validation"), ("validation", "train")):
        here, there = np.flatnonzero(side == test_side), np.flatnonzero(side == other)
        for part in np.array_split(here, 8):
            a, b = np.nonzero(prints.shape[part] @ prints.shape[there].T > 0.95)
            off = np.abs(prints.colour_bgr[part[a]] - prints.colour_bgr[there[b]]).max(axis=1, initial=0)
            assert not (off <= 10).any()


def test_the_tiles_of_the_frames_are_all_labelled(data_root: Path) -> None:
    labels = tile_labels(data_root)
    assert len(labels) == 4 * TILE_COLUMNS * TILE_ROWS
    assert {label.label for label in labels} == {0, 1}
    assert {label.box_xywh[2:] for label in labels} == {(256, 256)}
