"""The plain C kernels, for every processor."""

from dataclasses import dataclass

from firmware_export.graph import Conv, Depthwise, GroupedConv, Lookup, Mean, Pool, Window
from firmware_export.kernels.kernel import (
    Call,
    Ends,
    array,
    rescale_fields,
    rescale_tables,
    shape,
    struct,
    window_fields,
)


def conv_tables(
    op: Conv | Depthwise | GroupedConv, ends: Ends, name: str, weights: str, *, quick: int = 0, groups: int = 0
) -> str:
    """`weights` (a table already written), bias, rescaling and the struct that holds them together."""
    return (
        weights
        + array("int32_t", f"{name}_bias", op.bias, "by output channel, the input's zero point folded in")
        + rescale_tables(name, op.rescale)
        + struct(
            "hairline_conv_op",
            name,
            {
                "window": window_fields(ends, op.window),
                "rescale": rescale_fields(name, op.rescale),
                "weights": f"{name}_weights",
                "bias": f"{name}_bias",
                "in_zero_point": str(op.in_zero_point),
                "quick": str(quick),
            }
            | ({"groups": str(groups)} if groups else {}),
        )
    )


def rows_call(symbol: str, name: str, call: Call, *, scratch: bool) -> str:
    working = f", {call.scratch}" if scratch else ""
    return f"{symbol}(&{name}, {call.inputs[0]}, {call.output}, {call.first}, {call.end}{working});"


@dataclass(frozen=True, slots=True)
class PlainConv:
    @property
    def sources(self) -> tuple[str, ...]:
        return ("hairline_conv.c", "hairline_taps.h")

    def window(self, op: Conv) -> Window:
        return op.window

    def step(self, op: Conv) -> int:
        return 1

    def scratch_bytes(self, op: Conv, ends: Ends) -> int:
        return int(op.weights[0].size)

    def tables(self, op: Conv, ends: Ends, name: str) -> str:
        comment = f"out_c, kernel_h, kernel_w, in_c: {shape(op.weights)}"
        return conv_tables(op, ends, name, array("int8_t", f"{name}_weights", op.weights, comment))

    def call(self, op: Conv, ends: Ends, name: str, call: Call) -> str:
        return rows_call("hairline_conv", name, call, scratch=True)


@dataclass(frozen=True, slots=True)
class PlainDepthwise:
    @property
    def sources(self) -> tuple[str, ...]:
        return ("hairline_depthwise.c",)

    def window(self, op: Depthwise) -> Window:
        return op.window

    def step(self, op: Depthwise) -> int:
        return 1

    def scratch_bytes(self, op: Depthwise, ends: Ends) -> int:
        return 0

    def tables(self, op: Depthwise, ends: Ends, name: str) -> str:
        comment = f"kernel_h, kernel_w, out_c: {shape(op.weights)}"
        return conv_tables(op, ends, name, array("int8_t", f"{name}_weights", op.weights, comment))

    def call(self, op: Depthwise, ends: Ends, name: str, call: Call) -> str:
        return rows_call("hairline_depthwise", name, call, scratch=True)


@dataclass(frozen=True, slots=True)
class PlainGroupedConv:
    sources = ("hairline_conv_grouped.c", "hairline_taps.h")

    def window(self, op: GroupedConv) -> Window:
        return op.window

    def step(self, op: GroupedConv) -> int:
        return 1

    def scratch_bytes(self, op: GroupedConv, ends: Ends) -> int:
        return op.window.kernel_hw[0] * op.window.kernel_hw[1] * ends.inputs[0].shape_hwc[2]

    def tables(self, op: GroupedConv, ends: Ends, name: str) -> str:
        comment = f"out_c, kernel_h, kernel_w, in_c / groups: {shape(op.weights)}"
        weights = array("int8_t", f"{name}_weights", op.weights, comment)
        groups = ends.inputs[0].shape_hwc[2] // op.weights.shape[3]
        return conv_tables(op, ends, name, weights, groups=groups)

    def call(self, op: GroupedConv, ends: Ends, name: str, call: Call) -> str:
        return rows_call("hairline_conv_grouped", name, call, scratch=True)


@dataclass(frozen=True, slots=True)
class PlainPool:
    kind: str

    @property
    def sources(self) -> tuple[str, ...]:
        return (f"hairline_{self.kind}_pool.c",)

    def window(self, op: Pool) -> Window:
        return op.window

    def step(self, op: Pool) -> int:
        return 1

    def scratch_bytes(self, op: Pool, ends: Ends) -> int:
        return 0

    def tables(self, op: Pool, ends: Ends, name: str) -> str:
        fields = {"window": window_fields(ends, op.window), "low": str(op.low), "high": str(op.high)}
        return struct("hairline_pool_op", name, fields)

    def call(self, op: Pool, ends: Ends, name: str, call: Call) -> str:
        return rows_call(f"hairline_{self.kind}_pool", name, call, scratch=False)


@dataclass(frozen=True, slots=True)
class PlainMean:
    sources = ("hairline_mean.c",)

    def window(self, op: Mean) -> None:
        return None

    def step(self, op: Mean) -> int:
        return 1

    def scratch_bytes(self, op: Mean, ends: Ends) -> int:
        return 0

    def tables(self, op: Mean, ends: Ends, name: str) -> str:
        fields = {
            "rescale": rescale_fields(name, op.rescale),
            "outer": str(op.outer),
            "count": str(op.count),
            "inner": str(op.inner),
            "last": str(op.last),
            "bias": str(op.bias),
        }
        return rescale_tables(name, op.rescale) + struct("hairline_mean_op", name, fields)

    def call(self, op: Mean, ends: Ends, name: str, call: Call) -> str:
        return f"hairline_mean(&{name}, {call.inputs[0]}, {call.output});"


@dataclass(frozen=True, slots=True)
class PlainLookup:
    sources = ("hairline_lookup.c",)

    def window(self, op: Lookup) -> None:
        return None

    def step(self, op: Lookup) -> int:
        return 1

    def scratch_bytes(self, op: Lookup, ends: Ends) -> int:
        return 0

    def tables(self, op: Lookup, ends: Ends, name: str) -> str:
        return array("int8_t", name, op.table, f"{op.kind} of -128..127")

    def call(self, op: Lookup, ends: Ends, name: str, call: Call) -> str:
        return f"hairline_lookup({name}, {call.inputs[0]}, {call.output}, {ends.output.bytes});"
