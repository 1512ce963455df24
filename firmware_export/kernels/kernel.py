"""What a kernel is to the planner and the writer of C: a file of C, and the Python that packs its constants."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from firmware_export.graph import Rescale, Tensor, Window

LINE = 116


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The computed tensors of one operator, and how many rows each one's buffer holds."""

    inputs: tuple[Tensor, ...]
    output: Tensor
    in_rows: int
    out_rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The C expressions that a call is made of: buffers, the rows to make (first, end), working memory."""

    inputs: tuple[str, ...]
    output: str
    first: str
    end: str
    scratch: str


class Kernel(Protocol):
    """One way of computing one kind of operator. Implementations are stateless."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The C files beside this one that it needs."""

    def window(self, op: Any) -> Window | None:
        """How output rows depend on input rows; None where the kernel makes its whole output in one call."""

    def step(self, op: Any) -> int:
        """Output rows that it makes at a time."""

    def scratch_bytes(self, op: Any, ends: Ends) -> int:
        """Working memory, aligned to 16 bytes."""

    def tables(self, op: Any, ends: Ends, name: str) -> str:
        """The constants, as C definitions that start with `name`."""

    def call(self, op: Any, ends: Ends, name: str, call: Call) -> str:
        """The C statement that makes the rows."""


def array(ctype: str, name: str, values: np.ndarray[Any, Any], comment: str) -> str:
    """A const table of integers, a shape comment above it."""
    lines: list[str] = []
    line = "   "
    for value in values.ravel().tolist():
        word = f" {_literal(value)},"
        if len(line) + len(word) > LINE:
            lines.append(line)
            line = "   "
        line += word
    lines.append(line)
    return f"/* {comment} */\nstatic const {ctype} {name}[{values.size}] = {{\n" + "\n".join(lines) + "\n};\n"


_TABLE = re.compile(r"^static const (int8_t|int16_t|int32_t|float) \w+\[(\d+)\] = ", re.MULTILINE)
_ENTRY_BYTES = {"int8_t": 1, "int16_t": 2, "int32_t": 4, "float": 4}


def table_bytes(text: str) -> int:
    """What the const tables in a piece of C take in flash."""
    return sum(_ENTRY_BYTES[ctype] * int(count) for ctype, count in _TABLE.findall(text))


def _literal(value: int) -> str:
    # C reads -2147483648 as the negation of a long.
    return "(-2147483647 - 1)" if value == -(1 << 31) else str(value)


def shape(values: np.ndarray[Any, Any]) -> str:
    return "".join(f"[{n}]" for n in values.shape)


def braces(values: Sequence[int]) -> str:
    """A brace initialiser."""
    return "{" + ", ".join(str(v) for v in values) + "}"


def struct(ctype: str, name: str, fields: Mapping[str, str]) -> str:
    """A const struct with named fields."""
    body = "".join(f"    .{field} = {value},\n" for field, value in fields.items())
    return f"static const {ctype} {name} = {{\n{body}}};\n"


def window_fields(ends: Ends, window: Window) -> str:
    """A hairline_window as a brace initialiser."""
    (in_h, in_w, in_c), (out_h, out_w, out_c) = ends.inputs[0].shape_hwc, ends.output.shape_hwc
    groups: Sequence[Sequence[tuple[str, int]]] = (
        (("in_h", in_h), ("in_w", in_w), ("in_rows", ends.in_rows), ("in_c", in_c)),
        (("out_h", out_h), ("out_w", out_w), ("out_rows", ends.out_rows), ("out_c", out_c)),
        (("kernel_h", window.kernel_hw[0]), ("kernel_w", window.kernel_hw[1])),
        (("stride_h", window.stride_hw[0]), ("stride_w", window.stride_hw[1])),
        (("dilation_h", window.dilation_hw[0]), ("dilation_w", window.dilation_hw[1])),
        (("pad_top", window.pad_tl[0]), ("pad_left", window.pad_tl[1])),
    )
    rows = ",\n".join("        " + ", ".join(f".{k} = {v}" for k, v in group) for group in groups)
    return "{\n" + rows + "}"


def rescale_fields(name: str, rescale: Rescale) -> str:
    """A hairline_rescale as a brace initialiser; its tables are `name`_multiplier and `name`_shift."""
    return (
        f"{{{name}_multiplier, {name}_shift, .zero_point = {rescale.zero_point}, "
        f".low = {rescale.low}, .high = {rescale.high}}}"
    )


def rescale_tables(name: str, rescale: Rescale) -> str:
    return array("int32_t", f"{name}_multiplier", rescale.multiplier, "by output channel") + array(
        "int8_t", f"{name}_shift", rescale.shift, "by output channel"
    )
