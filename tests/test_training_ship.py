"""`hairline train` from pictures to a bundle that verifies."""

import math
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
import pytest
from synthetic_pictures import split_over, write_pictures

import calibration.ranges
from edge.bundle import read_bundle
from edge.classifier import check_golden, load_classifier, make_classifier
from edge.errors import BundleError, DataError, RecipeError
from edge.tiling import image_score
from training import golden, ship, window_point
from training.architectures import tilenet as tilenet_plan
from training.cli import TRAIN
from training.datasets.item import Item
from training.datasets.licences import RESEARCH_ONLY
from training.datasets.split import Split, split_text
from training.evaluate import score_items, score_items_float, score_map_of, windows
from training.metrics import report
from training.models import tilenet
from training.models.cnn_80 import cnn_80
from training.models.mobilenetv2 import as_logit, mobilenetv2
from training.models.tilenet import LOGIT
from training.recipe import load_recipe
from training.start import from_bundle

RECIPE = """
name = "small"
model = "tilenet-m"
seed = 5
epochs = 1
steps_per_epoch = 5
batch_size = 4
learning_rate = 1e-3
schedule = "cosine"
patience = 0
[data]
sets = ["own"]
crop_px = 120
[bundle]
tile_px = 96
input_px = 96
stride_px = 32
dense = true
score = "logit"
logit_range = 12.8
window_false_alarm_rate = 0.4
"""


