"""From finds in frames to cracks reported on the wall, where nothing better than finds is made.

A find is a group of windows. Its course is the middle line of the group; those of all frames that come near one another
are one reported crack.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from edge.calibration_record import CameraCalibration
from edge.finds import label_windows
from edge.geometry import WallView, to_wall
from edge.measure.thinning import thin
from edge.pose import Matrix
from edge.tiling import ScoreMap
from training.bench.score import NEAR_MM, Reported

F64 = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

_LINK_STRIDES = 1.5  # neighbouring windows, also askew, are this many strides apart


class FindsOnWall:
    """Collects the finds of one wall."""

    def __init__(self, calibration: CameraCalibration) -> None:
        self._calibration = calibration
        self._points: list[F64] = []
        self._links: list[Index] = []
        self._count = 0
        self._stride_mm = 0.0

    def add(self, score_map: ScoreMap, threshold: float, t_wall_camera: Matrix) -> None:
        """One frame's finds, seen from a pose that is taken as true."""
        fired = label_windows(score_map, threshold) > 0
        if not fired.any():
            return
        cells, _ = thin(fired)
        middle = (score_map.spec.tile_px - 1) / 2
        at_px = np.stack([score_map.xs[cells[:, 1]] + middle, score_map.ys[cells[:, 0]] + middle], axis=1)
        view = WallView(t_wall_camera=t_wall_camera, covariance=np.zeros((6, 6)))
        on_wall = to_wall(self._calibration, view, at_px).xy_mm
        pairs = cKDTree(cells).query_pairs(1.5, output_type="ndarray")
        self._points.append(on_wall)
        self._links.append(pairs + self._count)
        self._count += len(cells)
        steps = np.linalg.norm(on_wall[pairs[:, 0]] - on_wall[pairs[:, 1]], axis=1)
        self._stride_mm = max(self._stride_mm, float(np.median(steps)) if len(steps) else 0.0)

    def reported(self) -> list[Reported]:
        """The cracks, in the order in which they were first seen."""
        if not self._points:
            return []
        points, links = np.concatenate(self._points), np.concatenate(self._links)
        reach = max(NEAR_MM, _LINK_STRIDES * self._stride_mm)
        near = np.concatenate([links, cKDTree(points).query_pairs(reach, output_type="ndarray")])
        graph = coo_array((np.ones(len(near), np.int8), (near[:, 0], near[:, 1])), shape=(len(points), len(points)))
        count, of = connected_components(graph, directed=False)
        return [Reported(courses_mm=tuple(_courses(points, links, of == k))) for k in range(count)]


def _courses(points: F64, links: Index, member: npt.NDArray[np.bool_]) -> Iterator[F64]:
    """The lines between neighbouring windows, and the windows that have no neighbour."""
    joined = links[member[links[:, 0]]]
    yield from points[joined]
    alone = member.copy()
    alone[joined.ravel()] = False
    yield from points[alone][:, None]
