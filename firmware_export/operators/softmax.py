"""Softmax, checked."""

import numpy as np

from firmware_export.errors import ModelError
from firmware_export.flatbuffer import RawOperator
from firmware_export.graph import Softmax
from firmware_export.operators.context import Context, where


def softmax(context: Context, op: RawOperator) -> Softmax:
    """SOFTMAX over the last dimension; float32 inside, as TFLite's int8 softmax is."""
    source, out = context.input(op), context.output(op)
    if source.shape_hwc != out.shape_hwc:
        raise ModelError(f"{where(op)}: output must be shaped as input; got {out.shape_hwc} of {source.shape_hwc}")
    beta = np.float32(op.option("SoftmaxOptions", "Beta"))
    step = np.float32(-source.quantisation.scale) * beta
    if not np.isfinite(step) or step > 0:
        raise ModelError(f"{where(op)}: its beta must be positive; got {beta}")
    distances = np.arange(255, -1, -1).astype(np.float32)
    return Softmax(
        inputs=(source.index,),
        output=out.index,
        exponentials=np.exp((step * distances).astype(np.float64)).astype(np.float32),
        out=out.quantisation,
    )
