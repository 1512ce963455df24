"""What may be wrong with a log after a kill or a power cut, by kind: what their tallies count."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Of a fault; the words are those of the tables."""

    INTEGRITY = "integrity checks failed"
    LOST = "acknowledged frames or finds lost"
    PICTURE = "pictures not whole"
    START = "next starts failed"
    OTHER = "other faults"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`where` says how it is played again, and where the log lies."""

    kind: Kind
    what: str
    where: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what} ({self.where})"


Say = Callable[[Kind, str], None]


def sayer(faults: list[Fault], where: str) -> Say:
    """What adds a fault to `faults`."""

    def say(kind: Kind, what: str) -> None:
        faults.append(Fault(kind=kind, what=what, where=where))

    return say


def counted(faults: Sequence[Fault]) -> dict[str, int]:
    """How many of each kind, none left out."""
    return {kind.value: sum(fault.kind is kind for fault in faults) for kind in Kind}
