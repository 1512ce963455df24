"""The cracks of one visit, from every course that its frames saw."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.measure.measured import Interval, Widths
from edge.pose import Matrix
from edge.tracks.join import Joined, join
from edge.tracks.pairs import about
from edge.tracks.seen import SeenCourse, length_of
from edge.tracks.union import length_interval, lines_of, moved_courses, width_intervals, widths_along

_MOST = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Track:
    """A crack of a visit. `lines_mm`: (n, 3) each, x, y on the wall and width, NaN where none; the longest first.

    `place` (3, 3): the covariance of its motion on the wall (x mm, y mm, turn rad) about `centre_mm` (2,); frames share
    most of their errors, so it is their mean and no smaller. `courses`: the finds' courses that it was seen in.
    `doubts`: courses of other tracks that may be of this one, which the poses leave open. `straight`: most of it was
    seen long enough to tell, and all of that runs without wander, as a joint, a wire or a shadow's edge does.
    """

    lines_mm: tuple[Matrix, ...]
    centre_mm: Matrix
    place: Matrix
    length_mm: Interval
    widths_mm: Widths[Interval] | None
    courses: tuple[tuple[int, int], ...]
    doubts: tuple[tuple[int, int], ...]
    straight: bool = False

    @property
    def place_sd_mm(self) -> float:
        """How well its place is known, in the direction in which it is known least."""
        return float(np.sqrt(np.linalg.eigvalsh(self.place[:2, :2])[-1]))


def track(courses: Sequence[SeenCourse]) -> list[Track]:
    """Every course of a visit in exactly one crack; what the poses leave open stays apart, and is said."""
    return [_track(joined) for joined in join(courses)] if courses else []


def _track(joined: Joined) -> Track:
    courses = moved_courses(joined)
    lines = lines_of(courses)
    widths = widths_along(lines, courses)
    places = [about(c.place, c.points_mm.mean(axis=0), joined.centre_mm) for c in joined.courses]
    return Track(
        lines_mm=tuple(np.column_stack([line, width]) for line, width in zip(lines, widths, strict=True)),
        centre_mm=joined.centre_mm,
        place=np.mean(places, axis=0),
        length_mm=length_interval(lines, courses, joined.courses),
        widths_mm=width_intervals(lines, widths, joined.courses),
        courses=tuple(course.key for course in joined.courses),
        doubts=joined.doubts,
        straight=_straight(joined.courses),
    )


def _straight(courses: Sequence[SeenCourse]) -> bool:
    told = [course for course in courses if course.straight is not None]
    long_mm, all_mm = (sum(length_of(course.points_mm) for course in of) for of in (told, courses))
    return all(course.straight for course in told) and long_mm > _MOST * all_mm
