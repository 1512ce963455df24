"""Multiplications are those that counting by hand, and reading the `.tflite`, give."""

import keras
import pytest

from edge.bundle import FLOAT_FOLDER, default_bundle_path
from firmware_export.read import read_graph
from training.cost import macs


def test_layers_are_counted_as_by_hand() -> None:
    x = entry = keras.Input((8, 6, 3))
    x = keras.layers.Conv2D(5, 3, strides=2, padding="same")(x)  # 4 x 3 places, kernels 3 x 3 x 3, 5 of them
    x = keras.layers.DepthwiseConv2D(3, padding="same")(x)  # 4 x 3 places, a 3 x 3 kernel for each of 5 channels
    x = keras.layers.Conv2DTranspose(2, 2, strides=2)(x)  # 4 x 3 places, each spread over 2 x 2 x 2 by 5 channels
    x = keras.layers.SeparableConv2D(7, 1)(x)  # 8 x 6 places, 2 depthwise and 2 x 7 pointwise
    x = keras.layers.Dense(4)(keras.layers.Flatten()(x))
    by_hand = 12 * 27 * 5 + 12 * 9 * 5 + 12 * 4 * 2 * 5 + 48 * (2 + 14) + 48 * 7 * 4
    model = keras.Model(entry, x)
    assert macs(model) == by_hand
    assert macs(keras.Sequential([entry, model])) == by_hand


def test_an_open_size_is_refused() -> None:
    x = keras.Input((None, None, 3))
    with pytest.raises(ValueError, match="fixed size"):
        macs(keras.Model(x, keras.layers.Conv2D(1, 3)(x)))


def test_the_shipped_network_costs_what_its_tflite_says() -> None:
    path = default_bundle_path()
    (weights,) = (path / FLOAT_FOLDER).glob("*.keras")
    graph = read_graph((path / "classifier.tflite").read_bytes())
    assert macs(keras.saving.load_model(weights, compile=False)) == graph.macs
