"""`tilenet`: the tile classifier in three sizes. Small, fully convolutional, valid padding.

With valid padding an output depends on its window alone, so one call on a whole frame gives exactly the numbers that
cutting every window out and scoring it would give. Full convolutions stand where the map is large and channels are few,
depthwise-separable ones (MobileNet, arXiv:1704.04861) where channels are many. Every eighth pixel, a few channels of
evidence are left; the last convolution spans the evidence of the whole window, so the receptive field is the tile and
nothing is averaged away.

While it is trained, the evidence also answers for its own place: is there a crack in the eight pixels in its middle?
(Deep supervision, arXiv:1409.5185.) That answer does not ship.
"""

from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

STRIDE_PX = 24
JUMP_PX = 8  # distance between neighbouring positions of the last feature map
WINDOWS, CELLS = "windows", "cells"  # what is supervised
LOGIT = "logit"
TRUNK_PX = 24  # what one position sees before the late layers; each of these adds 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Channels: three full convolutions, a separable one and a full one, the late separable ones, evidence, head."""

    tile_px: int
    full: tuple[int, int, int]
    middle: tuple[int, int]
    late: tuple[int, ...]
    evidence: int
    head: int

    @property
    def evidence_px(self) -> int:
        """The receptive field of one position of the evidence."""
        return TRUNK_PX + 16 * len(self.late)

    @property
    def head_kernel(self) -> int:
        """Positions of evidence across a window."""
        return (self.tile_px - self.evidence_px) // JUMP_PX + 1


SIZES = {
    # A Cortex-M4: 17,913 parameters, 2.4 million multiplications a tile.
    "tilenet-s": Size(tile_px=64, full=(8, 16, 24), middle=(32, 40), late=(48,), evidence=8, head=24),
    # A Pi 4 in real time.
    "tilenet-m": Size(tile_px=96, full=(16, 24, 32), middle=(48, 64), late=(64, 64, 64), evidence=16, head=32),
    # A Pi 5, or offline.
    "tilenet-l": Size(tile_px=96, full=(24, 40, 56), middle=(96, 128), late=(160, 80), evidence=24, head=64),
}


def tilenet(name: str, *, input_px: int | None = None, stride_px: int = STRIDE_PX) -> keras.Model:
    """Pixels 0..255 BGR, float32 (n, h, w, 3) -> logits (n, rows, cols, 1), one a window of the tile at `stride_px`.

    `name` is one of `SIZES`, `stride_px` a multiple of 8. `input_px` fixes the input's height and width (the converter
    wants one tile); None leaves them open.
    """
    pixels, _, logits = _layers(name, input_px, stride_px)
    return keras.Model(pixels, logits, name=_model_name(name))


def taught_tilenet(name: str) -> keras.Model:
    """The same with open input as it is trained: `{WINDOWS: as above at every 8 px, CELLS: (n, more, more, 1)}`.

    A cell is the `JUMP_PX` square in the middle of `Size.evidence_px`.
    """
    pixels, evidence, windows = _layers(name, None, JUMP_PX)
    cells = layers.Conv2D(1, 1, name=CELLS)(evidence)
    return keras.Model(pixels, {WINDOWS: windows, CELLS: cells}, name=_model_name(name))


def windows_only(taught: keras.Model) -> keras.Model:
    """A trained `taught_tilenet` without its cells, sharing its layers."""
    return keras.Model(taught.input, taught.output[WINDOWS])


def shipped(name: str, taught: keras.Model, *, input_px: int, stride_px: int) -> keras.Model:
    """`tilenet` with the weights of a trained `taught_tilenet`; they do not depend on the stride."""
    model = tilenet(name, input_px=input_px, stride_px=stride_px)
    for layer in model.layers:
        layer.set_weights(taught.get_layer(layer.name).get_weights())
    return model


def _layers(name: str, input_px: int | None, stride_px: int) -> tuple[Any, Any, Any]:
    """Pixels, evidence and the logits of the windows."""
    if stride_px % JUMP_PX:
        raise ValueError(f"tilenet's stride must be a multiple of {JUMP_PX} pixels; got {stride_px}")
    size = SIZES[name]
    pixels = keras.Input((input_px, input_px, 3), name="pixels")
    x = layers.Rescaling(1 / 128.0, -1.0, name="rescale")(pixels)
    x = _conv(x, size.full[0], 4, stride=2, name="c1")  # receptive field 4, jump 2
    x = _conv(x, size.full[1], 3, name="c2")  # 8
    x = _conv(x, size.full[2], 3, stride=2, name="c3")  # 12, jump 4
    x = _separable(x, size.middle[0], name="s4")  # 20
    x = _conv(x, size.middle[1], 2, stride=2, name="c5")  # 24, jump 8
    for at, filters in enumerate(size.late, start=6):
        x = _separable(x, filters, name=f"s{at}")  # 40, 56
    evidence = _conv(x, size.evidence, 1, name="evidence")
    x = _conv(evidence, size.head, size.head_kernel, stride=stride_px // JUMP_PX, name="head")  # the tile
    return pixels, evidence, layers.Conv2D(1, 1, name=LOGIT)(x)


def _model_name(name: str) -> str:
    return name.replace("-", "_")


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
