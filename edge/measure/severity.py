"""How severe a crack of some width is, by the table of a standard."""

import tomllib
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from edge.errors import HairlineError
from edge.measure.measured import Interval, Widths

STATISTICS = ("median", "p95", "maximum")


class SeverityError(HairlineError, ValueError):
    """A table of severity that cannot be read, or that says nothing sensible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityClass:
    """Cracks up to and including `up_to_mm` wide."""

    name: str
    up_to_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityTable:
    """Classes from the finest to the widest, and `beyond`, the name of what exceeds them all.

    `standard` names where the limits are from; `statistic`, one of `STATISTICS`, says which width of a crack they are
    for. Raises `ValueError` for a table without classes, with limits that do not rise, or with an unknown statistic.
    """

    standard: str
    statistic: str
    classes: tuple[SeverityClass, ...]
    beyond: str

    def __post_init__(self) -> None:
        if self.statistic not in STATISTICS:
            raise ValueError(f"'statistic' must be one of {', '.join(STATISTICS)}; got {self.statistic!r}")
        limits = [one.up_to_mm for one in self.classes]
        if not limits or limits[0] <= 0 or any(low >= high for low, high in pairwise(limits)):
            raise ValueError(f"a table has classes whose 'up_to_mm' is above 0 and rises; got {limits}")

    def name_of(self, width_mm: float) -> str:
        """The name of the class of one width."""
        return next((one.name for one in self.classes if width_mm <= one.up_to_mm), self.beyond)


@dataclass(frozen=True, slots=True, kw_only=True)
class Severity:
    """The class of a crack by a standard; None where the width's interval reaches into more than one, `possible`."""

    standard: str
    name: str | None
    possible: tuple[str, ...]

    def __str__(self) -> str:
        told = self.name or f"cannot be told: {' or '.join(self.possible)}"
        return f"{told} ({self.standard})"


EUROCODE_2 = SeverityTable(
    # Recommended values of w_max; a National Annex may have others. They limit the characteristic width w_k, which is
    # taken here as the 95th percentile along the crack.
    standard="EN 1992-1-1:2004, table 7.1N",
    statistic="p95",
    classes=(
        SeverityClass(
            name="within 0.2 mm: all limits, those of bonded prestressed members in X0 to XC4 too", up_to_mm=0.2
        ),
        SeverityClass(
            name="within 0.3 mm: the limit of reinforced members in XC2 to XC4, XD1, XD2, XS1 to XS3", up_to_mm=0.3
        ),
        SeverityClass(name="within 0.4 mm: the limit of reinforced members in X0 and XC1", up_to_mm=0.4),
    ),
    beyond="above 0.4 mm: beyond all limits",
)


def severity(table: SeverityTable, widths_mm: Widths[Interval]) -> Severity:
    """The class of a crack; told only where both ends of the interval lie in the same one."""
    width: Interval = getattr(widths_mm, table.statistic)
    names = (*(one.name for one in table.classes), table.beyond)
    first, last = names.index(table.name_of(width.low)), names.index(table.name_of(width.high))
    possible = names[first : last + 1]
    return Severity(standard=table.standard, name=possible[0] if len(possible) == 1 else None, possible=possible)


def read_table(path: Path) -> SeverityTable:
    """A table from a TOML file: `standard`, `statistic`, `beyond`, and `[[class]]` with `name` and `up_to_mm`.

    Raises `SeverityError`, with the line where there is one to name.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as unreadable:
        raise SeverityError(f"{path}: a table of severity is a text file in UTF-8; {unreadable}") from unreadable
    except tomllib.TOMLDecodeError as broken:
        raise SeverityError(f"{path}: not valid TOML: {broken}") from broken
    lines = text.splitlines()
    texts = {key: _text(content, key, lines, path) for key in ("standard", "statistic", "beyond")}
    _no_others(content, {*texts, "class"}, lines, path)
    rows = content.get("class")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SeverityError(f"{path}: a table has one [[class]] or more, each with 'name' and 'up_to_mm'; got {rows!r}")
    try:
        return SeverityTable(**texts, classes=tuple(_class(row, lines, path) for row in rows))
    except SeverityError:
        raise
    except ValueError as wrong:
        raise SeverityError(f"{path}: {wrong}") from wrong


def _class(row: dict[str, Any], lines: list[str], path: Path) -> SeverityClass:
    name = _text(row, "name", lines, path)
    _no_others(row, {"name", "up_to_mm"}, lines, path)
    limit = row.get("up_to_mm")
    if isinstance(limit, bool) or not isinstance(limit, int | float):
        raise SeverityError(f"{path}{_line('up_to_mm', lines)}: 'up_to_mm' of '{name}' must be a number; got {limit!r}")
    return SeverityClass(name=name, up_to_mm=float(limit))


def _text(content: dict[str, Any], key: str, lines: list[str], path: Path) -> str:
    value = content.get(key)
    if not isinstance(value, str) or not value.strip():
        raise SeverityError(f"{path}{_line(key, lines)}: '{key}' must be a text that is not empty; got {value!r}")
    return value


def _no_others(content: dict[str, Any], known: set[str], lines: list[str], path: Path) -> None:
    if unknown := sorted(content.keys() - known):
        raise SeverityError(
            f"{path}{_line(unknown[0], lines)}: unknown key '{unknown[0]}'; known: {', '.join(sorted(known))}"
        )


def _line(key: str, lines: list[str]) -> str:
    """Where a key is first given, as ", line N"; nothing where it is not."""
    numbers = [i for i, line in enumerate(lines, start=1) if line.replace("[", " ").split("=")[0].strip() == key]
    return f", line {numbers[0]}" if numbers else ""
