"""A trained float network -> a bundle: quantised, its thresholds chosen on validation, its figures measured on test."""

import logging
import math
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import keras
import numpy as np

from calibration.operating_point import at_false_alarm_rate, at_recall, best_balance
from calibration.ranges import representative_tiles
from calibration.temperature import Scaling, scaling_of
from edge.bundle import Bundle, write_bundle
from edge.classifier import Classifier, check_golden, make_classifier
from edge.errors import DataError
from edge.log.start import checkout_commit
from edge.manifest import (
    SCHEMA_VERSION,
    ClassifierSpec,
    ImagePooling,
    Manifest,
    Metric,
    TrainingData,
)
from edge.operating_point import OperatingPoint
from edge.runtime import Network
from training.architectures.registry import ARCHITECTURES
from training.batches import learnt_from
from training.datasets import sdnet
from training.datasets.citations import CITATIONS
from training.datasets.feedback import NAME as FEEDBACK
from training.datasets.feedback import FeedbackSet
from training.datasets.item import Item
from training.datasets.licences import OWN, may_ship
from training.datasets.split import Split
from training.datasets.trusted import seen_cracks
from training.evaluate import Progress, Scored, score_items, score_items_float, score_map_of
from training.golden import golden
from training.model_card import model_card
from training.onnx_export import to_onnx
from training.quantise import quantise
from training.recipe import BundlePart, Recipe
from training.start import cells_file
from training.window_point import window_point

_log = logging.getLogger(__name__)

REPRESENTATIVE_TILES = 500

NOTES = (
    "SDNET2018's labels are noisy: about a third of the tiles called cracked show no crack at native resolution. "
    "That caps recall and AUROC there, whatever the network does; precision suffers less, since the uncracked tiles "
    "of these photos are mostly right.",
    "METU's negatives carry no source photo: near duplicates are kept on one side of the split, but two different "
    "tiles of one photo may lie on both. METU's positives are nearly all wide dark cracks; its figures say nothing "
    "about hairlines.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A trained float network, with all the labelled pictures, the split and the feedback it was trained on.

    `start`: the bundle that it went on from, whose recall the window threshold keeps.
    """

    recipe: Recipe
    model: keras.Model
    items: Sequence[Item]
    split: Split
    feedback: FeedbackSet | None = None
    start: Bundle | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The scores of one set's test side, by the int8 network and by the float one."""

    set: str
    int8: Scored
    floating: Scored


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """A bundle that was written, and the scores that its figures come from."""

    bundle: Bundle
    measured: tuple[Measured, ...]


def ship(trained: Trained, folder: Path, *, command: str, overwrite: bool, progress: Progress = iter) -> Shipped:
    """Writes and verifies the bundle. Raises `DataError` for pictures whose licence forbids giving a model away."""
    recipe, items, split = trained.recipe, trained.items, trained.split
    architecture = ARCHITECTURES[recipe.model]
    check_licences(items)
    tile_model = architecture.tile_model(recipe, trained.model)
    train_side = learnt_from(recipe, split.items("train", items))
    representative = representative_tiles(
        [item.path for item in train_side],
        tile_px=recipe.bundle.tile_px,
        input_px=recipe.bundle.input_px,
        count=REPRESENTATIVE_TILES,
        seed=recipe.seed,
    )
    model = quantise(tile_model, representative, logit_range=recipe.bundle.logit_range)
    spec = _spec(recipe, model)
    if spec.score == "logit":
        scaling = _scaling(trained, spec, model, progress)
        # By whole steps of the output, so that the int8 scores are the same ones, shifted.
        shift_logits(tile_model, -round(scaling.offset / spec.output.scale) * spec.output.scale)
        model = quantise(tile_model, representative, logit_range=recipe.bundle.logit_range)
        spec = replace(spec, temperature=scaling.temperature)
    classifier = make_classifier(spec, model, threads=2)
    image_point, window_point = _operating_points(trained, classifier, progress)
    measured = _measure(trained, tile_model, classifier, progress)
    manifest = Manifest(
        schema_version=SCHEMA_VERSION,
        name=recipe.name,
        recipe=recipe.name,
        commit=checkout_commit() or "unknown",
        command=command,
        created_utc=datetime.now(UTC).isoformat(timespec="seconds"),
        files={},
        float_files={},
        classifier=spec,
        window_threshold=window_point,
        image_threshold=image_point,
        metrics=tuple(metric for one in measured for metric in _figures(one, image_point)),
        split_sha256=split.sha256,
        training_data=_training_data(train_side, trained.feedback),
    )
    bundle = write_bundle(
        folder,
        manifest,
        model=model,
        golden=golden(spec, model, seed=recipe.seed),
        card=model_card(manifest, what=architecture.what(recipe), notes=NOTES),
        float_files={
            f"{recipe.name}.keras": _keras_file(tile_model),
            f"{recipe.name}.onnx": to_onnx(tile_model),
            **cells_file(recipe.name, trained.model),
        },
        overwrite=overwrite,
    )
    check_golden(bundle, classifier)  # or nobody could run it
    return Shipped(bundle=bundle, measured=measured)


def check_licences(items: Sequence[Item]) -> None:
    """Raises `DataError` for pictures whose licence forbids giving away a model trained on them."""
    if forbidden := [item for item in items if not may_ship(item)]:
        raise DataError(
            "a bundle is trained on pictures whose licence allows giving it away; "
            f"{forbidden[0].dataset}: {forbidden[0].licence}"
        )


def _spec(recipe: Recipe, model: bytes) -> ClassifierSpec:
    part, network = recipe.bundle, Network(model)
    return ClassifierSpec(
        file="classifier.tflite",
        input_px=part.input_px,
        tile_px=part.tile_px,
        stride_px=part.stride_px,
        dense=part.dense,
        colour_order="BGR",
        input=network.input,
        output=network.output,
        score="logit" if part.score == "logit" else "probability",
        labels=("uncracked", "cracked"),
        image_pooling=ImagePooling(kind="max" if part.image_pooling == "max" else "mean_of_highest", k=part.pooling_k),
        mm_per_px="unknown",
    )


def shift_logits(model: keras.Model, by: float) -> None:
    """Adds `by` to every logit of a network whose last layer gives them: in that layer's bias."""
    layer = model.layers[-1]
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel, bias + np.float32(by)])


