"""A trained segmenter -> its int8 network, its threshold from validation, its Dice and IoU on DeepCrack's test side."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import keras
import numpy as np

from edge.frame import U8Image
from edge.imagefile import read_bgr
from edge.log.start import checkout_commit
from edge.manifest import Metric, SegmenterSpec, TrainingData
from edge.runtime import Network
from edge.segmenter import Segmenter
from training.architectures.registry import ARCHITECTURES
from training.architectures.segmenters import MARGIN_PX, STEP_PX
from training.datasets.citations import CITATIONS
from training.datasets.item import Item
from training.datasets.split import Split
from training.quantise import quantise
from training.recipe import Recipe
from training.segmentation.batches import MaskBatches, item_mask
from training.segmentation.deepcrack_split import deepcrack_split
from training.segmentation.losses import LABEL, WEIGHT
from training.segmentation.pixels import Histograms, Labelled, Score, histograms
from training.segmentation.scores import Border, float_score, squared

FILE = "segmenter.tflite"
REPRESENTATIVE_BATCHES = 8
VALIDATION_BATCHES = 20
LOGIT_RANGE = 12.8
TEST = "DeepCrack, test side less the photos that are on both"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedSegmenter:
    """A trained float network, with the pictures and the split it was trained on."""

    recipe: Recipe
    model: keras.Model
    items: Sequence[Item]
    split: Split

    @property
    def border(self) -> Border:
        return Border(margin_px=MARGIN_PX[self.recipe.model], step_px=STEP_PX[self.recipe.model])


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredSegmenter:
    """The int8 network with what a manifest says of it, its threshold and figures included."""

    model: bytes
    spec: SegmenterSpec


def measure(
    trained: TrainedSegmenter, deepcrack: Sequence[Item], *, command: str, threads: int = 2
) -> MeasuredSegmenter:
    """Quantises, chooses the threshold on the validation side, judges on DeepCrack's test side, float and int8.

    The int8 network is called as on a rover, the float one on whole pictures. `deepcrack`: its items; where there is
    none, there are no figures of it.
    """
    recipe = trained.recipe
    limit = recipe.bundle.logit_range or LOGIT_RANGE
    call = ARCHITECTURES[recipe.model].tile_model(recipe, trained.model)
    model = quantise(call, _representative(trained), logit_range=limit)
    spec = _spec(trained, model, command)
    networks: dict[str, Score] = {
        "float": float_score(trained.model.predict_on_batch, trained.border, limit),
        "int8": Segmenter(spec, model, threads=threads).scores,
    }
    q_min = 0
    metrics: list[Metric] = []
    for kind, score in networks.items():
        validation = histograms(validation_pictures(trained), score)
        q_min = validation.best_q_min()
        metrics += validation.figures(q_min, spec.threshold_chosen_on, kind)
        if deepcrack:
            metrics += _test(deepcrack, score).figures(q_min, TEST, kind)
        else:
            _log.warning("DeepCrack is not in the data folder: no figures of its test side")
    logit = spec.output.scale * (q_min - spec.output.zero_point)  # the int8 network's, which came last
    threshold = float(1 / (1 + np.exp(-logit)))
    return MeasuredSegmenter(model=model, spec=replace(spec, threshold=threshold, metrics=tuple(metrics)))


def _spec(trained: TrainedSegmenter, model: bytes, command: str) -> SegmenterSpec:
    """What the manifest says of the segmenter, but for the threshold and figures."""
    network, recipe = Network(model), trained.recipe
    return SegmenterSpec(
        file=FILE,
        recipe=recipe.name,
        commit=checkout_commit() or "unknown",
        command=command,
        call_px=recipe.bundle.tile_px,
        margin_px=trained.border.margin_px,
        step_px=trained.border.step_px,
        colour_order="BGR",
        input=network.input,
        output=network.output,
        threshold=0.5,
        threshold_chosen_on=f"validation side: {' and '.join(recipe.data.sets)}",
        metrics=(),
        split_sha256=trained.split.sha256,
        training_data=_training_data(trained.split.items("train", trained.items)),
    )


def _training_data(train_side: Sequence[Item]) -> tuple[TrainingData, ...]:
    # SDNET2018's cracked tiles have no masks: nothing is learnt from them.
    learnt = [item for item in train_side if item.dataset != "sdnet2018" or item.label == 0]
    counts = Counter((item.dataset, item.licence) for item in learnt)
    return tuple(
        TrainingData(name=name, licence=licence, citation=CITATIONS.get(name, "the user's own pictures"), items=n)
        for (name, licence), n in sorted(counts.items())
    )


def _test(deepcrack: Sequence[Item], score: Score) -> Histograms:
    return histograms(photos(deepcrack_split(deepcrack).items("test", deepcrack)), score)


def validation_pictures(trained: TrainedSegmenter) -> Iterable[Labelled]:
    """What the threshold is chosen on: whole photos where they have masks of their own, else crops as in training."""
    side = trained.split.items("validation", trained.items)
    given = [item for item in side if item.mask_path is not None]
    if given:
        return photos(given)
    batches = MaskBatches.of_side(side, trained.recipe, batches=VALIDATION_BATCHES, seed=trained.recipe.seed + 1)
    return _crops(batches)


def photos(items: Sequence[Item]) -> Iterator[Labelled]:
    """Pictures with their masks. Raises `DataError` for a mask that is missing or of another size."""
    for item in items:
        picture = read_bgr(item.path)
        mask = item_mask(item, picture)
        if mask is not None:
            yield Labelled(picture=picture, mask=mask, known=np.ones(mask.shape, bool), group=item.group or item.name)


def _crops(batches: MaskBatches) -> Iterator[Labelled]:
    for index in range(len(batches)):
        for at, (picture, target) in enumerate(zip(*batches[index], strict=True)):
            yield Labelled(
                picture=picture.astype(np.uint8),
                mask=target[..., LABEL].astype(np.uint8),
                known=target[..., WEIGHT] > 0,
                group=f"{index}-{at}",
            )


def _representative(trained: TrainedSegmenter) -> U8Image:
    side = trained.split.items("train", trained.items)
    batches = MaskBatches.of_side(side, trained.recipe, batches=REPRESENTATIVE_BATCHES, seed=trained.recipe.seed + 2)
    side_px = trained.recipe.bundle.tile_px
    crops = [crop.astype(np.uint8) for index in range(len(batches)) for crop in batches[index][0]]
    return np.stack([squared(crop, side_px) for crop in crops])
