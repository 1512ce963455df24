"""`enet`: the seeds' ENet (Paszke et al. 2016, arXiv:1606.02147), layer by layer as its Table 1 has it.

Two things differ: the decoder doubles its maps by repeating pixels instead of by the encoder's pooling indices, which
TFLite does not know, and dropout is the one rate that the paper gives for its late stages.
"""

from typing import Any

import keras
from keras import layers

from training.models.twice import Twice

STEP_PX = 8
DROPOUT = 0.1


def enet(*, input_px: int | None = None) -> keras.Model:
    """Pixels 0..255 BGR, float32 (n, h, w, 3) -> logits (n, h, w, 1); `STEP_PX` divides h and w."""
    pixels = keras.Input((input_px, input_px, 3), name="pixels")
    x = layers.Rescaling(1 / 128.0, -1.0, name="rescale")(pixels)
    strided = layers.Conv2D(13, 3, strides=2, padding="same")(x)
    x = _norm(layers.Concatenate()([strided, layers.MaxPooling2D()(x)]))
    x = _down(x, 64)
    for _ in range(4):
        x = _bottleneck(x, 64)
    x = _down(x, 128)
    for _ in range(2):
        x = _bottleneck(x, 128)
        x = _bottleneck(x, 128, dilation=2)
        x = _bottleneck(x, 128, asymmetric=True)
        x = _bottleneck(x, 128, dilation=4)
        x = _bottleneck(x, 128)
        x = _bottleneck(x, 128, dilation=8)
        x = _bottleneck(x, 128, asymmetric=True)
        x = _bottleneck(x, 128, dilation=16)
    x = _bottleneck(_up(x, 64), 64)
    x = _bottleneck(x, 64)
    x = _bottleneck(_up(x, 16), 16)
    logits = layers.Conv2DTranspose(1, 2, strides=2, name="logit")(x)
    return keras.Model(pixels, logits, name="enet")


def _bottleneck(x: Any, filters: int, *, dilation: int = 1, asymmetric: bool = False) -> Any:
    inner = filters // 4
    y = _norm(layers.Conv2D(inner, 1, use_bias=False)(x))
    if asymmetric:
        y = layers.Conv2D(inner, (5, 1), padding="same", use_bias=False)(y)
        y = layers.Conv2D(inner, (1, 5), padding="same", use_bias=False)(y)
    else:
        y = layers.Conv2D(inner, 3, padding="same", dilation_rate=dilation, use_bias=False)(y)
    return _joined(x, layers.Conv2D(filters, 1, use_bias=False)(_norm(y)))


def _down(x: Any, filters: int) -> Any:
    inner = filters // 4
    y = _norm(layers.Conv2D(inner, 2, strides=2, use_bias=False)(x))
    y = _norm(layers.Conv2D(inner, 3, padding="same", use_bias=False)(y))
    y = layers.Conv2D(filters, 1, use_bias=False)(y)
    pooled = layers.MaxPooling2D()(x)
    nothing = layers.Conv2D(filters - x.shape[-1], 1, kernel_initializer="zeros", use_bias=False, trainable=False)
    return _joined(layers.Concatenate()([pooled, nothing(pooled)]), y)


def _up(x: Any, filters: int) -> Any:
    inner = filters // 4
    main = layers.BatchNormalization(momentum=0.95)(layers.Conv2D(filters, 1, use_bias=False)(x))
    y = _norm(layers.Conv2D(inner, 1, use_bias=False)(x))
    y = _norm(layers.Conv2DTranspose(inner, 3, strides=2, padding="same", use_bias=False)(y))
    return _joined(Twice()(main), layers.Conv2D(filters, 1, use_bias=False)(y))


def _joined(main: Any, extension: Any) -> Any:
    """The sum of both branches; what an extension learns is left out at random."""
    extension = layers.SpatialDropout2D(DROPOUT)(layers.BatchNormalization(momentum=0.95)(extension))
    return layers.PReLU(shared_axes=[1, 2])(layers.Add()([main, extension]))


def _norm(x: Any) -> Any:
    return layers.PReLU(shared_axes=[1, 2])(layers.BatchNormalization(momentum=0.95)(x))
