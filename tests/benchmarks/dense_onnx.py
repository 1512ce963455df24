"""The network of a `.tflite` as ONNX, for the runtimes that a user might otherwise pick: int8 as it is, or float.

Int8 is written as its users write it: QuantizeLinear and DequantizeLinear around float operators, which ONNX Runtime
and OpenVINO turn into int8 kernels. Pixels go in as uint8 (n, h, w, 3), so that everyone converts them himself.
"""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from firmware_export.graph import Conv, Depthwise, Graph
from firmware_export.read import read_graph

OPSET, IR_VERSION = 17, 9


def to_onnx(model: bytes, input_shape: Sequence[int], *, int8: bool) -> bytes:
    """Raises `ValueError` for an operator that is no convolution without padding."""
    return _Writer(read_graph(model), int8=int8).written(input_shape)


class _Writer:
    def __init__(self, graph: Graph, *, int8: bool) -> None:
        self._graph, self._int8 = graph, int8
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def written(self, input_shape: Sequence[int]) -> bytes:
        found = self._node("Cast", "pixels", to=TensorProto.FLOAT)
        found = self._node("Transpose", found, perm=[0, 3, 1, 2])
        if self._int8:
            found = self._dequantised(self._quantised(found, self._graph.input), self._graph.input)
        for op in self._graph.operators:
            found = self._convolved(found, op)
            if self._int8 and op.output != self._graph.output:
                found = self._dequantised(found, op.output)
        kind = TensorProto.INT8 if self._int8 else TensorProto.FLOAT
        graph = helper.make_graph(
            self._nodes,
            "dense",
            [helper.make_tensor_value_info("pixels", TensorProto.UINT8, list(input_shape))],
            [helper.make_tensor_value_info(found, kind, [input_shape[0], 1, None, None])],
            self._constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        return model.SerializeToString()

    def _convolved(self, found: str, op: object) -> str:
        if not isinstance(op, Conv | Depthwise) or op.window.pad_tl != (0, 0):
            raise ValueError(f"the comparison knows convolutions without padding only; got {type(op).__name__}")
        source, target = (self._graph.tensors[i].quantisation for i in (op.inputs[0], op.output))
        deep = isinstance(op, Depthwise)
        weights = op.weights.transpose(2, 0, 1)[:, None] if deep else op.weights.transpose(0, 3, 1, 2)
        rescale = op.rescale
        # multiplier * 2 ** (shift - 31) = scale of input * scale of weights / scale of output.
        factor = rescale.multiplier.astype(np.float64) * 2.0 ** (rescale.shift.astype(np.float64) - 31)
        scales = np.broadcast_to(factor * target.scale / source.scale, len(weights))
        # The graph's bias has the input's zero point folded in.
        bias = op.bias + source.zero_point * weights.astype(np.int64).sum(axis=(1, 2, 3))
        if self._int8:
            w = self._dequantised_constant(weights, scales)
            b = self._dequantised_constant(bias.astype(np.int32), scales * source.scale)
        else:
            w = self._constant((weights * scales[:, None, None, None]).astype(np.float32))
            b = self._constant((bias * scales * source.scale).astype(np.float32))
        found = self._node(
            "Conv",
            found,
            w,
            b,
            kernel_shape=op.window.kernel_hw,
            strides=op.window.stride_hw,
            dilations=op.window.dilation_hw,
            group=len(weights) // op.multiplier if isinstance(op, Depthwise) else 1,
        )
        if self._int8:
            return self._quantised(found, op.output)
        low, high = ((end - target.zero_point) * target.scale for end in (rescale.low, rescale.high))
        return self._node("Clip", found, self._constant(np.float32(low)), self._constant(np.float32(high)))

    def _quantised(self, found: str, tensor: int) -> str:
        return self._node("QuantizeLinear", found, *self._quantisation(tensor))

    def _dequantised(self, found: str, tensor: int) -> str:
        return self._node("DequantizeLinear", found, *self._quantisation(tensor))

    def _quantisation(self, tensor: int) -> tuple[str, str]:
        quantisation = self._graph.tensors[tensor].quantisation
        return self._constant(np.float32(quantisation.scale)), self._constant(np.int8(quantisation.zero_point))

    def _dequantised_constant(self, values: np.ndarray, scales: np.ndarray) -> str:
        zeros = np.zeros(len(scales), values.dtype)
        parts = (self._constant(part) for part in (values, scales.astype(np.float32), zeros))
        return self._node("DequantizeLinear", *parts, axis=0)

    def _constant(self, values: np.ndarray | np.generic) -> str:
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values).reshape(np.shape(values)), name))
        return name

    def _node(self, kind: str, *inputs: str, **attributes: object) -> str:
        name = f"n{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name
