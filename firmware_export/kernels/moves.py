"""The plain C kernels that make their whole output at once: sums, moves of bytes, softmax."""

from dataclasses import dataclass

import numpy as np

from firmware_export.graph import Add, Concat, Mul, Pad, ResizeBilinear, ResizeNearest, Softmax
from firmware_export.kernels.kernel import (
    Call,
    Ends,
    array,
    braces,
    rescale_fields,
    rescale_tables,
    struct,
)


class Whole:
    """What kernels without rows have in common."""

    __slots__ = ()

    def window(self, op: object) -> None:
        return None

    def step(self, op: object) -> int:
        return 1

    def scratch_bytes(self, op: object, ends: Ends) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class PlainPair(Whole):
    """Add and Mul, `kind` says which."""

    kind: str

    @property
    def sources(self) -> tuple[str, ...]:
        return (f"hairline_{self.kind}.c",)

    def tables(self, op: Add | Mul, ends: Ends, name: str) -> str:
        h, w, c = ends.output.shape_hwc
        text = rescale_tables(name, op.rescale)
        if op.constant is not None:
            text += array("int8_t", f"{name}_constant", op.constant, "the other operand")
        fields = {
            "rescale": rescale_fields(name, op.rescale),
            **{"h": str(h), "w": str(w), "c": str(c)},
            "strides": "{" + ", ".join(braces(s) for s in op.strides) + "}",
        }
        if isinstance(op, Add):
            fields |= {"multipliers": braces(op.multipliers), "shifts": braces(op.shifts)}
        return text + struct(f"hairline_{self.kind}_op", name, fields | {"zero_points": braces(op.zero_points)})

    def call(self, op: Add | Mul, ends: Ends, name: str, call: Call) -> str:
        computed = iter(call.inputs)
        a, b = (f"{name}_constant" if i < 0 else next(computed) for i in op.inputs)
        return f"hairline_{self.kind}(&{name}, {a}, {b}, {call.output});"


@dataclass(frozen=True, slots=True)
class PlainPad(Whole):
    sources = ("hairline_pad.c",)

    def tables(self, op: Pad, ends: Ends, name: str) -> str:
        names = ("in_h", "in_w", "in_c", "out_h", "out_w", "out_c", "top", "left", "front", "value")
        values = (*ends.inputs[0].shape_hwc, *ends.output.shape_hwc, *op.before_hwc, op.value)
        return struct("hairline_pad_op", name, {k: str(v) for k, v in zip(names, values, strict=True)})

    def call(self, op: Pad, ends: Ends, name: str, call: Call) -> str:
        return f"hairline_pad(&{name}, {call.inputs[0]}, {call.output});"


@dataclass(frozen=True, slots=True)
class PlainConcat(Whole):
    sources = ("hairline_concat.c",)

    def tables(self, op: Concat, ends: Ends, name: str) -> str:
        return "".join(
            array("int8_t", f"{name}_constant_{k}", values, "a constant input") for k, values in enumerate(op.constants)
        )

    def call(self, op: Concat, ends: Ends, name: str, call: Call) -> str:
        starts = np.cumsum([0, *op.chunks]).tolist()
        computed, constants = iter(call.inputs), (f"{name}_constant_{k}" for k in range(len(op.constants)))
        sources = [next(constants) if i < 0 else next(computed) for i in op.inputs]
        lines = [
            f"hairline_concat({source}, {call.output} + {start}, {op.outer}, {chunk}, {starts[-1]});"
            for source, start, chunk in zip(sources, starts, op.chunks, strict=False)
        ]
        return "\n    ".join(lines)


@dataclass(frozen=True, slots=True)
class PlainResize(Whole):
    kind: str

    @property
    def sources(self) -> tuple[str, ...]:
        return (f"hairline_resize_{self.kind}.c",)

    def tables(self, op: ResizeNearest | ResizeBilinear, ends: Ends, name: str) -> str:
        y, x = (op.rows, op.columns) if isinstance(op, ResizeNearest) else (op.y_1024, op.x_1024)
        unit = "input pixel" if isinstance(op, ResizeNearest) else "1/1024 input pixel"
        (in_h, in_w, c), (out_h, out_w, _) = ends.inputs[0].shape_hwc, ends.output.shape_hwc
        sizes = {"in_h": in_h, "in_w": in_w, "out_h": out_h, "out_w": out_w, "c": c}
        fields = {k: str(v) for k, v in sizes.items()} | {"y": f"{name}_y", "x": f"{name}_x"}
        return (
            array("int32_t", f"{name}_y", np.array(y), f"{unit} of every output row")
            + array("int32_t", f"{name}_x", np.array(x), f"{unit} of every output column")
            + struct("hairline_resize_op", name, fields)
        )

    def call(self, op: ResizeNearest | ResizeBilinear, ends: Ends, name: str, call: Call) -> str:
        return f"hairline_resize_{self.kind}(&{name}, {call.inputs[0]}, {call.output});"


@dataclass(frozen=True, slots=True)
class PlainSoftmax(Whole):
    sources = ("hairline_softmax.c",)

    def tables(self, op: Softmax, ends: Ends, name: str) -> str:
        h, w, c = ends.output.shape_hwc
        words = ", ".join(f"{float(v).hex()}f" for v in op.exponentials)
        fields = {
            "exponentials": f"{name}_exponentials",
            "scale": f"{float(np.float32(op.out.scale)).hex()}f",
            "pixels": str(h * w),
            "c": str(c),
            "zero_point": str(op.out.zero_point),
        }
        comment = "/* exp(-beta * scale * d), d = 255 .. 0 */\n"
        return (
            f"{comment}static const float {name}_exponentials[256] = {{\n    "
            + words.replace(", ", ",\n    ")
            + "\n};\n"
            + struct("hairline_softmax_op", name, fields)
        )

    def call(self, op: Softmax, ends: Ends, name: str, call: Call) -> str:
        return f"hairline_softmax(&{name}, {call.inputs[0]}, {call.output});"
