"""Cracks rather than windows: what the classifier flags and the segmenter then sees a course in, by its length.

A false crack is one of which less than `TOUCHING` of the length lies in tiles that are called cracked.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge.classifier import Classifier
from edge.finds import group_windows
from edge.frame import U8Image
from edge.imagefile import read_bgr
from edge.measure.measure import NO_CALIBRATION, Measurer
from edge.measure.measured import Measured
from edge.scale import Withheld
from training.datasets.item import Item
from training.datasets.sdnet import read_tile_labels

LEAST_LENGTHS_PX = (0, 32, 64, 128, 256)
TOUCHING = 0.2
TILES_A_PHOTO = 252  # of 256 pixels, of a wall photograph of SDNET2018

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrackRow:
    """Of one frame, the cracks that are at least `least_px` long, those of them that are false, and tiles.

    `cracked` tiles are called cracked; a course of these cracks runs through `crossed` of them.
    """

    frame: str
    least_px: int
    cracks: int
    false: int
    cracked: int
    crossed: int


def frame_cracks(tiles_csv: Path, classifier: Classifier, measurer: Measurer) -> list[CrackRow]:
    """Whole frames against their labelled tiles, a row a frame and length; the frames lie beside `tiles_csv`."""
    tiles = defaultdict(list)
    for tile in read_tile_labels(tiles_csv):
        tiles[tile.frame].append(tile)
    rows = []
    for frame in sorted(tiles):
        cracks = _cracks(read_bgr(tiles_csv.parent / frame), classifier, measurer)
        boxes = np.array([tile.box_xywh for tile in tiles[frame] if tile.label == 1], np.float64).reshape(-1, 4)
        rows += [_row(frame, least_px, cracks, boxes) for least_px in LEAST_LENGTHS_PX]
    return rows


def uncracked_cracks(items: Iterable[Item], classifier: Classifier, measurer: Measurer) -> list[CrackRow]:
    """The same of uncracked pictures, taken together: every crack is a false one. A row a length."""
    cracks = [one for item in items for one in _cracks(read_bgr(item.path), classifier, measurer)]
    return [_row("uncracked tiles", least_px, cracks, np.empty((0, 4))) for least_px in LEAST_LENGTHS_PX]


def false_a_photo(false: int, tiles: int) -> float:
    """False cracks in a photograph, of so many in so many uncracked tiles."""
    return false / tiles * TILES_A_PHOTO


def _cracks(picture: U8Image, classifier: Classifier, measurer: Measurer) -> list[Measured]:
    score_map = classifier.score_map(picture)
    finds = group_windows(score_map, measurer.threshold)
    measured = measurer.measure(picture, finds, score_map, Withheld(reason=NO_CALIBRATION))
    return [one for one in measured if one is not None]


def _row(frame: str, least_px: int, cracks: Sequence[Measured], cracked_xywh: F64) -> CrackRow:
    long = [np.concatenate([course.points_px for course in one.courses]) for one in cracks if one.length_px >= least_px]
    within = [_inside(points, cracked_xywh) for points in long]
    crossed = np.zeros(len(cracked_xywh), bool)
    for one in within:
        crossed[one.any(axis=0)] = True
    return CrackRow(
        frame=frame,
        least_px=least_px,
        cracks=len(long),
        false=sum(bool(one.any(axis=1).mean() < TOUCHING) for one in within),
        cracked=len(cracked_xywh),
        crossed=int(crossed.sum()),
    )


def _inside(points_px: F64, boxes_xywh: F64) -> npt.NDArray[np.bool_]:
    """Which points, (n, 2), lie in which boxes, (m, 4): bool (n, m)."""
    apart = points_px[:, np.newaxis] - boxes_xywh[:, :2]
    return np.asarray(((apart >= 0) & (apart < boxes_xywh[:, 2:])).all(axis=2))