def _scaling(trained: Trained, spec: ClassifierSpec, model: bytes, progress: Progress) -> Scaling:
    """By which the scores of the pictures that choose the image threshold are probabilities."""
    classifier = make_classifier(spec, model, threads=2)
    clean = _clean_validation(trained)
    maps = [score_map_of(item.path, classifier) for item in progress(clean)]
    return scaling_of(maps, np.array([item.label == 1 for item in clean]))


def _clean_validation(trained: Trained) -> list[Item]:
    """The validation side, of SDNET2018's cracked tiles only those in which an eye has seen a crack."""
    validation, seen = trained.split.items("validation", trained.items), seen_cracks()
    return [item for item in validation if item.label == 0 or item.dataset != sdnet.NAME or item.name in seen]


def _operating_points(
    trained: Trained, classifier: Classifier, progress: Progress
) -> tuple[OperatingPoint, OperatingPoint]:
    """Thresholds of an image and of a window, from the validation side only."""
    part, names = trained.recipe.bundle, " and ".join(trained.recipe.data.sets)
    scored = score_items(_clean_validation(trained), classifier, progress=progress)
    on = f"validation side: {names}"
    if sdnet.NAME in trained.recipe.data.sets:
        on += ", of its cracked tiles those of the trusted list with a visible crack"
    image = _image_point(part, scored, on)
    if not part.dense:
        return image, image
    validation = trained.split.items("validation", trained.items)
    return image, window_point(trained.recipe, validation, classifier, start=trained.start, progress=progress)


def _image_point(part: BundlePart, scored: Scored, on: str) -> OperatingPoint:
    scores, cracked, groups = scored.scores, scored.cracked, scored.groups
    if part.image_recall is not None:
        return at_recall(scores, cracked, part.image_recall, groups=groups, chosen_on=on)
    if part.image_false_alarm_rate is not None:
        return at_false_alarm_rate(scores, cracked, part.image_false_alarm_rate, groups=groups, chosen_on=on)
    return best_balance(scores, cracked, groups=groups, chosen_on=on)


def _measure(
    trained: Trained, tile_model: keras.Model, classifier: Classifier, progress: Progress
) -> tuple[Measured, ...]:
    """The scores of the test side, a set at a time."""
    found = []
    for name in trained.recipe.data.sets:
        test = trained.split.items("test", [item for item in trained.items if item.dataset == name])
        if not test:
            _log.warning("the split has no picture of %s on its test side: no figures for it", name)
            continue
        found.append(
            Measured(
                set=f"{name}, test side",
                int8=score_items(test, classifier, progress=progress),
                floating=score_items_float(test, tile_model, classifier.spec, progress=progress),
            )
        )
    return tuple(found)


def _figures(measured: Measured, point: OperatingPoint) -> list[Metric]:
    report, floating = measured.int8.report(point), measured.floating.report(point)
    figures = (
        ("accuracy, int8", report.accuracy, report.accuracy_ci95),
        ("accuracy, float", floating.accuracy, floating.accuracy_ci95),
        ("AUROC, int8", report.auroc, report.auroc_ci95),
        ("AUROC, float", floating.auroc, floating.auroc_ci95),
        ("precision, int8", report.precision, None),
        ("recall, int8", report.recall, None),
    )
    # Where a class is missing or nothing was found, a figure is not a number, and JSON has none.
    return [
        Metric(name=name, set=measured.set, value=value, ci95=ci95, n=report.n)
        for name, value, ci95 in figures
        if math.isfinite(value)
    ]


def _training_data(train_side: Sequence[Item], feedback: FeedbackSet | None) -> tuple[TrainingData, ...]:
    counts = Counter((item.dataset, item.licence) for item in train_side)
    data = tuple(
        TrainingData(name=name, licence=licence, citation=CITATIONS.get(name, "the user's own pictures"), items=n)
        for (name, licence), n in sorted(counts.items())
    )
    if feedback is None:
        return data
    n = len(feedback.feedback.examples)
    return (*data, TrainingData(name=FEEDBACK, licence=OWN, citation=feedback.citation, items=n))


def _keras_file(model: keras.Model) -> bytes:
    """The float network, architecture and weights, in Keras' own format."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "float.keras"
        model.save(path)
        return path.read_bytes()
