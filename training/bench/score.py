"""Hits and false cracks: reported courses against true ones, on the wall, in millimetres.

A *hit* is a true crack of which at least half of the length lies within 5 mm of a reported one; of a *false crack* less
than a fifth of its own length lies near any truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from edge.render.course import TrueCrack

F64 = npt.NDArray[np.float64]

NEAR_MM = 5.0
HIT_SHARE = 0.5
FALSE_SHARE = 0.2
STEP_MM = 0.5  # courses are compared at points this far apart: within 0.01 mm of comparing lines


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reported:
    """A reported crack: its branches, float64 (n, 2) each, wall mm; a single point is a course of no length."""

    courses_mm: tuple[F64, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrackScore:
    """What became of a true crack: `share` of its length lies near a reported one, `entries` reported ones near it."""

    name: str
    width_mm: float
    length_mm: float
    depth: float
    share: float
    entries: int

    @property
    def hit(self) -> bool:
        return self.share >= HIT_SHARE


@dataclass(frozen=True, slots=True, kw_only=True)
class WallScore:
    """`false` are indices into what was reported."""

    cracks: tuple[CrackScore, ...]
    reported: int
    false: tuple[int, ...]


def score_wall(cracks: Sequence[TrueCrack], reported: Sequence[Reported]) -> WallScore:
    """Judges what was reported of one wall."""
    lines = [resampled(crack.points_mm) for crack in cracks]
    told = [np.concatenate([resampled(course) for course in one.courses_mm]) for one in reported]
    near_truth = _near(told, lines)
    near_told = _near(lines, told)
    owners = [_entries(line, told) for line in lines]
    return WallScore(
        cracks=tuple(
            CrackScore(
                name=crack.name,
                width_mm=crack.width_mm,
                length_mm=crack.length_mm,
                depth=float("nan") if crack.depths is None else float(np.median(crack.depths)),
                share=share,
                entries=entries,
            )
            for crack, share, entries in zip(cracks, near_told, owners, strict=True)
        ),
        reported=len(reported),
        false=tuple(i for i, share in enumerate(near_truth) if share < FALSE_SHARE),
    )


def resampled(course_mm: F64) -> F64:
    """A polyline (n, 2) as points (k, 2), evenly, at most `STEP_MM` apart: each stands for as much length."""
    steps = np.linalg.norm(np.diff(course_mm, axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    count = int(np.ceil(along[-1] / STEP_MM)) + 1
    at = np.linspace(0, along[-1], count)
    return np.stack([np.interp(at, along, course_mm[:, axis]) for axis in (0, 1)], axis=1)


def _near(lines: Sequence[F64], others: Sequence[F64]) -> list[float]:
    """Of each line the share that lies within `NEAR_MM` of any other."""
    if not others:
        return [0.0] * len(lines)
    tree = cKDTree(np.concatenate(others))
    return [float((tree.query(line, distance_upper_bound=2 * NEAR_MM)[0] <= NEAR_MM).mean()) for line in lines]


def _entries(line: F64, told: Sequence[F64]) -> int:
    """How many of the reported cracks lie, with at least half of their own length, near this true one."""
    tree = cKDTree(line)
    shares = [(tree.query(one, distance_upper_bound=2 * NEAR_MM)[0] <= NEAR_MM).mean() for one in told]
    return sum(bool(share >= HIT_SHARE) for share in shares)
