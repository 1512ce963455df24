"""What the log holds of a crack: how it stood at one visit."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from edge.log.columns import (
    Stored,
    Value,
    read_courses,
    read_interval,
    read_widths,
    write_courses,
    write_interval,
    write_text,
    write_widths,
)
from edge.measure.measured import Interval, Widths
from edge.pose import Matrix

WITHOUT_WANDER = "runs without wander, as joints, wires and shadows do and cracks do not"
"""The doubt of an entry that is kept and shown, but is no crack to count."""


class CrackState(StrEnum):
    """What a visit says of a crack beside earlier visits. `not seen`: it was there before, and was not found again."""

    NEW = "new"
    UNCHANGED = "unchanged"
    GROWN = "grown"
    NOT_SEEN = "not seen"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrackSize:
    """A crack as a visit saw it. `courses_mm`: float64 (n, 3) each, x, y on the wall and the width, NaN where none.

    The longest course comes first, branches after it. `place_sd_mm`: how well its place is known, in the direction in
    which it is known least. `widths_mm` is None where it is too fine for a width. Kept as float32: the courses.
    """

    courses_mm: tuple[Matrix, ...]
    place_sd_mm: float
    length_mm: Interval
    widths_mm: Widths[Interval] | None
    severity_class: str | None = None
    severity_standard: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrackVisit:
    """A crack at a visit. `size` is None where it was not seen; then `covered_share` is how much of its course was
    looked at. Growth is against the last visit at which it was new or grown, so that slow growth adds up; None where it
    could not be compared, negative where it is smaller. `doubt`: what could not be decided. `courses` are (find's id,
    number of its course) that it was seen in. `crack_id` is None until a new crack has been logged.
    """

    crack_id: int | None
    state: CrackState
    size: CrackSize | None
    covered_share: float | None = None
    length_growth_mm: Interval | None = None
    width_growth_mm: Interval | None = None
    doubt: str | None = None
    courses: tuple[tuple[int, int], ...] = ()

    @property
    def runs_straight(self) -> bool:
        """Whether its course is that of a joint or a wire."""
        return self.doubt is not None and WITHOUT_WANDER in self.doubt

    def write(self) -> dict[str, Value]:
        size = self.size
        return {
            "crack_id": self.crack_id,
            "state": self.state.value,
            "covered_share": self.covered_share,
            "courses_mm": None if size is None else write_courses(size.courses_mm),
            "place_sd_mm": None if size is None else float(size.place_sd_mm),
            **write_interval("length", None if size is None else size.length_mm),
            **write_widths(None if size is None else size.widths_mm),
            "severity_class": None if size is None else size.severity_class,
            "severity_standard": None if size is None else size.severity_standard,
            **write_interval("length_growth", self.length_growth_mm),
            **write_interval("width_growth", self.width_growth_mm),
            "doubt": None if self.doubt is None else write_text(self.doubt),
        }

    @classmethod
    def read(cls, row: Stored, courses: tuple[tuple[int, int], ...]) -> Self:
        return cls(
            crack_id=row["crack_id"],
            state=CrackState(row["state"]),
            size=_read_size(row),
            covered_share=row["covered_share"],
            length_growth_mm=read_interval(row, "length_growth"),
            width_growth_mm=read_interval(row, "width_growth"),
            doubt=row["doubt"],
            courses=courses,
        )


def _read_size(row: Stored) -> CrackSize | None:
    length_mm = read_interval(row, "length")
    if length_mm is None:
        return None
    return CrackSize(
        courses_mm=read_courses(row["courses_mm"], 3),
        place_sd_mm=row["place_sd_mm"],
        length_mm=length_mm,
        widths_mm=read_widths(row),
        severity_class=row["severity_class"],
        severity_standard=row["severity_standard"],
    )
