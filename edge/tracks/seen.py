"""A course of a measured find where a frame saw it on the wall, and how sure its place is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.measure.measured import Interval, Widths
from edge.pose import Matrix

# No place is known better, whatever its covariance says (a simulated drive's says nought): mm, mm and radians.
LEAST_SD = np.array([0.02, 0.02, 1e-5])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenCourse:
    """`points_mm` (n, 2) on the wall, n at least 2; `widths_mm` (n,), NaN where none.

    `frame` tells one frame from another; courses with the same `find_id` were measured together. `place` is the (3, 3)
    covariance of its motion on the wall (x mm, y mm, turn rad) about the middle of its points. `length_mm` is its share
    of the find's length; `intervals_mm` are the widths of the whole find. `straight`: whether it runs without wander,
    as `edge.measure.wander` tells it, None where it is too short.
    """

    frame: tuple[str, int]
    find_id: int
    course_n: int
    points_mm: Matrix
    widths_mm: Matrix
    place: Matrix
    length_mm: Interval
    intervals_mm: Widths[Interval] | None
    straight: bool | None = None

    @property
    def key(self) -> tuple[int, int]:
        """The find's id and the number of the course in it."""
        return self.find_id, self.course_n


def place_covariance(t_wall_camera: Matrix, covariance: Matrix, at_mm: Matrix) -> Matrix:
    """(3, 3) over (x mm, y mm, turn rad) of what a camera sees on the wall about the point `at_mm` (2,).

    `covariance` (6, 6) as in `edge.pose.Pose`. A point that moves off the wall with the camera is seen where its ray
    meets the wall.
    """
    x, y = at_mm
    ray = np.array([x, y, 0.0]) - t_wall_camera[:3, 3]
    slope = ray[:2] / ray[2]
    motion = np.zeros((3, 6))
    motion[0] = [1, 0, -slope[0], -slope[0] * y, slope[0] * x, -y]
    motion[1] = [0, 1, -slope[1], -slope[1] * y, slope[1] * x, x]
    motion[2, 5] = 1
    return motion @ covariance @ motion.T + np.diag(LEAST_SD**2)


def length_of(points_mm: Matrix) -> float:
    """Of a polyline (n, 2 or more)."""
    return float(np.linalg.norm(np.diff(points_mm[:, :2], axis=0), axis=1).sum())


def resampled(points_mm: Matrix, step_mm: float) -> Matrix:
    """A polyline (n, k) as points about `step_mm` apart, both ends kept, at least two."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points_mm[:, :2], axis=0), axis=1))])
    at = np.linspace(0, along[-1], max(2, round(along[-1] / step_mm) + 1))
    return np.column_stack([np.interp(at, along, column) for column in points_mm.T])


def nearest_of(points_mm: Matrix, vertices_mm: Matrix) -> tuple[Matrix, npt.NDArray[np.intp]]:
    """Of each point (n, 2) the distance to the nearest of some vertices (m, 2), and which one that is."""
    squares = (vertices_mm**2).sum(axis=1) - 2 * points_mm @ vertices_mm.T
    nearest = squares.argmin(axis=1)
    return np.linalg.norm(points_mm - vertices_mm[nearest], axis=1), nearest
