"""MaxPool2D, AveragePool2D and Mean, checked."""

import numpy as np

from firmware_export.arithmetic import activation_range, quantise_multiplier
from firmware_export.errors import ModelError
from firmware_export.flatbuffer import RawOperator
from firmware_export.graph import Mean, Pool, Rescale
from firmware_export.operators.context import Context, activation, same_quantisation, sliding_window, where


def pool(context: Context, op: RawOperator) -> Pool:
    """MAX_POOL_2D and AVERAGE_POOL_2D."""
    source, out = context.input(op), context.output(op)
    same_quantisation(op, source.quantisation, out.quantisation)
    kernel = (int(op.option("Pool2DOptions", "FilterHeight")), int(op.option("Pool2DOptions", "FilterWidth")))
    window = sliding_window(op, "Pool2DOptions", source, out, kernel, dilated=False)
    if source.shape_hwc[2] != out.shape_hwc[2]:
        raise ModelError(f"{where(op)}: pooling keeps the channels; got {out.shape_hwc[2]} of {source.shape_hwc[2]}")
    low, high = activation_range(activation(op, "Pool2DOptions"), out.quantisation)
    return Pool(
        inputs=(source.index,),
        output=out.index,
        kind="max" if op.name == "MAX_POOL_2D" else "average",
        window=window,
        low=low,
        high=high,
    )


def mean(context: Context, op: RawOperator) -> Mean:
    """MEAN over any dimensions, kept as ones or dropped. The division is in the multiplier, as reduce.cc does it."""
    source, out = context.input(op), context.output(op)
    shape = context.raw_input(op, 0).shape
    axes = {_axis(op, int(a), len(shape)) + 4 - len(shape) for a in np.ravel(context.constant(op, 1, ("INT32",)))}
    h, w, c = (1 if d in axes else n for d, n in enumerate(source.shape_hwc, start=1))
    kept, count = (h, w, c), source.bytes // (h * w * c)
    if not axes or h * w * c != out.bytes:
        raise ModelError(
            f"{where(op)}: a mean of {shape} over {sorted(a - 4 + len(shape) for a in axes)} has {h * w * c} values; "
            f"the file says {out.shape_hwc}"
        )
    multiplier, shift = quantise_multiplier(source.quantisation.scale / out.quantisation.scale)
    folded = min(count.bit_length() - 1, 32, 31 + shift)
    if folded < 0 or count > 1 << 23:
        raise ModelError(f"{where(op)}: a mean of {count} values at scale ratio 2**{shift} is out of range")
    return Mean(
        inputs=(source.index,),
        output=out.index,
        kept_hwc=kept,
        reduced_hwc=(source.shape_hwc[0] // h, source.shape_hwc[1] // w, source.shape_hwc[2] // c),
        bias=-source.quantisation.zero_point * count,
        rescale=Rescale(
            multiplier=np.array([(multiplier << folded) // count], np.int32),
            shift=np.array([shift - folded], np.int8),
            zero_point=out.quantisation.zero_point,
            low=-128,
            high=127,
        ),
    )


def _axis(op: RawOperator, axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise ModelError(f"{where(op)}: an axis must lie in {-rank}..{rank - 1}; got {axis}")
    return axis % rank
