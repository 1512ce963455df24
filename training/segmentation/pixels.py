"""Masks against truth: Dice and IoU over all pixels of a set, without tolerance.

Dice = 2 |A and B| / (|A| + |B|), IoU = |A and B| / |A or B|, for found pixels A and true ones B, pooled over pictures.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.bootstrap import interval
from edge.errors import DataError
from edge.frame import U8Image
from edge.manifest import Int8Array, Metric

Counts = npt.NDArray[np.int64]
Score = Callable[[U8Image], Int8Array]
"""int8 scores (h, w) of a picture, uint8 BGR (h, w, 3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A picture with its truth: `mask` uint8 (h, w) of 0 and 1, `known` bool (h, w); `group` names its source photo."""

    picture: U8Image
    mask: npt.NDArray[np.uint8]
    known: npt.NDArray[np.bool_]
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Histograms:
    """How many pixels of every picture have which score: int64 (n, 256) of crack and of concrete, q ascending."""

    crack: Counts
    concrete: Counts
    groups: tuple[str, ...]

    def figures(self, q_min: int, where: str, kind: str, *, seed: int = 0) -> tuple[Metric, Metric]:
        """Dice and IoU of the pixels with q >= `q_min`, with intervals by bootstrap over groups."""
        first = q_min + 128
        hit, false = self.crack[:, first:].sum(axis=1), self.concrete[:, first:].sum(axis=1)
        true = self.crack.sum(axis=1)

        def dice(at: npt.NDArray[np.intp]) -> float:
            return _dice(hit[at].sum(), false[at].sum(), true[at].sum())

        found, (low, high) = dice(np.arange(len(true))), interval(dice, self.groups, seed=seed)
        n = len(true)
        return (
            Metric(name=f"Dice, {kind}", set=where, value=found, ci95=(low, high), n=n),
            Metric(name=f"IoU, {kind}", set=where, value=_iou(found), ci95=(_iou(low), _iou(high)), n=n),
        )

    def best_q_min(self) -> int:
        """The lowest score of a crack that gives the highest Dice. Raises `DataError` where no pixel is one."""
        # From the highest score down: how many pixels have at least it.
        hit, false = (counts.sum(axis=0)[::-1].cumsum()[::-1] for counts in (self.crack, self.concrete))
        if hit[0] == 0:
            raise DataError("a threshold is chosen on pictures with cracks; the validation side has none")
        return int(np.argmax([_dice(h, f, hit[0]) for h, f in zip(hit, false, strict=True)])) - 128


def histograms(pictures: Iterable[Labelled], score: Score) -> Histograms:
    """Scores every picture. Raises `DataError` where there is none."""
    crack, concrete, groups = [], [], []
    for one in pictures:
        places = score(one.picture).astype(np.int16) + 128
        truth = one.mask == 1
        crack.append(np.bincount(places[truth & one.known], minlength=256))
        concrete.append(np.bincount(places[~truth & one.known], minlength=256))
        groups.append(one.group)
    if not groups:
        raise DataError("there is no picture with a mask to evaluate")
    return Histograms(crack=np.array(crack), concrete=np.array(concrete), groups=tuple(groups))


def _dice(hit: float, false: float, true: float) -> float:
    return float(2 * hit / max(1, hit + false + true))


def _iou(dice: float) -> float:
    return dice / (2 - dice)
