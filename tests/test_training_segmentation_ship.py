"""From trained weights to a segmenter in a bundle, on a handful of rendered pictures."""

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.bundle import read_bundle
from edge.errors import BundleError
from edge.render.concrete import concrete
from edge.render.cracks import darken
from edge.segmenter import load_segmenter
from training.architectures.segmenters import build
from training.checkpoint import Progress
from training.datasets.item import Item
from training.datasets.split import Split
from training.recipe import Recipe, load_recipe
from training.record.metrics import read_metrics
from training.segmentation.measure import TEST, TrainedSegmenter, measure
from training.segmentation.ship import add_segmenter, record, refuse_unasked

TINY = Path(__file__).parent / "golden" / "tiny_bundle"


def tile(seed: int, *, cracked: bool) -> np.ndarray:
    picture = concrete(np.random.default_rng(seed), (227, 227))
    stripe = np.zeros((227, 227), np.float32)
    cv2.line(stripe, (0, 40 + 20 * (seed % 7)), (226, 160), 1.0, 14)
    return darken(picture, stripe, depth=0.8) if cracked else picture


def written(folder: Path, index: int, *, label: int | None, dataset: str = "metu") -> Item:
    path = folder / f"{dataset}{index}.png"
    cv2.imwrite(str(path), tile(index, cracked=label != 0))
    mask_path = None
    if label is None:
        mask_path = folder / f"mask{index}.png"
        cv2.imwrite(str(mask_path), (tile(index, cracked=True).mean(axis=2) < 90).astype(np.uint8) * 255)
    return Item(
        name=f"{dataset}/test/{path.name}",
        path=path,
        dataset=dataset,
        label=label,
        group=f"{dataset}{index}",
        licence="CC BY 4.0",
        mask_path=mask_path,
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainedSegmenter:
    folder = tmp_path_factory.mktemp("pictures")
    items = [written(folder, index, label=index % 2) for index in range(8)]
    split = Split(
        sides={item.name: "train" if at < 4 else "validation" for at, item in enumerate(items)},
        recipe={"residual_leaks": []},
        counts={},
        left_out={},
        sha256="0" * 64,
    )
    return TrainedSegmenter(recipe=small(load_recipe("masknet")), model=build("masknet"), items=items, split=split)


def small(recipe: Recipe) -> Recipe:
    bundle = replace(recipe.bundle, tile_px=160, input_px=160, stride_px=48)
    data = replace(recipe.data, crop_px=64, sets=("metu",))
    found = replace(recipe, batch_size=2, data=data, bundle=bundle)
    found.check("small")
    return found


def test_a_measured_segmenter_gets_into_a_bundle(trained: TrainedSegmenter, tmp_path: Path) -> None:
    deepcrack = [written(tmp_path, index, label=None, dataset="deepcrack") for index in range(2)]
    measured = measure(trained, deepcrack, command="hairline train masknet")
    named = {(metric.name, metric.set) for metric in measured.spec.metrics}
    assert {("Dice, int8", TEST), ("IoU, int8", TEST), ("Dice, float", TEST)} <= named
    folder = Path(shutil.copytree(TINY, tmp_path / "bundle"))
    before = read_bundle(folder)
    refuse_unasked(folder, overwrite=False)
    after = add_segmenter(folder, trained, measured)
    assert after.manifest.segmenter == measured.spec
    assert (after.model, after.manifest.classifier) == (before.model, before.manifest.classifier)
    np.testing.assert_array_equal(after.golden.outputs, before.golden.outputs)
    _, segmenter = load_segmenter(folder)
    assert segmenter.mask(tile(1, cracked=True), [(0, 0, 60, 60)]).shape == (227, 227)
    card = (folder / "MODEL_CARD.md").read_text()
    assert card.count("## Segmenter") == 1
    with pytest.raises(BundleError, match="segmenter already"):
        refuse_unasked(folder, overwrite=False)
    add_segmenter(folder, trained, measured)
    assert (folder / "MODEL_CARD.md").read_text() == card
    record(tmp_path, trained, measured, Progress(recipe={}, split_sha256="", epoch=1))
    assert read_metrics(tmp_path / "metrics.json").metrics == measured.spec.metrics


def test_without_deepcrack_there_are_no_figures_of_it(
    trained: TrainedSegmenter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.segmentation.measure.VALIDATION_BATCHES", 2)
    measured = measure(trained, [], command="test")
    assert {metric.set for metric in measured.spec.metrics} == {measured.spec.threshold_chosen_on}
    assert 0 < measured.spec.threshold < 1
