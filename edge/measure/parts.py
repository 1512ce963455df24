"""Which part of a frame's mask is which find's: a crack that runs through several finds is no two cracks."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edge.finds import Find, label_windows
from edge.measure.thinning import BoolImage
from edge.tiling import ScoreMap

Boxes = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """The part of a frame's mask that is one find's: bool (h, w), its top left at `corner_xy` of the frame."""

    mask: BoolImage
    corner_xy: tuple[int, int]

    def widened(self, by_px: int, frame_wh: tuple[int, int]) -> "Part":
        """The same with so much more of the frame around it, as far as that goes."""
        (x, y), (h, w) = self.corner_xy, self.mask.shape
        left, top = min(by_px, x), min(by_px, y)
        right, low = (min(by_px, size - end) for size, end in zip(frame_wh, (x + w, y + h), strict=True))
        return Part(mask=np.pad(self.mask, ((top, low), (left, right))), corner_xy=(x - left, y - top))


def windows_of(finds: Sequence[Find], score_map: ScoreMap, threshold: float) -> list[Boxes]:
    """The windows of each find as boxes (n, 4), x y w h; `threshold` is the one that the finds were grouped by."""
    labels = label_windows(score_map, threshold)
    boxes = []
    for find in finds:
        rows, columns = np.nonzero(labels == find.label)
        side = np.full(len(rows), score_map.spec.tile_px)
        boxes.append(np.stack([score_map.xs[columns], score_map.ys[rows], side, side], axis=1).astype(np.int64))
    return boxes


def shared_out(mask: BoolImage, boxes: Sequence[Boxes]) -> list[Part | None]:
    """The mask's pieces, each given to the find that holds most of it: the first of those that hold as much."""
    whole = _part(mask)
    if whole is None or len(boxes) == 1:
        return [whole] * len(boxes)
    # Labels take four bytes a pixel: only where there is something.
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        np.ascontiguousarray(whole.mask).view(np.uint8), connectivity=8, ltype=cv2.CV_32S
    )
    held = np.zeros((len(boxes), count), np.int64)
    for i, windows in enumerate(box - [*whole.corner_xy, 0, 0] for box in boxes):
        left, top = np.maximum(windows[:, :2].min(axis=0), 0)
        right, low = np.maximum((windows[:, :2] + windows[:, 2:]).max(axis=0), [left, top])
        inside = np.zeros((low - top, right - left), bool)
        for x, y, w, h in windows - [left, top, 0, 0]:
            inside[max(0, y) : max(0, y + h), max(0, x) : max(0, x + w)] = True
        here = labels[top:low, left:right]
        held[i] = np.bincount(here[inside[: here.shape[0], : here.shape[1]]], minlength=count)
    owner = held.argmax(axis=0)
    owner[0] = -1  # the label of what is no crack
    return [_owned(labels, stats, np.flatnonzero(owner == i), whole.corner_xy) for i in range(len(boxes))]


def _owned(
    labels: npt.NDArray[np.int32],
    stats: npt.NDArray[np.int32],
    pieces: npt.NDArray[np.intp],
    corner_xy: tuple[int, int],
) -> Part | None:
    if not len(pieces):
        return None
    x, y, w, h = stats[pieces, :4].T
    left, top, right, low = x.min(), y.min(), (x + w).max(), (y + h).max()
    mask = np.isin(labels[top:low, left:right], pieces)
    return Part(mask=mask, corner_xy=(int(left) + corner_xy[0], int(top) + corner_xy[1]))


def _part(mask: BoolImage) -> Part | None:
    """The mask without its empty margins; None for an empty one."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return None
    top, left = int(rows[0]), int(columns[0])
    return Part(mask=mask[top : rows[-1] + 1, left : columns[-1] + 1], corner_xy=(left, top))
