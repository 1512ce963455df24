"""Maps at twice their size by repeated pixels, in an operator that every TFLite kernel set has for int8."""

from typing import Any

import keras
from keras import layers


@keras.saving.register_keras_serializable("hairline")
class Twice(layers.Layer):  # type: ignore[misc]
    """Every pixel four times: (n, h, w, c) -> (n, 2h, 2w, c).

    Keras' own UpSampling2D becomes a TILE of a version that TFLite's reference kernels lack.
    """

    def call(self, x: Any) -> Any:
        import tensorflow as tf

        h, w = x.shape[1:3]
        size = (2 * h, 2 * w) if h and w else 2 * tf.shape(x)[1:3]
        return tf.raw_ops.ResizeNearestNeighbor(images=x, size=size)

    def compute_output_shape(self, input_shape: Any) -> Any:
        n, h, w, c = input_shape
        return n, h and 2 * h, w and 2 * w, c
