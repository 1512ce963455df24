"""An int8 `.tflite` file as a checked `Graph`. What the C cannot do is refused by name, with what to do about it."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from edge.manifest import Quantisation
from firmware_export.errors import ModelError
from firmware_export.flatbuffer import RawModel, RawOperator, RawTensor, read_flatbuffer
from firmware_export.graph import Graph, Operator, Tensor
from firmware_export.operators.build import BUILDERS
from firmware_export.operators.context import MAX_SIDE, Context

MAX_TENSOR_BYTES = 1 << 28
MAX_HEIGHT = 4096
# Quantise at the input and dequantise at the output are the caller's: the header gives the int8 ends.
_ENDS = ("QUANTIZE", "DEQUANTIZE")
# What Flatten becomes where the batch is left open, as Keras' own export leaves it.
_SHAPE_ARITHMETIC = ("SHAPE", "STRIDED_SLICE", "PACK")


def read_graph(content: bytes) -> Graph:
    """Reads and checks a whole file. Raises `ModelError`."""
    raw = read_flatbuffer(content)
    if len(raw.inputs) != 1 or len(raw.outputs) != 1:
        raise ModelError(
            f"a network must have one input and one output; this one has {len(raw.inputs)} and {len(raw.outputs)}"
        )
    _check_numbers(raw)
    raw = _without_shape_arithmetic(raw)
    source, target, operators = _strip_ends(raw)
    _check_no_float(raw, operators)
    context = Context(raw=raw, tensors={})
    _add_tensor(context, source)
    made = [_build(context, op, source) for op in operators]
    if target not in context.tensors:
        raise ModelError(f"the network's output, {_label(raw.tensors[target])}, is made by none of its operators")
    return Graph(
        tensors=context.tensors,
        operators=tuple(made),
        input=source,
        output=target,
        float_input=raw.tensors[raw.inputs[0]].type == "FLOAT32",
        float_output=raw.tensors[raw.outputs[0]].type == "FLOAT32",
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _check_numbers(raw: RawModel) -> None:
    """Every tensor number that the file uses must exist."""
    count = len(raw.tensors)
    for op in raw.operators:
        if not all(-1 <= i < count for i in op.inputs) or not all(0 <= i < count for i in op.outputs):
            raise ModelError(f"{op.name} (operator {op.index}) names a tensor that the file lacks: copy it again")
    if not all(0 <= i < count for i in (*raw.inputs, *raw.outputs)):
        raise ModelError("the network's input or output is a tensor that the file lacks: copy it again")


def _without_shape_arithmetic(raw: RawModel) -> RawModel:
    """`raw` without what only computes a RESHAPE's shape: the file has that of its output."""
    kept: list[RawOperator] = []
    needed = set(raw.outputs)
    for op in reversed(raw.operators):
        if op.name in _SHAPE_ARITHMETIC and not needed.intersection(op.outputs):
            continue
        kept.append(replace(op, inputs=op.inputs[:1]) if op.name == "RESHAPE" else op)
        needed.update(kept[-1].inputs)
    return replace(raw, operators=tuple(reversed(kept)))


def _strip_ends(raw: RawModel) -> tuple[int, int, list[RawOperator]]:
    """Input and output of the int8 part, and its operators."""
    (source,), (target,) = raw.inputs, raw.outputs
    operators = list(raw.operators)
    if raw.tensors[source].type != "INT8":
        readers = [op for op in operators if source in op.inputs]
        if len(readers) != 1 or readers[0].name != "QUANTIZE" or len(readers[0].outputs) != 1:
            raise ModelError(_not_int8("input", raw.tensors[source], readers))
        source = readers[0].outputs[0]
        operators.remove(readers[0])
    if raw.tensors[target].type != "INT8":
        writers = [op for op in operators if target in op.outputs]
        if len(writers) != 1 or writers[0].name not in _ENDS or len(writers[0].inputs) != 1:
            raise ModelError(_not_int8("output", raw.tensors[target], writers))
        target = writers[0].inputs[0]
        operators.remove(writers[0])
    if target == -1 or raw.tensors[source].type != "INT8" or raw.tensors[target].type != "INT8":
        raise ModelError(_not_int8("input or output", raw.tensors[raw.outputs[0]], operators[-1:]))
    return source, target, operators


