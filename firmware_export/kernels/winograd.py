"""Winograd's F(2x2, 3x3) on Armv7E-M: where it is exact and pays, and what its kernel is given."""

from dataclasses import dataclass

import numpy as np

from firmware_export.graph import I8, I32, Conv, Operator, Window
from firmware_export.kernels.dsp import QUICK_RELU, quick
from firmware_export.kernels.kernel import Call, Ends, array
from firmware_export.kernels.plain import conv_tables, rows_call

_TILES, _POSITIONS = 4, 16
# Twice Winograd's G: integers.
_TWICE_G = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]], np.int64)


def transformed(weights: I8) -> I32:
    """int8 (out_c, 3, 3, in_c) -> (out_c / 2, 16, in_c / 2, 2), each int32 two int16 of one output channel: its input
    channels 0 and 2, or 1 and 3, of every four, as SXTB16 takes them out of a word. |values| <= 9 * 128."""
    out_c, _, _, in_c = weights.shape
    u = np.einsum("ra,oabi,kb->orki", _TWICE_G, weights.astype(np.int64), _TWICE_G).astype("<i2")
    pairs = u.reshape(out_c // 2, 2, _POSITIONS, in_c // 4, 2, 2)  # pair, channel, position, four, element, parity
    return np.ascontiguousarray(pairs.transpose(0, 2, 3, 5, 1, 4)).view("<i4").reshape(out_c // 2, _POSITIONS, -1, 2)


def _exact(op: Conv) -> bool:
    """Four times the sum of products, whatever the input, fits an int32."""
    return int(np.abs(op.weights.astype(np.int64)).sum(axis=(1, 2, 3)).max()) * 128 < 1 << 29


def _saved(op: Conv, ends: Ends) -> float:
    """By the instructions of both kernels, counted in their assembly. For the network `art` of the benchmarks this says
    that 9.1 million are saved; 9.4 million are."""
    out_h, out_w, out_c = ends.output.shape_hwc
    in_c = op.weights.shape[3]
    direct = -(-out_h * out_w // 4) * (out_c // 2 * (13 * 9 * in_c / 2 + 90) + 5 * 9 * in_c)
    blocks = -(-out_h // 2) * -(-out_w // (2 * _TILES))
    ours = blocks * (out_c // 2 * (_POSITIONS * (11 * in_c / 2 + 20) + 8 * 80) + 240 * in_c)
    return direct - ours


@dataclass(frozen=True, slots=True)
class WinogradConv:
    """Four tiles of 2x2 outputs by two channels; its weights take 32 bytes for 9."""

    sources = ("hairline_winograd_dsp.c", "hairline_dsp.h")

    def window(self, op: Conv) -> Window:
        return op.window

    def step(self, op: Conv) -> int:
        return 2

    def scratch_bytes(self, op: Conv, ends: Ends) -> int:
        return 168 * op.weights.shape[3] + 512

    def tables(self, op: Conv, ends: Ends, name: str) -> str:
        packed = transformed(op.weights)
        comment = f"pairs of channels, positions, pairs of taps: [{packed.shape[0]}][16][{packed.shape[2]}][2]"
        return conv_tables(op, ends, name, array("int32_t", f"{name}_weights", packed, comment), quick=QUICK_RELU)

    def call(self, op: Conv, ends: Ends, name: str, call: Call) -> str:
        return rows_call("hairline_winograd_dsp", name, call, scratch=True)


def extra_bytes(op: Conv) -> int:
    """How much larger the packed weights of such a convolution are than those of the direct kernel: 32 for 9."""
    return 23 * op.bias.size * op.weights.shape[3]


def saved_instructions(op: Operator, ends: Ends) -> float:
    """What Winograd's kernel saves in an inference; 0 where it is not exact, does not apply or does not pay."""
    match op:
        case Conv() if (
            (op.window.kernel_hw, op.window.stride_hw, op.window.dilation_hw) == ((3, 3), (1, 1), (1, 1))
            and op.weights.shape[3] % 8 == 0
            and op.bias.size % 2 == 0
            and quick(op) == QUICK_RELU
            and _exact(op)
        ):
            return max(0.0, _saved(op, ends))
    return 0.0
