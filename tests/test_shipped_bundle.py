"""The bundle that ships: dense equals tile by tile, it holds on unseen pictures, and its card is complete."""

from pathlib import Path

import numpy as np
import pytest

from edge.bundle import Bundle, default_bundle_path
from edge.classifier import Classifier, DenseClassifier, TiledClassifier, check_golden, load_classifier
from edge.frame import U8Image
from edge.imagefile import read_bgr
from edge.render.concrete import concrete
from edge.render.cracks import coverage, crack_path, darken

ODD_SIZES_WH = [(96, 96), (97, 131), (211, 163), (333, 250)]


@pytest.fixture(scope="module")
def shipped() -> tuple[Bundle, Classifier]:
    return load_classifier(default_bundle_path())


def cracked_concrete(seed: int, wh: tuple[int, int]) -> U8Image:
    rng = np.random.default_rng(seed)
    path = crack_path(
        rng, start_xy_px=(0.0, wh[1] * 0.3), heading_rad=0.4, length_px=2.0 * max(wh), width_px=rng.uniform(1, 6)
    )
    return darken(concrete(rng, wh), coverage([path], wh), depth=0.7)


def noise(seed: int, wh: tuple[int, int]) -> U8Image:
    return np.random.default_rng(seed).integers(0, 256, (wh[1], wh[0], 3), np.uint8)


def both(bundle: Bundle, frame: U8Image, *, reference: bool) -> tuple[np.ndarray, np.ndarray]:
    spec = bundle.manifest.classifier
    dense = DenseClassifier(spec, bundle.model, reference=reference).score_map(frame)
    tiled = TiledClassifier(spec, bundle.model, reference=reference).score_map(frame)
    return dense.q.astype(int), tiled.q.astype(int)


@pytest.mark.parametrize("wh", ODD_SIZES_WH)
@pytest.mark.parametrize("make", [noise, cracked_concrete])
def test_dense_equals_tile_by_tile_bit_for_bit_under_the_reference_kernels(make, wh, shipped):
    dense, tiled = both(shipped[0], make(1, wh), reference=True)
    np.testing.assert_array_equal(dense, tiled)


@pytest.mark.parametrize("make", [noise, cracked_concrete])
def test_dense_equals_tile_by_tile_within_a_step_on_this_runtime(make, shipped):
    dense, tiled = both(shipped[0], make(2, (1001, 555)), reference=False)
    assert np.abs(dense - tiled).max() <= 1


def test_these_scores_span_at_least_fifty_levels(shipped):
    bundle, _ = shipped
    found = np.concatenate(
        [both(bundle, cracked_concrete(seed, (333, 250)), reference=True)[0].ravel() for seed in range(4)]
    )
    assert found.max() - found.min() >= 50


def test_a_real_frame_at_an_odd_size(shipped, data_root):
    frame = read_bgr(data_root / "frames" / "sdnet_walls" / "7099.jpg")[200:1163, 300:1611]
    dense, tiled = both(shipped[0], np.ascontiguousarray(frame), reference=False)
    assert np.abs(dense - tiled).max() <= 1
    small = np.ascontiguousarray(frame[100:420, 50:481])
    dense, tiled = both(shipped[0], small, reference=True)
    np.testing.assert_array_equal(dense, tiled)


def test_this_runtime_is_within_one_step_of_the_golden_tiles(shipped):
    """Closer than `edge.classifier.MAX_STEPS` lets another bundle be (ADR 0010)."""
    assert check_golden(*shipped) <= 1


def test_golden_tiles_are_the_reference_kernels_and_spread_over_the_scores(shipped):
    bundle, _ = shipped
    spec = bundle.manifest.classifier
    outputs = TiledClassifier(spec, bundle.model, reference=True).score_tiles(bundle.golden.tiles)
    np.testing.assert_array_equal(outputs, bundle.golden.outputs)
    assert int(outputs.max()) - int(outputs.min()) >= 50


def test_it_ships_on_clean_licences_with_their_authors_named(shipped):
    bundle, _ = shipped
    card = (bundle.path / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert {data.licence for data in bundle.manifest.training_data} == {"CC BY 4.0"}
    for data in bundle.manifest.training_data:
        assert data.citation in card
    assert "deepcrack" not in {data.name for data in bundle.manifest.training_data}


def test_metu_test_side_at_the_operating_point(shipped, data_root):
    from training.datasets import metu
    from training.datasets.split import load_split
    from training.evaluate import score_items

    bundle, classifier = shipped
    split = load_split()
    assert split.sha256 == bundle.manifest.split_sha256
    scored = score_items(split.items("test", metu.read(data_root)), classifier)
    report = scored.report(bundle.manifest.image_threshold)
    assert report.n == 1606
    stated = {m.name: m.value for m in bundle.manifest.metrics if m.set == "metu, test side"}
    assert stated["accuracy, int8"] >= 0.995  # the target, reached by no more: 8 of 1606 are wrong (ADR 0010)
    assert report.accuracy >= 0.993  # another processor's kernels may be a step off where a score is at the threshold
    assert report.accuracy == pytest.approx(stated["accuracy, int8"], abs=0.002)
    assert abs(stated["accuracy, int8"] - stated["accuracy, float"]) <= 0.002


def test_hairlines_of_a_real_wall_are_found(shipped, data_root: Path):
    from training.evaluate import evaluate_frames

    bundle, classifier = shipped
    rows = evaluate_frames(
        data_root / "frames" / "sdnet_walls" / "tiles.csv", classifier, bundle.manifest.window_threshold.score
    )
    assert len(rows) == 4
    found = sum(row.flagged_cracked for row in rows) / sum(row.cracked for row in rows)
    alarms = sum(row.flagged_uncracked for row in rows) / sum(row.uncracked for row in rows)
    assert found > 0.7
    assert alarms < 0.06