def _check_no_float(raw: RawModel, operators: list[RawOperator]) -> None:
    """Float arithmetic inside the network is not generated."""
    for op in operators:
        if op.name == "DEQUANTIZE":
            made = op.outputs[0] if op.outputs else -1
            readers = ", ".join(o.name for o in operators if made in o.inputs) or "nothing"
            raise ModelError(
                f"DEQUANTIZE (operator {op.index}) may only make the network's output; this one makes "
                f"{_label(raw.tensors[made])}, read by {readers}, which would need float arithmetic: quantise that too "
                "(TFLITE_BUILTINS_INT8), or end the network before it"
            )


def _not_int8(which: str, tensor: RawTensor, ends: list[RawOperator]) -> str:
    return (
        f"a network's {which} must be int8 or one QUANTIZE or DEQUANTIZE away from it; {_label(tensor)} is "
        f"{tensor.type}, an end of {', '.join(op.name for op in ends) or 'nothing'}: convert with "
        "TFLITE_BUILTINS_INT8 and inference_input_type = inference_output_type = int8"
    )


def _build(context: Context, op: RawOperator, source: int) -> Operator:
    builder: Callable[[Context, RawOperator], Operator] | None = BUILDERS.get(op.name)
    outputs = ", ".join(_label(context.raw.tensors[i]) for i in op.outputs)
    if builder is None:
        raise ModelError(
            f"the operator {op.name}, which makes {outputs}, is not supported: replace it in the network; "
            f"supported are {', '.join(sorted(BUILDERS))}"
        )
    if len(op.outputs) != 1:
        raise ModelError(f"an operator must have one output; {op.name} (operator {op.index}) has {len(op.outputs)}")
    for i in op.inputs:
        if i >= 0 and i not in context.tensors and context.raw.tensors[i].data is None:
            raise ModelError(f"{op.name} reads {_label(context.raw.tensors[i])}, which nothing before it makes")
    (output,) = op.outputs
    if output in context.tensors or output == source or context.raw.tensors[output].data is not None:
        raise ModelError(f"{op.name} must make a tensor of its own; {outputs} exists already")
    _add_tensor(context, output)
    # Scales at the ends of float32 overflow; the builders look at what comes of it.
    with np.errstate(over="ignore", invalid="ignore"):
        return builder(context, op)


def _add_tensor(context: Context, index: int) -> None:
    raw = context.raw.tensors[index]
    if raw.type != "INT8" or raw.scales.size != 1 or raw.zero_points.size != 1:
        raise ModelError(
            f"every computed tensor must be int8 with one scale; {_label(raw)} is {raw.type} with {raw.scales.size}: "
            "quantise the whole network (TFLITE_BUILTINS_INT8)"
        )
    if min(raw.shape, default=1) < 1 or int(np.prod([float(n) for n in raw.shape])) > MAX_TENSOR_BYTES:
        raise ModelError(f"a tensor's sizes must be positive and at most 2**28 bytes; {_label(raw)} is {raw.shape}")
    scale = float(raw.scales[0])
    if not (np.isfinite(scale) and scale > 0 and -128 <= int(raw.zero_points[0]) <= 127):
        raise ModelError(
            f"{_label(raw)} needs a scale > 0 and a zero point in -128..127; it has {scale}, {raw.zero_points[0]}"
        )
    context.tensors[index] = Tensor(
        index=index,
        name=raw.name,
        shape_hwc=_hwc(raw),
        quantisation=Quantisation(scale=scale, zero_point=int(raw.zero_points[0])),
    )


def _hwc(raw: RawTensor) -> tuple[int, int, int]:
    """The shape with ones in front; a batch of more than one is refused."""
    shape = (1,) * (4 - len(raw.shape)) + raw.shape
    if len(raw.shape) > 4 or shape[0] != 1:
        raise ModelError(f"tensors have at most 4 dimensions and a batch of 1; {_label(raw)} is {raw.shape}")
    if shape[1] > MAX_HEIGHT or shape[2] > MAX_SIDE:
        raise ModelError(f"tensors are at most {MAX_HEIGHT} high and {MAX_SIDE} wide; {_label(raw)} is {raw.shape}")
    return shape[1], shape[2], shape[3]


def _label(tensor: RawTensor) -> str:
    return f"tensor {tensor.index} '{tensor.name[:80]}'"
