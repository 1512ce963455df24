"""The checked network: what every later step may rely on. Shapes are NHWC with N = 1, as (h, w, c).

Every tensor is int8, real = scale * (q - zero_point). Constants are already folded into the operators: a convolution's
bias carries the input's zero point, so that acc = bias + sum(weight * q) once padding is filled with that zero point.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from edge.manifest import Quantisation

I8 = npt.NDArray[np.int8]
I32 = npt.NDArray[np.int32]
F32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tensor:
    """A computed tensor. `index` is its number in the file; `shape_hwc` has ones added in front."""

    index: int
    name: str
    shape_hwc: tuple[int, int, int]
    quantisation: Quantisation

    @property
    def bytes(self) -> int:
        return self.shape_hwc[0] * self.shape_hwc[1] * self.shape_hwc[2]

    @property
    def row_bytes(self) -> int:
        return self.shape_hwc[1] * self.shape_hwc[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How a kernel slides: sizes in pixels; what lies above and left of the picture is `pad_tl`."""

    kernel_hw: tuple[int, int]
    stride_hw: tuple[int, int] = (1, 1)
    dilation_hw: tuple[int, int] = (1, 1)
    pad_tl: tuple[int, int] = (0, 0)

    @property
    def reach_hw(self) -> tuple[int, int]:
        """Rows and columns from a window's first tap to its last, both included."""
        return (
            (self.kernel_hw[0] - 1) * self.dilation_hw[0] + 1,
            (self.kernel_hw[1] - 1) * self.dilation_hw[1] + 1,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rescale:
    """int32 accumulators to int8, channel by channel: multiplier * 2 ** (shift - 31), + zero point, limited."""

    multiplier: I32
    shift: I8
    zero_point: int
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conv:
    """`weights` int8 (out_c, kh, kw, in_c); `bias` int32 (out_c,). A fully connected layer is the 1x1 case."""

    inputs: tuple[int]
    output: int
    window: Window
    weights: I8
    bias: I32
    rescale: Rescale
    in_zero_point: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Depthwise:
    """`weights` int8 (kh, kw, out_c); output channel c reads input channel c // multiplier."""

    inputs: tuple[int]
    output: int
    window: Window
    multiplier: int
    weights: I8
    bias: I32
    rescale: Rescale
    in_zero_point: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupedConv:
    """`weights` int8 (out_c, kh, kw, in_c / groups): channels in groups, each convolved on its own."""

    inputs: tuple[int]
    output: int
    window: Window
    weights: I8
    bias: I32
    rescale: Rescale
    in_zero_point: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pool:
    """Padding takes no part: an average divides by the taps inside the picture."""

    inputs: tuple[int]
    output: int
    kind: Literal["max", "average"]
    window: Window
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mean:
    """The input seen as (outer, count, inner, last), summed over count and last and rescaled."""

    inputs: tuple[int]
    output: int
    outer: int
    count: int
    inner: int
    last: int
    bias: int
    rescale: Rescale


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Add:
    """out = rescale(sum of both inputs, each shifted left by 20 and rescaled). An input of -1 is `constant`.

    `strides` hold, for both inputs, the step in h, w and c (0 where it is broadcast)."""

    inputs: tuple[int, ...]
    output: int
    constant: I8 | None
    strides: tuple[tuple[int, int, int], tuple[int, int, int]]
    zero_points: tuple[int, int]
    multipliers: tuple[int, int]
    shifts: tuple[int, int]
    rescale: Rescale


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mul:
    """out = rescale(product of both inputs, each less its zero point). `inputs`, `constant`, `strides` as in `Add`."""

    inputs: tuple[int, ...]
    output: int
    constant: I8 | None
    strides: tuple[tuple[int, int, int], tuple[int, int, int]]
    zero_points: tuple[int, int]
    rescale: Rescale


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pad:
    inputs: tuple[int]
    output: int
    before_hwc: tuple[int, int, int]
    value: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Concat:
    """Each input seen as (outer, chunk): the chunks of all inputs follow one another. An input of -1 is the next of
    `constants`."""

    inputs: tuple[int, ...]
    output: int
    constants: tuple[I8, ...]
    outer: int
    chunks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResizeNearest:
    """Output pixel (y, x) is input pixel (rows[y], columns[x])."""

    inputs: tuple[int]
    output: int
    rows: tuple[int, ...]
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResizeBilinear:
    """Positions in 1/1024 pixel of the input, one an output row and one an output column."""

    inputs: tuple[int]
    output: int
    y_1024: tuple[int, ...]
    x_1024: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lookup:
    """Any function of one value: entry q + 128 of `table`, int8 (256,), belongs to q. `kind` names it."""

    inputs: tuple[int]
    output: int
    kind: str
    table: I8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Softmax:
    """Over c. `exponentials` float32 (256,): entry 255 - d is exp(-beta * scale * d), d steps below the largest."""

    inputs: tuple[int]
    output: int
    exponentials: F32
    out: Quantisation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reshape:
    """The same bytes under another shape."""

    inputs: tuple[int]
    output: int


Operator = (
    Conv
    | Depthwise
    | GroupedConv
    | Pool
    | Mean
    | Add
    | Mul
    | Pad
    | Concat
    | ResizeNearest
    | ResizeBilinear
    | Lookup
    | Softmax
    | Reshape
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Graph:
    """Operators in an order in which each finds its inputs made. `sha256` identifies the file it was read from.

    `float_input`, `float_output`: whether the file's own ends are float, one QUANTIZE and one DEQUANTIZE away."""

    tensors: dict[int, Tensor]
    operators: tuple[Operator, ...]
    input: int
    output: int
    float_input: bool
    float_output: bool
    sha256: str

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference, padding included."""
        sliding = [op for op in self.operators if isinstance(op, Conv | Depthwise | GroupedConv)]
        shapes = [self.tensors[op.output].shape_hwc for op in sliding]
        return sum(h * w * op.weights.size for op, (h, w, _) in zip(sliding, shapes, strict=True))
