"""Which builder makes which TFLite operator."""

from collections.abc import Callable

from firmware_export.flatbuffer import RawOperator
from firmware_export.graph import Operator
from firmware_export.operators import conv, elementwise, pointwise, pool, shapes, softmax
from firmware_export.operators.context import Context

BUILDERS: dict[str, Callable[[Context, RawOperator], Operator]] = {
    "ADD": elementwise.add,
    "AVERAGE_POOL_2D": pool.pool,
    "CONCATENATION": shapes.concat,
    "CONV_2D": conv.conv,
    "DEPTHWISE_CONV_2D": conv.depthwise,
    "EXPAND_DIMS": pointwise.reshape,
    "FULLY_CONNECTED": conv.fully_connected,
    "LOGISTIC": pointwise.logistic,
    "MAX_POOL_2D": pool.pool,
    "MEAN": pool.mean,
    "MUL": elementwise.mul,
    "PAD": shapes.pad,
    "PADV2": shapes.pad,
    "QUANTIZE": pointwise.quantize,
    "RELU": pointwise.relu,
    "RELU6": pointwise.relu,
    "RELU_N1_TO_1": pointwise.relu,
    "RESHAPE": pointwise.reshape,
    "RESIZE_BILINEAR": shapes.resize_bilinear,
    "RESIZE_NEAREST_NEIGHBOR": shapes.resize_nearest,
    "SOFTMAX": softmax.softmax,
    "SQUEEZE": pointwise.reshape,
}
