"""All courses of a visit, joined into cracks: pair by pair of frames, the surest first, never across."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from edge.pose import Matrix
from edge.tracks.ends import continuations
from edge.tracks.fit import COS_AGREES, STEP_MM, Fit, Lines
from edge.tracks.pairs import GATE, Pairing, about, carried, pairing
from edge.tracks.seen import SeenCourse, nearest_of, resampled

# Courses of one find that come so close belong together: a branch and what it springs from; end to end, a crack that
# steps aside.
_TOUCH_MM = 2.0
_STEP_ASIDE_MM = 5.0
# Courses of one frame that run abreast for so long, and do not touch, are two cracks; so long on one another, one that
# two finds were followed along.
_ABREAST_MM = 10.0
_ON_ONE_ANOTHER_MM = 5.0
_SAME_MM = 0.5
# From so many frame pairs on, how far they were off tells how far the others may be.
_ENOUGH = 8
_FLOOR = np.diag([0.5, 0.5, 0.002]) ** 2
_GENEROUS = 1.5
# Minus twice the logarithm of the chance that two frames' courses lie on one another so by accident: 1 in 10 million.
_SURE_GAIN = 32.0
_NO_MOTION = np.zeros(3)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Joined:
    """Courses of one crack, each with the motion (3,) about `centre_mm` that brings its frame onto the others.

    `doubts`: courses of other cracks that may be this one.
    """

    courses: tuple[SeenCourse, ...]
    motions: Mapping[tuple[str, int], Matrix]
    centre_mm: Matrix
    doubts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    """Two frames, the places of their courses in the list of all, and what they have in common."""

    first: Sequence[int]
    second: Sequence[int]
    found: Pairing

    def edges(self) -> Iterator[tuple[float, int, int]]:
        for a, b, shared_mm in self.found.same:
            yield shared_mm, self.first[a], self.second[b]


def join(courses: Sequence[SeenCourse]) -> list[Joined]:
    """Cracks from all courses of a visit, each course in exactly one, in the order of their first courses."""
    frames: dict[tuple[str, int], list[int]] = {}
    for i, course in enumerate(courses):
        frames.setdefault(course.frame, []).append(i)
    pairs = _frame_pairs(courses, list(frames.values()))
    seen = [
        _Seen(first=first, second=second, found=found)
        for first, second, found in ((a, b, _pairing(courses, a, b, None)) for a, b in pairs)
        if found is not None
    ]
    seen = _again_by_experience(courses, seen)
    groups = _Groups(courses, frames.values())
    for _, i, j in sorted((edge for pair in seen for edge in pair.edges()), reverse=True):
        groups.unite(i, j)
    for _, i, j in sorted(continuations(courses, groups.members())):
        groups.unite(i, j)
    return [_joined(courses, members, seen, groups) for members in groups.members()]


def _pairing(
    courses: Sequence[SeenCourse], first: Sequence[int], second: Sequence[int], spread: Matrix | None
) -> Pairing | None:
    return pairing([courses[i] for i in first], [courses[i] for i in second], _NO_MOTION, spread)


def _again_by_experience(courses: Sequence[SeenCourse], seen: list[_Seen]) -> list[_Seen]:
    """Frames whose courses told how they lie show how far frames are off from one another, which is less than each is
    off from the wall: all are asked again with that."""
    told = np.array([pair.found.fit.motion for pair in seen if pair.found.told]).reshape(-1, 3)
    if len(told) < _ENOUGH:
        return seen
    spread = np.maximum(_FLOOR, np.diag(_GENEROUS * np.quantile(np.abs(told), 0.9, axis=0) / 1.645) ** 2)
    again = []
    for pair in seen:
        stated = courses[pair.first[0]].place + courses[pair.second[0]].place
        found = _pairing(courses, pair.first, pair.second, np.diag(np.minimum(np.diag(spread), np.diag(stated))))
        if found is not None:
            again.append(_Seen(first=pair.first, second=pair.second, found=found))
        elif pair.found.told and pair.found.fit.gain > _SURE_GAIN:
            # One frame of a run may be much farther off than the rest: then what both show says so.
            again.append(pair)
    return again


def _frame_pairs(courses: Sequence[SeenCourse], frames: list[list[int]]) -> Iterator[tuple[list[int], list[int]]]:
    """Frames whose courses may lie on one another."""
    lows, highs, reaches = [], [], []
    for members in frames:
        points = np.concatenate([courses[i].points_mm for i in members])
        lows.append(points.min(axis=0))
        highs.append(points.max(axis=0))
        reaches.append(max(np.sqrt(GATE * courses[i].place[0, 0] + GATE * courses[i].place[1, 1]) for i in members))
    low, high, reach = np.array(lows), np.array(highs), np.array(reaches)
    for i, members in enumerate(frames):
        gap = np.maximum(low[i + 1 :] - high[i], low[i] - high[i + 1 :]).max(axis=1)
        for j in np.flatnonzero(gap <= np.hypot(reach[i], reach[i + 1 :])):
            yield members, frames[i + 1 + j]


def _touch(one: SeenCourse, other: SeenCourse) -> bool:
    """Whether two courses of a find meet; a crack that ends at a joint is not part of it."""
    if {one.straight, other.straight} == {True, False}:
        return False
    if one.find_id != other.find_id:
        return False
    ends, others = one.points_mm[[0, -1]][:, np.newaxis], other.points_mm[[0, -1]][:, np.newaxis]
    if np.linalg.norm(ends - others.swapaxes(0, 1), axis=2).min() <= _STEP_ASIDE_MM:
        return True
    return any(
        np.linalg.norm(end - line.points_mm, axis=2).min() <= _TOUCH_MM for end, line in ((ends, other), (others, one))
    )


class _Groups:
    """Courses by the crack that they belong to, as far as that is known."""

    def __init__(self, courses: Sequence[SeenCourse], frames: Iterable[Sequence[int]]) -> None:
        self._of = list(range(len(courses)))
        self._members = {i: [i] for i in self._of}
        self._apart: set[tuple[int, int]] = set()
        for i, j in (pair for members in frames for pair in combinations(members, 2)):
            if _touch(courses[i], courses[j]) or _same_mm(courses[i], courses[j]) >= _ON_ONE_ANOTHER_MM:
                self.unite(i, j)
            elif _abreast_mm(courses[i], courses[j]) >= _ABREAST_MM:
                self._apart |= {(i, j), (j, i)}

    def unite(self, i: int, j: int) -> None:
        """Makes the cracks of two courses one, unless one frame saw them run side by side."""
        first, second = self._of[i], self._of[j]
        if first == second or any(pair in self._apart for pair in product(self._members[first], self._members[second])):
            return
        for member in self._members[second]:
            self._of[member] = first
        self._members[first] += self._members.pop(second)

    def together(self, i: int, j: int) -> bool:
        return self._of[i] == self._of[j]

    def members(self) -> list[list[int]]:
        return sorted(sorted(members) for members in self._members.values())


def _same_mm(one: SeenCourse, other: SeenCourse) -> float:
    """How much of the shorter course lies on the other; in one frame no place is open."""
    if {one.straight, other.straight} == {True, False}:
        return 0.0
    longer, shorter = sorted((resampled(c.points_mm, STEP_MM) for c in (one, other)), key=len, reverse=True)
    return float((nearest_of(shorter, longer)[0] <= STEP_MM / 2 + _SAME_MM).sum()) * STEP_MM


def _abreast_mm(one: SeenCourse, other: SeenCourse) -> float:
    """How much of the shorter course runs beside the other, in its direction."""
    fixed, moving = sorted((Lines.of([c.points_mm]) for c in (one, other)), key=lambda line: -len(line.points_mm))
    off = moving.points_mm[:, np.newaxis] - fixed.points_mm
    along = (off * fixed.tangents).sum(axis=2)
    agrees = np.abs(moving.tangents @ fixed.tangents.T) >= COS_AGREES
    return float(((np.abs(along) <= STEP_MM / 2) & agrees).any(axis=1).sum()) * STEP_MM


def _joined(courses: Sequence[SeenCourse], members: list[int], seen: Sequence[_Seen], groups: _Groups) -> Joined:
    chosen = tuple(courses[i] for i in members)
    centre = np.concatenate([course.points_mm for course in chosen]).mean(axis=0)
    inside = set(members)
    ties = [pair.found.fit for pair in seen if any(i in inside and j in inside for _, i, j in pair.edges())]
    frames = [
        (courses[pair.first[0]].frame, courses[pair.second[0]].frame)
        for pair in seen
        if any(i in inside and j in inside for _, i, j in pair.edges())
    ]
    doubts = {
        courses[theirs].key
        for pair in seen
        for a, b in pair.found.doubtful
        for own, theirs in ((pair.first[a], pair.second[b]), (pair.second[b], pair.first[a]))
        if own in inside and not groups.together(own, theirs)
    }
    return Joined(
        courses=chosen,
        motions=_motions(chosen, frames, ties, centre),
        centre_mm=centre,
        doubts=tuple(sorted(doubts)),
    )


def _motions(
    courses: Sequence[SeenCourse],
    frames: Sequence[tuple[tuple[str, int], tuple[str, int]]],
    ties: Sequence[Fit],
    centre_mm: Matrix,
) -> dict[tuple[str, int], Matrix]:
    """The most likely motion of each frame about the centre: the poses' places, and what frames say of one another."""
    order = {frame: 3 * k for k, frame in enumerate(dict.fromkeys(course.frame for course in courses))}
    system, right = np.zeros((3 * len(order),) * 2), np.zeros(3 * len(order))
    for course in {course.frame: course for course in courses}.values():
        at = slice(order[course.frame], order[course.frame] + 3)
        system[at, at] += np.linalg.inv(about(course.place, course.points_mm.mean(axis=0), centre_mm) + _FLOOR)
    for (first, second), fit in zip(frames, ties, strict=True):
        back = carried(centre_mm, fit.centre_mm)
        information = back.T @ fit.information @ back
        wanted = information @ carried(fit.centre_mm, centre_mm) @ fit.motion
        a, b = (slice(order[frame], order[frame] + 3) for frame in (first, second))
        for own, other, sign in ((b, a, 1), (a, b, -1)):
            system[own, own] += information
            system[own, other] -= information
            right[own] += sign * wanted
    solved = np.linalg.solve(system, right).astype(np.float64)
    return {frame: solved[at : at + 3] for frame, at in order.items()}
