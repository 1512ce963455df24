"""Add and Mul of two tensors, or of a tensor and a constant, checked. By a single number both are a table."""

from dataclasses import dataclass

import numpy as np

from edge.manifest import Quantisation
from firmware_export.arithmetic import (
    INT8_MAX,
    INT8_MIN,
    activation_range,
    clamp,
    multiply,
    quantise_multiplier,
    wrap32,
)
from firmware_export.errors import ModelError
from firmware_export.flatbuffer import RawOperator
from firmware_export.graph import I8, Add, Lookup, Mul, Rescale, Tensor
from firmware_export.operators.context import Context, activation, hwc, where

_LEFT_SHIFT = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Operand:
    """`index` is -1 for a constant, whose content is `values`."""

    index: int
    shape_hwc: tuple[int, int, int]
    quantisation: Quantisation
    values: I8 | None

    @property
    def strides(self) -> tuple[int, int, int]:
        """The step in h, w and c; 0 where it is broadcast."""
        h, w, c = self.shape_hwc
        return (0 if h == 1 else w * c, 0 if w == 1 else c, 0 if c == 1 else 1)


def add(context: Context, op: RawOperator) -> Add | Lookup:
    """ADD; sizes of 1 are broadcast (add.cc)."""
    a, b = _operands(context, op)
    out = context.output(op)
    twice = 2 * max(a.quantisation.scale, b.quantisation.scale)
    (m1, s1), (m2, s2) = (quantise_multiplier(x.quantisation.scale / twice) for x in (a, b))
    output = quantise_multiplier(twice / ((1 << _LEFT_SHIFT) * out.quantisation.scale))
    if output[1] > 0:
        raise ModelError(f"{where(op)}: its output's scale {out.quantisation.scale} is too small for its inputs'")
    made = Add(
        inputs=(a.index, b.index),
        output=out.index,
        constant=b.values if a.values is None else a.values,
        strides=(a.strides, b.strides),
        zero_points=(a.quantisation.zero_point, b.quantisation.zero_point),
        multipliers=(m1, m2),
        shifts=(s1, s2),
        rescale=_rescale(op, "AddOptions", output, out),
    )
    return _as_table(made, "add") or made


def mul(context: Context, op: RawOperator) -> Mul | Lookup:
    """MUL; sizes of 1 are broadcast (mul.cc)."""
    a, b = _operands(context, op)
    out = context.output(op)
    # mul.cc multiplies and divides float32 before it widens.
    s1, s2, s3 = (np.float32(q.scale) for q in (a.quantisation, b.quantisation, out.quantisation))
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        ratio = float(s1 * s2 / s3)
    made = Mul(
        inputs=(a.index, b.index),
        output=out.index,
        constant=b.values if a.values is None else a.values,
        strides=(a.strides, b.strides),
        zero_points=(a.quantisation.zero_point, b.quantisation.zero_point),
        rescale=_rescale(op, "MulOptions", quantise_multiplier(ratio), out),
    )
    return _as_table(made, "mul") or made


def _operands(context: Context, op: RawOperator) -> tuple[_Operand, _Operand]:
    """Both inputs; raises `ModelError` for two constants, and where they do not broadcast to the output."""
    a, b = (_operand(context, op, position) for position in (0, 1))
    if a.index == b.index == -1:
        raise ModelError(f"{where(op)}: at least one input must be computed: fold the constants into one")
    out = context.output(op)
    for m, n, k in zip(a.shape_hwc, b.shape_hwc, out.shape_hwc, strict=True):
        if k != max(m, n) or not {m, n} <= {1, k}:
            raise ModelError(f"{where(op)}: {a.shape_hwc} and {b.shape_hwc} do not broadcast to {out.shape_hwc}")
    return a, b


def _operand(context: Context, op: RawOperator, position: int) -> _Operand:
    raw = context.raw_input(op, position)
    if raw.index in context.tensors:
        tensor = context.tensors[raw.index]
        return _Operand(index=raw.index, shape_hwc=tensor.shape_hwc, quantisation=tensor.quantisation, values=None)
    values = context.constant(op, position, ("INT8",)).astype(np.int8)
    quantisation = context.constant_quantisation(op, position)
    return _Operand(index=-1, shape_hwc=hwc(op, values.shape), quantisation=quantisation, values=values)


def _rescale(op: RawOperator, options: str, output: tuple[int, int], out: Tensor) -> Rescale:
    low, high = activation_range(activation(op, options), out.quantisation)
    return Rescale(
        multiplier=np.array([output[0]], np.int32),
        shift=np.array([output[1]], np.int8),
        zero_point=out.quantisation.zero_point,
        low=low,
        high=high,
    )


def _as_table(op: Add | Mul, kind: str) -> Lookup | None:
    """The same as a table, where the constant is one number."""
    if op.constant is None or op.constant.size != 1:
        return None
    at = 0 if op.inputs[0] >= 0 else 1
    number, r = int(op.constant.reshape(-1)[0]), op.rescale
    table = []
    for q in range(INT8_MIN, INT8_MAX + 1):
        values = [(q if k == at else number) - op.zero_points[k] for k in (0, 1)]
        if isinstance(op, Add):
            acc = wrap32(sum(multiply(values[k] << _LEFT_SHIFT, op.multipliers[k], op.shifts[k]) for k in (0, 1)))
        else:
            acc = values[0] * values[1]
        rescaled = wrap32(multiply(acc, int(r.multiplier[0]), int(r.shift[0])) + r.zero_point)
        table.append(clamp(rescaled, r.low, r.high))
    return Lookup(inputs=(op.inputs[at],), output=op.output, kind=kind, table=np.array(table, np.int8))
