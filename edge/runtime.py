"""The one place that knows which TFLite runtime is installed: LiteRT first, then tflite-runtime."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np

from edge.errors import BundleError, MissingExtraError
from edge.frame import U8Image
from edge.manifest import Int8Array, Quantisation
from edge.paired import paired
from edge.preprocess import to_int8

# Distribution, module, and what runs int8 networks: tflite-runtime 2.14 delegates only float ones to XNNPACK.
XNNPACK = "XNNPACK"
RUNTIMES = (
    ("ai-edge-litert", "ai_edge_litert.interpreter", XNNPACK),
    ("tflite-runtime", "tflite_runtime.interpreter", "built-in kernels"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """An installed runtime: its name for records ('ai-edge-litert 2.3.0') and what makes its interpreters."""

    name: str
    kernels: str
    interpreter: Callable[..., Any]
    reference_resolver: Any


def installed_runtime() -> Runtime:
    """The runtime to use. Raises `MissingExtraError` where neither is installed."""
    for distribution, module_name, kernels in RUNTIMES:
        try:
            module = import_module(module_name)
        except ModuleNotFoundError as missing:
            if (missing.name or "") not in (module_name, module_name.partition(".")[0]):
                raise
            continue
        return Runtime(
            name=f"{distribution} {version(distribution)}",
            kernels=kernels,
            interpreter=module.Interpreter,
            reference_resolver=module.OpResolverType.BUILTIN_REF,
        )
    raise MissingExtraError("a model bundle", "edge", RUNTIMES[0][0])


class Network:
    """One int8 network with one input and one output, its input shape fixed when it is made. Not thread-safe.

    Only hand it a model whose SHA-256 was verified: tflite-runtime 2.14 crashes on a file cut short.
    `reference` runs TFLite's reference kernels: slow, and what "exact" means in this project.
    """

    def __init__(
        self,
        model: bytes,
        *,
        input_shape: tuple[int, ...] | None = None,
        threads: int = 1,
        reference: bool = False,
    ) -> None:
        """Allocates everything. Raises `BundleError` for no int8 network or an unfit `input_shape`."""
        runtime = installed_runtime()
        self.name = f"{runtime.name} ({'reference kernels' if reference else runtime.kernels})"
        options = {"experimental_op_resolver_type": runtime.reference_resolver} if reference else {}
        fed_shape = input_shape
        if runtime.kernels == XNNPACK and not reference:
            model, fed_shape = _by_pairs(model, input_shape)
        try:
            self._interpreter = runtime.interpreter(model_content=model, num_threads=threads, **options)
            inputs = self._interpreter.get_input_details()
            if fed_shape is not None and len(inputs) == 1:
                self._interpreter.resize_tensor_input(inputs[0]["index"], fed_shape)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as refused:
            raise BundleError(
                f"{runtime.name} must accept the network with input {input_shape or 'as stored'}; it says: "
                + " ".join(str(refused).split())
            ) from refused
        self._input, self._fed_shape, self.input = _int8_end("input", self._interpreter.get_input_details())
        self.input_shape = input_shape or self._fed_shape
        self._output, self.output_shape, self.output = _int8_end("output", self._interpreter.get_output_details())

    def run(self, tensor: Int8Array) -> Int8Array:
        """The output, an int8 copy of `output_shape`, for an int8 tensor of `input_shape`."""
        self._interpreter.set_tensor(self._input, tensor.reshape(self._fed_shape))
        return self._invoke()

    def run_pixels(self, pixels: U8Image) -> Int8Array:
        """The same for uint8 pixels, which go into the network without a copy between."""
        if pixels.shape != self.input_shape:
            raise ValueError(f"the network takes pixels of shape {self.input_shape}; got {pixels.shape}")
        # The runtime computes only while nobody else looks into its memory: the view ends with this line.
        to_int8(pixels, self.input, out=self._interpreter.tensor(self._input)().reshape(pixels.shape))
        return self._invoke()

    def _invoke(self) -> Int8Array:
        self._interpreter.invoke()
        output: Int8Array = self._interpreter.get_tensor(self._output)
        return output


def _by_pairs(model: bytes, input_shape: tuple[int, ...] | None) -> tuple[bytes, tuple[int, ...] | None]:
    """The network that is run for input of that shape, and the shape it takes."""
    if input_shape is None or len(input_shape) != 4 or input_shape[2] % 2:
        return model, input_shape
    by_pairs = paired(model)
    n, h, w, c = input_shape
    return (model, input_shape) if by_pairs is None else (by_pairs, (n, h, w // 2, 2 * c))


def _int8_end(which: str, details: list[dict[str, Any]]) -> tuple[int, tuple[int, ...], Quantisation]:
    """Tensor index, shape and quantisation of the network's only input or output."""
    if len(details) != 1:
        raise BundleError(f"a network must have one {which}; this one has {len(details)}")
    (detail,) = details
    scale, zero_point = detail["quantization"]
    if detail["dtype"] != np.int8 or not scale > 0:
        raise BundleError(
            f"a network's {which} must be quantised int8; this one's is {np.dtype(detail['dtype']).name}, scale {scale}"
        )
    shape = tuple(int(size) for size in detail["shape"])
    if min(shape, default=1) < 1:
        raise BundleError(f"a network's {which} must not be empty; its shape is {shape}: the input is too small")
    return int(detail["index"]), shape, Quantisation(scale=float(scale), zero_point=int(zero_point))
