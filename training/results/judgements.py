"""`docs/results/judgements.csv`: what a person, who looked at a mistake at full size, says of it.

A line a picture: the network (the first twelve digits of the SHA-256 of its `.tflite`), the set, the picture, whether
the label or the model is wrong, and why. A line without picture and judgement says what a set's worst mistakes have in
common.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edge.errors import DataError

FILE = "judgements.csv"
HEADER = ("bundle", "set", "picture", "judgement", "why")
JUDGEMENTS = ("label", "model")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Who is wrong about a picture, and why; `bundle` is the network whose mistake it was when it was looked at."""

    bundle: str
    judgement: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgements:
    """`pictures`: by set and picture, the latest; `common`: by network and set."""

    pictures: Mapping[tuple[str, str], Judgement] = field(default_factory=dict)
    common: Mapping[tuple[str, str], str] = field(default_factory=dict)


def read_judgements(path: Path) -> Judgements:
    """The file, or nothing where there is none. Raises `DataError`, naming file and line."""
    if not path.is_file():
        return Judgements()
    rows = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
    if tuple(next(rows, ())) != HEADER:
        raise DataError(f"{path}, line 1: judgements begin with the line {','.join(HEADER)}")
    pictures: dict[tuple[str, str], Judgement] = {}
    common: dict[tuple[str, str], str] = {}
    for row in rows:
        if len(row) != len(HEADER) or not row[4] or (row[3] not in JUDGEMENTS if row[2] else row[3] != ""):
            raise DataError(
                f"{path}, line {rows.line_num}: a line has {len(HEADER)} fields, a reason, and of a picture one of "
                f"{', '.join(JUDGEMENTS)}; got {','.join(row)!r}"
            )
        bundle, name, picture, judgement, why = row
        if picture:
            pictures[name, picture] = Judgement(bundle=bundle, judgement=judgement, why=why)
        else:
            common[bundle, name] = why
    return Judgements(pictures=pictures, common=common)
