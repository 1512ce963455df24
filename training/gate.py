"""Whether a new bundle may take an old one's place: both on the same frozen walls and pictures, compared in pairs.

Recall must not fall beyond its interval: the new one's lies at or above the lower end of the old one's 95 % interval,
and the interval of the difference is not wholly below zero. False alarms must fall: on one set at least the interval of
the difference lies wholly below zero, and on none wholly above. Intervals are by a bootstrap over walls, or over source
photos, the same ones drawn for both bundles (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 8).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.bootstrap import Indices, interval
from edge.errors import DataError
from training.bench.wall_bench import WallResult
from training.evaluate import Scored

F64 = npt.NDArray[np.float64]
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judged:
    """What one bundle did on one set, a number a unit (a wall, a picture), float64 (n,) each.

    `hits` of `cracks` that were there; false `alarms` on `bare`: square metres, or pictures without a crack.
    """

    groups: Sequence[str]
    hits: F64
    cracks: F64
    alarms: F64
    bare: F64

    def recall(self, at: Indices | slice = slice(None)) -> float:
        return _share(self.hits[at], self.cracks[at])

    def alarm_rate(self, at: Indices | slice = slice(None)) -> float:
        return _share(self.alarms[at], self.bare[at])


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A figure of both bundles on a set, and `new - old` with its 95 % interval."""

    set: str
    old: float
    old_ci95: Interval
    new: float
    difference_ci95: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class GateReport:
    """`objections`: why the new bundle may not take the old one's place; empty where it may."""

    recalls: tuple[Row, ...]
    alarms: tuple[Row, ...]
    objections: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.objections


def walls_judged(results: Sequence[WallResult]) -> Judged:
    """Cracks that were hit, and false cracks a square metre."""
    return Judged(
        groups=[str(one.seed) for one in results],
        hits=np.array([sum(crack.hit for crack in one.cracks) for one in results], np.float64),
        cracks=np.array([len(one.cracks) for one in results], np.float64),
        alarms=np.array([len(one.false) for one in results], np.float64),
        bare=np.array([one.area_m2 for one in results], np.float64),
    )


def pictures_judged(scored: Scored, threshold: float) -> Judged:
    """Cracked pictures that were flagged, and flagged ones of those without a crack."""
    flagged = (scored.scores >= threshold).astype(np.float64)
    cracked = scored.cracked.astype(np.float64)
    return Judged(
        groups=scored.groups,
        hits=flagged * cracked,
        cracks=cracked,
        alarms=flagged * (1 - cracked),
        bare=1 - cracked,
    )


def compare(sets: Sequence[tuple[str, Judged, Judged]]) -> GateReport:
    """The verdict over sets of (name, old, new). Raises `DataError` where nothing could show a fall of false alarms."""
    recalls = [_row(name, old, new, Judged.recall) for name, old, new in sets if old.cracks.sum()]
    alarms = [_row(name, old, new, Judged.alarm_rate) for name, old, new in sets if old.bare.sum()]
    if not recalls or not alarms:
        raise DataError("a gate needs cracks, and pictures or walls without one; the sets have none of them")
    objections = [
        f"{row.set}: recall falls from {row.old:.3f} ({_told(row.old_ci95)}) to {row.new:.3f}; "
        f"the difference is {_told(row.difference_ci95)}"
        for row in recalls
        if row.new < row.old_ci95[0] or row.difference_ci95[1] < 0
    ]
    objections += [
        f"{row.set}: false alarms rise from {row.old:.3f} to {row.new:.3f}; the difference is "
        f"{_told(row.difference_ci95)}"
        for row in alarms
        if row.difference_ci95[0] > 0
    ]
    if not any(row.difference_ci95[1] < 0 for row in alarms):
        objections.append("false alarms must fall on one set at least, beyond what chance may do; they do on none")
    return GateReport(recalls=tuple(recalls), alarms=tuple(alarms), objections=tuple(objections))


def ratio_ci95(old: Judged, new: Judged) -> tuple[float, Interval]:
    """New over old false alarms, and the 95 % interval."""

    def ratio(at: Indices | slice) -> float:
        return _share(np.array([new.alarm_rate(at)]), np.array([old.alarm_rate(at)]))

    return ratio(slice(None)), interval(ratio, old.groups, seed=0)


def _row(name: str, old: Judged, new: Judged, figure: Callable[..., float]) -> Row:
    return Row(
        set=name,
        old=figure(old),
        old_ci95=interval(lambda at: figure(old, at), old.groups, seed=0),
        new=figure(new),
        difference_ci95=interval(lambda at: figure(new, at) - figure(old, at), old.groups, seed=0),
    )


def _share(part: F64, whole: F64) -> float:
    total = float(whole.sum())
    return float(part.sum()) / total if total else float("nan")


def _told(ci95: Interval) -> str:
    return f"{ci95[0]:.3f} to {ci95[1]:.3f}"
