"""How one frame's courses must be moved to lie on another's: the most likely small motion, found from many starts.

Points of one are brought to lines of the other (Chen and Medioni, 1992), with a prior from the poses and with points
that find no line cut off at a fixed cost, so that a motion which explains more of what was seen wins.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from edge.pose import Matrix
from edge.tracks.seen import resampled

Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]

STEP_MM = 2.0
# Across a course: its centreline as measured, and the line between two points of a course that is rough.
NOISE_MM = 0.4
# Farther than this from the line, in standard deviations, a point is not on it. What a point costs that runs beside the
# line, and one beyond its end: there the other frame may not have looked, and only the direction was to be expected.
_CUT = 5.0
_BEYOND = 2.0
# Errors along a course are alike over this length: points closer to each other count as one.
_ALIKE_MM = 5.0
COS_AGREES = np.cos(np.radians(35))
_TANGENT_OVER = 2  # points to either side
_ITERATIONS = 10
# Starts are followed coarsely, every other point, and the likeliest of them to the end.
_COARSE_ITERATIONS = 6
_FOLLOWED = 6
_START_SD = (-2.0, -1.0, 0.0, 1.0, 2.0)
# Below this many mm of prior standard deviation one start is enough.
_NEAR_MM = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lines:
    """Courses as points `spacing_mm` apart: `points_mm` (n, 2), `tangents` (n, 2), `ends` (n,) whether a course ends
    there, `course` (n,) which one it is of."""

    points_mm: Matrix
    tangents: Matrix
    ends: Bools
    course: Ints
    spacing_mm: float = STEP_MM

    @classmethod
    def of(cls, courses: list[Matrix]) -> "Lines":
        """Of polylines (n, 2)."""
        points = [resampled(course, STEP_MM) for course in courses]
        ends = [np.isin(np.arange(len(p)), (0, len(p) - 1)) for p in points]
        return cls(
            points_mm=np.concatenate(points),
            tangents=np.concatenate([_tangents(p) for p in points]),
            ends=np.concatenate(ends),
            course=np.repeat(np.arange(len(points)), [len(p) for p in points]),
        )

    def within(self, low: Matrix, high: Matrix) -> "Lines":
        """What lies in a box."""
        inside = (self.points_mm >= low) & (self.points_mm <= high)
        return self._only(inside[:, 0] & inside[:, 1], self.spacing_mm)

    def every_other(self) -> "Lines":
        """Half of the points."""
        return self._only(np.arange(len(self.points_mm)) % 2 == 0, 2 * self.spacing_mm)

    def _only(self, chosen: Bools, spacing_mm: float) -> "Lines":
        return Lines(
            points_mm=self.points_mm[chosen],
            tangents=self.tangents[chosen],
            ends=self.ends[chosen],
            course=self.course[chosen],
            spacing_mm=spacing_mm,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """`motion` (3,) (x mm, y mm, turn rad) about `centre_mm` brings the moving lines onto the fixed ones.

    `information` (3, 3) is what the lines alone say of it. `cost` is minus twice the logarithm of its likelihood, but
    for a constant. `nearest` (m,) is each moving point's place in the fixed lines and `matched` (m,) whether it lies on
    it; `beside` (m,) whether it runs beside it. `distance2`: the squared Mahalanobis distance from the prior.
    `gain`: by how much the lines alone make it likelier, in the units of `cost`, than that they do not meet at all.
    """

    motion: Matrix
    centre_mm: Matrix
    information: Matrix
    cost: float
    nearest: Ints
    matched: Bools
    beside: Bools
    distance2: float
    gain: float

    def moved(self, points_mm: Matrix) -> Matrix:
        """Points (n, 2) after the motion."""
        return _moved(points_mm, self.motion[np.newaxis], self.centre_mm)[0]


def fits(fixed: Lines, moving: Lines, prior_mean: Matrix, prior: Matrix, centre_mm: Matrix) -> list[Fit]:
    """The local optima from a grid of starts, the likeliest first; empty where nothing can be compared.

    `prior` (3, 3) is the covariance of the motion about `centre_mm` (2,), `prior_mean` (3,) its mean.
    """
    if not len(fixed.points_mm) or not len(moving.points_mm):
        return []
    precision = np.linalg.inv(prior).astype(np.float64)
    motions = _starts(prior_mean, prior)
    reach = np.sqrt(np.linalg.eigvalsh(prior[:2, :2])[-1])
    gates = np.geomspace(1.2 * reach + _CUT * NOISE_MM, _CUT * NOISE_MM, _ITERATIONS)
    if len(motions) > _FOLLOWED:
        few = moving.every_other()
        motions = _descend(fixed, few, motions, centre_mm, gates[:_COARSE_ITERATIONS], prior_mean, precision)
        state = _matched(fixed, few, motions, centre_mm, gates[_COARSE_ITERATIONS])
        motions = _apart(motions[np.argsort(_cost(state, motions, prior_mean, precision)[0], kind="stable")])
        gates = gates[_COARSE_ITERATIONS - 1 :]
    motions = _descend(fixed, moving, motions, centre_mm, gates, prior_mean, precision)
    state = _matched(fixed, moving, motions, centre_mm, gates[-1])
    _, information = _step(state, motions, prior_mean, precision)
    cost, distance2 = _cost(state, motions, prior_mean, precision)
    order = np.argsort(cost, kind="stable")
    return [
        Fit(
            motion=motions[s],
            centre_mm=centre_mm,
            information=information[s],
            cost=float(cost[s]),
            nearest=state.nearest[s],
            matched=state.matched[s],
            beside=state.beside[s],
            distance2=float(distance2[s]),
            gain=float(state.length_mm / _ALIKE_MM * _BEYOND**2 - (cost[s] - distance2[s])),
        )
        for s in order
    ]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _State:
    """Of every start and moving point: the nearest fixed point, the distance across, whether it is on the line."""

    nearest: Ints
    across: Matrix
    slopes: Matrix  # (starts, m, 3): of the distance across, by the motion
    matched: Bools
    beside: Bools
    length_mm: float


def _matched(fixed: Lines, moving: Lines, motions: Matrix, centre_mm: Matrix, gate_mm: float) -> _State:
    points = _moved(moving.points_mm, motions, centre_mm)
    squares = (
        (points**2).sum(axis=2)[..., np.newaxis] + (fixed.points_mm**2).sum(axis=1) - 2 * points @ fixed.points_mm.T
    )
    nearest = squares.argmin(axis=2)
    off = points - fixed.points_mm[nearest]
    tangents = fixed.tangents[nearest]
    normals = np.stack([-tangents[..., 1], tangents[..., 0]], axis=-1)
    across, along = (off * normals).sum(axis=2), (off * tangents).sum(axis=2)
    agrees = np.abs((tangents * moving.tangents).sum(axis=2)) >= COS_AGREES
    abreast = (np.abs(along) <= STEP_MM) | ~fixed.ends[nearest]
    near = np.abs(across) <= gate_mm
    arms = moving.points_mm - centre_mm
    turn = normals[..., 1] * arms[:, 0] - normals[..., 0] * arms[:, 1]
    return _State(
        nearest=nearest,
        across=across,
        slopes=np.concatenate([normals, turn[..., np.newaxis]], axis=2),
        matched=near & agrees & abreast,
        beside=abreast & agrees & ~near,
        length_mm=moving.spacing_mm * len(moving.points_mm),
    )


def _descend(
    fixed: Lines, moving: Lines, motions: Matrix, centre_mm: Matrix, gates: Matrix, mean: Matrix, precision: Matrix
) -> Matrix:
    for gate in gates:
        motions, _ = _step(_matched(fixed, moving, motions, centre_mm, gate), motions, mean, precision)
    return motions


def _apart(motions: Matrix) -> Matrix:
    """The first `_FOLLOWED` motions (s, 3) that lead to places of their own."""
    chosen: list[Matrix] = []
    for motion in motions:
        if all(np.linalg.norm((motion - other)[:2]) > _NEAR_MM for other in chosen):
            chosen.append(motion)
    return np.array(chosen[:_FOLLOWED])


def _cost(state: _State, motions: Matrix, mean: Matrix, precision: Matrix) -> tuple[Matrix, Matrix]:
    """Of each start what it leaves unexplained, and how far it is from the prior, squared."""
    off = motions - mean
    distance2 = np.einsum("si,ij,sj->s", off, precision, off)
    unmatched = np.where(state.beside, _CUT**2, _BEYOND**2)
    points = np.where(state.matched, (state.across / NOISE_MM) ** 2, unmatched)
    return points.mean(axis=1) * state.length_mm / _ALIKE_MM + distance2, distance2


def _step(state: _State, motions: Matrix, mean: Matrix, precision: Matrix) -> tuple[Matrix, Matrix]:
    """The motions (s, 3) after a step of Gauss and Newton, and the information (s, 3, 3) of the lines."""
    weights = state.matched * (state.length_mm / state.matched.shape[1] / _ALIKE_MM / NOISE_MM**2)
    weighted = (state.slopes * weights[..., np.newaxis]).transpose(0, 2, 1)
    information = weighted @ state.slopes
    pull = (weighted @ state.across[..., np.newaxis])[..., 0] + (motions - mean) @ precision
    return motions - np.linalg.solve(information + precision, pull[..., np.newaxis])[..., 0], information


def _starts(mean: Matrix, prior: Matrix) -> Matrix:
    """(s, 3): a grid over what the prior leaves open; the turn follows."""
    values, axes = np.linalg.eigh(prior[:2, :2])
    per_axis = [_START_SD if value > _NEAR_MM**2 else (0.0,) for value in values]
    shifts = np.array([axes @ (np.sqrt(values) * np.array(steps)) for steps in product(*per_axis)])
    return mean + np.column_stack([shifts, np.zeros(len(shifts))])


def _moved(points_mm: Matrix, motions: Matrix, centre_mm: Matrix) -> Matrix:
    """(starts, n, 2), for small turns."""
    arms = points_mm - centre_mm
    turned = np.stack([-arms[:, 1], arms[:, 0]], axis=1)
    return points_mm + motions[:, np.newaxis, :2] + motions[:, 2, np.newaxis, np.newaxis] * turned


def _tangents(points_mm: Matrix) -> Matrix:
    n = np.arange(len(points_mm))
    ahead = points_mm[np.minimum(n + _TANGENT_OVER, n[-1])] - points_mm[np.maximum(n - _TANGENT_OVER, 0)]
    return ahead / np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
