"""Pieces of one crack that lie end to end: between them a faint stretch that no frame's segmenter took for a crack.

The rule is that of good continuation, by which fragments of cracks are linked (Q. Zou, Y. Cao, Q. Li, Q. Mao and
S. Wang, "CrackTree: automatic crack detection from pavement images", Pattern Recognition Letters 33, 2012): two ends
that face one another over a short gap and go on in one direction. The limits below are ours and narrow, because two
cracks in one entry are worse than one crack in two: the gap is at most `GAP_MM`, with what the poses leave open of it,
and shorter than either piece; and neither end has another crack to go on to.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edge.pose import Matrix
from edge.tracks.seen import SeenCourse, length_of, nearest_of, resampled

GAP_MM = 12.0
# Over so much of its course an end's direction is taken.
_DIRECTION_MM = 15.0
# How far from straight on the other end may lie and the other piece may lead.
_SLOPE = np.tan(np.radians(30))
_COS_GOES_ON = np.cos(np.radians(50))
# Of a centreline; an end lies so far off of where the crack's own goes on.
_ROUGH_MM = 1.0
_STEP_MM = 1.0
# Standard deviations of the two places that count as part of the gap.
_REACH_SD = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _End:
    """Of the course `of` (its place in the list of all): where it ends (2,), the unit vector (2,) that leads out."""

    of: int
    group: int
    at_mm: Matrix
    out: Matrix
    piece_mm: float


def continuations(courses: Sequence[SeenCourse], groups: Sequence[Sequence[int]]) -> Iterator[tuple[float, int, int]]:
    """Pairs of courses of two groups that go on in one another, with the gap in mm; a group is a crack so far."""
    ends = [end for n, members in enumerate(groups) for end in _free_ends(courses, members, n)]
    found = [
        (float(np.linalg.norm(other.at_mm - end.at_mm)), a, b)
        for a, end in enumerate(ends)
        for b, other in enumerate(ends[a + 1 :], a + 1)
        if end.group != other.group and _goes_on(courses, end, other)
    ]
    leads_to: dict[int, set[int]] = {}
    for _, a, b in found:
        leads_to.setdefault(a, set()).add(ends[b].group)
        leads_to.setdefault(b, set()).add(ends[a].group)
    for gap_mm, a, b in found:
        if len(leads_to[a]) == len(leads_to[b]) == 1:
            yield gap_mm, ends[a].of, ends[b].of


def _free_ends(courses: Sequence[SeenCourse], members: Sequence[int], group: int) -> Iterator[_End]:
    """Those beyond which no other course of the group goes on."""
    lines = {i: resampled(courses[i].points_mm, _STEP_MM) for i in members}
    piece_mm = max(length_of(line) for line in lines.values())
    for i, line in lines.items():
        others = [lines[j] for j in members if j != i]
        back = min(len(line) - 1, round(_DIRECTION_MM / _STEP_MM))
        for at, inside in ((line[0], line[back]), (line[-1], line[-1 - back])):
            leads_mm = np.linalg.norm(at - inside)
            if not leads_mm:
                continue  # a loop has no end
            out = (at - inside) / leads_mm
            ahead = at + 2 * _ROUGH_MM * out
            if not others or nearest_of(ahead[np.newaxis], np.concatenate(others))[0][0] > 2 * _ROUGH_MM:
                yield _End(of=i, group=group, at_mm=at, out=out, piece_mm=piece_mm)


def _goes_on(courses: Sequence[SeenCourse], end: _End, other: _End) -> bool:
    gap = other.at_mm - end.at_mm
    gap_mm = float(np.linalg.norm(gap))
    first, second = courses[end.of], courses[other.of]
    if {first.straight, second.straight} == {True, False}:
        return False
    if first.frame != second.frame:
        gap_mm += _REACH_SD * float(np.sqrt(np.linalg.eigvalsh((first.place + second.place)[:2, :2])[-1]))
    if gap_mm > min(GAP_MM, end.piece_mm, other.piece_mm) or end.out @ other.out > -_COS_GOES_ON:
        return False
    for out, ahead in ((end.out, gap), (other.out, -gap)):
        along, across = out @ ahead, abs(out[0] * ahead[1] - out[1] * ahead[0])
        if along < -_ROUGH_MM or across > _ROUGH_MM + _SLOPE * max(along, 0.0):
            return False
    return True
