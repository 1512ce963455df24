"""Scores of whole pictures by a segmenter that pads: the picture is extended by its mirror image, then cut again."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edge.frame import U8Image
from edge.manifest import Int8Array
from edge.preprocess import to_int8
from edge.runtime import Network
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


def int8_score(model: bytes, border: Border, *, threads: int = 1) -> Score:
    """As the rover's runtime computes them."""
    networks: dict[tuple[int, ...], Network] = {}

    def score(picture: U8Image) -> Int8Array:
        pixels = border.around(picture)[np.newaxis]
        if pixels.shape not in networks:
            networks.clear()  # pictures of one size come together
            networks[pixels.shape] = Network(model, input_shape=pixels.shape, threads=threads)
        network = networks[pixels.shape]
        return border.inside(network.run(to_int8(pixels, network.input))[0, ..., 0], picture.shape)

    return score


def float_score(predict: Callable[[Any], Any], border: Border, logit_range: float) -> Score:
    """Of a float network (n, h, w, 3) -> logits (n, h, w, 1): in the int8 network's steps, rounded as it does."""

    def score(picture: U8Image) -> Int8Array:
        logits = np.asarray(predict(border.around(picture)[np.newaxis].astype(np.float32)))[0, ..., 0]
        steps = np.rint(border.inside(logits, picture.shape) * (128 / logit_range))
        return np.clip(steps, -128, 127).astype(np.int8)

    return score
