"""The kernels for Armv7E-M with DSP (Cortex-M4, M7, M33): what they are given."""

from dataclasses import dataclass

import numpy as np

from firmware_export.graph import I8, I32, Conv, Depthwise, Operator, Pool, Tensor, Window
from firmware_export.kernels.kernel import Call, Ends, Kernel, array, struct, window_fields
from firmware_export.kernels.plain import PlainPool, conv_tables, rows_call

SLOW, QUICK, QUICK_RELU = 0, 1, 2
_PIXELS = 4


def quick(op: Conv | Depthwise) -> int:
    """Which shorter rescaling gives the same result for every possible input (hairline_dsp.h says what each needs)."""
    taps = (
        op.weights.reshape(op.weights.shape[0], -1) if isinstance(op, Conv) else op.weights.reshape(-1, op.bias.size).T
    )
    largest = np.abs(op.bias.astype(np.int64)) + 128 * np.abs(taps.astype(np.int64)).sum(axis=1)
    r = op.rescale
    if largest.max() >= 1 << 30 or r.shift.max() > -1 or r.shift.min() < -22:
        return SLOW
    return QUICK_RELU if (r.low, r.high, r.zero_point) == (-128, 127, -128) else QUICK


def _fours(count: int) -> int:
    return -(-count // 4) * 4


def pairs_of_channels(taps: I8) -> I8:
    """(out_c, taps) -> (out_c / 2, taps / 2, 4), zeros added: for two taps a, b the bytes a0 a1 b0 b1 of channels 0, 1.

    Within four taps the order is 0, 2, 1, 3, as SXTB16 takes them out of a word of inputs."""
    out_c, count = taps.shape
    padded = np.zeros((-(-out_c // 2) * 2, -(-count // 4) * 4), np.int8)
    padded[:out_c, :count] = taps
    ordered = padded.reshape(-1, 2, padded.shape[1] // 4, 2, 2).swapaxes(3, 4)  # pair, channel, four, parity, tap
    return np.ascontiguousarray(ordered.transpose(0, 2, 3, 4, 1)).reshape(-1, padded.shape[1] // 2, 4)


@dataclass(frozen=True, slots=True)
class DspConv:
    """Four pixels by two channels, in assembly to the stored byte where `relu` (QUICK_RELU, an even number of them)."""

    relu: bool

    @property
    def sources(self) -> tuple[str, ...]:
        return (f"{self._symbol}.c", "hairline_columns_dsp.h", "hairline_dsp.h")

    @property
    def _symbol(self) -> str:
        return "hairline_conv_relu_dsp" if self.relu else "hairline_conv_dsp"

    def window(self, op: Conv) -> Window:
        return op.window

    def step(self, op: Conv) -> int:
        return 1

    def scratch_bytes(self, op: Conv, ends: Ends) -> int:
        kernel_h, row = op.window.kernel_hw[0], _fours(op.window.kernel_hw[1] * op.weights.shape[3])
        return 2 * _PIXELS * kernel_h * row + row + (_PIXELS * op.bias.size if self.relu else 0)

    def tables(self, op: Conv, ends: Ends, name: str) -> str:
        row = op.window.kernel_hw[1] * op.weights.shape[3]
        rows = op.weights.reshape(op.bias.size, -1, row)
        packed = pairs_of_channels(np.pad(rows, ((0, 0), (0, 0), (0, _fours(row) - row))).reshape(op.bias.size, -1))
        comment = f"pairs of channels, pairs of taps: [{packed.shape[0]}][{packed.shape[1]}][4]"
        weights = array("int8_t", f"{name}_weights", packed, comment)
        return conv_tables(op, ends, name, weights, quick=quick(op))

    def call(self, op: Conv, ends: Ends, name: str, call: Call) -> str:
        return rows_call(self._symbol, name, call, scratch=True)


@dataclass(frozen=True, slots=True)
class DspDense:
    """One output pixel that sees the whole input."""

    sources = ("hairline_dense_dsp.c", "hairline_dsp.h")

    def window(self, op: Conv) -> Window:
        return op.window

    def step(self, op: Conv) -> int:
        return 1

    def scratch_bytes(self, op: Conv, ends: Ends) -> int:
        return 0

    def tables(self, op: Conv, ends: Ends, name: str) -> str:
        packed = pairs_of_channels(op.weights.reshape(op.bias.size, -1))
        comment = f"pairs of channels, pairs of taps: [{packed.shape[0]}][{packed.shape[1]}][4]"
        return conv_tables(op, ends, name, array("int8_t", f"{name}_weights", packed, comment))

    def call(self, op: Conv, ends: Ends, name: str, call: Call) -> str:
        return rows_call("hairline_dense_dsp", name, call, scratch=True)


@dataclass(frozen=True, slots=True)
class DspDepthwise:
    """3x3, as many channels out as in, a multiple of 4, a rectified output (QUICK_RELU)."""

    sources = ("hairline_depthwise_dsp.c", "hairline_dsp.h")

    def window(self, op: Depthwise) -> Window:
        return op.window

    def step(self, op: Depthwise) -> int:
        return 1

    def scratch_bytes(self, op: Depthwise, ends: Ends) -> int:
        width = (ends.output.shape_hwc[1] - 1) * op.window.stride_hw[1] + 3
        return 3 * width * ends.output.shape_hwc[2]

    def tables(self, op: Depthwise, ends: Ends, name: str) -> str:
        blocks = blocks_of_channels(op)
        comment = f"four channels: weights, biases, rescaling: [{blocks.shape[0]}][27]"
        fields = {
            "window": window_fields(ends, op.window),
            "weights": f"{name}_weights",
            "in_zero_point": str(op.in_zero_point),
        }
        return array("int32_t", f"{name}_weights", blocks, comment) + struct("hairline_conv_op", name, fields)

    def call(self, op: Depthwise, ends: Ends, name: str, call: Call) -> str:
        return rows_call("hairline_depthwise_dsp", name, call, scratch=True)


def blocks_of_channels(op: Depthwise) -> I32:
    """int32 (out_c / 4, 27), as hairline_depthwise_dsp.c describes; channels in the order 0, 2, 1, 3."""
    order = [0, 2, 1, 3]
    weights = op.weights.astype(np.int16).reshape(9, -1, 4)[:, :, order].transpose(1, 0, 2)
    right = (-op.rescale.shift.astype(np.int32)).astype(np.int8)
    return np.concatenate(
        [
            np.ascontiguousarray(weights).view("<i4").reshape(-1, 18),
            op.bias.reshape(-1, 4)[:, order],
            op.rescale.multiplier.reshape(-1, 4)[:, order],
            np.ascontiguousarray(right.reshape(-1, 4)[:, order]).view("<i4"),
        ],
        axis=1,
    ).astype(np.int32)


@dataclass(frozen=True, slots=True)
class DspMaxPool(PlainPool):
    """Four channels at a time."""

    kind: str = "max"

    @property
    def sources(self) -> tuple[str, ...]:
        return ("hairline_max_pool_dsp.c", "hairline_dsp.h")

    def call(self, op: Pool, ends: Ends, name: str, call: Call) -> str:
        return rows_call("hairline_max_pool_dsp", name, call, scratch=False)


def dsp_kernel(op: Operator, ends: Ends) -> Kernel | None:
    """The DSP kernel for an operator; None where the plain one serves."""
    source = ends.inputs[0]
    match op:
        case Conv() if ends.output.shape_hwc[:2] == (1, 1) and _sees_all(op, source):
            return DspDense()
        case Conv():
            return DspConv(relu=quick(op) == QUICK_RELU and op.bias.size % 2 == 0)
        case Depthwise() if (
            op.window.kernel_hw == (3, 3)
            and op.window.dilation_hw == (1, 1)
            and op.multiplier == 1
            and source.shape_hwc[2] % 4 == 0
            and quick(op) == QUICK_RELU
        ):
            return DspDepthwise()
        case Pool(kind="max", low=-128, high=127) if source.shape_hwc[2] % 4 == 0:
            return DspMaxPool()
    return None


def _sees_all(op: Conv, source: Tensor) -> bool:
    """The taps are the input's bytes in their order."""
    return (
        op.window.kernel_hw == source.shape_hwc[:2] and op.window.dilation_hw == (1, 1) and op.window.pad_tl == (0, 0)
    )
