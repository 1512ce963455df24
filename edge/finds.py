"""Windows at or above the threshold, grouped into finds."""

from dataclasses import dataclass

import cv2
import numpy as np

from edge.tiling import IntArray, ScoreMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """An 8-connected group of windows at or above the threshold in one frame.

    `box_xywh` is the union of its windows in frame pixels, `score` (and `q`) the maximum over them, `windows`
    their number, `label` their value in `label_windows`.
    """

    box_xywh: tuple[int, int, int, int]
    score: float
    q: int
    windows: int
    label: int


def label_windows(score_map: ScoreMap, threshold: float) -> IntArray:
    """int32 (rows, cols): 0 below the threshold (a probability), else the window's group, from 1."""
    return _components(score_map, threshold)[0]


def group_windows(score_map: ScoreMap, threshold: float) -> list[Find]:
    """The finds of one frame, highest score first, then from top to bottom and left to right.

    `threshold` is a probability (`OperatingPoint.score`). Raises `BundleError` for one that no int8 reaches.
    """
    labels, stats = _components(score_map, threshold)
    best_q = np.full(len(stats), -128, np.int8)
    np.maximum.at(best_q, labels.ravel(), score_map.q.ravel())
    # Row 0 is the background, whose box is meaningless where there is none.
    best_q, stats = best_q[1:], stats[1:]
    scores = score_map.spec.to_probability(best_q)
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    x0, y0 = score_map.xs[left], score_map.ys[top]
    tile_px = score_map.spec.tile_px
    w = score_map.xs[left + stats[:, cv2.CC_STAT_WIDTH] - 1] + tile_px - x0
    h = score_map.ys[top + stats[:, cv2.CC_STAT_HEIGHT] - 1] + tile_px - y0
    boxes = zip(x0.tolist(), y0.tolist(), w.tolist(), h.tolist(), strict=True)
    facts = zip(boxes, scores.tolist(), best_q.tolist(), stats[:, cv2.CC_STAT_AREA].tolist(), strict=True)
    finds = [
        Find(box_xywh=box, score=score, q=q, windows=windows, label=label)
        for label, (box, score, q, windows) in enumerate(facts, start=1)
    ]
    return sorted(finds, key=lambda f: (-f.q, f.box_xywh[1], f.box_xywh[0], f.label))


def _components(score_map: ScoreMap, threshold: float) -> tuple[IntArray, IntArray]:
    """Labels int32 (rows, cols), and int32 (groups + 1, 5) statistics a label; row 0 is the background."""
    above = (score_map.q >= score_map.spec.q_min(threshold)).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(above, connectivity=8, ltype=cv2.CV_32S)
    return labels, stats
