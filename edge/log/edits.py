"""What people correct: the mask of a find, a crack that is two, two cracks that are one.

An edit is a review like any other, an acceptance whose `reason` says what was corrected and whose `note` holds it as
JSON. What was measured stays as it was; a program that does not know the words takes the find or crack for accepted.
What was measured on a corrected mask is kept with it.
"""

import base64
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from edge.log.find_record import FindRecord
from edge.log.reviews import ReviewRecord, Verdict
from edge.measure.measured import Measured

MASK, SPLIT, JOINED = "mask corrected", "split", "joined"
EDITS = (MASK, SPLIT, JOINED)
MAX_SIDE_PX = 4_096
MAX_COUNTS = 40_000
MAX_MM = 1e9
_OF_NO_SIZE = ("box_x_px", "box_y_px", "box_w_px", "box_h_px", "score", "q", "windows", "mask_path")
_UNDOES = re.compile(r"undoes entry (\d{1,18})")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MaskSize:
    """What was measured on a corrected mask, as `FindRecord` has it; without, `why_not` says why: then what was
    measured before the correction still stands. Both None: nothing on the mask is long enough to be measured."""

    measured: Measured | None = None
    severity_class: str | None = None
    severity_standard: str | None = None
    why_not: str | None = None

    def write(self) -> dict[str, Any]:
        """For JSON: the columns of a find that hold it, blobs in base64."""
        if self.why_not is not None:
            return {"why_not": self.why_not}
        columns = FindRecord(
            box_xywh_px=(0, 0, 1, 1),
            score=0.0,
            q=0,
            windows=0,
            measured=self.measured,
            severity_class=self.severity_class,
            severity_standard=self.severity_standard,
        ).write()
        return {
            name: base64.b64encode(value).decode() if isinstance(value, bytes) else value
            for name, value in columns.items()
            if name not in _OF_NO_SIZE
        }

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """Raises `ValueError` for what `write` did not write."""
        why_not = plain.get("why_not")
        if isinstance(why_not, str):
            return cls(why_not=why_not)
        row: dict[str, Any] = defaultdict(lambda: None, plain)
        try:
            for name in ("courses_px", "courses_mm"):
                row[name] = None if row[name] is None else base64.b64decode(row[name])
            found = FindRecord.read(row)
        except (KeyError, TypeError) as wrong:
            raise ValueError(f"the size of a corrected mask cannot be read: {wrong!r}") from wrong
        return cls(
            measured=found.measured,
            severity_class=found.severity_class,
            severity_standard=found.severity_standard,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskEdit:
    """A find's mask, drawn by hand: `counts` are COCO's, the lengths of runs of 0 and 1 in turn, column after column
    of the box; `size` what was measured on it, None where that was not tried. Raises `ValueError` for counts that do
    not fill the box or a mask with nothing in it."""

    box_xywh_px: tuple[int, int, int, int]
    counts: tuple[int, ...]
    size: MaskSize | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        x, y, w, h = self.box_xywh_px
        if min(x, y) < 0 or not (0 < w <= MAX_SIDE_PX and 0 < h <= MAX_SIDE_PX):
            raise ValueError(f"a mask's box lies in its frame, at most {MAX_SIDE_PX} px a side; got {self.box_xywh_px}")
        if len(self.counts) > MAX_COUNTS or min(self.counts, default=-1) < 0 or sum(self.counts) != w * h:
            raise ValueError(f"a mask's counts fill its box of {w * h} px, {MAX_COUNTS} of them at most; these do not")
        if sum(self.counts[1::2]) == 0:
            raise ValueError("a mask holds at least one pixel; reject the find where there is no crack")

    def mask(self) -> npt.NDArray[np.bool_]:
        """bool (h, w) of the box."""
        _, _, w, h = self.box_xywh_px
        values = np.arange(len(self.counts)) % 2 == 1
        return np.repeat(values, self.counts).reshape(w, h).T

    def write(self) -> dict[str, Any]:
        drawn: dict[str, Any] = {"box_xywh_px": list(self.box_xywh_px), "counts": list(self.counts)}
        return drawn if self.size is None else {**drawn, "size": self.size.write()}

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """Raises `ValueError` for what is no such edit."""
        box, counts = _whole(plain.get("box_xywh_px"), "box_xywh_px"), _whole(plain.get("counts"), "counts")
        if len(box) != 4:
            raise ValueError(f"box_xywh_px is four whole numbers; got {len(box)}")
        size = plain.get("size")
        return cls(
            box_xywh_px=(box[0], box[1], box[2], box[3]),
            counts=tuple(counts),
            size=MaskSize.read(size) if isinstance(size, dict) else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitEdit:
    """A crack is two: what comes before the point of its first course nearest to `xy_mm`, and what comes after it."""

    xy_mm: tuple[float, float]

    def write(self) -> dict[str, Any]:
        return {"xy_mm": list(self.xy_mm)}

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """Raises `ValueError` for what is no such edit."""
        place = plain.get("xy_mm")
        numbers = place if isinstance(place, list) else []
        if len(numbers) != 2 or not all(type(v) in (int, float) and abs(v) < MAX_MM for v in numbers):
            raise ValueError(f"xy_mm is a place on the wall, two numbers within {MAX_MM:g} mm; got {str(place)[:40]}")
        return cls(xy_mm=(float(numbers[0]), float(numbers[1])))


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinEdit:
    """A crack is one with another."""

    crack_id: int

    def write(self) -> dict[str, Any]:
        return {"crack_id": self.crack_id}

    @classmethod
    def read(cls, plain: Mapping[str, Any]) -> Self:
        """Raises `ValueError` for what is no such edit."""
        other = plain.get("crack_id")
        if type(other) is not int or not 0 <= other < 2**63:
            raise ValueError("crack_id is the number of the other crack")
        return cls(crack_id=other)


Edit = MaskEdit | SplitEdit | JoinEdit
_KINDS: dict[str, type[MaskEdit] | type[SplitEdit] | type[JoinEdit]] = {
    MASK: MaskEdit,
    SPLIT: SplitEdit,
    JOINED: JoinEdit,
}


def reason_of(edit: Edit) -> str:
    """What its review gives as the reason."""
    return next(reason for reason, kind in _KINDS.items() if isinstance(edit, kind))


def note_of(edit: Edit) -> str:
    """What its review gives as the note."""
    return json.dumps(edit.write(), separators=(",", ":"))


def read_edit(record: ReviewRecord) -> Edit | None:
    """The edit that a review is, None for one that is none or that cannot be read."""
    kind = _KINDS.get(record.reason or "")
    if kind is None or record.verdict is not Verdict.ACCEPT or record.note is None:
        return None
    try:
        plain = json.loads(record.note)
        return kind.read(plain) if isinstance(plain, dict) else None
    except (ValueError, RecursionError):
        return None


def looks_like_undo(note: str) -> bool:
    """Whether a note would be taken for that of an undo."""
    return _UNDOES.fullmatch(note) is not None


def edits_that_hold(entries: Iterable[tuple[int, ReviewRecord]]) -> list[tuple[ReviewRecord, Edit]]:
    """The edits among numbered reviews, oldest first, that no later entry has taken back."""
    undone: set[int] = set()
    held = []
    for number, record in sorted(entries, key=lambda entry: entry[0], reverse=True):
        if number in undone:
            continue
        taken_back = _UNDOES.fullmatch(record.note or "")
        if taken_back is not None:
            undone.add(int(taken_back[1]))
        edit = read_edit(record)
        if edit is not None:
            held.append((record, edit))
    return held[::-1]


def words_of(reason: str | None, note: str | None) -> str:
    """The note of a review for people: that of an edit is said in words."""
    if reason not in EDITS:
        return note or ""
    return {MASK: "the mask was drawn by hand", SPLIT: "it is two cracks", JOINED: "it is one with another crack"}[
        reason
    ] + (f" ({note})" if note is not None and looks_like_undo(note) else "")


def _whole(values: Any, name: str) -> list[int]:
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        raise ValueError(f"{name} is a list of whole numbers")
    return values
