"""`masknet`: the segmenter that ships. Small, fully convolutional, one logit a pixel.

An encoder and a decoder with sums between them (LinkNet, arXiv:1707.03718) of depthwise-separable convolutions
(MobileNet, arXiv:1704.04861). No layer works on the largest map: the first halves it, and the last gives the four
pixels of every position at once (sub-pixel convolution, arXiv:1609.05158), which a crack's edge does not suffer from.
Convolutions pad, so that one call takes any size that `STEP_PX` divides; what the padding changes reaches at most
`MARGIN_PX` into the picture, and that margin is cut off where it counts (`edge.segmenter`).
"""

from typing import Any

import keras
from keras import layers

from training.models.twice import Twice

# Said again in training/architectures/masknet.py, which is read without Keras; a test holds them together.
STEP_PX = 8
MARGIN_PX = 56

STEM, FULL, MIDDLE, DEEP = 16, 24, 48, 96


def masknet(*, input_px: int | None = None, by_four: bool = False) -> keras.Model:
    """Pixels 0..255 BGR, float32 (n, h, w, 3) -> logits (n, h, w, 1); `STEP_PX` divides h and w.

    `input_px` fixes the input's height and width (the converter wants one); None leaves them open. `by_four` leaves the
    logits as (n, h/2, w/2, 4), upper left, upper right, lower left, lower right: TFLite's reference kernels have no
    int8 DEPTH_TO_SPACE, and `edge.segmenter` puts them in place.
    """
    pixels = keras.Input((input_px, input_px, 3), name="pixels")
    x = layers.Rescaling(1 / 128.0, -1.0, name="rescale")(pixels)
    x = _conv(x, STEM, 3, stride=2, name="stem")
    half = _separable(x, FULL, name="half")
    x = _separable(half, MIDDLE, stride=2, name="quarter1")
    x = _separable(x, MIDDLE, name="quarter2")
    quarter = _separable(x, MIDDLE, name="quarter3")
    x = _separable(quarter, DEEP, stride=2, name="eighth1")
    for at in (2, 3, 4):
        x = _separable(x, DEEP, name=f"eighth{at}")
    x = _up(x, quarter, MIDDLE, name="up_quarter")
    x = _up(x, half, FULL, name="up_half")
    four = layers.Conv2D(4, 3, padding="same", name="four")(x)
    return keras.Model(pixels, four if by_four else _Pixels(name="logit")(four), name="masknet")


@keras.saving.register_keras_serializable("hairline")
class _Pixels(layers.Layer):  # type: ignore[misc]
    """(n, h, w, 4) -> (n, 2h, 2w, 1): the four values of a position become its four pixels."""

    def call(self, x: Any) -> Any:
        import tensorflow as tf

        return tf.nn.depth_to_space(x, 2)


def _up(x: Any, skip: Any, filters: int, *, name: str) -> Any:
    """`x` at twice its size, added to what the encoder had there."""
    x = layers.Conv2D(filters, 1, use_bias=False, name=f"{name}_narrow")(x)
    x = layers.BatchNormalization(momentum=0.95, name=f"{name}_narrow_bn")(x)
    x = Twice(name=f"{name}_twice")(x)
    return _separable(layers.Add(name=f"{name}_add")([x, skip]), filters, name=name)


def _conv(x: Any, filters: int, kernel: int, *, stride: int = 1, name: str) -> Any:
    x = layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False, name=name)(x)
    return _norm(x, name)


def _separable(x: Any, filters: int, *, stride: int = 1, name: str) -> Any:
    x = layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False, name=f"{name}_dw")(x)
    return _conv(_norm(x, f"{name}_dw"), filters, 1, name=name)


def _norm(x: Any, name: str) -> Any:
    x = layers.BatchNormalization(momentum=0.95, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x)
