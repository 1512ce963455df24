"""Near duplicates: the blocked search against numpy's own correlation, and clusters against a plain walk."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import DataError
from training.datasets import duplicates
from training.datasets.duplicates import clusters, exact_pairs, fingerprints, near_pairs
from training.datasets.item import Item


def item(path: Path) -> Item:
    return Item(name=path.name, path=path, dataset="own", label=0, group=None, licence="")


def wall(seed: int) -> np.ndarray:
    """A smooth random picture, uint8 (96, 96, 3)."""
    coarse = np.random.default_rng(seed).integers(60, 200, (8, 8, 3), np.uint8)
    return cv2.resize(coarse, (96, 96), interpolation=cv2.INTER_CUBIC)


def test_what_counts_as_a_near_duplicate(tmp_path: Path) -> None:
    original = wall(0)
    noise = np.random.default_rng(9).integers(-4, 5, original.shape)
    variants = {
        "0_original.png": original,
        "1_noisy.png": np.clip(original + noise, 0, 255).astype(np.uint8),
        "2_brighter_by_8.png": original + 8,
        "3_brighter_by_30.png": original + 30,
        "4_mirrored.png": original[:, ::-1].copy(),
        "5_other.png": wall(1),
        "6_flat.png": np.full_like(original, 128),
        "7_flat.png": np.full_like(original, 129),
    }
    for name, pixels in variants.items():
        cv2.imwrite(str(tmp_path / name), pixels)
    (tmp_path / "8_copy.png").write_bytes((tmp_path / "6_flat.png").read_bytes())
    prints = fingerprints([item(path) for path in sorted(tmp_path.iterdir())])
    assert near_pairs(prints).tolist() == [[0, 1], [0, 2], [1, 2]]
    assert exact_pairs(prints).tolist() == [[6, 8]]


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(0, 40), block=st.integers(1, 9))
def test_blocks_find_what_numpy_finds(seed: int, count: int, block: int) -> None:
    rng = np.random.default_rng(seed)
    raw = np.repeat(rng.normal(size=(count // 2 + 1, 64)), 2, axis=0)[:count] + rng.normal(0, 0.15, (count, 64))
    centred = raw - raw.mean(axis=1, keepdims=True)
    shape = (centred / np.linalg.norm(centred, axis=1, keepdims=True)).astype(np.float32)
    colour_bgr = rng.uniform(0, 14, (count, 3)).astype(np.float32)
    prints = duplicates.Fingerprints(shape=shape, colour_bgr=colour_bgr, sha256=("",) * count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_BLOCK", block)
        found = near_pairs(prints)
    correlation = np.corrcoef(raw) if count > 1 else np.zeros((count, count))
    truth = [
        [a, b]
        for a in range(count)
        for b in range(a + 1, count)
        if correlation[a, b] > 0.97 and np.abs(colour_bgr[a] - colour_bgr[b]).max() <= 10
    ]
    assert found.tolist() == truth


@given(st.integers(1, 12).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.tuples(*[st.integers(0, n - 1)] * 2)))))
def test_clusters_are_what_can_be_reached(case: tuple[int, list[tuple[int, int]]]) -> None:
    count, pairs = case
    reach = [{i} for i in range(count)]
    for _ in range(count):
        for a, b in pairs:
            reach[a] |= reach[b]
            reach[b] |= reach[a]
    found = clusters(count, pairs)
    assert [[found[i] == found[j] for j in range(count)] for i in range(count)] == [
        [j in reach[i] for j in range(count)] for i in range(count)
    ]
    assert [number for i, number in enumerate(found) if number not in found[:i]] == list(range(max(found) + 1))


@pytest.mark.parametrize("content", [b"", b"not a picture"])
def test_a_picture_that_does_not_decode_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.jpg").write_bytes(content)
    with pytest.raises(DataError, match=r"must decode.*hairline data check.*bad\.jpg"):
        fingerprints([item(tmp_path / "bad.jpg")])
