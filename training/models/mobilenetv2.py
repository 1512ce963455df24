"""`mobilenetv2`: Keras' MobileNetV2 (Sandler et al., arXiv:1801.04381) as a feature extractor under one dense layer."""

from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import layers

LAYERS = 154  # of MobileNetV2 without its top, as Keras lists them; those of every width
BASE, HEAD = "mobilenetv2", "head"


def mobilenetv2(
    *, input_px: int, width: float, frozen_layers: int, dropout: float, outputs: int, pretrained: bool
) -> keras.Model:
    """Pixels 0..255 BGR, float32 (n, s, s, 3) -> probability of a crack (n, 1), or of each class (n, 2).

    `outputs` 1 ends in a sigmoid, 2 in a softmax. The first `frozen_layers` are not trained. With `pretrained` weights,
    normalisation keeps the means it came with, in training too, as Keras' guide to transfer learning asks.
    """
    x, pixels = _features(input_px, width, frozen_layers, pretrained)
    x = layers.Dropout(dropout)(x)
    scores = layers.Dense(outputs, activation="softmax" if outputs == 2 else "sigmoid", name=HEAD)(x)
    return keras.Model(pixels, scores, name="mobilenetv2_classifier")


def as_logit(trained: keras.Model, *, input_px: int, width: float) -> keras.Model:
    """The same network with one output, the logit of a crack, (n, 1); without dropout.

    The softmax of two outputs gives the second class exp(b) / (exp(a) + exp(b)) = sigmoid(b - a): the difference of the
    two is the logit of the same probability, and a difference of two dense outputs is one dense output.
    """
    x, pixels = _features(input_px, width, 0, True)
    model = keras.Model(pixels, layers.Dense(1, name=HEAD)(x), name="mobilenetv2_classifier")
    model.get_layer(BASE).set_weights(trained.get_layer(BASE).get_weights())
    kernel, bias = trained.get_layer(HEAD).get_weights()
    if kernel.shape[1] == 2:
        kernel, bias = kernel[:, 1:] - kernel[:, :1], bias[1:] - bias[:1]
    model.get_layer(HEAD).set_weights([kernel, bias])
    return model


def load_imagenet(model: keras.Model, weights: list[npt.NDArray[np.float32]]) -> None:
    """Puts ImageNet weights, as Keras orders them, under the head of `model`.

    They are for R, G, B; with the first convolution's input channels turned round, it is the same network for B, G, R.
    """
    base = model.get_layer(BASE)
    base.set_weights(weights)
    first = base.get_layer("Conv1")
    (kernel,) = first.get_weights()
    first.set_weights([kernel[:, :, ::-1, :]])


def _features(input_px: int, width: float, frozen_layers: int, pretrained: bool) -> tuple[Any, Any]:
    """Averaged features (n, c) and the input they come from."""
    pixels = keras.Input((input_px, input_px, 3), name="pixels")
    base = keras.applications.MobileNetV2(
        input_shape=(input_px, input_px, 3), alpha=width, include_top=False, weights=None, name=BASE
    )
    for layer in base.layers[:frozen_layers]:
        layer.trainable = False
    x = layers.Rescaling(1 / 127.5, -1.0, name="rescale")(pixels)
    x = base(x, training=False) if pretrained else base(x)
    return layers.GlobalAveragePooling2D()(x), pixels
