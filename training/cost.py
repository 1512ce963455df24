"""What one call of a network costs: multiply-accumulates, counted layer by layer."""

import math

import keras


def macs(model: keras.Model) -> int:
    """Multiply-accumulates of one picture, in the convolutions and dense layers of a network of fixed input size.

    Padding counts as if it were computed. Raises `ValueError` for a layer whose output's size is not fixed.
    """
    total = 0
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            total += macs(layer)
        elif isinstance(layer, keras.layers.Dense):
            total += math.prod(layer.kernel.shape)
        elif isinstance(layer, keras.layers.Conv2DTranspose):  # every input pixel is spread by the whole kernel
            total += _places(layer.input) * math.prod(layer.kernel.shape)
        elif isinstance(layer, keras.layers.SeparableConv2D):
            total += _places(layer.output) * (
                math.prod(layer.depthwise_kernel.shape) + math.prod(layer.pointwise_kernel.shape)
            )
        elif isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
            total += _places(layer.output) * math.prod(layer.kernel.shape)
    return total


def _places(tensor: keras.KerasTensor) -> int:
    _, rows, cols, _ = tensor.shape
    if rows is None or cols is None:
        raise ValueError("multiplications are counted of a network whose input has a fixed size")
    return int(rows) * int(cols)
