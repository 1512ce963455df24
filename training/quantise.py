"""A float network -> a full-integer int8 `.tflite`: int8 in and out, weights with a scale a channel."""

import tempfile
from typing import Any

import keras
import numpy as np

from edge.frame import U8Image


def quantise(model: keras.Model, representative: U8Image, *, logit_range: float | None = None) -> bytes:
    """The `.tflite` of `model`, whose input is pixels 0..255, float32 (1, s, s, 3), as stored.

    `logit_range` fixes the output to -logit_range..logit_range (step logit_range / 128, zero point 0). Left to the
    representative tiles the range ends at the highest logit among them, so that clearer cracks are clipped, and its
    steps are finer than what runtimes agree on.

    `representative`: uint8 (n, s, s, 3), tiles of the training side. 0 and 255 are added as flat tiles, so that the
    input's scale is 1 and its zero point -128 and preprocessing stays a flip of the top bit.
    """
    import tensorflow as tf

    shape = (1, *representative.shape[1:])

    def tiles() -> object:
        for level in (0, 255):
            yield [np.full(shape, level, np.float32)]
        for tile in representative:
            yield [tile[np.newaxis].astype(np.float32)]

    with tempfile.TemporaryDirectory() as folder:
        _tile_model(model, representative.shape[1], logit_range).export(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = tiles
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.int8
        converter.inference_output_type = tf.int8
        return bytes(converter.convert())


def _tile_model(model: keras.Model, side_px: int, logit_range: float | None) -> keras.Model:
    """`model` for a batch of one, its output's range fixed where one is given."""
    import tensorflow as tf

    limit = logit_range or 0.0

    class FixedRange(keras.layers.Layer):  # type: ignore[misc]
        """Tells the converter a tensor's range; computes the rounding that int8 does."""

        def call(self, logits: Any) -> Any:
            return tf.quantization.fake_quant_with_min_max_args(logits, min=-limit, max=limit * 127 / 128, num_bits=8)

    fixed = [FixedRange(name="logit_range")] if logit_range else []
    return keras.Sequential([keras.Input((side_px, side_px, 3), batch_size=1), model, *fixed])
