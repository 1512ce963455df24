"""The window threshold of a dense network, from the validation side alone."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from calibration.operating_point import at_false_alarm_rate, at_false_alarms_per_photo, at_recall
from edge.bundle import Bundle
from edge.classifier import Classifier, make_classifier
from edge.operating_point import OperatingPoint
from training.batches import TileBatches
from training.datasets import sdnet
from training.datasets.item import Item
from training.evaluate import Progress, score_map_of
from training.losses import LABEL, WEIGHT
from training.models.tilenet import JUMP_PX, WINDOWS
from training.recipe import Recipe

RENDERED_BATCHES = 12
TILES_A_PHOTO = sdnet.TILE_COLUMNS * sdnet.TILE_ROWS


def window_point(
    recipe: Recipe, validation: Sequence[Item], classifier: Classifier, *, start: Bundle | None, progress: Progress
) -> OperatingPoint:
    """Where the false alarms are those the recipe states: of windows, or of the tiles of a wall photograph.

    Of a network that went on from the bundle `start`: where recall is that bundle's. A few tiles decide where false
    alarms are what is stated, so that by chance a round could lose cracks; recall, of thousands of windows, is known
    better.
    """
    most = recipe.bundle.false_alarms_per_photo
    bare = [item for item in validation if item.label == 0 and (most is None or item.dataset == sdnet.NAME)]
    maps = [score_map_of(item.path, classifier).scores().ravel() for item in progress(bare)]
    alarms = maps if most is None else [scores.max(keepdims=True) for scores in maps]
    cracked = _rendered_window_scores(recipe, validation, classifier)
    scores = np.concatenate([*alarms, *cracked])
    is_cracked = np.arange(len(scores)) >= sum(map(len, alarms))
    photos = [*(item.group or item.name for item in bare), *(f"rendered {i}" for i in range(len(cracked)))]
    groups = np.repeat(photos, [len(one) for one in (*alarms, *cracked)]).tolist()
    least = 0.0 if start is None else _recall_of(start, recipe, validation)
    if least > 0:  # or the bundle found none of them: there is nothing to keep
        point = at_recall(
            scores,
            is_cracked,
            least,
            groups=groups,
            chosen_on=_chosen_on(recipe, "the recall of the bundle that it went on from, "),
        )
        return point if most is None else replace(point, examples_per_photo=TILES_A_PHOTO)
    if most is None:
        rate = recipe.bundle.window_false_alarm_rate
        return at_false_alarm_rate(scores, is_cracked, rate, groups=groups, chosen_on=_chosen_on(recipe))
    return at_false_alarms_per_photo(
        scores, is_cracked, most, examples_per_photo=TILES_A_PHOTO, groups=groups, chosen_on=_chosen_on(recipe)
    )


def _chosen_on(recipe: Recipe, what: str = "") -> str:
    if recipe.bundle.false_alarms_per_photo is None:
        sets = " and ".join(recipe.data.sets)
        return f"validation side: {what}windows of uncracked {sets}; recall on cracks rendered there"
    return (
        f"validation side: {what}uncracked tiles of SDNET2018's walls by their highest windows; recall on windows with "
        "cracks rendered there"
    )


def _recall_of(bundle: Bundle, recipe: Recipe, validation: Sequence[Item]) -> float:
    """A bundle's recall, at its own threshold, on the windows with rendered cracks that the recipe's network has."""
    classifier = make_classifier(bundle.manifest.classifier, bundle.model, threads=2)
    scores = np.concatenate(_rendered_window_scores(recipe, validation, classifier))
    return float((scores >= bundle.manifest.window_threshold.score).mean())


def _rendered_window_scores(recipe: Recipe, validation: Sequence[Item], classifier: Classifier) -> list[np.ndarray]:
    """Scores of windows that hold a crack rendered on uncracked validation pictures, float32 (n,) for each picture."""
    batches = TileBatches.of_side(validation, recipe, batches=RENDERED_BATCHES, seed=recipe.seed + 2)
    step = recipe.bundle.stride_px // JUMP_PX
    found = []
    for index in range(RENDERED_BATCHES):
        pictures, targets = batches[index]
        for picture, target in zip(pictures.astype(np.uint8), targets[WINDOWS][:, ::step, ::step], strict=True):
            scores = classifier.score_map(picture).scores()[: target.shape[0], : target.shape[1]]
            found.append(scores[(target[..., LABEL] == 1) & (target[..., WEIGHT] == 1)])
    return found
