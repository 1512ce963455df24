"""Add and Softmax, checked."""

import numpy as np

from firmware_export.arithmetic import activation_range, quantise_multiplier
from firmware_export.errors import ModelError
from firmware_export.flatbuffer import RawOperator
from firmware_export.graph import Add, Rescale, Softmax
from firmware_export.operators.context import Context, activation, where

_LEFT_SHIFT = 20


def add(context: Context, op: RawOperator) -> Add:
    """ADD of two computed tensors, or of one and a constant; sizes of 1 are broadcast (add.cc)."""
    out = context.output(op)
    shapes, quantisations, inputs, constant = [], [], [], None
    for position in (0, 1):
        raw = context.raw_input(op, position)
        if raw.index in context.tensors:
            tensor = context.tensors[raw.index]
            shapes.append(tensor.shape_hwc)
            quantisations.append((tensor.quantisation.scale, tensor.quantisation.zero_point))
            inputs.append(raw.index)
            continue
        constant = context.constant(op, position, ("INT8",)).astype(np.int8)
        if len(inputs) != position or raw.scales.size != 1 or raw.zero_points.size != 1:
            raise ModelError(f"{where(op)}: one constant with one scale may be added; '{raw.name[:80]}' has others")
        shapes.append(_hwc(op, constant.shape))
        quantisations.append((float(raw.scales[0]), int(raw.zero_points[0])))
        inputs.append(-1)
    if inputs.count(-1) > 1:
        raise ModelError(f"{where(op)}: at least one input must be computed")
    for a, b, n in zip(*shapes, out.shape_hwc, strict=True):
        if n != max(a, b) or not {a, b} <= {1, n}:
            raise ModelError(f"{where(op)}: {shapes[0]} and {shapes[1]} do not add up to {out.shape_hwc}")
    (s1, z1), (s2, z2) = quantisations
    twice = 2 * max(s1, s2)
    pairs = [quantise_multiplier(s / twice) for s in (s1, s2)]
    output = quantise_multiplier(twice / ((1 << _LEFT_SHIFT) * out.quantisation.scale))
    if output[1] > 0:
        raise ModelError(f"{where(op)}: its output's scale {out.quantisation.scale} is too small for its inputs'")
    low, high = activation_range(activation(op, "AddOptions"), out.quantisation)
    return Add(
        inputs=tuple(inputs),
        output=out.index,
        constant=constant,
        strides=(_strides(shapes[0]), _strides(shapes[1])),
        zero_points=(z1, z2),
        multipliers=(pairs[0][0], pairs[1][0]),
        shifts=(pairs[0][1], pairs[1][1]),
        rescale=Rescale(
            multiplier=np.array([output[0]], np.int32),
            shift=np.array([output[1]], np.int8),
            zero_point=out.quantisation.zero_point,
            low=low,
            high=high,
        ),
    )


def _hwc(op: RawOperator, shape: tuple[int, ...]) -> tuple[int, int, int]:
    padded = (1,) * (4 - len(shape)) + shape
    if len(padded) != 4 or padded[0] != 1 or min(padded) < 1:
        raise ModelError(f"{where(op)}: a constant has at most 4 dimensions and a batch of 1; got {shape}")
    return padded[1], padded[2], padded[3]


def _strides(shape: tuple[int, int, int]) -> tuple[int, int, int]:
    h, w, c = shape
    return (0 if h == 1 else w * c, 0 if w == 1 else c, 0 if c == 1 else 1)


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
