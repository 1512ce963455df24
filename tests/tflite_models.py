"""Writes int8 `.tflite` files directly: any shape, scale and zero point, without the converter."""

from dataclasses import dataclass, field

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from ai_edge_litert.interpreter import Interpreter, OpResolverType

OPS, TYPES, OPTIONS = schema.BuiltinOperator, schema.TensorType, schema.BuiltinOptions
ACTIVATIONS = schema.ActivationFunctionType
_KINDS = {np.dtype(np.int8): TYPES.INT8, np.dtype(np.int32): TYPES.INT32}


def resized(content: bytes, side_px: int) -> bytes:
    """A network of one square input for another one, a whole multiple or part: shapes as TFLite infers them."""
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    graph = model.subgraphs[0]
    old_px = graph.tensors[graph.inputs[0]].shape[1]
    for op in graph.operators:
        if model.operatorCodes[op.opcodeIndex].builtinCode in (OPS.RESIZE_NEAREST_NEIGHBOR, OPS.RESIZE_BILINEAR):
            size = model.buffers[graph.tensors[op.inputs[1]].buffer]
            sides = np.frombuffer(bytes(size.data), np.int32) * side_px // old_px
            size.data = np.frombuffer(sides.astype(np.int32).tobytes(), np.uint8)
    interpreter = Interpreter(
        model_content=_packed(model), experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    )
    interpreter.resize_tensor_input(int(graph.inputs[0]), [1, side_px, side_px, 3])
    interpreter.allocate_tensors()
    shapes = {detail["index"]: detail["shape"].tolist() for detail in interpreter.get_tensor_details()}
    for index, tensor in enumerate(graph.tensors):
        tensor.shape, tensor.shapeSignature = shapes.get(index, tensor.shape), None
    return _packed(model)


def _packed(model: schema.ModelT) -> bytes:
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


@dataclass
class ModelWriter:
    """Collects tensors and operators; each method returns a tensor's number."""

    tensors: list = field(default_factory=list)
    buffers: list = field(default_factory=lambda: [schema.BufferT()])
    codes: list = field(default_factory=list)
    operators: list = field(default_factory=list)

    def tensor(self, shape: tuple[int, ...], scale: float, zero_point: int, kind: int = TYPES.INT8) -> int:
        made = schema.TensorT()
        made.shape, made.type, made.buffer = list(shape), kind, 0
        made.name = f"t{len(self.tensors)}"
        made.quantization = schema.QuantizationParametersT()
        made.quantization.scale, made.quantization.zeroPoint = [scale], [zero_point]
        self.tensors.append(made)
        return len(self.tensors) - 1

    def constant(
        self, values: np.ndarray, scales: list[float] | None = None, dimension: int = 0, zero_point: int = 0
    ) -> int:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self.buffers.append(buffer)
        made = schema.TensorT()
        made.shape, made.type, made.buffer = list(values.shape), _KINDS[values.dtype], len(self.buffers) - 1
        made.name = f"constant {len(self.tensors)}"
        if scales is not None:
            made.quantization = schema.QuantizationParametersT()
            made.quantization.scale, made.quantization.zeroPoint = scales, [zero_point] * len(scales)
            made.quantization.quantizedDimension = dimension
        self.tensors.append(made)
        return len(self.tensors) - 1

    def shape(self, tensor: int) -> tuple[int, ...]:
        return tuple(self.tensors[tensor].shape)

    def quantisation(self, tensor: int) -> tuple[float, int]:
        q = self.tensors[tensor].quantization
        return q.scale[0], q.zeroPoint[0]

    def operator(self, code: int, inputs: list[int], output: int, kind: str | None = None, **options: object) -> int:
        number = schema.OperatorCodeT()
        number.builtinCode, number.deprecatedBuiltinCode, number.version = code, min(code, 127), 1
        self.codes.append(number)
        made = schema.OperatorT()
        made.opcodeIndex, made.inputs, made.outputs = len(self.codes) - 1, inputs, [output]
        if kind is not None:
            made.builtinOptionsType = getattr(OPTIONS, kind)
            made.builtinOptions = getattr(schema, f"{kind}T")()
            for name, value in options.items():
                assert hasattr(made.builtinOptions, name), name
                setattr(made.builtinOptions, name, value)
        self.operators.append(made)
        return output

    def write(self, source: int, target: int) -> bytes:
        graph = schema.SubGraphT()
        graph.tensors, graph.operators, graph.inputs, graph.outputs = self.tensors, self.operators, [source], [target]
        model = schema.ModelT()
        model.version, model.subgraphs, model.buffers, model.operatorCodes = 3, [graph], self.buffers, self.codes
        return _packed(model)
