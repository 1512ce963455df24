"""One call on the whole frame gives what cutting out every window gives."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge import classifier as module
from edge.bundle import read_bundle
from edge.classifier import DenseClassifier, TiledClassifier, make_classifier, make_golden
from edge.errors import BundleError, SourceError
from edge.preprocess import resize_tile, to_int8
from edge.runtime import Network

GOLDEN = Path(__file__).parent / "golden"
BUNDLE = read_bundle(GOLDEN / "tiny_bundle")
SPEC, MODEL = BUNDLE.manifest.classifier, BUNDLE.model
SIDES = st.integers(64, 230)


def network_file(name: str) -> bytes:
    return (GOLDEN / "tiny_networks" / f"{name}.tflite").read_bytes()


def noise(h: int, w: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (h, w, 3), np.uint8)


def one_by_one(frame: np.ndarray, *, reference: bool) -> list[list[int]]:
    """The truth: every window cut out by itself, one interpreter, no helper of ours but the network."""
    network = Network(MODEL, reference=reference)
    h, w = frame.shape[:2]
    ys, xs = ([*range(0, side - 64, 32), side - 64] for side in (h, w))
    return [
        [network.run((frame[y : y + 64, x : x + 64].astype(int) - 128).astype(np.int8)[None]).item() for x in xs]
        for y in ys
    ]


@settings(max_examples=25, deadline=None)
@given(SIDES, SIDES, st.integers(0, 1000))
def test_dense_equals_tiled_bit_for_bit_under_the_reference_kernels(h: int, w: int, seed: int) -> None:
    frame = noise(h, w, seed)
    dense = DenseClassifier(SPEC, MODEL, reference=True).score_map(frame)
    tiled = TiledClassifier(SPEC, MODEL, reference=True).score_map(frame)
    np.testing.assert_array_equal(dense.q, tiled.q)
    np.testing.assert_array_equal(dense.xs, tiled.xs)
    np.testing.assert_array_equal(dense.ys, tiled.ys)
    assert dense.frame_wh == (w, h)


@pytest.mark.parametrize("hw", [(64, 64), (64, 97), (131, 64), (128, 160), (101, 203)])
def test_both_equal_windows_cut_out_one_by_one(hw: tuple[int, int]) -> None:
    frame = noise(*hw)
    truth = one_by_one(frame, reference=True)
    for kind in (DenseClassifier, TiledClassifier):
        assert kind(SPEC, MODEL, reference=True).score_map(frame).q.tolist() == truth


def test_the_installed_runtime_is_close_to_the_reference_kernels() -> None:
    frame = noise(360, 500)
    exact = DenseClassifier(SPEC, MODEL, reference=True).score_map(frame).q.astype(int)
    for kind in (DenseClassifier, TiledClassifier):
        for threads in (1, 2):
            q = kind(SPEC, MODEL, threads=threads).score_map(frame).q
            # XNNPACK may be a step off in every layer; these random weights make that two at the end, rarely.
            off = np.abs(q - exact)
            assert off.max() <= 2
            assert (off > 1).mean() < 0.02
    assert np.ptp(exact) >= 50


def test_a_changed_pixel_changes_only_windows_that_hold_it() -> None:
    frame = noise(200, 200)
    classifier = make_classifier(SPEC, MODEL, reference=True)
    before = classifier.score_map(frame)
    frame[100:104, 70:74] ^= 255
    after = classifier.score_map(frame)
    rows = (before.ys < 104) & (before.ys + 64 > 100)
    cols = (before.xs < 74) & (before.xs + 64 > 70)
    changed = before.q != after.q
    assert changed.any()
    assert not changed[~np.outer(rows, cols)].any()


def test_tiles_and_maps_agree_and_batches_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    tiles = np.stack([noise(64, 64, seed) for seed in range(9)])
    scores = make_classifier(SPEC, MODEL, reference=True).score_tiles(tiles)
    assert scores.dtype == np.int8
    assert scores.tolist() == [one_by_one(tile, reference=True)[0][0] for tile in tiles]
    monkeypatch.setattr(module, "BATCH", 4)
    np.testing.assert_array_equal(make_classifier(SPEC, MODEL, reference=True).score_tiles(tiles), scores)
    assert make_classifier(SPEC, MODEL).score_tiles(tiles[:0]).shape == (0,)
    np.testing.assert_array_equal(make_golden(SPEC, MODEL, tiles).outputs, scores)


def test_a_recipe_that_resizes_is_fed_resized_tiles_even_where_the_batch_is_fixed() -> None:
    model = network_file("fixed_batch")
    network = Network(model, reference=True)
    spec = replace(SPEC, input_px=32, dense=False, input=network.input, output=network.output)
    frame = noise(100, 130)
    score_map = make_classifier(spec, model, reference=True).score_map(frame)
    for r, y in enumerate([0, 32, 36]):
        for c, x in enumerate([0, 32, 64, 66]):
            tile = resize_tile(frame[y : y + 64, x : x + 64].copy(), 32)
            assert score_map.q[r, c] == network.run(to_int8(tile, network.input)[None]).item()
    assert score_map.q.shape == (3, 4)


def test_a_network_that_pads_is_not_dense() -> None:
    network = Network(network_file("padded"))
    spec = replace(SPEC, input=network.input, output=network.output)
    with pytest.raises(BundleError, match="dense"):
        make_classifier(spec, network_file("padded"))
    make_classifier(replace(spec, dense=False), network_file("padded")).score_map(noise(100, 100))


@pytest.mark.parametrize("stride_px", [16, 31, 64])
def test_a_network_of_another_stride_is_refused(stride_px: int) -> None:
    with pytest.raises(BundleError, match="stride"):
        make_classifier(replace(SPEC, stride_px=stride_px), MODEL)


def test_frames_of_a_wrong_form_are_refused() -> None:
    for classifier in (DenseClassifier(SPEC, MODEL), TiledClassifier(SPEC, MODEL)):
        with pytest.raises(SourceError, match="tile"):
            classifier.score_map(noise(63, 200))
        with pytest.raises(ValueError, match="frame"):
            classifier.score_map(np.zeros((100, 100), np.uint8))
        with pytest.raises(ValueError, match="frame"):
            classifier.score_map(np.zeros((100, 100, 3), np.float32))
        with pytest.raises(ValueError, match="tiles"):
            classifier.score_tiles(np.zeros((2, 32, 32, 3), np.uint8))


def test_interpreters_are_kept_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    class Counted(Network):
        def __init__(self, *args, **kwargs) -> None:
            made.append(kwargs["input_shape"])
            super().__init__(*args, **kwargs)

    monkeypatch.setattr(module, "Network", Counted)
    classifier = DenseClassifier(SPEC, MODEL)
    classifier.score_map(noise(100, 150))
    made.clear()
    classifier.score_map(noise(100, 150))
    assert made == []
    for side in range(200, 400, 7):
        classifier.score_map(noise(side, side))
    assert len(classifier._networks._by_shape) <= module.MAX_NETWORKS


@pytest.mark.parametrize("reference", [True, False])
def test_blocks_give_the_scores_of_one_call(reference):
    bundle = read_bundle(Path(__file__).parent / "golden" / "tiny_bundle")
    frame = np.random.default_rng(8).integers(0, 256, (901, 333, 3), np.uint8)
    spec = bundle.manifest.classifier
    whole, blocks = (
        DenseClassifier(spec, bundle.model, reference=reference, call_px=px).score_map(frame).q
        for px in (frame.size, 1)
    )
    np.testing.assert_array_equal(blocks, whole)
