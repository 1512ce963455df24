"""Rows through a chain of operators: which rows each makes when, and how few of them a buffer between two must hold.

A chain runs as nested loops: its last operator makes its rows in order and, before each, the operator above it makes
the rows that it needs. So a tensor inside the chain lives in a ring of a few rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from firmware_export.graph import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One operator as rows see it: it makes `step` rows at a time; `window` says which input rows they need."""

    in_h: int
    out_h: int
    window: Window
    step: int = 1

    def needs(self, made: int) -> tuple[int, int]:
        """First input row, and one past the last, that the next `step` rows need when `made` are there."""
        last = min(made + self.step, self.out_h) - 1
        first = made * self.window.stride_hw[0] - self.window.pad_tl[0]
        end = last * self.window.stride_hw[0] - self.window.pad_tl[0] + self.window.reach_hw[0]
        return min(max(first, 0), self.in_h), max(min(end, self.in_h), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Stage `stage` makes rows from `made` on; `counts` are the rows made by every stage before that."""

    stage: int
    made: int
    counts: tuple[int, ...]


def schedule(chain: Sequence[Stage]) -> Iterator[Event]:
    """What happens, in order."""
    counts = [0] * len(chain)

    def make(k: int) -> Iterator[Event]:
        _, end = chain[k].needs(counts[k])
        while k > 0 and counts[k - 1] < end:
            yield from make(k - 1)
        yield Event(stage=k, made=counts[k], counts=tuple(counts))
        counts[k] += chain[k].step

    while counts[-1] < chain[-1].out_h:
        yield from make(len(chain) - 1)


def ring_rows(chain: Sequence[Stage]) -> list[int]:
    """Rows that the buffer after each stage but the last must hold."""
    most = [1] * (len(chain) - 1)
    for event in schedule(chain):
        for k, reader in enumerate(chain[1:]):
            first, _ = reader.needs(event.counts[k + 1])
            writing = chain[k].step if event.stage == k else 0
            most[k] = max(most[k], event.counts[k] + writing - first)
    return [min(rows, stage.out_h) for rows, stage in zip(most, chain, strict=False)]


def gap_bytes(chain: Sequence[Stage], in_row_bytes: int, out_row_bytes: int) -> int:
    """How far before the chain's input its output must start so that no row is overwritten before its last use."""
    gap = 0
    for event in schedule(chain):
        if event.stage == len(chain) - 1:
            end = min(event.made + chain[-1].step, chain[-1].out_h)
            first, _ = chain[0].needs(event.counts[0])
            gap = max(gap, end * out_row_bytes - first * in_row_bytes)
    return gap
