"""The representative set: cut from the pictures handed in, and from no others."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from calibration import ranges
from calibration.ranges import representative_tiles
from edge.errors import SourceError
from edge.preprocess import resize_tile


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """Five of noise, each in a band of levels of its own."""
    paths = []
    for n in range(5):
        pixels = np.random.default_rng(n).integers(n * 50, n * 50 + 50, (70, 90, 3), np.uint8)
        paths.append(tmp_path / f"{n}.png")
        cv2.imwrite(str(paths[-1]), pixels)
    return paths


def test_tiles_are_pieces_of_the_pictures_and_fewer_than_pictures_are_of_different_ones(
    pictures: list[Path],
) -> None:
    tiles = representative_tiles(pictures, tile_px=32, input_px=32, count=5, seed=3)
    assert tiles.shape == (5, 32, 32, 3)
    assert tiles.dtype == np.uint8
    assert sorted(int(tile.mean() // 50) for tile in tiles) == [0, 1, 2, 3, 4]
    for tile in tiles:
        source = cv2.imread(str(pictures[int(tile.mean() // 50)]))
        assert cv2.matchTemplate(source, tile, cv2.TM_SQDIFF).min() < 100  # it rounds; elsewhere a million


def test_more_tiles_than_pictures_and_a_recipe_that_resizes(
    pictures: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    cut: list[np.ndarray] = []
    monkeypatch.setattr(ranges, "resize_tile", lambda tile, px: cut.append(tile) or resize_tile(tile, px))
    tiles = representative_tiles(pictures[:2], tile_px=64, input_px=16, count=9, seed=3)
    assert tiles.shape == (9, 16, 16, 3)
    assert {tile.shape for tile in cut} == {(64, 64, 3)}
    assert len({(tile.mean(), tile[0, 0, 0]) for tile in cut}) > 2


def test_a_seed_repeats_it_and_only_the_pictures_handed_in_are_read(
    pictures: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: set[Path] = set()
    original = ranges.read_bgr
    monkeypatch.setattr(ranges, "read_bgr", lambda path: read.add(path) or original(path))
    one, same, other = (
        representative_tiles(pictures[1:4], tile_px=32, input_px=32, count=20, seed=s) for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    assert read == set(pictures[1:4])


def test_every_place_of_a_picture_can_be_drawn(tmp_path: Path) -> None:
    pixels = np.zeros((34, 34, 3), np.uint8)
    pixels[..., 0], pixels[..., 1] = np.mgrid[:34, :34]
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    tiles = representative_tiles([tmp_path / "a.png"], tile_px=32, input_px=32, count=200, seed=0)
    corners = {(int(tile[0, 0, 0]), int(tile[0, 0, 1])) for tile in tiles}
    assert corners == {(y, x) for y in range(3) for x in range(3)}


def test_no_picture_or_one_smaller_than_a_tile_is_refused(pictures: list[Path]) -> None:
    with pytest.raises(ValueError, match="at least one picture"):
        representative_tiles([], tile_px=32, input_px=32, count=5, seed=0)
    with pytest.raises(SourceError, match=r"0\.png.*96 px.*90 x 70"):
        representative_tiles(pictures[:1], tile_px=96, input_px=96, count=5, seed=0)
