"""TFLite's quantised arithmetic, as its converter's consumers must do it: the constants that the C kernels are given.

Source: tensorflow/lite/kernels/internal/{common.cc, quantization_util.cc} and kernels/kernel_util.cc, built with the
default double rounding. `tests/test_firmware_parity.py` compares with the installed reference kernels.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from edge.manifest import Quantisation
from firmware_export.errors import ModelError

INT8_MIN, INT8_MAX = -128, 127
_I31 = 1 << 31


def round_half_away(x: float) -> int:
    """C's `round`: halves go away from zero."""
    return math.floor(abs(x) + 0.5) * (1 if x >= 0 else -1)


def quantise_multiplier(real: float) -> tuple[int, int]:
    """`real` ~ multiplier * 2 ** (shift - 31), multiplier in 2**30..2**31-1 (or 0): TFLite's QuantizeMultiplier."""
    if not 0 <= real < 2.0**30:
        raise ModelError(f"a rescaling must lie in 0..2**30; got {real}: the tensors' scales are damaged")
    if real == 0:
        return 0, 0
    fraction, shift = math.frexp(real)
    multiplier = round_half_away(fraction * _I31)
    if multiplier == _I31:
        multiplier //= 2
        shift += 1
    if shift < -31:
        return 0, 0
    return multiplier, shift


def multiply(x: int, multiplier: int, shift: int) -> int:
    """MultiplyByQuantizedMultiplier on an int32 `x`: doubling high multiplication, then a rounding right shift."""
    left, right = max(shift, 0), max(-shift, 0)
    x = wrap32(x << left)
    high = (x * multiplier + (1 << 30)) >> 31
    return (high + (1 << right >> 1) - (1 if high < 0 and right else 0)) >> right


def wrap32(x: int) -> int:
    """The int32 with the low 32 bits of `x`."""
    return ((x + _I31) & (2 * _I31 - 1)) - _I31


def clamp(q: int, low: int = INT8_MIN, high: int = INT8_MAX) -> int:
    return max(low, min(high, q))


def activation_range(activation: str, out: Quantisation) -> tuple[int, int]:
    """Lowest and highest int8 that a fused activation lets through (CalculateActivationRangeQuantized)."""

    def q(real: float) -> int:
        # f / scale is a float32 division; the quotient of a tiny scale does not fit C's int32 and is undefined there.
        quotient = float(np.float32(real) / np.float32(out.scale))
        return out.zero_point + round_half_away(max(-(2.0**20), min(quotient, 2.0**20)))

    match activation:
        case "NONE":
            return INT8_MIN, INT8_MAX
        case "RELU":
            return max(INT8_MIN, q(0.0)), INT8_MAX
        case "RELU6":
            return max(INT8_MIN, q(0.0)), min(INT8_MAX, q(6.0))
        case "RELU_N1_TO_1":
            return max(INT8_MIN, q(-1.0)), min(INT8_MAX, q(1.0))
    raise ModelError(f"fused activations are NONE, RELU, RELU6 and RELU_N1_TO_1; got {activation}: retrain without it")


Table = npt.NDArray[np.int8]


def float_table(function: Callable[[float], float], source: Quantisation, out: Quantisation) -> Table:
    """int8 -> int8 through a real function, float32 (256,) as TFLite's LUTPopulate; entry q + 128 belongs to q."""
    scale, inverse = np.float32(source.scale), np.float32(1) / np.float32(out.scale)
    values = []
    for q in range(INT8_MIN, INT8_MAX + 1):
        real = np.float32(function(float(scale * np.float32(q - source.zero_point))))
        values.append(clamp(round_half_away(float(real * inverse)) + out.zero_point))
    return np.array(values, np.int8)


def requantised_table(source: Quantisation, out: Quantisation, ratio: float, low: int, high: int) -> Table:
    """int8 of one quantisation as int8 of another, limited to low..high; `ratio` is that of the scales."""
    multiplier, shift = quantise_multiplier(ratio)
    return np.array(
        [
            clamp(multiply(q - source.zero_point, multiplier, shift) + out.zero_point, low, high)
            for q in range(INT8_MIN, INT8_MAX + 1)
        ],
        np.int8,
    )
