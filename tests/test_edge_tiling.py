"""Windows: no pixel unseen, and the pooling that the manifest names."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import SourceError
from edge.manifest import ImagePooling, read_manifest
from edge.tiling import ScoreMap, image_score, window_origins

SPEC = read_manifest(Path(__file__).parent / "golden" / "tiny_bundle" / "manifest.json").classifier


@given(st.integers(1, 96), st.data())
def test_every_pixel_lies_in_a_window_and_every_window_in_the_picture(tile_px: int, data: st.DataObject) -> None:
    stride_px = data.draw(st.integers(1, tile_px))
    length_px = data.draw(st.integers(tile_px, 600))
    origins = window_origins(length_px, tile_px, stride_px)
    seen = np.zeros(length_px, bool)
    for origin in origins:
        assert 0 <= origin <= length_px - tile_px
        seen[origin : origin + tile_px] = True
    assert seen.all()
    assert (np.diff(origins) > 0).all()
    # On the grid but for the last, and no more windows than needed.
    assert (origins[:-1] % stride_px == 0).all()
    assert len(origins) == -(-(length_px - tile_px) // stride_px) + 1


def test_windows_of_a_known_frame() -> None:
    assert window_origins(1280, 64, 32).tolist() == list(range(0, 1217, 32))
    assert window_origins(720, 64, 32).tolist() == [*range(0, 641, 32), 656]
    assert window_origins(64, 64, 32).tolist() == [0]


def test_a_picture_smaller_than_a_tile_is_refused() -> None:
    with pytest.raises(SourceError, match=r"64 px.*63 px"):
        window_origins(63, 64, 32)


def score_map(q: np.ndarray, spec=SPEC) -> ScoreMap:
    rows, cols = q.shape
    return ScoreMap(q=q, xs=np.arange(cols, dtype=np.int32) * 32, ys=np.arange(rows, dtype=np.int32) * 32, spec=spec)


def test_a_map_knows_its_frame_and_refuses_other_shapes() -> None:
    q = np.zeros((3, 5), np.int8)
    assert score_map(q).frame_wh == (4 * 32 + 64, 2 * 32 + 64)
    assert score_map(q).scores().shape == (3, 5)
    with pytest.raises(ValueError, match="score map"):
        ScoreMap(q=q, xs=np.arange(4, dtype=np.int32), ys=np.arange(3, dtype=np.int32), spec=SPEC)


@given(st.lists(st.integers(-128, 127), min_size=1, max_size=40), st.integers(1, 50))
def test_pooling_is_the_maximum_or_the_mean_of_the_highest(values: list[int], k: int) -> None:
    q = np.array([values], np.int8)
    probabilities = sorted((float(p) for p in SPEC.to_probability(q).ravel()), reverse=True)
    assert image_score(score_map(q)) == probabilities[0]
    spec = replace(SPEC, image_pooling=ImagePooling(kind="mean_of_highest", k=k))
    highest = probabilities[:k]
    assert image_score(score_map(q, spec)) == pytest.approx(sum(highest) / len(highest))
