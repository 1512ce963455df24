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
    outer, count, inner, last = _alternating(source.shape_hwc, [d in axes for d in (1, 2, 3)])
    if not axes or outer * inner != out.bytes:
        over = sorted(a - 4 + len(shape) for a in axes)
        raise ModelError(
            f"{where(op)}: a mean of {shape} over {over} has {outer * inner} values; the file says {out.shape_hwc}"
        )
    multiplier, shift = quantise_multiplier(source.quantisation.scale / out.quantisation.scale)
    summed = count * last
    folded = min(summed.bit_length() - 1, 32, 31 + shift)
    if folded < 0 or summed > 1 << 23:
        raise ModelError(f"{where(op)}: a mean of {summed} values at scale ratio 2**{shift} is out of range")
    return Mean(
        inputs=(source.index,),
        output=out.index,
        outer=outer,
        count=count,
        inner=inner,
        last=last,
        bias=-source.quantisation.zero_point * summed,
        rescale=Rescale(
            multiplier=np.array([(multiplier << folded) // summed], np.int32),
            shift=np.array([shift - folded], np.int8),
            zero_point=out.quantisation.zero_point,
            low=-128,
            high=127,
        ),
    )


def _alternating(sizes: tuple[int, int, int], reduced: list[bool]) -> list[int]:
    """Neighbours that are both kept or both summed over as one: kept, summed, kept, summed."""
    merged, at = [1, 1, 1, 1], 0
    for size, summed in zip(sizes, reduced, strict=True):
        if size > 1:
            at += (at % 2 == 1) != summed
            merged[at] *= size
    return merged


def _axis(op: RawOperator, axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise ModelError(f"{where(op)}: an axis must lie in {-rank}..{rank - 1}; got {axis}")
    return axis % rank
