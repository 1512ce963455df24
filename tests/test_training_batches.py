"""What a step sees is drawn from (seed, epoch, index) alone, and from one side of the split alone."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_pictures import split_over, tiny, write_pictures

from edge.errors import DataError
from training import batches as module
from training import resized
from training.batches import TileBatches, crop, learnt_from, photometric
from training.datasets.item import Item
from training.datasets.trusted import seen_cracks
from training.losses import LABEL, SOMEWHERE, WEIGHT
from training.mining import COURSE, DOUBTFUL, crack_course
from training.models.tilenet import CELLS, WINDOWS
from training.resized import ResizedBatches

RECIPE = tiny("tilenet-m", batch_size=3)


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    return write_pictures(tmp_path_factory.mktemp("own"), count=24)


def tile_batches(items: list[Item], seed: int = 1) -> TileBatches:
    return TileBatches.of_side(items, RECIPE, batches=6, seed=seed)


def test_a_batch_has_the_shapes_that_the_network_and_its_loss_want(items: list[Item]) -> None:
    kinds = set()
    for index in range(6):
        pictures, targets = tile_batches(items)[index]
        assert (pictures.shape, pictures.dtype) == ((3, 120, 120, 3), np.float32)
        assert {name: (part.shape, part.dtype) for name, part in targets.items()} == {
            WINDOWS: ((3, 4, 4, 3), np.float32),
            CELLS: ((3, 7, 7, 3), np.float32),
        }
        assert (pictures == np.rint(pictures)).all()
        assert 0 <= pictures.min() < pictures.max() <= 255
        assert set(np.unique(targets[WINDOWS][..., :SOMEWHERE])) <= {0, 1}
        assert set(np.unique(targets[CELLS][..., LABEL])) <= {0, 1}
        for windows, cells in zip(targets[WINDOWS], targets[CELLS], strict=True):
            somewhere = {float(weight) for part in (windows, cells) for weight in part[..., SOMEWHERE].flat}
            if somewhere != {0}:
                kinds.add("real_crack")
                assert somewhere == {RECIPE.data.real_crack_weight}
                assert not windows[..., WEIGHT].any()  # nobody knows which window
                assert not cells[..., WEIGHT].any()
            else:
                kinds.add("rendered" if windows[..., LABEL].any() else "uncracked")
    assert kinds == {"real_crack", "rendered", "uncracked"}


def test_the_same_place_gives_the_same_arrays_whatever_came_before(items: list[Item]) -> None:
    forwards, backwards = tile_batches(items), tile_batches(items)
    first = [forwards[i] for i in range(6)]
    second = [backwards[i] for i in reversed(range(6))][::-1]
    for (a, b), (c, d) in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, c)
        for name in (WINDOWS, CELLS):
            np.testing.assert_array_equal(b[name], d[name])
    forwards.epoch = 5
    forwards[2]
    forwards.epoch = 0
    np.testing.assert_array_equal(forwards[3][0], first[3][0])


def test_another_seed_epoch_or_index_gives_other_arrays(items: list[Item]) -> None:
    later = tile_batches(items)
    later.on_epoch_end()
    assert later.epoch == 1
    seen = [tile_batches(items)[0], tile_batches(items)[1], tile_batches(items, seed=2)[0], later[0]]
    for i in range(len(seen)):
        for j in range(i):
            assert (seen[i][0] != seen[j][0]).any(), (i, j)


def test_validation_stays_the_same_every_epoch(items: list[Item]) -> None:
    validation = tile_batches(items)
    validation.advance = False
    before = validation[0][0]
    validation.on_epoch_end()
    np.testing.assert_array_equal(validation[0][0], before)


def test_only_pictures_of_the_side_are_read(items: list[Item], monkeypatch: pytest.MonkeyPatch) -> None:
    split = split_over(items)
    sides = {side: {item.path for item in split.items(side, items)} for side in ("train", "validation", "test")}
    assert all(sides.values())
    read: set[Path] = set()
    original = module.read_bgr
    for where in (module, resized):
        monkeypatch.setattr(where, "read_bgr", lambda path: read.add(path) or original(path))
    for side, paths in sides.items():
        read.clear()
        chosen = split.items(side, items)
        both = [
            TileBatches.of_side(chosen, RECIPE, batches=10, seed=1),
            ResizedBatches(chosen, input_px=64, batch_size=4, seed=1, shuffle=True),
        ]
        for batches in both:
            for index in range(len(batches)):
                batches[index]
        assert read == paths


def test_noisy_labels_and_sets_that_the_recipe_does_not_name_are_left_out(items: list[Item]) -> None:
    sdnet = [replace(item, dataset="sdnet2018") for item in items]
    recipe = tiny("tilenet-m", data=replace(RECIPE.data, sets=("own", "sdnet2018")))
    batches = TileBatches.of_side([*items, *sdnet], recipe, batches=1, seed=0)
    assert [{item.dataset for item in some} for some in batches.positives] == [{"own"}]
    assert [{item.dataset for item in some} for some in batches.negatives] == [{"own"}, {"sdnet2018"}]
    assert {item.label for some in batches.negatives for item in some} == {0}
    alone = tiny("tilenet-m", data=replace(RECIPE.data, sets=("sdnet2018",)))
    with pytest.raises(DataError, match=r"SDNET2018's cracked ones only from.*got 0 and 12 from sdnet2018"):
        TileBatches.of_side(sdnet, alone, batches=1, seed=0)


def test_of_a_metu_crack_the_windows_on_its_mask_are_known_and_no_other(items: list[Item]) -> None:
    metu = [replace(item, dataset="metu") for item in items]
    recipe = tiny(
        "tilenet-m", batch_size=8, data=replace(RECIPE.data, sets=("metu",), real_crack_share=1.0, rendered_share=0)
    )
    _, both = TileBatches.of_side(metu, recipe, batches=1, seed=3)[0]
    for targets in both.values():
        assert targets[..., LABEL].any(axis=(1, 2)).mean() > 0.7  # the crack of most is dark enough for a mask
        np.testing.assert_array_equal(targets[..., WEIGHT] > 0, targets[..., LABEL] > 0)
        assert set(np.unique(targets[..., SOMEWHERE])) <= {0, recipe.data.real_crack_weight}


def test_of_sdnet_s_cracked_walls_a_recipe_says_which_are_shown(items: list[Item]) -> None:
    seen = min(seen_cracks())
    walls = [
        replace(items[0], dataset="sdnet2018", name=name, label=label)
        for name, label in ((seen, 1), ("sdnet2018/W/cracked/never-marked.jpg", 1), ("uncracked", 0))
    ]

    def shown(which: str) -> list[str]:
        recipe = tiny("tilenet-m", data=replace(RECIPE.data, cracked_walls=which))
        return [item.name for item in learnt_from(recipe, walls)]

    assert shown("none") == ["uncracked"]
    assert shown("seen") == [seen, "uncracked"]
    assert "sdnet2018/W/cracked/never-marked.jpg" not in shown("likely")


def test_cells_are_cracked_where_a_rendered_crack_runs(items: list[Item]) -> None:
    """A cell lies in the middle of what one position of the evidence sees."""
    recipe = tiny("tilenet-m", batch_size=12, data=replace(RECIPE.data, rendered_share=1.0, real_crack_share=0.0))
    _, targets = TileBatches.of_side(items, recipe, batches=1, seed=4)[0]
    windows, cells = targets[WINDOWS], targets[CELLS]
    reach = windows.shape[1]
    for window, cell in zip(windows, cells, strict=True):
        # A window of 96 px holds the cells whose middle lies in it: 4 x 4 of evidence, and a border around them.
        for row in range(reach):
            for col in range(reach):
                inside = cell[row : row + 4, col : col + 4]
                cracked = (inside[..., LABEL] == 1) & (inside[..., WEIGHT] > 0)
                if cracked.sum() >= 4:
                    assert window[row, col, LABEL] == 1


def test_a_picture_without_a_mask_is_shown_around_where_a_network_sees_its_crack(tmp_path: Path) -> None:
    """A white square stands for the crack: every crop holds the window that it fills."""
    image = np.full((300, 300, 3), 90, np.uint8)
    image[150:246, 40:136] = 250
    path = tmp_path / "cracked" / "one.png"
    path.parent.mkdir()
    cv2.imwrite(str(path), image)
    cv2.imwrite(str(tmp_path / "bare.png"), np.full((300, 300, 3), 90, np.uint8))
    cracked = Item(dataset="own", name="one.png", path=path, label=1, group=None, licence="CC0-1.0")
    bare = replace(cracked, name="bare.png", path=tmp_path / "bare.png", label=0)
    recipe = tiny("tilenet-m", batch_size=16, data=replace(RECIPE.data, real_crack_share=1.0, rendered_share=0))
    batches = TileBatches.of_side([cracked, bare], recipe, batches=1, seed=1)
    batches.likeliest_xyxy = {path: (40, 150, 136, 246)}
    pictures, targets = batches[0]
    assert targets[WINDOWS][..., SOMEWHERE].all()
    spread = [float(picture.max() - picture.min()) for picture in pictures]
    bright = [(picture[..., 1] > (picture.max() + picture.min()) / 2).sum() for picture in pictures]
    assert min(spread) > 60
    assert min(bright) > 0.8 * 96 * 96


def test_along_a_course_windows_and_cells_are_cracked_and_what_is_doubtful_teaches_nothing(tmp_path: Path) -> None:
    """A black line stands for the crack, a grey square for what a network cannot tell."""
    image = np.full((256, 256, 3), 200, np.uint8)
    image[:, 126:130] = 20
    image[24:64, 200:240] = 120
    course = np.zeros((256, 256), np.uint8)
    course[:, 126:129] = COURSE
    course[24:64, 200:240] = DOUBTFUL
    path = tmp_path / "one.png"
    cv2.imwrite(str(path), image)
    cracked = Item(dataset="own", name="one.png", path=path, label=1, group=None, licence="CC0-1.0")
    bare = replace(cracked, name="bare.png", label=0)
    data = replace(RECIPE.data, crop_px=208, real_crack_share=1.0, rendered_share=0)
    batches = TileBatches.of_side([cracked, bare], tiny("tilenet-m", batch_size=24, data=data), batches=1, seed=1)
    batches.courses = {path: course}
    pictures, targets = batches[0]
    assert not targets[WINDOWS][..., SOMEWHERE].any()
    for picture, windows, cells in zip(pictures, targets[WINDOWS], targets[CELLS], strict=True):
        light = np.median(picture)
        inside = picture[32:176, 32:176].mean(axis=2).reshape(18, 8, 18, 8)
        darkest = inside.min(axis=(1, 3)) / light
        cracked_cells, known = cells[..., LABEL] == 1, cells[..., WEIGHT] > 0
        assert cracked_cells.sum() >= 12  # the line runs through all of the crop
        assert (darkest[cracked_cells] < 0.75).all()
        assert known[cracked_cells].all()
        grey = (inside / light).mean(axis=(1, 3))
        assert not known[(grey < 0.8) & ~cracked_cells].any()  # on the square, or half on the line
        assert (windows[..., LABEL][windows[..., WEIGHT] > 0] == 1).any()


def test_a_course_follows_the_long_chain_of_cracked_cells_and_leaves_short_ones_in_doubt(tmp_path: Path) -> None:
    """The cells of a made-up network: a crack from top to bottom, five cells in a row, and one alone."""

    class Seen:
        def compute_output_shape(self, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
            side = (shape[1] - 72) // 8 + 1
            return {CELLS: (1, side, side, 1)}

        def predict_on_batch(self, pictures: np.ndarray) -> dict[str, np.ndarray]:
            assert pictures.shape == (1, 256 + 64, 256 + 64, 3)  # a cell of 8 px sees 72
            logits = np.full((1, 32, 32, 1), -5.0, np.float32)
            logits[0, :, 12] = 3.0
            logits[0, 20, 20:25] = 3.0
            logits[0, 5, 28] = 3.0
            return {CELLS: logits}

    image = np.full((256, 256, 3), 200, np.uint8)
    image[:, 101:103] = 20
    path = tmp_path / "one.png"
    cv2.imwrite(str(path), image)
    item = Item(dataset="own", name="one.png", path=path, label=1, group=None, licence="CC0-1.0")
    course = crack_course(Seen(), item)
    assert (course[8:248, 100:104] == COURSE).any(axis=1).all()
    assert set(np.flatnonzero((course == COURSE).any(axis=0))) <= set(range(99, 105))
    assert (course[160:168, 160:200] == DOUBTFUL).all()
    assert (course == DOUBTFUL).sum() == 8 * 40  # a cell alone is chance


def test_whole_pictures_come_once_an_epoch_in_an_order_of_their_own(items: list[Item]) -> None:
    batches = ResizedBatches(items, input_px=64, batch_size=7, seed=1, shuffle=True)
    assert len(batches) == 4
    orders = []
    for _ in range(2):
        pictures, labels = (np.concatenate(part) for part in zip(*(batches[i] for i in range(4)), strict=True))
        assert (pictures.shape, pictures.dtype) == ((24, 64, 64, 3), np.float32)
        assert (labels.shape, labels.sum()) == ((24, 1), 12)
        orders.append([round(float(picture.mean()), 3) for picture in pictures])
        np.testing.assert_array_equal(batches[1][0], batches[1][0])
        batches.on_epoch_end()
    assert sorted(orders[0]) == sorted(orders[1])
    assert orders[0] != orders[1]
    still = ResizedBatches(items, input_px=64, batch_size=24, seed=1, shuffle=False)[0]
    whole = cv2.resize(cv2.imread(str(items[3].path)), (64, 64), interpolation=cv2.INTER_AREA)
    np.testing.assert_array_equal(still[0][3], whole)
    assert still[1][:, 0].tolist() == [item.label for item in items]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(20, 300), st.integers(20, 300), st.sampled_from([1.1, 1.35]))
def test_a_crop_has_its_size_whatever_the_picture_s(seed: int, h: int, w: int, most: float) -> None:
    image = np.random.default_rng(seed).integers(90, 110, (h, w, 3), np.uint8)
    found = crop(np.random.default_rng(seed), image, 120, most)
    assert (found.shape, found.dtype) == ((120, 120, 3), np.uint8)
    assert found.flags.c_contiguous
    assert 80 < found.min() <= found.max() < 120  # nothing but the picture is in it


def test_crops_are_turned_and_mirrored() -> None:
    image = np.zeros((40, 40, 3), np.uint8)
    image[:20, :20] = 250
    image[:20, 20:] = 100
    seen = set()
    for seed in range(200):
        found = crop(np.random.default_rng(seed), image, 40, 1.0)[..., 0]
        seen.add(tuple(round(float(found[y, x]) / 50) for y, x in ((8, 8), (8, 32), (32, 8), (32, 32))))
    assert len(seen) == 8  # four turns, two sides


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_photometric_changes_levels_and_no_more(seed: int) -> None:
    image = np.random.default_rng(seed).integers(100, 150, (64, 64, 3), np.uint8)
    image[:, 30:34] = 20
    found = photometric(np.random.default_rng(seed), image)
    assert (found.shape, found.dtype) == (image.shape, np.float32)
    assert (found == np.rint(found)).all()
    assert 0 <= found.min() <= found.max() <= 255
    assert found[:, 31:33].mean() < found[:, :20].mean() - 15  # a crack stays darker than what is around it
    np.testing.assert_array_equal(found, photometric(np.random.default_rng(seed), image))
