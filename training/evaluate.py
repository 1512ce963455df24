"""Scores of labelled pictures at native pixels, from the bundle alone: what `hairline evaluate` prints."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from edge.classifier import Classifier
from edge.errors import DataError, SourceError
from edge.frame import U8Image
from edge.imagefile import read_bgr
from edge.manifest import ClassifierSpec
from edge.operating_point import OperatingPoint
from edge.preprocess import resize_tile
from edge.tiling import ScoreMap, image_score, window_origins
from training.datasets.item import Item
from training.datasets.sdnet import TileLabel, read_tile_labels
from training.datasets.split import Split
from training.metrics import Report, report

F32 = npt.NDArray[np.float32]
T = TypeVar("T")
Progress = Callable[[Sequence[Item]], Iterable[Item]]
ImageScore = Callable[[U8Image], float]
"""One probability for a picture, uint8 BGR (h, w, 3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Pictures with their image scores, float32 (n,)."""

    items: Sequence[Item]
    scores: F32

    @property
    def cracked(self) -> npt.NDArray[np.bool_]:
        return np.array([item.label == 1 for item in self.items], bool)

    @property
    def groups(self) -> list[str]:
        """What is resampled together: the source photo, or the picture itself where none is known."""
        return [item.group or item.name for item in self.items]

    def report(self, point: OperatingPoint) -> Report:
        """Raises `DataError` for an empty set."""
        if not self.items:
            raise DataError("there is no picture to evaluate")
        return report(self.scores, self.cracked, self.groups, point.score)


def score_items(items: Sequence[Item], classifier: Classifier, *, progress: Progress = iter) -> Scored:
    """Every picture's image score: all its windows at native pixels, pooled as the manifest says."""
    return score_pictures(items, lambda picture: image_score(classifier.score_map(picture)), progress=progress)


def score_pictures(items: Sequence[Item], score: ImageScore, *, progress: Progress = iter) -> Scored:
    """The same with whatever gives a picture one score. Raises `SourceError`, naming the file, where it cannot."""
    scores = [_of_file(item.path, score) for item in progress(items)]
    return Scored(items=items, scores=np.array(scores, np.float32))


def score_map_of(path: Path, classifier: Classifier) -> ScoreMap:
    """The scores of every window of a picture file. Raises `SourceError`, naming it, where it cannot be scored."""
    return _of_file(path, classifier.score_map)


def _of_file(path: Path, score: Callable[[U8Image], T]) -> T:
    picture = read_bgr(path)
    try:
        return score(picture)
    except SourceError as unfit:
        raise SourceError(f"{path}: {unfit}") from unfit


def score_items_float(items: Sequence[Item], model: Any, spec: ClassifierSpec, *, progress: Progress = iter) -> Scored:
    """The same with the float network before quantisation: `model` takes one tile, (n, input_px, input_px, 3)."""
    return score_pictures(items, lambda picture: float_image_score(picture, model, spec), progress=progress)


def float_image_score(picture: U8Image, model: Any, spec: ClassifierSpec) -> float:
    """One probability for a picture, uint8 BGR (h, w, 3), by the float network."""
    tiles = windows(picture, spec)
    outputs = np.concatenate([np.ravel(model.predict_on_batch(tiles[i : i + 64])) for i in range(0, len(tiles), 64)])
    probability = spec.probability_of(outputs.astype(np.float64))
    return float(np.sort(probability)[-spec.image_pooling.k :].mean())


def windows(picture: U8Image, spec: ClassifierSpec) -> F32:
    """Every window of a picture as the network takes it: float32 (n, input_px, input_px, 3)."""
    t = spec.tile_px
    xs = window_origins(picture.shape[1], t, spec.stride_px)
    ys = window_origins(picture.shape[0], t, spec.stride_px)
    tiles = [resize_tile(picture[y : y + t, x : x + t], spec.input_px) for y in ys for x in xs]
    return np.stack(tiles).astype(np.float32)


def on_side(items: Sequence[Item], split: Split, side: str | None) -> list[Item]:
    """The pictures of one side of the split, or all. Raises `DataError` where none is left."""
    if not items:
        raise DataError("there is no picture to evaluate: its folders are empty")
    chosen = list(items) if side is None else split.items(side, items)
    if not chosen:
        raise DataError(f"none of the {len(items)} pictures lies on the side '{side}' of the split")
    return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRow:
    """One labelled frame: its tiles called cracked, how many of them were flagged, and false alarms."""

    frame: str
    cracked: int
    flagged_cracked: int
    uncracked: int
    flagged_uncracked: int


def flagged_tiles(score_map: ScoreMap, boxes_xywh: npt.NDArray[np.int32], threshold: float) -> npt.NDArray[np.bool_]:
    """Which labelled tiles, int32 (n, 4), hold the centre of a window at or above the threshold: bool (n,)."""
    half = score_map.spec.tile_px / 2
    rows, cols = np.nonzero(score_map.q >= score_map.spec.q_min(threshold))
    cx, cy = score_map.xs[cols] + half, score_map.ys[rows] + half
    x, y, w, h = boxes_xywh.T[..., None]
    inside: npt.NDArray[np.bool_] = ((cx >= x) & (cx < x + w) & (cy >= y) & (cy < y + h)).any(axis=1)
    return inside


def evaluate_frames(tiles_csv: Path, classifier: Classifier, threshold: float) -> list[FrameRow]:
    """Recall and false alarms of whole frames against their labelled tiles; the frames lie beside `tiles_csv`."""
    tiles = defaultdict(list)
    for tile in read_tile_labels(tiles_csv):
        tiles[tile.frame].append(tile)
    return [_frame_row(tiles_csv.parent / frame, tiles[frame], classifier, threshold) for frame in sorted(tiles)]


def _frame_row(path: Path, tiles: Sequence[TileLabel], classifier: Classifier, threshold: float) -> FrameRow:
    boxes = np.array([tile.box_xywh for tile in tiles], np.int32)
    cracked = np.array([tile.label == 1 for tile in tiles], bool)
    flagged = flagged_tiles(score_map_of(path, classifier), boxes, threshold)
    return FrameRow(
        frame=path.name,
        cracked=int(cracked.sum()),
        flagged_cracked=int((flagged & cracked).sum()),
        uncracked=int((~cracked).sum()),
        flagged_uncracked=int((flagged & ~cracked).sum()),
    )
