"""Pad, Concatenation and the two ways of resizing, checked."""

import numpy as np

from firmware_export.errors import ModelError
from firmware_export.flatbuffer import RawOperator
from firmware_export.graph import Concat, Pad, ResizeBilinear, ResizeNearest, Tensor
from firmware_export.operators.context import MAX_SIDE, Context, hwc, same_quantisation, where


def pad(context: Context, op: RawOperator) -> Pad:
    """PAD, with the zero point, and PADV2, with a constant."""
    source, out = context.input(op), context.output(op)
    same_quantisation(op, source.quantisation, out.quantisation)
    amounts = context.constant(op, 1, ("INT32", "INT64")).astype(np.int64)
    rank = len(context.raw_input(op, 0).shape)
    if amounts.shape != (rank, 2) or (amounts < 0).any() or (amounts > MAX_SIDE).any():
        raise ModelError(f"{where(op)}: paddings must be ({rank}, 2) and in 0..{MAX_SIDE}; got {amounts.tolist()}")
    full = np.concatenate([np.zeros((4 - rank, 2), np.int64), amounts])
    expected = tuple(int(n + a + b) for n, (a, b) in zip((1, *source.shape_hwc), full, strict=True))
    if expected != (1, *out.shape_hwc):
        raise ModelError(f"{where(op)}: its output must be {expected}; the file says {out.shape_hwc}")
    value = source.quantisation.zero_point
    if context.has(op, 2):
        constant = context.constant(op, 2, ("INT8",))
        if constant.size != 1:
            raise ModelError(f"{where(op)}: pads with one value; got {constant.size}")
        value = int(constant.reshape(-1)[0])
    before = (int(full[1, 0]), int(full[2, 0]), int(full[3, 0]))
    return Pad(inputs=(source.index,), output=out.index, before_hwc=before, value=value)


def concat(context: Context, op: RawOperator) -> Concat:
    """CONCATENATION of tensors and constants quantised alike, as TFLite asks of int8."""
    out = context.output(op)
    if op.option("ConcatenationOptions", "FusedActivationFunction") != 0:
        raise ModelError(f"{where(op)}: a fused activation is not supported there, nor by TFLite: put it before")
    rank = len(context.raw.tensors[op.outputs[0]].shape)
    axis = int(op.option("ConcatenationOptions", "Axis"))
    if not -rank <= axis < rank:
        raise ModelError(f"{where(op)}: its axis must lie in {-rank}..{rank - 1}; got {axis}")
    dimension = axis % rank + 4 - rank
    inputs, constants, shapes = [], [], []
    for k, index in enumerate(op.inputs):
        if index in context.tensors:
            tensor = context.tensors[index]
            same_quantisation(op, tensor.quantisation, out.quantisation)
            inputs.append(index)
            shapes.append((1, *tensor.shape_hwc))
            continue
        values = context.constant(op, k, ("INT8",)).astype(np.int8)
        same_quantisation(op, context.constant_quantisation(op, k), out.quantisation)
        inputs.append(-1)
        constants.append(values)
        shapes.append((1, *hwc(op, values.shape)))
    if len(constants) == len(inputs):
        raise ModelError(f"{where(op)}: at least one input must be computed: fold the constants into one")
    joined = list(shapes[0])
    joined[dimension] = sum(shape[dimension] for shape in shapes)
    rest = {shape[:dimension] + shape[dimension + 1 :] for shape in shapes}
    if tuple(joined) != (1, *out.shape_hwc) or len(rest) != 1:
        raise ModelError(f"{where(op)}: {shapes} along {axis} do not make {out.shape_hwc}")
    outer = int(np.prod(joined[:dimension]))
    chunks = tuple(int(np.prod(shape)) // outer for shape in shapes)
    return Concat(inputs=tuple(inputs), output=out.index, constants=tuple(constants), outer=outer, chunks=chunks)


def resize_nearest(context: Context, op: RawOperator) -> ResizeNearest:
    """RESIZE_NEAREST_NEIGHBOR; float32 arithmetic as in resize_nearest_neighbor.h."""
    kind = "ResizeNearestNeighborOptions"
    source, out = _resized(context, op)
    align, half = bool(op.option(kind, "AlignCorners")), bool(op.option(kind, "HalfPixelCenters"))
    rows, columns = (
        tuple(_nearest(k, n, m, align=align, half=half) for k in range(m))
        for n, m in zip(source.shape_hwc[:2], out.shape_hwc[:2], strict=True)
    )
    return ResizeNearest(inputs=(source.index,), output=out.index, rows=rows, columns=columns)


def _nearest(k: int, n: int, m: int, *, align: bool, half: bool) -> int:
    f32 = np.float32
    scale = f32(n - 1) / f32(m - 1) if align and m > 1 else f32(n) / f32(m)
    position = (f32(k) + f32(0.5 if half else 0.0)) * scale
    at = int(np.floor(position + f32(0.5))) if align else int(np.floor(position))
    return max(0, min(at, n - 1))


def resize_bilinear(context: Context, op: RawOperator) -> ResizeBilinear:
    """RESIZE_BILINEAR; positions in 1/1024 pixel as in resize_bilinear.h."""
    kind = "ResizeBilinearOptions"
    source, out = _resized(context, op)
    align, half = bool(op.option(kind, "AlignCorners")), bool(op.option(kind, "HalfPixelCenters"))
    y, x = (
        tuple(_positions(n, m, align=align, half=half))
        for n, m in zip(source.shape_hwc[:2], out.shape_hwc[:2], strict=True)
    )
    return ResizeBilinear(inputs=(source.index,), output=out.index, y_1024=y, x_1024=x)


def _positions(n: int, m: int, *, align: bool, half: bool) -> list[int]:
    scale = (1024 * n + m // 2) // m
    if align and m > 1:
        scale = (1024 * (n - 1) + (m - 1) // 2) // (m - 1)
    return [k * scale + (scale // 2 - 512 if half else 0) for k in range(m)]


def _resized(context: Context, op: RawOperator) -> tuple[Tensor, Tensor]:
    source, out = context.input(op), context.output(op)
    same_quantisation(op, source.quantisation, out.quantisation)
    size = context.constant(op, 1, ("INT32",)).reshape(-1).tolist()
    if (
        size != list(out.shape_hwc[:2])
        or source.shape_hwc[2] != out.shape_hwc[2]
        or max(source.shape_hwc[:2]) > MAX_SIDE
    ):
        raise ModelError(f"{where(op)}: resizing {source.shape_hwc} to {size} does not make {out.shape_hwc}")
    return source, out
