"""Finds: 8-connected groups of windows, compared with a flood fill written out."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edge.errors import BundleError
from edge.finds import Find, group_windows, label_windows
from edge.manifest import read_manifest
from edge.tiling import ScoreMap, window_origins

SPEC = read_manifest(Path(__file__).parent / "golden" / "tiny_bundle" / "manifest.json").classifier
THRESHOLD = 0.9
MAPS = st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(
    lambda shape: arrays(np.int8, shape, elements=st.sampled_from([-100, 0, 39, 40, 41, 60, 127]))
)


def score_map(q: np.ndarray, offset_px: int = 5) -> ScoreMap:
    """A map of a frame whose last windows lie `offset_px` after the ones before."""
    ys, xs = (window_origins(64 + 32 * (n - 2) + offset_px if n > 1 else 64, 64, 32) for n in q.shape)
    return ScoreMap(q=q, xs=xs, ys=ys, spec=SPEC)


def flood_fill(q: np.ndarray, q_min: int) -> list[set[tuple[int, int]]]:
    """Groups of cells, 8-connected, the plain way."""
    left = {(int(r), int(c)) for r, c in np.argwhere(q.astype(int) >= q_min)}
    groups = []
    while left:
        group, front = set(), [left.pop()]
        while front:
            r, c = front.pop()
            group.add((r, c))
            near = {(r + dr, c + dc) for dr in (-1, 0, 1) for dc in (-1, 0, 1)} & left
            left -= near
            front.extend(near)
        groups.append(group)
    return groups


def truth(m: ScoreMap, group: set[tuple[int, int]]) -> tuple[tuple[int, int, int, int], int, int]:
    x0, y0 = min(int(m.xs[c]) for _, c in group), min(int(m.ys[r]) for r, _ in group)
    x1, y1 = max(int(m.xs[c]) + 64 for _, c in group), max(int(m.ys[r]) + 64 for r, _ in group)
    return (x0, y0, x1 - x0, y1 - y0), max(int(m.q[cell]) for cell in group), len(group)


@given(MAPS, st.integers(1, 32))
def test_finds_are_the_groups_of_a_flood_fill(q: np.ndarray, offset_px: int) -> None:
    m = score_map(q, offset_px)
    finds = group_windows(m, THRESHOLD)
    expected = sorted(truth(m, group) for group in flood_fill(q, SPEC.q_min(THRESHOLD)))
    assert sorted((f.box_xywh, f.q, f.windows) for f in finds) == expected
    assert [f.score for f in finds] == sorted((f.score for f in finds), reverse=True)
    assert all(f.score >= THRESHOLD for f in finds)


@given(MAPS)
def test_labels_lead_from_a_find_to_its_windows(q: np.ndarray) -> None:
    m = score_map(q)
    labels = label_windows(m, THRESHOLD)
    np.testing.assert_array_equal(labels > 0, q >= SPEC.q_min(THRESHOLD))
    for find in group_windows(m, THRESHOLD):
        assert int((labels == find.label).sum()) == find.windows
        assert int(q[labels == find.label].max()) == find.q


def test_diagonal_neighbours_are_one_find() -> None:
    q = np.full((4, 4), -128, np.int8)
    q[0, 0], q[1, 1], q[3, 3] = 100, 127, 120
    first, second = group_windows(score_map(q, offset_px=32), THRESHOLD)
    assert (first.box_xywh, first.windows, first.q) == ((0, 0, 96, 96), 2, 127)
    assert (second.box_xywh, second.windows, second.q) == ((96, 96, 64, 64), 1, 120)


@pytest.mark.parametrize(("value", "count"), [(-128, 0), (127, 1)])
def test_nothing_and_everything(value: int, count: int) -> None:
    finds = group_windows(score_map(np.full((6, 9), value, np.int8)), THRESHOLD)
    assert len(finds) == count
    if finds:
        assert finds == [
            Find(
                box_xywh=(0, 0, 64 + 7 * 32 + 5, 64 + 4 * 32 + 5),
                score=finds[0].score,
                q=127,
                windows=54,
                label=1,
            )
        ]


def test_a_threshold_that_nothing_reaches_is_refused() -> None:
    with pytest.raises(BundleError, match="reaches"):
        group_windows(score_map(np.zeros((2, 2), np.int8)), 1.0)
