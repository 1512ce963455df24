"""Which courses of two frames show the same crack, as far as the poses and what was seen can say."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.pose import Matrix
from edge.tracks.fit import STEP_MM, Fit, Lines, fits
from edge.tracks.seen import SeenCourse

# Mahalanobis: chi-square with 3 degrees of freedom holds 0.9999 below it.
GATE = 21.1
# Minus twice the logarithm of how much likelier one reading must be than the next: a hundred times.
MARGIN = 9.2
# What two courses must have in common to be one crack: mm of course, or a share of the shorter one.
_SHARED_MM = 8.0
_SHARED = 0.6
# Points of the union that one asks about lie within so many standard deviations.
_REACH_SD = 3.0
# A fit tells where the frames are, whatever is assumed, when it leaves less open than this.
_TOLD_MM = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairing:
    """What two frames have in common: pairs of courses (first's, second's, mm in common) that are one crack.

    `doubtful` are the pairs that are one only in a reading nearly as likely as another in which they are not. `told`:
    whether the courses alone say how the frames lie to each other.
    """

    same: tuple[tuple[int, int, float], ...]
    doubtful: tuple[tuple[int, int], ...]
    fit: Fit
    told: bool


def pairing(
    first: Sequence[SeenCourse], second: Sequence[SeenCourse], prior_mean: Matrix, spread: Matrix | None
) -> Pairing | None:
    """Of two frames' courses, None where none can be the same.

    `prior_mean` (3,) is how the second is expected to be moved onto the first, and `spread` (3, 3) how far off that may
    be; None where only the courses' own places tell.
    """
    prior_at = _prior(first, second, spread)
    reach_mm = _REACH_SD * float(np.sqrt(np.linalg.eigvalsh(prior_at[:2, :2])[-1])) + STEP_MM
    ours, theirs = (Lines.of([course.points_mm for course in courses]) for courses in (first, second))
    expected = theirs.points_mm + prior_mean[:2]
    ours = ours.within(expected.min(axis=0) - reach_mm, expected.max(axis=0) + reach_mm)
    if not len(ours.points_mm):
        return None
    box = ours.points_mm.min(axis=0) - reach_mm, ours.points_mm.max(axis=0) + reach_mm
    theirs = theirs.within(box[0] - prior_mean[:2], box[1] - prior_mean[:2])
    if not len(theirs.points_mm):
        return None
    centre = theirs.points_mm.mean(axis=0)
    found = fits(ours, theirs, prior_mean, prior_at, centre)
    readings = [fit for fit in found if fit.distance2 <= GATE and fit.gain > 0]
    shared = [shared_mm(ours, theirs, fit) for fit in readings]
    if not readings or not shared[0]:
        return None
    likely = [pairs.keys() for pairs, fit in zip(shared, readings, strict=True) if fit.cost < readings[0].cost + MARGIN]
    certain = frozenset.intersection(*map(frozenset, likely))
    return Pairing(
        same=tuple((a, b, shared[0][a, b]) for a, b in sorted(certain)),
        doubtful=tuple(sorted(frozenset.union(*map(frozenset, likely)) - certain)),
        fit=readings[0],
        told=all(pairs == certain for pairs in likely) and tells(readings[0]),
    )


def about(place: Matrix, from_mm: Matrix, to_mm: Matrix) -> Matrix:
    """The covariance (3, 3) of a motion about one point as that of the same motion about another."""
    carry = carried(from_mm, to_mm)
    return carry @ place @ carry.T


def carried(from_mm: Matrix, to_mm: Matrix) -> Matrix:
    """(3, 3): a motion (x, y, turn) about one point as the same motion about another."""
    carry = np.eye(3)
    carry[:2, 2] = [-(to_mm - from_mm)[1], (to_mm - from_mm)[0]]
    return carry


def _prior(first: Sequence[SeenCourse], second: Sequence[SeenCourse], spread: Matrix | None) -> Matrix:
    if spread is not None:
        return spread
    centre = np.concatenate([course.points_mm for course in second]).mean(axis=0)
    places = [
        about(course.place, course.points_mm.mean(axis=0), centre)
        for course in (max(courses, key=lambda c: len(c.points_mm)) for courses in (first, second))
    ]
    return places[0] + places[1]


def shared_mm(ours: Lines, theirs: Lines, fit: Fit) -> dict[tuple[int, int], float]:
    """The pairs of courses that lie on one another, with the mm that they have in common."""
    pairs: dict[tuple[int, int], float] = {}
    on = ours.course[fit.nearest]
    for a, b in sorted(set(zip(on.tolist(), theirs.course.tolist(), strict=True))):
        of_pair = (on == a) & (theirs.course == b)
        matched = float((of_pair & fit.matched).sum()) * STEP_MM
        beside = float((of_pair & fit.beside).sum()) * STEP_MM
        shorter = min((ours.course == a).sum(), (theirs.course == b).sum()) * STEP_MM
        if matched >= min(_SHARED_MM, _SHARED * shorter) and matched >= beside:
            pairs[a, b] = matched
    return pairs


def tells(fit: Fit) -> bool:
    """Whether the courses alone say how they lie to each other."""
    # A turn of a milliradian more or less is granted: what is asked is whether the courses can slide.
    covariance = np.linalg.inv(fit.information + np.diag([1e-9, 1e-9, 1e6]))
    return bool(np.sqrt(np.linalg.eigvalsh(covariance[:2, :2])[-1]) < _TOLD_MM)
