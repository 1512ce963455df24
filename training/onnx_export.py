"""A Keras network of one tile -> ONNX in the plain form that old readers take, deepC 0.13 among them.

Float32, one tile, channels first; opset 9 and IR version 3, so every weight is an input of the graph too; convolutions
with explicit pads and a bias, batch normalisation folded into them. Written layer by layer, because general converters
leave transposes and `auto_pad` behind, which deepC gets wrong.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import onnx
from keras import layers
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from edge.errors import HairlineError

OPSET, IR_VERSION = 9, 3
INPUT, OUTPUT = "pixels", "score"
TOLERANCE = 1e-5  # of a score's size, or of 1 where that is larger

_Array = npt.NDArray[Any]


class OnnxError(HairlineError, ValueError):
    """A network with a layer that has no ONNX form here."""


def to_onnx(model: keras.Model) -> bytes:
    """The ONNX file of `model`, pixels 0..255 BGR, float32 (1, s, s, 3) -> one score.

    Its input is `pixels`, float32 (1, 3, s, s), B before G before R; its output `score`, float32 (1, 1). What it
    computes is checked here against Keras, by onnx's reference evaluator, on noise. Raises `OnnxError` for a layer
    that is not supported, and for a network that comes out different.
    """
    _, height, width, channels = model.input_shape
    graph = _Graph()
    score = _walk(graph, _own_copy(model), INPUT)
    graph.node("Flatten", [score], output=OUTPUT, axis=1)
    content = graph.model((1, channels, height, width), producer=f"keras {keras.__version__}").SerializeToString()
    _check(content, model, (1, height, width, channels))
    return bytes(content)


class _Graph:
    """The nodes and weights written so far. Tensors are named by numbers, nodes by number and operator."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.weights: dict[str, _Array] = {}
        # What the layer that reads a tensor has to do, under the name that the tensor then goes by:
        self.padding: dict[str, tuple[str, list[int]]] = {}  # a convolution: the tensor, zeros to add (t, l, b, r)
        self.order: dict[str, _Array] = {}  # a dense layer: where in Keras' channels-last order each value stands

    def node(self, operator: str, inputs: list[str], *, output: str | None = None, **attributes: Any) -> str:
        """Adds a node; returns the name of its output."""
        number = len(self.nodes)
        output = output or f"t{number}"
        self.nodes.append(helper.make_node(operator, inputs, [output], name=f"n{number}_{operator}", **attributes))
        return output

    def weight(self, role: str, values: _Array) -> str:
        """Adds a weight for the node that comes next; returns its name."""
        name = f"n{len(self.nodes)}_{role}"
        self.weights[name] = np.ascontiguousarray(values)
        return name

    def conv(self, x: str, kernel: _Array, bias: _Array, **how: Any) -> str:
        """`kernel` (out, in / group, height, width), `bias` (out,)."""
        names = [self.weight("kernel", kernel.astype(np.float32)), self.weight("bias", bias.astype(np.float32))]
        return self.node("Conv", [x, *names], kernel_shape=kernel.shape[2:], dilations=[1, 1], **how)

    def scale(self, x: str, factor: _Array, offset: _Array) -> str:
        """factor * x + offset, both float64 (channels,): folded into the convolution that made `x`, where one did."""
        made_by = self.nodes[-1] if self.nodes and self.nodes[-1].output[0] == x else None
        if made_by is not None and made_by.op_type == "Conv":
            kernel, bias = made_by.input[1:]
            folded = self.weights[kernel].astype(np.float64) * factor[:, None, None, None]
            self.weights[bias] = (self.weights[bias] * factor + offset).astype(np.float32)
            self.weights[kernel] = folded.astype(np.float32)
            return x
        return self.conv(x, factor[:, None, None, None], offset, strides=[1, 1], pads=[0, 0, 0, 0], group=len(factor))

    def model(self, input_shape: tuple[int, ...], *, producer: str) -> onnx.ModelProto:
        initializers = [numpy_helper.from_array(values, name) for name, values in self.weights.items()]
        inputs = [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, input_shape)]
        inputs += [helper.make_tensor_value_info(w.name, w.data_type, list(w.dims)) for w in initializers]
        output = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, [1, 1])
        model = helper.make_model(
            helper.make_graph(self.nodes, "hairline", inputs, [output], initializers),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name=f"hairline, {producer}",
        )
        onnx.checker.check_model(model)
        return model


