"""Which of SDNET2018's training tiles called cracked probably show no crack, and what became of looking at some.

`training.label_errors` makes the table; label_quality/README.md says how. Only the training side is in it: the label of
a tile of the validation or test side is never judged by this.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from edge.errors import DataError
from training.datasets import sdnet
from training.datasets.item import Item
from training.datasets.trusted import MARKS

DEFAULT = Path(__file__).parent / "label_quality" / "sdnet_train.csv"
LOOKED_AT = Path(__file__).parent / "label_quality" / "looked_at.csv"
HEADER = ("name", "quality", "likely_error")
LOOKED_AT_HEADER = ("name", "likely_error", "mark")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A tile called cracked: the out-of-photo probability that it is, and whether its label is a likely error."""

    quality: float
    likely_error: bool


@cache
def read_quality(path: Path = DEFAULT) -> Mapping[str, Judged]:
    """The table by the names of pictures. Raises DataError, naming file and line, for anything else."""
    table = {}
    for line, row in _rows(path, HEADER):
        try:
            name, quality, likely_error = row
            table[name] = Judged(quality=float(quality), likely_error=_yes(likely_error))
        except ValueError as wrong:
            raise DataError(f"a line is name, quality and yes or no ({wrong}): restore {path}, line {line}") from wrong
    return table


def read_looked_at(path: Path = LOOKED_AT) -> list[tuple[str, bool, str]]:
    """Name, likely error, mark of every tile that was looked at. Raises DataError, naming file and line."""
    rows = []
    for line, row in _rows(path, LOOKED_AT_HEADER):
        try:
            name, likely_error, mark = row
            rows.append((name, _yes(likely_error), MARKS[MARKS.index(mark)]))
        except ValueError as wrong:
            raise DataError(
                f"a line is name, yes or no, and one of {', '.join(MARKS)} ({wrong}): restore {path}, line {line}"
            ) from wrong
    return rows


def likely_errors() -> frozenset[str]:
    """The names of SDNET2018's training tiles called cracked that probably show no crack."""
    return frozenset(name for name, judged in read_quality().items() if judged.likely_error)


def trusted_positives(items: Iterable[Item]) -> list[Item]:
    """`items` less SDNET2018's cracked tiles that are likely errors or were never judged; all others pass.

    What it leaves of SDNET2018's cracked tiles may teach "a crack somewhere"; on the validation and test side none is
    left, since none was judged.
    """
    table = read_quality()

    def kept(item: Item) -> bool:
        if item.dataset != sdnet.NAME or item.label != 1:
            return True
        return item.name in table and not table[item.name].likely_error

    return [item for item in items if kept(item)]


def trust(item: Item) -> float:
    """How far the label of one of `trusted_positives` is believed: the table's quality of it, else 1."""
    judged = read_quality().get(item.name) if item.dataset == sdnet.NAME else None
    return judged.quality if judged else 1.0


def quality_text(names: Sequence[str], quality: Sequence[float], likely_error: Sequence[bool]) -> str:
    """The table as it is stored, sorted by name."""
    rows = sorted(zip(names, quality, likely_error, strict=True))
    lines = [f"{name},{value:.4f},{'yes' if error else 'no'}" for name, value, error in rows]
    return "\n".join([",".join(HEADER), *lines]) + "\n"


def _rows(path: Path, header: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Line numbers and fields below the header."""
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            rows = csv.reader(lines)
            if tuple(next(rows, ())) != tuple(header):
                raise DataError(f"a table of label quality begins with {','.join(header)}: restore {path}, line 1")
            for row in rows:
                yield rows.line_num, row
    except (OSError, UnicodeDecodeError) as unreadable:
        raise DataError(f"the table of label quality cannot be read ({unreadable}): {path}") from unreadable


def _yes(word: str) -> bool:
    if word not in ("yes", "no"):
        raise ValueError(f"not {word!r}")
    return word == "yes"
