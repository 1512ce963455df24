"""What every builder of an operator is given, and the questions that all of them ask."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tflite

from edge.manifest import Quantisation
from firmware_export.errors import ModelError
from firmware_export.flatbuffer import RawModel, RawOperator, RawTensor
from firmware_export.graph import Tensor, Window

_ACTIVATIONS = {v: k for k, v in vars(tflite.ActivationFunctionType).items() if not k.startswith("_")}
_DTYPES: dict[str, np.dtype[Any]] = {"INT8": np.dtype("<i1"), "INT32": np.dtype("<i4"), "INT64": np.dtype("<i8")}
MAX_SIDE = 32767


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The file, and the computed tensors known so far by number."""

    raw: RawModel
    tensors: dict[int, Tensor]

    def input(self, op: RawOperator, position: int = 0) -> Tensor:
        """A computed input. Raises `ModelError` where it is absent or a constant."""
        index = op.inputs[position] if position < len(op.inputs) else -1
        if index not in self.tensors:
            raise ModelError(f"{where(op)}: input {position} must be a computed tensor; it is absent or a constant")
        return self.tensors[index]

    def output(self, op: RawOperator) -> Tensor:
        return self.tensors[op.outputs[0]]

    def constant(self, op: RawOperator, position: int, kinds: tuple[str, ...]) -> npt.NDArray[Any]:
        """The content of a constant input, in its own shape and type. Raises `ModelError`."""
        tensor = self.raw_input(op, position)
        if tensor.data is None:
            raise ModelError(
                f"{where(op)}: input {position}, '{tensor.name[:80]}', must be a constant: freeze the network"
            )
        if tensor.type not in kinds:
            raise ModelError(f"{where(op)}: '{tensor.name[:80]}' must be {' or '.join(kinds)}; it is {tensor.type}")
        dtype = _DTYPES[tensor.type]
        count = int(np.prod([float(n) for n in tensor.shape]))
        if min(tensor.shape, default=1) < 0 or len(tensor.data) != count * dtype.itemsize:
            raise ModelError(
                f"{where(op)}: '{tensor.name[:80]}' of shape {tensor.shape} must hold {count * dtype.itemsize} bytes; "
                f"it holds {len(tensor.data)}: copy the file again"
            )
        return np.frombuffer(tensor.data, dtype).reshape(tensor.shape)

    def constant_quantisation(self, op: RawOperator, position: int) -> Quantisation:
        """That of a constant int8 input. Raises `ModelError` unless it has one scale > 0 and one int8 zero point."""
        tensor = self.raw_input(op, position)
        if tensor.scales.size == tensor.zero_points.size == 1:
            scale, zero_point = float(tensor.scales[0]), int(tensor.zero_points[0])
            if np.isfinite(scale) and scale > 0 and -128 <= zero_point <= 127:
                return Quantisation(scale=scale, zero_point=zero_point)
        raise ModelError(
            f"{where(op)}: the constant '{tensor.name[:80]}' needs one scale > 0 and one zero point in -128..127; it "
            f"has {tensor.scales[:4]} and {tensor.zero_points[:4]}"
        )

    def raw_input(self, op: RawOperator, position: int) -> RawTensor:
        index = op.inputs[position] if position < len(op.inputs) else -1
        if index < 0:
            raise ModelError(f"{where(op)}: input {position} is missing")
        return self.raw.tensors[index]

    def has(self, op: RawOperator, position: int) -> bool:
        return position < len(op.inputs) and op.inputs[position] >= 0


def where(op: RawOperator) -> str:
    return f"{op.name} (operator {op.index})"


def activation(op: RawOperator, kind: str) -> str:
    """The name of the fused activation in the options `kind`."""
    number = op.option(kind, "FusedActivationFunction")
    return _ACTIVATIONS.get(number, str(number))


def sliding_window(
    op: RawOperator, kind: str, source: Tensor, out: Tensor, kernel_hw: tuple[int, int], *, dilated: bool
) -> Window:
    """The window of a convolution or pooling; checks that the output's shape follows from it (TFLite's padding.h)."""
    stride = (int(op.option(kind, "StrideH")), int(op.option(kind, "StrideW")))
    dilation = (int(op.option(kind, "DilationHFactor")), int(op.option(kind, "DilationWFactor"))) if dilated else (1, 1)
    if not all(1 <= n <= MAX_SIDE for n in (*kernel_hw, *stride, *dilation, *source.shape_hwc[:2])):
        raise ModelError(
            f"{where(op)}: sizes, strides and dilations must be 1..{MAX_SIDE}; got {kernel_hw}, {stride}, {dilation}"
        )
    same = op.option(kind, "Padding") == tflite.Padding.SAME
    plain = Window(kernel_hw=kernel_hw, stride_hw=stride, dilation_hw=dilation)
    size, pad = [], []
    for n, reach, s in zip(source.shape_hwc[:2], plain.reach_hw, stride, strict=True):
        length = -(-n // s) if same else -(-(n - reach + 1) // s)
        size.append(length)
        pad.append(max((length - 1) * s + reach - n, 0) // 2)
    if tuple(size) != out.shape_hwc[:2] or min(size) < 1:
        raise ModelError(
            f"{where(op)}: its output must be {tuple(size)} high and wide; the file says {out.shape_hwc[:2]}"
        )
    return Window(kernel_hw=kernel_hw, stride_hw=stride, dilation_hw=dilation, pad_tl=(pad[0], pad[1]))


def hwc(op: RawOperator, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """A constant's shape with ones in front. Raises `ModelError` for more than 4 dimensions, a batch or none."""
    padded = (1,) * (4 - len(shape)) + shape
    if len(padded) != 4 or padded[0] != 1 or min(padded) < 1:
        raise ModelError(f"{where(op)}: a constant has at most 4 dimensions and a batch of 1; got {shape}")
    return padded[1], padded[2], padded[3]


def same_quantisation(op: RawOperator, a: Quantisation, b: Quantisation) -> None:
    if a != b:
        raise ModelError(
            f"{where(op)}: input and output must be quantised alike, as TFLite asks; got {a.scale}, {a.zero_point} "
            f"and {b.scale}, {b.zero_point}: convert the network again"
        )
