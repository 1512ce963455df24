"""A picture extended by its mirror image, as a segmenter that pads sees it, and scores of a float network on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edge.frame import U8Image
from edge.manifest import Int8Array
from edge.segmenter import mirrored
from training.segmentation.pixels import Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Border:
    """`margin_px`: how far a picture is extended on every side; `step_px`: what then divides its sides."""

    margin_px: int
    step_px: int

    def around(self, picture: U8Image) -> U8Image:
        """The extended picture, uint8 (h', w', 3)."""
        rows, columns = (
            mirrored(-self.margin_px, -(-(n + 2 * self.margin_px) // self.step_px) * self.step_px, n)
            for n in picture.shape[:2]
        )
        extended: U8Image = picture[rows[:, np.newaxis], columns]
        return extended

    def inside(self, values: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
        """Of values of an extended picture, those of the picture of `shape` (h, w, ...)."""
        m = self.margin_px
        return values[m : m + shape[0], m : m + shape[1]]


def squared(picture: U8Image, side_px: int) -> U8Image:
    """A smaller picture, extended to (side_px, side_px, 3) on the right and below."""
    rows, columns = (mirrored(0, side_px, n) for n in picture.shape[:2])
    extended: U8Image = picture[rows[:, np.newaxis], columns]
    return extended


def float_score(predict: Callable[[Any], Any], border: Border, logit_range: float) -> Score:
    """Of a float network (n, h, w, 3) -> logits (n, h, w, 1), a picture in one call: in int8 steps, rounded."""

    def score(picture: U8Image) -> Int8Array:
        logits = np.asarray(predict(border.around(picture)[np.newaxis].astype(np.float32)))[0, ..., 0]
        steps = np.rint(border.inside(logits, picture.shape) * (128 / logit_range))
        return np.clip(steps, -128, 127).astype(np.int8)

    return score