def _own_copy(model: keras.Model) -> keras.Model:
    """Walking a model calls its layers once more, which would leave traces in the caller's."""
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def _walk(graph: _Graph, model: keras.Model, x: str) -> str:
    """Writes `model`, whose input is `x`; returns the name of its output."""
    if isinstance(model, keras.Sequential):
        for layer in model.layers:
            x = _layer(graph, layer, [x], (1, *layer.input.shape[1:]))
        return x
    pixels = keras.Input(batch_shape=(1, *model.input_shape[1:]))
    names, kept = {id(pixels): x}, [pixels]  # kept alive, or an id could be given away again

    def call(layer: keras.Layer, *args: Any, **options: Any) -> Any:
        inputs = args[0] if isinstance(args[0], list | tuple) else [args[0]]
        output = layer(*args, **options)
        names[id(output)] = _layer(graph, layer, [names[id(i)] for i in inputs], inputs[0].shape)
        kept.append(output)
        return output

    copy = keras.models.clone_model(model, input_tensors=pixels, clone_function=lambda layer: layer, call_function=call)
    return names[id(copy.outputs[0])]


def _layer(graph: _Graph, layer: keras.Layer, inputs: list[str], shape: tuple[int, ...]) -> str:
    """Writes one layer, whose first input has `shape` as Keras counts it; returns the name of its output."""
    if isinstance(layer, keras.Model):
        return _walk(graph, layer, inputs[0])
    if isinstance(layer, layers.Add):
        return graph.node("Add", inputs)
    write = _WRITERS.get(type(layer))
    if write is None:
        known = ", ".join(sorted(one.__name__ for one in _WRITERS))
        raise OnnxError(f"a layer has an ONNX form here if it is one of {known}; '{layer.name}' is {_kind(layer)}")
    x = inputs[0]
    for waiting, readers in ((graph.padding, _PADDED), (graph.order, _FLATTENED)):
        if x in waiting and not isinstance(layer, readers):
            names = " or ".join(sorted(reader.__name__ for reader in readers))
            raise OnnxError(
                f"what follows zero padding or flattening must be {names}; '{layer.name}' is {_kind(layer)}"
            )
    return write(graph, layer, x, shape)


def _conv(graph: _Graph, layer: Any, x: str, shape: tuple[int, ...]) -> str:
    """Convolution, depthwise too. Keras' kernels: (height, width, in, out), depthwise (height, width, in, multiple)."""
    depthwise = isinstance(layer, layers.DepthwiseConv2D)
    if set(layer.dilation_rate) != {1} or (not depthwise and layer.groups != 1):
        raise OnnxError(f"a convolution has an ONNX form without dilation and groups; '{layer.name}' has one")
    kernel = np.asarray(layer.kernel).transpose((2, 3, 0, 1) if depthwise else (3, 2, 0, 1))
    kernel = kernel.reshape(-1, 1, *kernel.shape[2:]) if depthwise else kernel
    bias = np.asarray(layer.bias) if layer.use_bias else np.zeros(len(kernel))
    x, padding = graph.padding.get(x, (x, [0, 0, 0, 0]))
    x = graph.conv(
        x,
        kernel,
        bias,
        strides=layer.strides,
        pads=[a + b for a, b in zip(padding, _pads(layer, shape), strict=True)],
        group=shape[-1] if depthwise else 1,
    )
    return _activation(graph, layer, x)


