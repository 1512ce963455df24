"""Offsets in the one static arena: buffers that live at the same time do not overlap, except where that is safe.

A group that reads buffer A to its end while it writes buffer B may write over rows of A that it has read: B then lies
at least `gap` bytes before A (`follows`). Placement is first fit in many orders, the smallest arena wins; the orders
are drawn from a fixed seed, so that the same network gives the same C.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

ALIGNMENT = 16
_ORDERS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffer:
    """`size` bytes alive from group `first` to group `last`, both included.

    `follows` = (name, gap): this buffer may also lie where its start is at least `gap` bytes before the other's.
    """

    name: str
    size: int
    first: int
    last: int
    follows: tuple[str, int] | None = None


def aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def place(buffers: Sequence[Buffer]) -> tuple[dict[str, int], int]:
    """Offset of every buffer by name, and the arena's bytes."""
    by_size = sorted(buffers, key=lambda b: (-b.size, b.first, b.name))
    best = _first_fit(by_size)
    bound = max((sum(b.size for b in buffers if b.first == b.last == g) for g in {b.first for b in buffers}), default=0)
    rng = random.Random(0)  # noqa: S311  (a search order, not a secret)
    order = list(by_size)
    for _ in range(_ORDERS):
        if best[1] <= bound:
            break
        rng.shuffle(order)
        best = min(best, _first_fit(order), key=lambda found: found[1])
    return best


def _first_fit(order: Sequence[Buffer]) -> tuple[dict[str, int], int]:
    offsets: dict[str, int] = {}
    placed: list[Buffer] = []
    for buffer in order:
        taken = sorted(
            _forbidden(buffer, other, offsets[other.name])
            for other in placed
            if other.first <= buffer.last and buffer.first <= other.last
        )
        offset = 0
        for start, end in taken:
            if start < offset < end:
                offset = aligned(end)
        offsets[buffer.name] = offset
        placed.append(buffer)
    # Kernels that read whole words may read 3 bytes beyond a buffer; those must be in the arena, too.
    return offsets, aligned(max((offsets[b.name] + b.size for b in placed), default=0) + 3)


def _forbidden(buffer: Buffer, other: Buffer, at: int) -> tuple[int, int]:
    """The open interval in which `buffer` may not start, given that `other` lies at `at`."""
    low, high = at - buffer.size, at + other.size
    if buffer.follows is not None and buffer.follows[0] == other.name:
        low = max(low, at - buffer.follows[1])
    if other.follows is not None and other.follows[0] == buffer.name:
        high = min(high, at + other.follows[1])
    return low, high
