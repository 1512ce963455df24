"""The two networks that the anchor was measured on, made again, and `tilenet-s`: the same layers with other weights.

`dw`: depthwise-separable, 1,378,368 multiply-accumulates, 9,456 weights. `art`: the article's network, 25,887,760 and
541,888. What an inference costs does not depend on the weights' values, so these are drawn and nothing is trained.
"""

import os
import sys
import tempfile
from pathlib import Path

import numpy as np

INPUT_HWC = (64, 64, 3)
DW_BLOCKS = ((1, 16), (2, 32), (1, 32), (2, 64), (1, 64))  # stride, channels


def main() -> None:
    """Writes dw.tflite, art.tflite and tilenet-s.tflite into the folder named on the command line."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("dw", "art"):
        (folder / f"{name}.tflite").write_bytes(make(name))
    (folder / "tilenet-s.tflite").write_bytes(_tilenet_s())


def make(name: str) -> bytes:
    """The int8 network `dw` or `art`."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras
    import tensorflow as tf

    keras.utils.set_random_seed(1)
    model = {"dw": _dw, "art": _art}[name](keras)
    rng = np.random.default_rng(1)
    pictures = rng.random((32, 1, *INPUT_HWC), np.float32)
    with tempfile.TemporaryDirectory() as scratch:
        signature = [tf.TensorSpec([1, *INPUT_HWC], tf.float32)]
        model.export(scratch, format="tf_saved_model", input_signature=signature, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(scratch)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([picture] for picture in pictures)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
        return bytes(converter.convert())


def _tilenet_s() -> bytes:
    import keras

    from training.models.tilenet import SIZES, tilenet
    from training.quantise import quantise

    keras.utils.set_random_seed(1)
    side = SIZES["tilenet-s"].tile_px
    tiles = np.random.default_rng(1).integers(0, 256, (32, side, side, 3)).astype(np.float32)
    return quantise(tilenet("tilenet-s", input_px=side), tiles, logit_range=12.8)


def _dw(keras):
    layers = keras.layers

    def activated(x):
        return layers.ReLU(6.0)(layers.BatchNormalization()(x))

    entry = layers.Input(INPUT_HWC)
    x = activated(layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(entry))
    for stride, channels in DW_BLOCKS:
        x = activated(layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x))
        x = activated(layers.Conv2D(channels, 1, use_bias=False)(x))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(entry, layers.Dense(1, activation="sigmoid")(x))


def _art(keras):
    layers = keras.layers
    entry = x = layers.Input(INPUT_HWC)
    for channels in (16, 32):
        for _ in range(2):
            x = layers.Conv2D(channels, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    for units in (64, 16):
        x = layers.Dense(units, activation="relu")(x)
    return keras.Model(entry, layers.Dense(1, activation="sigmoid")(x))


if __name__ == "__main__":
    main()