def _pads(layer: Any, shape: tuple[int, ...]) -> list[int]:
    """Zeros before and after, as ONNX orders them (t, l, b, r). 'same' puts the odd one after, as TensorFlow does."""
    if layer.padding == "valid":
        return [0, 0, 0, 0]
    sizes = layer.pool_size if isinstance(layer, layers.MaxPooling2D) else layer.kernel_size
    total = [
        max(0, (-(-length // stride) - 1) * stride + size - length)
        for length, size, stride in zip(shape[1:3], sizes, layer.strides, strict=True)
    ]
    before = [pad // 2 for pad in total]
    return [*before, *(pad - b for pad, b in zip(total, before, strict=True))]


def _batch_norm(graph: _Graph, layer: Any, x: str, _: tuple[int, ...]) -> str:
    mean, variance = (np.asarray(values, np.float64) for values in (layer.moving_mean, layer.moving_variance))
    gamma = np.asarray(layer.gamma, np.float64) if layer.scale else np.ones_like(mean)
    beta = np.asarray(layer.beta, np.float64) if layer.center else np.zeros_like(mean)
    factor = gamma / np.sqrt(variance + layer.epsilon)
    return graph.scale(x, factor, beta - mean * factor)


def _rescaling(graph: _Graph, layer: Any, x: str, shape: tuple[int, ...]) -> str:
    return graph.scale(x, np.full(shape[-1], layer.scale, np.float64), np.full(shape[-1], layer.offset, np.float64))


def _max_pool(graph: _Graph, layer: Any, x: str, shape: tuple[int, ...]) -> str:
    if any(_pads(layer, shape)):
        raise OnnxError(f"a pooling has an ONNX form where its windows need no padding; '{layer.name}' pads")
    return graph.node("MaxPool", [x], kernel_shape=layer.pool_size, strides=layer.strides, pads=[0, 0, 0, 0])


def _relu(graph: _Graph, layer: Any, x: str, _: tuple[int, ...]) -> str:
    if layer.negative_slope or layer.threshold:
        raise OnnxError(f"a ReLU has an ONNX form without slope and threshold; '{layer.name}' has one")
    return graph.node("Relu", [x]) if layer.max_value is None else _clip(graph, x, layer.max_value)


def _clip(graph: _Graph, x: str, highest: float) -> str:
    return graph.node("Clip", [x], min=0.0, max=float(highest))


def _zero_padding(graph: _Graph, layer: Any, x: str, _: tuple[int, ...]) -> str:
    (top, bottom), (left, right) = layer.padding
    padded = f"{x} padded by {layer.name}"
    graph.padding[padded] = (x, [top, left, bottom, right])
    return padded


def _flatten(graph: _Graph, _: Any, x: str, shape: tuple[int, ...]) -> str:
    flat = graph.node("Flatten", [x], axis=1)
    if len(shape) == 4 and shape[3] > 1 and max(shape[1:3]) > 1:
        graph.order[flat] = np.arange(np.prod(shape[1:])).reshape(shape[1:]).transpose(2, 0, 1).ravel()
    return flat


def _average(graph: _Graph, _: Any, x: str, __: tuple[int, ...]) -> str:
    return graph.node("Flatten", [graph.node("GlobalAveragePool", [x])], axis=1)


def _nothing(_: _Graph, __: Any, x: str, ___: tuple[int, ...]) -> str:
    """What only training needs."""
    return x


def _dense(graph: _Graph, layer: Any, x: str, _: tuple[int, ...]) -> str:
    kernel = np.asarray(layer.kernel)
    kernel = kernel[graph.order[x]] if x in graph.order else kernel
    bias = np.asarray(layer.bias) if layer.use_bias else np.zeros(kernel.shape[1], np.float32)
    x = graph.node("Gemm", [x, graph.weight("kernel", kernel), graph.weight("bias", bias)])
    return _activation(graph, layer, x)


def _activation(graph: _Graph, layer: Any, x: str) -> str:
    name = keras.activations.serialize(layer.activation)
    if name == "linear":
        return x
    if name == "relu6":
        return _clip(graph, x, 6)
    if name not in _ACTIVATIONS:
        raise OnnxError(f"an activation has an ONNX form if it is relu, relu6 or sigmoid; '{layer.name}' has {name}")
    return graph.node(_ACTIVATIONS[name], [x])


def _kind(layer: keras.Layer) -> str:
    return type(layer).__name__


def _check(content: bytes, model: keras.Model, shape: tuple[int, ...]) -> None:
    """Raises `OnnxError` where the file and the network give different scores."""
    noise = np.random.default_rng(0).integers(0, 256, shape).astype(np.float32)
    evaluator = ReferenceEvaluator(onnx.load_from_string(content))
    outputs: Any = evaluator.run(None, {INPUT: noise.transpose(0, 3, 1, 2)})
    score = np.asarray(outputs[0])
    expected = np.asarray(model(noise, training=False)).reshape(1, 1)
    if not np.allclose(score, expected, rtol=TOLERANCE, atol=TOLERANCE):
        raise OnnxError(
            f"'{model.name}' must give the same score as ONNX as in Keras; {float(score[0, 0])!r} is not "
            f"{float(expected[0, 0])!r}: one of its layers is written wrong in training/onnx_export.py"
        )


_ACTIVATIONS = {"relu": "Relu", "sigmoid": "Sigmoid"}
_PADDED = (layers.Conv2D, layers.DepthwiseConv2D)
_FLATTENED = (layers.Dense, layers.Dropout)
_WRITERS: dict[type, Callable[[_Graph, Any, str, tuple[int, ...]], str]] = {
    layers.InputLayer: _nothing,
    layers.Dropout: _nothing,
    layers.Conv2D: _conv,
    layers.DepthwiseConv2D: _conv,
    layers.BatchNormalization: _batch_norm,
    layers.Rescaling: _rescaling,
    layers.MaxPooling2D: _max_pool,
    layers.GlobalAveragePooling2D: _average,
    layers.ReLU: _relu,
    layers.ZeroPadding2D: _zero_padding,
    layers.Flatten: _flatten,
    layers.Dense: _dense,
}
