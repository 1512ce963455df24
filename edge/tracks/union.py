"""The courses of one crack, seen by several frames, as one: its lines without anything twice, and its widths."""

import numpy as np

from edge.measure.measured import Interval, Widths
from edge.pose import Matrix
from edge.tracks.fit import Bools
from edge.tracks.join import Joined
from edge.tracks.seen import SeenCourse, length_of, nearest_of, resampled

_STEP_MM = 0.5
# What lies so close to what is there already is the same.
_SAME_MM = 2.0
# Shorter than this, what sticks out is no branch but roughness.
_BRANCH_MM = 5.0
# Ends that come so close, and go on in one direction, are one line.
_JOINT_MM = 2.5
_COS_GOES_ON = np.cos(np.radians(60))
_END_POINTS = 20
# Of a crack's length, how much must have a width for the crack to have one.
_WIDE_ENOUGH = 0.5
_Z95 = 1.959964


def moved_courses(joined: Joined) -> list[Matrix]:
    """Each course after its frame's motion, x, y and width (n, 3), points `_STEP_MM` apart."""
    moved = []
    for course in joined.courses:
        points = resampled(np.column_stack([course.points_mm, course.widths_mm]), _STEP_MM)
        arms = points[:, :2] - joined.centre_mm
        x, y, turn = joined.motions[course.frame]
        points[:, :2] += np.column_stack([x - turn * arms[:, 1], y + turn * arms[:, 0]])
        moved.append(points)
    return moved


def lines_of(courses: list[Matrix]) -> list[Matrix]:
    """Polylines (n, 2) that cover what the courses (n, 3) cover, each stretch once; the longest first."""
    lines: list[Matrix] = []
    for course in (course[:, :2] for course in sorted(courses, key=length_of, reverse=True)):
        new = ~_near(course, lines)
        for begin, end in _runs(new):
            # The points to either side lie on what is there: the stretch begins and ends on it.
            stretch = course[max(0, begin - 1) : end + 1]
            if not lines or length_of(stretch) >= _BRANCH_MM:
                lines.append(stretch)
    return sorted(_chained(lines), key=length_of, reverse=True)


def widths_along(lines: list[Matrix], courses: list[Matrix]) -> list[Matrix]:
    """Of each line the widths (n,) at its points: the mean of what the frames saw there, NaN where none did."""
    widths = []
    for line in lines:
        total, count = np.zeros(len(line)), np.zeros(len(line))
        for course in courses:
            known = course[np.isfinite(course[:, 2])]
            if len(known):
                off, nearest = nearest_of(line, known[:, :2])
                there = off <= _SAME_MM
                total[there] += known[nearest[there], 2]
                count[there] += 1
        widths.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
    return widths


def length_interval(lines: list[Matrix], courses: list[Matrix], seen: tuple[SeenCourse, ...]) -> Interval:
    """The length of all lines, as long as the frames say of its courses; their errors are a scale's, and alike."""
    stated = [course.length_mm for course in seen]
    whole = sum(map(length_of, lines)) / sum(map(length_of, courses))
    return Interval(
        low=whole * sum(length.low for length in stated),
        value=whole * sum(length.value for length in stated),
        high=whole * sum(length.high for length in stated),
    )


def width_intervals(lines: list[Matrix], widths: list[Matrix], seen: tuple[SeenCourse, ...]) -> Widths[Interval] | None:
    """Median, 95th percentile and maximum along all lines; None where too little of the crack has a width.

    Each is as far off as the finds' own, on average: what is wrong with one width is mostly wrong with the next.
    """
    weights = np.concatenate([_shares_mm(line) for line in lines])
    values = np.concatenate(widths)
    known = np.isfinite(values)
    sources = [course for course in seen if course.intervals_mm is not None]
    if not sources or weights[known].sum() < _WIDE_ENOUGH * weights.sum():
        return None
    median, p95 = (_quantile(values[known], weights[known], q) for q in (0.5, 0.95))
    at = {"median": median, "p95": p95, "maximum": float(values[known].max())}
    share = np.array([length_of(course.points_mm) for course in sources])
    intervals = {}
    for name, value in at.items():
        stated = [getattr(course.intervals_mm, name) for course in sources]
        below = float(np.average([s.value - s.low for s in stated], weights=share))
        above = float(np.average([s.high - s.value for s in stated], weights=share))
        intervals[name] = Interval(low=max(0.0, value - below), value=value, high=value + above)
    return Widths(**intervals)


def _near(points: Matrix, lines: list[Matrix]) -> Bools:
    near = np.zeros(len(points), bool)
    for line in lines:
        near |= nearest_of(points, line)[0] <= _SAME_MM
    return near


def _runs(flags: Bools) -> list[tuple[int, int]]:
    """Where runs of True begin and end (exclusive)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _chained(lines: list[Matrix]) -> list[Matrix]:
    """Lines whose ends meet and go on in one direction, as one."""
    lines = list(lines)
    while True:
        joint = _best_joint(lines)
        if joint is None:
            return lines
        i, j, first, second = joint
        lines = [line for k, line in enumerate(lines) if k not in (i, j)] + [np.concatenate([first, second])]


def _best_joint(lines: list[Matrix]) -> tuple[int, int, Matrix, Matrix] | None:
    best, best_mm = None, _JOINT_MM
    for i, line in enumerate(lines):
        for j in range(i + 1, len(lines)):
            for first in (line, line[::-1]):
                for second in (lines[j], lines[j][::-1]):
                    apart = float(np.linalg.norm(second[0] - first[-1]))
                    if apart <= best_mm and _goes_on(first, second):
                        best, best_mm = (i, j, first, second), apart
    return best


def _goes_on(first: Matrix, second: Matrix) -> bool:
    out = first[-1] - first[-min(_END_POINTS, len(first))]
    on = second[min(_END_POINTS, len(second)) - 1] - second[0]
    return bool(out @ on >= _COS_GOES_ON * np.linalg.norm(out) * np.linalg.norm(on))


def _shares_mm(line: Matrix) -> Matrix:
    """The length that each point of a line stands for."""
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    return (np.concatenate([[0.0], steps]) + np.concatenate([steps, [0.0]])) / 2


def _quantile(values: Matrix, weights: Matrix, q: float) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) - weights[order] / 2
    return float(np.interp(q * weights.sum(), reached, values[order]))
