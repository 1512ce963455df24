"""Operators on one value at a time, and the plain moves of bytes."""

import math

import numpy as np

from firmware_export.arithmetic import activation_range, float_table, requantised_table
from firmware_export.errors import ModelError
from firmware_export.flatbuffer import RawOperator
from firmware_export.graph import Lookup, Reshape
from firmware_export.operators.context import Context, where


def _same_shape(context: Context, op: RawOperator) -> None:
    source, out = context.input(op), context.output(op)
    if source.bytes != out.bytes:
        raise ModelError(f"{where(op)}: output must be as large as input; got {out.shape_hwc} of {source.shape_hwc}")


def logistic(context: Context, op: RawOperator) -> Lookup:
    """LOGISTIC: TFLite asks for an output of scale 1/256 and zero point -128."""
    _same_shape(context, op)
    source, out = context.input(op), context.output(op)
    if out.quantisation.scale != 1 / 256 or out.quantisation.zero_point != -128:
        raise ModelError(f"{where(op)}: its output must have scale 1/256 and zero point -128; got {out.quantisation}")

    def sigmoid(x: float) -> float:
        one = np.float32(1)
        with np.errstate(over="ignore"):
            return float(one / (one + np.float32(math.exp(min(-x, 200.0)))))

    table = float_table(sigmoid, source.quantisation, out.quantisation)
    return Lookup(inputs=(source.index,), output=out.index, kind="logistic", table=table)


def relu(context: Context, op: RawOperator) -> Lookup:
    """RELU, RELU6, RELU_N1_TO_1 that the converter left on their own."""
    _same_shape(context, op)
    source, out = context.input(op), context.output(op)
    low, high = activation_range(op.name, out.quantisation)
    ratio = float(np.float32(source.quantisation.scale) / np.float32(out.quantisation.scale))
    table = requantised_table(source.quantisation, out.quantisation, ratio, low, high)
    return Lookup(inputs=(source.index,), output=out.index, kind=op.name.lower(), table=table)


def quantize(context: Context, op: RawOperator) -> Lookup:
    """QUANTIZE from int8 to int8 of another scale."""
    _same_shape(context, op)
    source, out = context.input(op), context.output(op)
    ratio = source.quantisation.scale / out.quantisation.scale
    table = requantised_table(source.quantisation, out.quantisation, ratio, -128, 127)
    return Lookup(inputs=(source.index,), output=out.index, kind="quantize", table=table)


def reshape(context: Context, op: RawOperator) -> Reshape:
    """RESHAPE, SQUEEZE and EXPAND_DIMS: the bytes stay."""
    _same_shape(context, op)
    return Reshape(inputs=(context.input(op).index,), output=context.output(op).index)
