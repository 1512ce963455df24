"""What measuring a find yields: courses, length and widths in pixels; in millimetres where a scale is known."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

F64 = npt.NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A value with its 95 % interval, low <= value <= high, all in the unit that the name of the field says."""

    low: float
    value: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"an interval holds its value; got {self.low} <= {self.value} <= {self.high}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """One branch of a crack from end to end: `points_px` float64 (n, 2), x and y of the centreline in frame pixels.

    `widths_px` float64 (n,) is the width across the crack at each point, NaN where none could be taken.
    """

    points_px: F64
    widths_px: F64


@dataclass(frozen=True, slots=True, kw_only=True)
class Widths(Generic[T]):
    """Of the widths along a crack: their median, their 95th percentile and the largest.

    The largest is that of a stretch, not of a point: half of some 18 pixels along the crack are as wide. A pore at its
    edge is no width of the crack, nor is what has no clear edge on both sides.
    """

    median: T
    p95: T
    maximum: T


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OnWall:
    """What is known in millimetres, in the axes of the `edge.geometry.WallView` that it was measured with.

    `courses_mm`: float64 (n, 2) each, the courses on the wall. `widths_mm` is None where the crack is too fine for a
    width at this scale ("below resolution").
    """

    courses_mm: tuple[F64, ...]
    length_mm: Interval
    widths_mm: Widths[Interval] | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """A find that was measured: the longest course first, branches after it.

    `orientation_deg` is the direction of the longest course in the frame, 0 along x, 90 along y upwards, in [0, 180).
    `widths_px` is None where the crack is below resolution; without a scale `on_wall` is None, and `withheld` says why.
    """

    courses: tuple[Course, ...]
    length_px: float
    orientation_deg: float
    widths_px: Widths[float] | None
    on_wall: OnWall | None = None
    withheld: str | None = None

    @property
    def below_resolution(self) -> bool:
        """Whether the crack is too fine for a width."""
        return self.widths_px is None
