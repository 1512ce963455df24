"""A `.tflite` file as plain Python values. What the file claims is not believed: every offset and length is checked.

The `tflite` package reads wherever an offset points; what comes of a damaged one (an index or a struct error, a vector
longer than the file) becomes a `ModelError` here. No vector is walked before its length was compared with the file's.
"""

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tflite

from firmware_export.errors import ModelError

IDENTIFIER = b"TFL3"
_DAMAGE = (struct.error, LookupError, ValueError, TypeError, ArithmeticError, AttributeError, MemoryError)
_TYPE_NAMES = {v: k for k, v in vars(tflite.TensorType).items() if not k.startswith("_")}
_OPERATOR_NAMES = {v: k for k, v in vars(tflite.BuiltinOperator).items() if not k.startswith("_")}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawTensor:
    """One tensor as the file has it. `data` is its constant content, None for what is computed."""

    index: int
    name: str
    type: str
    shape: tuple[int, ...]
    scales: npt.NDArray[np.float32]
    zero_points: npt.NDArray[np.int64]
    quantized_dimension: int
    data: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawOperator:
    """One operator as the file has it. An input of -1 is absent."""

    index: int
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    table: Any
    options_type: int

    def option(self, kind: str, field: str) -> Any:
        """A field of the operator's options table `kind` ('Conv2DOptions'); its default where there is no table."""
        cls = getattr(tflite, kind)
        options = cls()
        with damaged(f"the options of {self.name} (operator {self.index})"):
            raw = self.table.BuiltinOptions()
            if raw is None or self.options_type != getattr(tflite.BuiltinOptions, kind):
                raise ModelError(f"{self.name} (operator {self.index}) must carry {kind}; it carries none")
            options.Init(raw.Bytes, raw.Pos)
            return getattr(options, field)()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RawModel:
    """The one subgraph of a file, its operators in the order in which they run."""

    tensors: tuple[RawTensor, ...]
    operators: tuple[RawOperator, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@contextmanager
def damaged(what: str) -> Iterator[None]:
    """Turns what reading a damaged flatbuffer raises into a `ModelError` that names `what`."""
    try:
        yield
    except ModelError:
        raise
    except _DAMAGE as wrong:
        raise ModelError(
            f"a .tflite file must be whole; {what} cannot be read ({type(wrong).__name__}): copy or convert it again"
        ) from wrong


def read_flatbuffer(content: bytes) -> RawModel:
    """Reads the file's only subgraph. Raises `ModelError` for damage and for what no int8 classifier has."""
    if content[4:8] != IDENTIFIER:
        raise ModelError(f"a .tflite file has 'TFL3' at byte 4; this one has {content[4:8]!r}: it is another format")
    with damaged("its header"):
        model = tflite.Model.GetRootAs(content, 0)
        count = model.SubgraphsLength()
        if count != 1:
            raise ModelError(f"a network must have one subgraph; this one has {count}: export one signature alone")
        graph = model.Subgraphs(0)
        inputs, outputs = _indices(graph.Inputs, graph.InputsLength), _indices(graph.Outputs, graph.OutputsLength)
        tensor_count, operator_count = graph.TensorsLength(), graph.OperatorsLength()
    _fits(content, tensor_count, "tensors")
    _fits(content, operator_count, "operators")
    tensors = []
    for i in range(tensor_count):
        with damaged(f"tensor {i}"):
            tensors.append(_tensor(content, model, graph.Tensors(i), i))
    operators = []
    for i in range(operator_count):
        with damaged(f"operator {i}"):
            operators.append(_operator(model, graph.Operators(i), i))
    return RawModel(tensors=tuple(tensors), operators=tuple(operators), inputs=inputs, outputs=outputs)


def _fits(content: bytes, count: int, what: str) -> None:
    # An entry takes at least its offset, 4 bytes.
    if count * 4 > len(content):
        raise ModelError(f"a .tflite file must be whole; it claims {count} {what} in {len(content)} bytes")


def _indices(at: Callable[[int], int], length: Callable[[], int]) -> tuple[int, ...]:
    count = length()
    if count > 64:
        raise ModelError(f"an operator or network has at most 64 inputs and outputs; this one claims {count}")
    return tuple(int(at(i)) for i in range(count))


def _tensor(content: bytes, model: Any, tensor: Any, index: int) -> RawTensor:
    rank = tensor.ShapeLength()
    if rank > 8:
        raise ModelError(f"a tensor has at most 8 dimensions; tensor {index} claims {rank}")
    shape = tuple(int(tensor.Shape(i)) for i in range(rank))
    name = (tensor.Name() or b"").decode("utf-8", "replace")
    kind = _TYPE_NAMES.get(tensor.Type(), str(tensor.Type()))
    if tensor.Sparsity() is not None or tensor.IsVariable():
        raise ModelError(f"tensors must be dense and stateless; tensor {index} '{name}' is sparse or a variable")
    scales: npt.NDArray[np.float32] = np.zeros(0, np.float32)
    zero_points: npt.NDArray[np.int64] = np.zeros(0, np.int64)
    dimension = 0
    quantisation = tensor.Quantization()
    if quantisation is not None:
        _fits(content, quantisation.ScaleLength() + quantisation.ZeroPointLength(), f"quantisations of tensor {index}")
        if quantisation.ScaleLength():
            scales = np.array(quantisation.ScaleAsNumpy(), np.float32)
        if quantisation.ZeroPointLength():
            zero_points = np.array(quantisation.ZeroPointAsNumpy(), np.int64)
        dimension = int(quantisation.QuantizedDimension())
    return RawTensor(
        index=index,
        name=name,
        type=kind,
        shape=shape,
        scales=scales,
        zero_points=zero_points,
        quantized_dimension=dimension,
        data=_data(content, model, tensor.Buffer(), index),
    )


def _data(content: bytes, model: Any, buffer_index: int, index: int) -> bytes | None:
    if buffer_index == 0:  # by convention the empty buffer
        return None
    if buffer_index >= model.BuffersLength():
        raise ModelError(f"tensor {index} names buffer {buffer_index}; the file has {model.BuffersLength()}")
    buffer = model.Buffers(buffer_index)
    if hasattr(buffer, "Offset") and buffer.Offset() > 1:
        raise ModelError(f"tensor {index}'s content lies outside the flatbuffer: convert the network below 2 GB")
    length = buffer.DataLength()
    if length == 0:
        return None
    _fits(content, length // 4, f"times 4 bytes of tensor {index}")
    return bytes(buffer.DataAsNumpy().tobytes())


def _operator(model: Any, operator: Any, index: int) -> RawOperator:
    code_index = operator.OpcodeIndex()
    if code_index >= model.OperatorCodesLength():
        raise ModelError(f"operator {index} names code {code_index}; the file has {model.OperatorCodesLength()}")
    code = model.OperatorCodes(code_index)
    # Files before schema 3a hold the code in the 8-bit field, later ones in both.
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    name = _OPERATOR_NAMES.get(number, f"operator code {number}")
    if name == "CUSTOM":
        name = f"CUSTOM {(code.CustomCode() or b'').decode('utf-8', 'replace')}"
    return RawOperator(
        index=index,
        name=name,
        inputs=_indices(operator.Inputs, operator.InputsLength),
        outputs=_indices(operator.Outputs, operator.OutputsLength),
        table=operator,
        options_type=int(operator.BuiltinOptionsType()),
    )
