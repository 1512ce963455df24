"""Two neighbouring pixels as one position with the channels of both: the same first convolution, with half the taps.

A convolution over 3 channels that steps by an even number of columns may read its input, (h, w, 3), as (h, w / 2, 6),
and its weights, (n, kh, kw, 3), as (n, kh, kw / 2, 6): the same bytes, the same products, the same sums. XNNPACK keeps
a pointer for each tap of each output and fills channels up to eight, so half the taps are half the pointers and half
the products. Only four numbers in the file change, where they lie.
"""

import struct
from dataclasses import dataclass

# Numbers of fields and values in TFLite's schema (tensorflow/compiler/mlir/lite/schema/schema.fbs).
_OPERATOR_CODES, _SUBGRAPHS = 1, 2
_TENSORS, _INPUTS, _OPERATORS = 0, 1, 3
_SHAPE, _SHAPE_SIGNATURE = 0, 7
_OPCODE_INDEX, _OPERATOR_INPUTS, _BUILTIN_OPTIONS = 0, 1, 4
_OLD_BUILTIN_CODE, _BUILTIN_CODE, _CONV_2D = 0, 3, 3
_PADDING, _STRIDE_W, _DILATION_W, _VALID = 0, 1, 4, 1


def paired(model: bytes) -> bytes | None:
    """The network, with its input (n, h, w, c) read as (n, h, w / 2, 2 c); None where its first operator is no
    convolution that may be read so. What is no network is left for the runtime to refuse: None.
    """
    try:
        return _paired(bytearray(model))
    except (struct.error, IndexError):
        return None


def _paired(content: bytearray) -> bytes | None:
    root = _Table(content, _follow(content, 0))
    graph = root.tables(_SUBGRAPHS)[0]
    operators, tensors = graph.tables(_OPERATORS), graph.tables(_TENSORS)
    code = root.tables(_OPERATOR_CODES)[operators[0].integer(_OPCODE_INDEX)]
    options = operators[0].table(_BUILTIN_OPTIONS)
    if max(code.byte(_OLD_BUILTIN_CODE), code.integer(_BUILTIN_CODE)) != _CONV_2D or options is None:
        return None
    taken = operators[0].integers(_OPERATOR_INPUTS)[:2]
    source, weights = (tensors[i] for i in taken)
    used = [i for operator in operators for i in operator.integers(_OPERATOR_INPUTS)]
    alone = graph.integers(_INPUTS) == taken[:1] and all(used.count(i) == 1 for i in taken)
    plain = options.byte(_PADDING) == _VALID and options.integer(_DILATION_W, 1) == 1
    stride_w = options.integer(_STRIDE_W)
    widths = source.integers(_SHAPE)[2], weights.integers(_SHAPE)[2], stride_w
    if not (alone and plain) or any(width % 2 for width in widths):
        return None
    for tensor in (source, weights):
        for field in (_SHAPE, _SHAPE_SIGNATURE):
            tensor.pair(field)
    options.set_integer(_STRIDE_W, stride_w // 2)
    return bytes(content)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a FlatBuffer (https://flatbuffers.dev/internals): where it begins, and its fields by their number."""

    content: bytearray
    at: int

    def table(self, field: int) -> "_Table | None":
        place = self._place(field)
        return None if place is None else _Table(self.content, _follow(self.content, place))

    def tables(self, field: int) -> list["_Table"]:
        start, count = self._vector(field)
        return [_Table(self.content, _follow(self.content, start + 4 * i)) for i in range(count)]

    def integers(self, field: int) -> tuple[int, ...]:
        start, count = self._vector(field)
        return struct.unpack_from(f"<{count}i", self.content, start)

    def integer(self, field: int, default: int = 0) -> int:
        place = self._place(field)
        return default if place is None else int(struct.unpack_from("<i", self.content, place)[0])

    def byte(self, field: int) -> int:
        place = self._place(field)
        return 0 if place is None else self.content[place]

    def set_integer(self, field: int, value: int) -> None:
        struct.pack_into("<i", self.content, self._place(field) or 0, value)

    def pair(self, field: int) -> None:
        """Of a shape (n, h, w, c): w halved, c doubled."""
        start, count = self._vector(field)
        if count == 4:
            w, c = struct.unpack_from("<2i", self.content, start + 8)
            struct.pack_into("<2i", self.content, start + 8, w if w < 0 else w // 2, 2 * c)

    def _vector(self, field: int) -> tuple[int, int]:
        """Where its elements begin, and how many there are."""
        place = self._place(field)
        if place is None:
            return 0, 0
        start = _follow(self.content, place)
        return start + 4, struct.unpack_from("<I", self.content, start)[0]

    def _place(self, field: int) -> int | None:
        """Where the field lies; None where the file has its default."""
        names = self.at - struct.unpack_from("<i", self.content, self.at)[0]
        (size,) = struct.unpack_from("<H", self.content, names)
        if 4 + 2 * field >= size:
            return None
        (offset,) = struct.unpack_from("<H", self.content, names + 4 + 2 * field)
        return self.at + offset if offset else None


def _follow(content: bytearray, place: int) -> int:
    return place + int(struct.unpack_from("<I", content, place)[0])
