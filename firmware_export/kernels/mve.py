"""The kernels for Helium, Armv8.1-M's vectors (Cortex-M55, M85): what they are given."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from firmware_export.graph import I8, I32, Conv, Depthwise, Operator, Pool, Window
from firmware_export.kernels.kernel import Call, Ends, Kernel, array, rescale_fields, struct, window_fields
from firmware_export.kernels.plain import PlainPool, conv_tables, rows_call

_LANES, _VECTOR = 4, 16
# The channels of sixteen in the order in which two widenings leave them.
_WIDENED = [0, 4, 8, 12, 2, 6, 10, 14, 1, 5, 9, 13, 3, 7, 11, 15]


def _up(count: int, unit: int) -> int:
    return -(-count // unit) * unit


def vectors_of_taps(weights: I8) -> I8:
    """(out_c, taps) -> (out_c / 4, taps / 16, 4, 16), zeros added."""
    out_c, count = weights.shape
    padded = np.zeros((_up(out_c, _LANES), _up(count, _VECTOR)), np.int8)
    padded[:out_c, :count] = weights
    return np.ascontiguousarray(padded.reshape(-1, _LANES, padded.shape[1] // _VECTOR, _VECTOR).transpose(0, 2, 1, 3))


@dataclass(frozen=True, slots=True)
class MveConv:
    """Two pixels by four channels, whatever the window; a dense layer is its 1x1 case."""

    sources = ("hairline_conv_mve.c", "hairline_mve.h")

    def window(self, op: Conv) -> Window:
        return op.window

    def step(self, op: Conv) -> int:
        return 1

    def scratch_bytes(self, op: Conv, ends: Ends) -> int:
        return 2 * _up(int(op.weights[0].size), _VECTOR)

    def tables(self, op: Conv, ends: Ends, name: str) -> str:
        packed = vectors_of_taps(op.weights.reshape(op.bias.size, -1))
        comment = f"fours of channels, sixteens of taps: [{packed.shape[0]}][{packed.shape[1]}][4][16]"
        return conv_tables(_in_lanes(op), ends, name, array("int8_t", f"{name}_weights", packed, comment))

    def call(self, op: Conv, ends: Ends, name: str, call: Call) -> str:
        return rows_call("hairline_conv_mve", name, call, scratch=True)


def _in_lanes(op: Conv) -> Conv:
    """The operator with its tables by channel filled up to whole lanes."""
    more = (0, -op.bias.size % _LANES)
    r = op.rescale
    rescale = replace(r, multiplier=np.pad(r.multiplier, more), shift=np.pad(r.shift, more))
    return replace(op, bias=np.pad(op.bias, more), rescale=rescale)


@dataclass(frozen=True, slots=True)
class MveDepthwise:
    """3x3, as many channels out as in, no weight of -128."""

    sources = ("hairline_depthwise_mve.c", "hairline_mve.h")

    def window(self, op: Depthwise) -> Window:
        return op.window

    def step(self, op: Depthwise) -> int:
        return 1

    def scratch_bytes(self, op: Depthwise, ends: Ends) -> int:
        width = (ends.output.shape_hwc[1] - 1) * op.window.stride_hw[1] + op.window.reach_hw[1]
        return 3 * width * ends.output.shape_hwc[2] + _VECTOR

    def tables(self, op: Depthwise, ends: Ends, name: str) -> str:
        blocks = blocks_of_channels(op)
        comment = f"sixteen channels: biases, weights, rescaling: [{blocks.shape[0]}][{blocks.shape[1]}]"
        rescale = rescale_fields(name, op.rescale)
        fields = {
            "window": window_fields(ends, op.window),
            "rescale": rescale.replace(f"{name}_multiplier, {name}_shift", "NULL, NULL"),
            "weights": f"{name}_weights",
            "in_zero_point": str(op.in_zero_point),
        }
        return array("int32_t", f"{name}_weights", blocks, comment) + struct("hairline_conv_op", name, fields)

    def call(self, op: Depthwise, ends: Ends, name: str, call: Call) -> str:
        return rows_call("hairline_depthwise_mve", name, call, scratch=True)


def blocks_of_channels(op: Depthwise) -> I32:
    """int32 (out_c / 16, 72), as hairline_depthwise_mve.c describes; zeros added."""
    more = -op.bias.size % _VECTOR
    weights = np.pad(op.weights.reshape(9, -1), ((0, 0), (0, more))).reshape(9, -1, _VECTOR).transpose(1, 0, 2)

    def widened(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.ascontiguousarray(np.pad(values, (0, more)).reshape(-1, _VECTOR)[:, _WIDENED])

    return np.concatenate(
        [
            widened(op.bias).astype("<i4"),
            np.ascontiguousarray(weights).reshape(-1, 9 * _VECTOR).view("<i4"),
            widened(op.rescale.multiplier).astype("<i4"),
            widened(op.rescale.shift).view("<i4"),
        ],
        axis=1,
    )


@dataclass(frozen=True, slots=True)
class MveMaxPool(PlainPool):
    """Sixteen channels at a time."""

    kind: str = "max"

    @property
    def sources(self) -> tuple[str, ...]:
        return ("hairline_max_pool_mve.c", "hairline_mve.h")

    def call(self, op: Pool, ends: Ends, name: str, call: Call) -> str:
        return rows_call("hairline_max_pool_mve", name, call, scratch=False)


def mve_kernel(op: Operator, ends: Ends) -> Kernel | None:
    """The Helium kernel for an operator; None where the plain one serves."""
    match op:
        case Conv():
            return MveConv()
        case Depthwise() if op.window.kernel_hw == (3, 3) and op.multiplier == 1 and bool((op.weights > -128).all()):
            return MveDepthwise()
        case Pool(kind="max", low=-128, high=127):
            return MveMaxPool()
    return None
