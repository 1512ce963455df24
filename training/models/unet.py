"""`unet`: the seeds' U-Net (Ronneberger et al. 2015, arXiv:1505.04597) at a quarter of its width.

Four halvings, two convolutions a level, skips concatenated, as in the paper; padded convolutions and batch
normalisation, which the paper has not, so that input and output have one size and training needs no tuning.
"""

from typing import Any

import keras
from keras import layers

STEP_PX = 16
WIDTHS = (16, 32, 64, 128, 256)  # the paper's: 64 to 1024


def unet(*, input_px: int | None = None) -> keras.Model:
    """Pixels 0..255 BGR, float32 (n, h, w, 3) -> logits (n, h, w, 1); `STEP_PX` divides h and w."""
    pixels = keras.Input((input_px, input_px, 3), name="pixels")
    x = layers.Rescaling(1 / 128.0, -1.0, name="rescale")(pixels)
    skips = []
    for filters in WIDTHS[:-1]:
        x = _two(x, filters)
        skips.append(x)
        x = layers.MaxPooling2D()(x)
    x = _two(x, WIDTHS[-1])
    for filters, skip in zip(WIDTHS[-2::-1], reversed(skips), strict=True):
        x = layers.Conv2DTranspose(filters, 2, strides=2)(x)
        x = _two(layers.Concatenate()([skip, x]), filters)
    return keras.Model(pixels, layers.Conv2D(1, 1, name="logit")(x), name="unet")


def _two(x: Any, filters: int) -> Any:
    for _ in range(2):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization(momentum=0.95)(x))
    return x
