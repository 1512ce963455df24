"""A trained segmenter -> its int8 network, its threshold from validation, its Dice and IoU on DeepCrack's test side."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import keras
import numpy as np

from edge.frame import U8Image
from edge.imagefile import read_bgr
from edge.manifest import Metric
from training.architectures.segmenters import MARGIN_PX, STEP_PX, build
from training.datasets.item import Item
from training.datasets.split import Split
from training.quantise import quantise
from training.recipe import Recipe
from training.segmentation.batches import MaskBatches, item_mask
from training.segmentation.deepcrack_split import deepcrack_split
from training.segmentation.losses import LABEL, WEIGHT
from training.segmentation.pixels import Histograms, Labelled, Score, histograms
from training.segmentation.scores import Border, float_score, int8_score

REPRESENTATIVE_BATCHES = 16
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
    """The int8 network; the int8 score from which on a pixel is crack, and on what it was chosen; figures."""

    model: bytes
    q_min: int
    chosen_on: str
    metrics: tuple[Metric, ...]


def measure(trained: TrainedSegmenter, deepcrack: Sequence[Item], *, threads: int = 2) -> MeasuredSegmenter:
    """Quantises, chooses the threshold on the validation side, judges on DeepCrack's test side, float and int8.

    `deepcrack`: its items; where there is none, there are no figures of it.
    """
    recipe = trained.recipe
    limit = recipe.bundle.logit_range or LOGIT_RANGE
    model = quantise(_at(trained, recipe.data.crop_px), _representative(trained), logit_range=limit)
    networks: dict[str, Score] = {
        "int8": int8_score(model, trained.border, threads=threads),
        "float": float_score(trained.model.predict_on_batch, trained.border, limit),
    }
    q_min, metrics = {}, []
    chosen_on = f"validation side: {' and '.join(recipe.data.sets)}"
    for kind, score in networks.items():
        validation = histograms(validation_pictures(trained), score)
        q_min[kind] = validation.best_q_min()
        metrics += validation.figures(q_min[kind], chosen_on, kind)
        if deepcrack:
            metrics += _test(deepcrack, score).figures(q_min[kind], TEST, kind)
        else:
            _log.warning("DeepCrack is not in the data folder: no figures of its test side")
    return MeasuredSegmenter(model=model, q_min=q_min["int8"], chosen_on=chosen_on, metrics=tuple(metrics))


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
    return np.concatenate([batches[index][0].astype(np.uint8) for index in range(len(batches))])


def _at(trained: TrainedSegmenter, input_px: int) -> keras.Model:
    model = build(trained.recipe.model, input_px=input_px)
    model.set_weights(trained.model.get_weights())
    return model
