"""The kernels for Armv6-M (Cortex-M0, M0+), which has no wide multiplication and no SIMD: what they are given."""

from dataclasses import dataclass

from firmware_export.graph import Conv, Depthwise, Operator
from firmware_export.kernels.kernel import Call, Ends, Kernel
from firmware_export.kernels.plain import PlainConv, PlainDepthwise, rows_call


@dataclass(frozen=True, slots=True)
class V6mConv(PlainConv):
    """Two pixels by two channels."""

    @property
    def sources(self) -> tuple[str, ...]:
        return ("hairline_conv_v6m.c", "hairline_taps.h")

    def scratch_bytes(self, op: Conv, ends: Ends) -> int:
        return 2 * int(op.weights[0].size)

    def call(self, op: Conv, ends: Ends, name: str, call: Call) -> str:
        return rows_call("hairline_conv_v6m", name, call, scratch=True)


@dataclass(frozen=True, slots=True)
class V6mDepthwise(PlainDepthwise):
    """3x3, as many channels out as in."""

    @property
    def sources(self) -> tuple[str, ...]:
        return ("hairline_depthwise_v6m.c",)

    def scratch_bytes(self, op: Depthwise, ends: Ends) -> int:
        width = (ends.output.shape_hwc[1] - 1) * op.window.stride_hw[1] + op.window.reach_hw[1]
        return 3 * width * ends.output.shape_hwc[2]

    def call(self, op: Depthwise, ends: Ends, name: str, call: Call) -> str:
        return rows_call("hairline_depthwise_v6m", name, call, scratch=True)


def v6m_kernel(op: Operator, ends: Ends) -> Kernel | None:
    """The Armv6-M kernel for an operator; None where the plain one serves."""
    match op:
        case Conv():
            return V6mConv()
        case Depthwise() if op.window.kernel_hw == (3, 3) and op.multiplier == 1:
            return V6mDepthwise()
    return None
