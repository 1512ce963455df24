"""What an epoch keeps in memory does not depend on how many pictures there are."""

import tracemalloc
from dataclasses import replace

import keras
import pytest
from synthetic_pictures import tiny, write_pictures

from training.batches import TileBatches
from training.datasets.item import Item
from training.distributed import ahead
from training.resized import ResizedBatches


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    return write_pictures(tmp_path_factory.mktemp("own"), count=8)


def many(pictures: list[Item], count: int) -> list[Item]:
    """`count` pictures, as the pipeline sees them: names of their own, files that repeat."""
    return [replace(pictures[i % len(pictures)], name=f"own/{i}.png") for i in range(count)]


def peak_bytes(batches: keras.utils.PyDataset) -> int:
    """The most that an epoch holds at once; NumPy and OpenCV take their arrays where Python counts."""
    tracemalloc.start()
    for _ in ahead(batches, range(len(batches))):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def check_not_growing(few: keras.utils.PyDataset, many_more: keras.utils.PyDataset) -> None:
    """Eight or more times the batches take less than twice the memory.

    They would take eight times as much if an epoch kept them. Twice, because which threads draw at the same moment, and
    how much the largest of more drawings takes, is chance.
    """
    peak_bytes(few)  # what is made once and kept
    assert peak_bytes(many_more) < 2 * peak_bytes(few)


def test_whole_pictures_are_read_batch_by_batch(pictures: list[Item]) -> None:
    check_not_growing(
        *(ResizedBatches(many(pictures, n), input_px=64, batch_size=8, seed=0, shuffle=True) for n in (64, 1024))
    )


def test_crops_are_drawn_batch_by_batch(pictures: list[Item]) -> None:
    recipe = tiny("tilenet-m", batch_size=2)
    check_not_growing(*(TileBatches.of_side(many(pictures, n), recipe, batches=n // 8, seed=0) for n in (64, 512)))