def hairline_train(*arguments: object) -> int:
    parser = ArgumentParser()
    TRAIN.configure(parser)
    return TRAIN.run(parser.parse_args([str(argument) for argument in arguments]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """A finished run of `hairline train`, and what it read for the representative set."""

    root: Path
    items: list[Item]
    split: Split
    ranges_read: set[Path]

    @property
    def bundle(self) -> Path:
        return self.root / "out" / "bundle"


@pytest.fixture(scope="module")
def quick() -> Iterator[pytest.MonkeyPatch]:
    """A fraction of the tiles that a real bundle is made from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tilenet_plan, "VALIDATION_BATCHES", 1)
        patch.setattr(ship, "REPRESENTATIVE_TILES", 30)
        patch.setattr(window_point, "RENDERED_BATCHES", 8)
        patch.setattr(golden, "CANDIDATES", 24)
        patch.setattr(golden, "KEPT", 8)
        # Few steps are too short for the slow means of the normalisations: all scores would be alike.
        normalisation = keras.layers.BatchNormalization
        patch.setattr(
            tilenet.layers,
            "BatchNormalization",
            lambda momentum, name: normalisation(momentum=0.3, name=name),
        )
        yield patch


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory, quick: pytest.MonkeyPatch) -> Shipped:
    root = tmp_path_factory.mktemp("shipped")
    items = write_pictures(root / "data" / "own")
    split = split_over(items)
    (root / "split.json").write_text(split_text(split))
    (root / "small.toml").write_text(RECIPE)
    read: set[Path] = set()
    original = calibration.ranges.read_bgr
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HAIRLINE_DATA", str(root / "data"))
        patch.setattr(calibration.ranges, "read_bgr", lambda path: read.add(path) or original(path))
        status = hairline_train(root / "small.toml", "--out", root / "out", "--split", root / "split.json")
    assert status == 0
    return Shipped(root=root, items=items, split=split, ranges_read=read)


def test_the_bundle_verifies_and_runs(shipped: Shipped) -> None:
    bundle, classifier = load_classifier(shipped.bundle)
    spec = bundle.manifest.classifier
    assert (spec.tile_px, spec.stride_px, spec.dense, spec.score) == (96, 32, True, "logit")
    assert (spec.input.scale, spec.input.zero_point) == (1, -128)
    assert bundle.manifest.name == "small"
    assert bundle.manifest.split_sha256 == shipped.split.sha256
    assert classifier.score_map(np.zeros((200, 250, 3), np.uint8)).q.shape == (5, 6)


def test_the_golden_tiles_are_what_the_reference_kernels_give(shipped: Shipped) -> None:
    bundle = read_bundle(shipped.bundle)
    reference = make_classifier(bundle.manifest.classifier, bundle.model, reference=True)
    assert check_golden(bundle, reference) == 0
    outputs = bundle.golden.outputs.astype(int)
    assert 2 <= len(outputs) <= 8
    assert np.ptp(outputs) >= 5
    tiles = bundle.golden.tiles
    assert len({tile.tobytes() for tile in tiles}) == len(tiles)


def test_a_network_that_goes_on_from_a_bundle_keeps_its_recall(shipped: Shipped) -> None:
    start, classifier = load_classifier(shipped.bundle)
    recipe = load_recipe(str(shipped.root / "small.toml"))
    validation, stated = shipped.split.items("validation", shipped.items), start.manifest.window_threshold
    # The same network, as it is and from a bundle that finds more, at the price of false alarms.
    lower = replace(start.manifest, window_threshold=replace(stated, score=stated.score / 4))
    same, more = (
        window_point.window_point(recipe, validation, classifier, start=one, progress=iter)
        for one in (start, replace(start, manifest=lower))
    )
    assert (same.chosen_for, same.recall) == ("recall", stated.recall)
    assert more.recall > same.recall
    assert more.score < same.score


def test_the_float_network_beside_it_is_the_same_network(shipped: Shipped) -> None:
    bundle, classifier = load_classifier(shipped.bundle)
    model = keras.saving.load_model(shipped.bundle / "float" / "small.keras", compile=False)
    assert model.input_shape == (None, 96, 96, 3)
    trained = keras.saving.load_model(shipped.root / "out" / "float.keras", compile=False)
    cells = from_bundle(shipped.bundle, load_recipe(str(shipped.root / "small.toml"))).get_layer(tilenet.CELLS)
    for theirs, ours in zip(cells.get_weights(), trained.get_layer(tilenet.CELLS).get_weights(), strict=True):
        np.testing.assert_array_equal(theirs, ours)
    spec = bundle.manifest.classifier
    for layer in model.layers:
        weights = list(zip(layer.get_weights(), trained.get_layer(layer.name).get_weights(), strict=True))
        if layer.name == LOGIT:  # shifted by whole steps, so that scores are probabilities
            one, other = weights.pop()
            steps = (one - other) / spec.output.scale
            np.testing.assert_allclose(steps, np.rint(steps), atol=1e-4)
        for one, other in weights:
            np.testing.assert_array_equal(one, other)
    for item in shipped.items[:4]:
        (floating,) = score_items_float([item], model, spec).scores
        (int8,) = score_items([item], classifier).scores
        logits = [spec.temperature * math.log(p / (1 - p)) for p in (float(int8), float(floating))]
        assert logits[0] == pytest.approx(logits[1], abs=5 * spec.output.scale)


def test_the_representative_set_is_of_the_training_side_only(shipped: Shipped) -> None:
    training = {item.path for item in shipped.split.items("train", shipped.items)}
    assert shipped.ranges_read
    assert shipped.ranges_read <= training


def test_the_metrics_are_the_test_side_s(shipped: Shipped) -> None:
    bundle, classifier = load_classifier(shipped.bundle)
    test = shipped.split.items("test", shipped.items)
    scores = score_items(test, classifier).scores
    cracked = np.array([item.label == 1 for item in test])
    expected = report(scores, cracked, [item.name for item in test], bundle.manifest.image_threshold.score)
    found = {metric.name: metric for metric in bundle.manifest.metrics}
    assert {metric.set for metric in bundle.manifest.metrics} == {"own, test side"}
    assert {metric.n for metric in bundle.manifest.metrics} == {len(test)} == {10}
    assert found["accuracy, int8"].value == pytest.approx(expected.accuracy)
    assert found["AUROC, int8"].value == pytest.approx(expected.auroc)
    assert {"accuracy, float", "AUROC, float"} <= set(found)


def test_the_temperature_is_the_one_that_fits_the_validation_side(shipped: Shipped) -> None:
    bundle = read_bundle(shipped.bundle)
    validation = shipped.split.items("validation", shipped.items)
    cracked = np.array([item.label == 1 for item in validation])
    spec = bundle.manifest.classifier

    def loss(temperature: float) -> float:
        classifier = make_classifier(replace(spec, temperature=temperature), bundle.model)
        p = np.clip(score_items(validation, classifier).scores.astype(np.float64), 1e-9, 1 - 1e-9)
        n1, n0 = int(cracked.sum()), int((~cracked).sum())
        target = np.where(cracked, (n1 + 1) / (n1 + 2), 1 / (n0 + 2))
        return float(-(target * np.log(p) + (1 - target) * np.log(1 - p)).mean())

    assert loss(spec.temperature) <= min(loss(t) for t in (0.1, 0.3, 1, 3, 10)) + 1e-4


def test_thresholds_for_a_stated_recall_and_false_alarms_a_photo(shipped: Shipped, quick: pytest.MonkeyPatch) -> None:
    _, classifier = load_classifier(shipped.bundle)
    recipe = load_recipe(str(shipped.root / "small.toml"))
    stated = replace(
        recipe,
        data=replace(recipe.data, sets=("own", "sdnet2018")),
        bundle=replace(recipe.bundle, image_recall=0.8, false_alarms_per_photo=60.0),
    )
    # As if the uncracked ones were tiles of wall photographs.
    items = [item if item.label else replace(item, dataset="sdnet2018") for item in shipped.items]
    trained = ship.Trained(recipe=stated, model=None, items=items, split=shipped.split)
    image, window = ship._operating_points(trained, classifier, iter)
    assert (image.chosen_for, image.target) == ("recall", 0.8)
    assert image.recall >= 0.8
    assert (window.chosen_for, window.target, window.examples_per_photo) == ("false_alarms_per_photo", 60.0, 252)
    bare = [item for item in shipped.split.items("validation", shipped.items) if item.label == 0]
    highest = [score_map_of(item.path, classifier).scores().max() for item in bare]
    assert window.false_alarms_per_photo == pytest.approx(252 * np.mean(np.array(highest) >= window.score))
    assert window.false_alarms_per_photo <= 60.0


def test_the_image_threshold_is_chosen_on_validation(shipped: Shipped) -> None:
    bundle, classifier = load_classifier(shipped.bundle)
    validation = shipped.split.items("validation", shipped.items)
    scores = score_items(validation, classifier).scores
    cracked = np.array([item.label == 1 for item in validation])
    point = bundle.manifest.image_threshold
    assert point.recall == pytest.approx((scores[cracked] >= point.score).mean())
    assert point.false_alarm_rate == pytest.approx((scores[~cracked] >= point.score).mean())
    assert point.chosen_for == "balance"
    window = bundle.manifest.window_threshold
    assert window.false_alarm_rate <= 0.4
    assert (window.chosen_for, window.target) == ("false_alarm_rate", 0.4)
    for rate, ci95 in ((window.recall, window.recall_ci95), (window.false_alarm_rate, window.false_alarm_rate_ci95)):
        assert ci95 is not None
        assert ci95[0] <= rate <= ci95[1]
    assert "validation" in point.chosen_on


def test_the_card_names_recipe_data_licence_and_limits(shipped: Shipped) -> None:
    card = (shipped.bundle / "MODEL_CARD.md").read_text()
    assert "# Model card: small" in card
    assert "own: 20 pictures, the owner's own" in card
    assert shipped.split.sha256[:12] in card
    assert "Not for" in card
    assert "{" not in card
    (data,) = read_bundle(shipped.bundle).manifest.training_data
    assert (data.name, data.licence, data.items) == ("own", "the owner's own", 20)


def test_a_bundle_is_not_overwritten_unasked(shipped: Shipped, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (shipped.bundle / "manifest.json").read_bytes()
    golden_before = read_bundle(shipped.bundle).golden
    with pytest.raises(BundleError, match=r"bundle.*--overwrite"):
        hairline_train(shipped.root / "small.toml", "--out", shipped.root / "out")
    assert (shipped.bundle / "manifest.json").read_bytes() == before
    monkeypatch.setenv("HAIRLINE_DATA", str(shipped.root / "data"))
    monkeypatch.setattr(ship, "_measure", lambda *_: ())  # its run is finished: only the bundle is made again
    split = shipped.root / "split.json"
    assert (
        hairline_train(shipped.root / "small.toml", "--out", shipped.root / "out", "--split", split, "--overwrite") == 0
    )
    after = read_bundle(shipped.bundle)
    assert after.manifest.metrics == ()
    # The same network (its file has other names for its tensors where a process makes a second one).
    np.testing.assert_array_equal(after.golden.outputs, golden_before.outputs)
    np.testing.assert_array_equal(after.golden.tiles, golden_before.tiles)


def test_pictures_that_forbid_it_are_refused_before_anything_is_trained(
    shipped: Shipped, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbidden = [replace(shipped.items[0], licence=RESEARCH_ONLY), *shipped.items[1:]]
    with pytest.raises(DataError, match="own: none stated"):
        ship.check_licences(forbidden)
    trained = ship.Trained(
        recipe=load_recipe(str(shipped.root / "small.toml")), model=None, items=forbidden, split=shipped.split
    )
    with pytest.raises(DataError, match="licence allows"):
        ship.ship(trained, tmp_path / "bundle", command="", overwrite=False)
    monkeypatch.setattr("training.datasets.registry.read_all", lambda *_: forbidden)
    monkeypatch.setattr("training.train.train", lambda *_, **__: pytest.fail("it was trained"))
    with pytest.raises(DataError, match="licence allows"):
        hairline_train(shipped.root / "small.toml", "--out", tmp_path / "out")
    assert not (tmp_path / "bundle").exists()


def test_what_train_is_given_wrong_is_said(shipped: Shipped, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAIRLINE_DATA", str(tmp_path))
    with pytest.raises(RecipeError, match="no recipe 'tinynet'"):
        hairline_train("tinynet", "--out", tmp_path / "out")
    with pytest.raises(DataError, match=r"hairline data fetch own"):
        hairline_train(shipped.root / "small.toml", "--out", tmp_path / "out")
    with pytest.raises(DataError, match=r"none\.json"):
        hairline_train(shipped.root / "small.toml", "--out", tmp_path / "out", "--split", tmp_path / "none.json")
    assert not (tmp_path / "out").exists()


def test_float_scores_are_pooled_as_the_manifest_says(shipped: Shipped) -> None:
    """With one window a tile and its mean as a stand-in for the network: the k highest, averaged."""
    spec = read_bundle(shipped.bundle).manifest.classifier
    pooling = replace(spec.image_pooling, kind="mean_of_highest", k=2)
    pooled = replace(spec, score="probability", temperature=1.0, image_pooling=pooling)

    class Mean:
        def predict_on_batch(self, tiles: np.ndarray) -> np.ndarray:
            return tiles.mean(axis=(1, 2, 3)) / 255

    item = shipped.items[0]
    tiles = windows(calibration.ranges.read_bgr(item.path), spec)
    assert tiles.shape == (4, 96, 96, 3)
    expected = np.sort(tiles.mean(axis=(1, 2, 3)) / 255)[-2:].mean()
    assert score_items_float([item], Mean(), pooled).scores[0] == pytest.approx(expected, rel=1e-6)


def test_evaluation_is_at_native_pixels_over_every_window(shipped: Shipped) -> None:
    _, classifier = load_classifier(shipped.bundle)
    item = shipped.items[1]
    picture = calibration.ranges.read_bgr(item.path)
    tiles = np.stack([picture[y : y + 96, x : x + 96] for y in (0, 32) for x in (0, 32)])
    best = classifier.spec.to_probability(classifier.score_tiles(tiles)).max()
    assert score_items([item], classifier).scores[0] == pytest.approx(best, abs=0.03)  # one step
    assert image_score(classifier.score_map(picture)) == score_items([item], classifier).scores[0]


SMALL = {"input_px": 64, "width": 0.35}


@pytest.mark.parametrize(
    "network",
    [
        lambda: tilenet.tilenet("tilenet-s", input_px=64),
        lambda: cnn_80(dropout=0.0, logits=True),
        lambda: as_logit(mobilenetv2(**SMALL, frozen_layers=0, dropout=0.0, outputs=2, pretrained=False), **SMALL),
    ],
)
def test_every_network_of_logits_can_be_shifted(network: Callable[[], keras.Model]) -> None:
    model = network()
    pictures = np.random.default_rng(1).uniform(0, 255, (2, *model.input_shape[1:])).astype(np.float32)
    before = model.predict_on_batch(pictures)
    ship.shift_logits(model, -1.5)
    np.testing.assert_allclose(model.predict_on_batch(pictures), before - 1.5, atol=1e-4)
