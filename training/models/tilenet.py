"""`tilenet`: the tile classifier. Small, fully convolutional, valid padding.

With valid padding an output depends on its window alone, so one call on a whole frame gives exactly the numbers that
cutting every window out and scoring it would give. Full 3x3 convolutions stand where the map is large and channels are
few, depthwise-separable ones (MobileNet, arXiv:1704.04861) where channels are many. The last convolution spans what is
left of the window (6x6 at a jump of 8 pixels), so the receptive field is the tile and nothing is averaged away.
"""

from typing import Any

import keras
from keras import layers

TILE_PX = 96
STRIDE_PX = 32
JUMP_PX = 8  # distance between neighbouring positions of the last feature map
HEAD_KERNEL = 6


def tilenet(*, input_px: int | None = None, stride_px: int = STRIDE_PX) -> keras.Model:
    """Pixels 0..255 BGR, float32 (n, h, w, 3) -> logits (n, rows, cols, 1), one a window of 96 px at `stride_px`.

    `stride_px` is a multiple of 8; training uses 8, so that every eighth pixel is supervised. The weights do not
    depend on it. `input_px` fixes the input's height and width (the converter wants one tile); None leaves them open.
    """
    if stride_px % JUMP_PX:
        raise ValueError(f"tilenet's stride must be a multiple of {JUMP_PX} pixels; got {stride_px}")
    pixels = keras.Input((input_px, input_px, 3), name="pixels")
    x = layers.Rescaling(1 / 128.0, -1.0, name="rescale")(pixels)
    x = _conv(x, 16, 4, stride=2, name="c1")  # receptive field 4, jump 2
    x = _conv(x, 24, 3, name="c2")  # 8
    x = _conv(x, 32, 3, stride=2, name="c3")  # 12, jump 4
    x = _separable(x, 48, name="s4")  # 20
    x = _conv(x, 64, 2, stride=2, name="c5")  # 24, jump 8
    x = _separable(x, 96, name="s6")  # 40
    x = _separable(x, 48, name="s7")  # 56
    x = _conv(x, 48, HEAD_KERNEL, stride=stride_px // JUMP_PX, name="head")  # 96
    logits = layers.Conv2D(1, 1, name="logit")(x)
    return keras.Model(pixels, logits, name="tilenet")


def _conv(x: Any, filters: int, kernel: int, *, stride: int = 1, name: str) -> Any:
    x = layers.Conv2D(filters, kernel, strides=stride, padding="valid", use_bias=False, name=name)(x)
    return _norm(x, name)


def _separable(x: Any, filters: int, *, name: str) -> Any:
    x = layers.DepthwiseConv2D(3, padding="valid", use_bias=False, name=f"{name}_dw")(x)
    x = _norm(x, f"{name}_dw")
    return _conv(x, filters, 1, name=name)


def _norm(x: Any, name: str) -> Any:
    x = layers.BatchNormalization(momentum=0.95, name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x)
