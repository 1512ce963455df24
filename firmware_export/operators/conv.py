"""Conv2D, DepthwiseConv2D and FullyConnected, checked; zero points folded into the biases."""

import numpy as np

from edge.manifest import Quantisation
from firmware_export.arithmetic import activation_range, quantise_multiplier
from firmware_export.errors import ModelError
from firmware_export.flatbuffer import RawOperator, RawTensor
from firmware_export.graph import I8, I32, Conv, Depthwise, GroupedConv, Rescale, Tensor, Window
from firmware_export.operators.context import MAX_SIDE, Context, activation, sliding_window, where


def conv(context: Context, op: RawOperator) -> Conv | GroupedConv | Depthwise:
    """CONV_2D: weights (out_c, kh, kw, in_c), or (out_c, kh, kw, in_c / groups): conv.h of the reference kernels."""
    source, out = context.input(op), context.output(op)
    weights = _weights(context, op, 4)
    out_c, kh, kw, in_c = weights.shape
    groups = source.shape_hwc[2] // in_c
    if groups * in_c != source.shape_hwc[2] or out_c % max(groups, 1) or groups > MAX_SIDE or out_c != out.shape_hwc[2]:
        raise ModelError(
            f"{where(op)}: weights {weights.shape} must match {source.shape_hwc[2]} input and {out.shape_hwc[2]} "
            f"output channels, both whole multiples of the number of groups, which is at most {MAX_SIDE}"
        )
    window = sliding_window(op, "Conv2DOptions", source, out, (kh, kw), dilated=True)
    scales = _weight_scales(op, context.raw_input(op, 1), out_c, 0)
    bias = _bias(context, op, weights.reshape(out_c, -1), source.quantisation.zero_point)
    rescale = _rescale(source, scales, out, activation(op, "Conv2DOptions"))
    if in_c == 1 < groups:
        return Depthwise(
            inputs=(source.index,),
            output=out.index,
            window=window,
            multiplier=out_c // groups,
            weights=np.ascontiguousarray(weights[..., 0].transpose(1, 2, 0)),
            bias=bias,
            rescale=rescale,
            in_zero_point=source.quantisation.zero_point,
        )
    return (Conv if groups == 1 else GroupedConv)(
        inputs=(source.index,),
        output=out.index,
        window=window,
        weights=weights,
        bias=bias,
        rescale=rescale,
        in_zero_point=source.quantisation.zero_point,
    )


def depthwise(context: Context, op: RawOperator) -> Depthwise:
    """DEPTHWISE_CONV_2D: weights (1, kh, kw, in_c * multiplier)."""
    source, out = context.input(op), context.output(op)
    weights = _weights(context, op, 4)
    one, kh, kw, out_c = weights.shape
    multiplier = out_c // source.shape_hwc[2]
    if one != 1 or out_c != out.shape_hwc[2] or multiplier * source.shape_hwc[2] != out_c:
        raise ModelError(
            f"{where(op)}: weights {weights.shape} must be (1, kh, kw, n times {source.shape_hwc[2]}); "
            f"its output has {out.shape_hwc[2]} channels"
        )
    window = sliding_window(op, "DepthwiseConv2DOptions", source, out, (kh, kw), dilated=True)
    scales = _weight_scales(op, context.raw_input(op, 1), out_c, 3)
    return Depthwise(
        inputs=(source.index,),
        output=out.index,
        window=window,
        multiplier=multiplier,
        weights=weights[0],
        bias=_bias(context, op, weights.reshape(kh * kw, out_c).T, source.quantisation.zero_point),
        rescale=_rescale(source, scales, out, activation(op, "DepthwiseConv2DOptions")),
        in_zero_point=source.quantisation.zero_point,
    )


def fully_connected(context: Context, op: RawOperator) -> Conv:
    """FULLY_CONNECTED: weights (out_c, in_c), as a 1x1 convolution over as many pixels as there are rows."""
    source, out = context.input(op), context.output(op)
    if op.option("FullyConnectedOptions", "WeightsFormat") != 0:
        raise ModelError(f"{where(op)}: shuffled weights are not supported: convert with the default format")
    weights = _weights(context, op, 2)
    out_c, in_c = weights.shape
    rows = source.bytes // in_c
    if rows * in_c != source.bytes or rows * out_c != out.bytes:
        raise ModelError(
            f"{where(op)}: weights {weights.shape} fit neither input {source.shape_hwc} nor output {out.shape_hwc}"
        )
    raw = context.raw_input(op, 1)
    scales = _weight_scales(op, raw, out_c, 0)
    rescale = _rescale(source, scales, out, activation(op, "FullyConnectedOptions"))
    return Conv(
        inputs=(source.index,),
        output=out.index,
        window=Window(kernel_hw=(1, 1)),
        weights=weights.reshape(out_c, 1, 1, in_c),
        bias=_bias(context, op, weights, source.quantisation.zero_point),
        rescale=rescale,
        in_zero_point=source.quantisation.zero_point,
    )


def _weights(context: Context, op: RawOperator, rank: int) -> I8:
    weights = context.constant(op, 1, ("INT8",))
    if weights.ndim != rank or weights.size == 0:
        raise ModelError(f"{where(op)}: weights must have {rank} dimensions, none empty; they are {weights.shape}")
    return weights.astype(np.int8)


def _weight_scales(op: RawOperator, raw: RawTensor, out_c: int, dimension: int) -> list[float]:
    """One scale an output channel. Weights are symmetric: a zero point other than 0 is refused."""
    if raw.zero_points.any() or raw.scales.size not in (1, out_c):
        raise ModelError(
            f"{where(op)}: weights need zero point 0 and 1 or {out_c} scales: convert with TFLITE_BUILTINS_INT8"
        )
    if raw.scales.size > 1 and raw.quantized_dimension != dimension:
        raise ModelError(
            f"{where(op)}: weight scales must run along dimension {dimension}; got {raw.quantized_dimension}"
        )
    if not (np.isfinite(raw.scales).all() and (raw.scales >= 0).all()):
        raise ModelError(f"{where(op)}: weight scales must be finite and not negative: the file is damaged")
    return [float(s) for s in np.broadcast_to(raw.scales, out_c)]


def _bias(context: Context, op: RawOperator, weights: I8, in_zero_point: int) -> I32:
    """bias - zero_point * sum(weights), modulo 2**32 as int32 arithmetic is. `weights` are (out_c, taps)."""
    folded = -in_zero_point * weights.astype(np.int64).sum(axis=1)
    if context.has(op, 2):
        bias = context.constant(op, 2, ("INT32",))
        if bias.size != weights.shape[0]:
            raise ModelError(f"{where(op)}: one bias an output channel, {weights.shape[0]}; got {bias.size}")
        folded = folded + bias.reshape(-1).astype(np.int64)
    return folded.astype(np.uint64).astype(np.uint32).view(np.int32)


def _rescale(source: Tensor, scales: list[float], out: Tensor, fused: str) -> Rescale:
    pairs = [_multiplier(source.quantisation, scale, out.quantisation) for scale in scales]
    low, high = activation_range(fused, out.quantisation)
    return Rescale(
        multiplier=np.array([m for m, _ in pairs], np.int32),
        shift=np.array([s for _, s in pairs], np.int8),
        zero_point=out.quantisation.zero_point,
        low=low,
        high=high,
    )


def _multiplier(source: Quantisation, scale: float, out: Quantisation) -> tuple[int, int]:
    return quantise_multiplier(source.scale * scale / out.scale)
