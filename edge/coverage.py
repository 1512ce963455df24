"""The map of a wall: which square centimetres were inspected, how finely and by which frame; why the others were not.

What was not looked at is never shown as clean: a cell counts only where the whole of it was in scored windows of an
accepted frame, with 95 % certainty of the frame's place.
"""

import io
import json
import math
import zipfile
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from edge.calibration_record import CameraCalibration
from edge.errors import CalibrationError, LogError
from edge.footprint import Box, Footprint, inner_footprint, outer_footprint
from edge.geometry import WallView
from edge.pose import Matrix
from edge.tiling import IntArray

SCHEMA_VERSION = 1
CELL_MM = 10.0
NEVER_SEEN = "never seen"
INSPECTED = "inspected"
TOO_COARSE = "too coarse"
# What a wall of a kilometre by ten metres needs at 10 mm; a pose that has run away asks for more.
MAX_CELLS = 100_000_000
_GROWTH = 64  # cells that the map grows by at a time
_STATES = 255

Bools = npt.NDArray[np.bool_]


def scored_box(xs: IntArray, ys: IntArray, tile_px: int, stride_px: int) -> Box:
    """Left, top, right and bottom, in pixels, of what windows from `xs` and `ys` look at.

    Their middles alone, as wide as the stride: in the rim of the outermost windows a crack is seen by one window, and
    only in part.
    """
    margin = (tile_px - stride_px) / 2
    return (xs[0] + margin, ys[0] + margin, xs[-1] + tile_px - margin, ys[-1] + tile_px - margin)


class CoverageMap:
    """Cells of `cell_mm`, of one visit to one wall; it grows as frames are added. Cell (i, j) begins at i, j cells
    along wall x and y. Above `max_mm_per_px` a frame shows too little to count.
    """

    def __init__(self, *, max_mm_per_px: float, cell_mm: float = CELL_MM) -> None:
        if not (0 < max_mm_per_px < math.inf and 0 < cell_mm < math.inf):
            raise ValueError(f"a coverage map has positive sizes; got cells of {cell_mm} mm, {max_mm_per_px} mm per px")
        self.max_mm_per_px, self.cell_mm = max_mm_per_px, cell_mm
        self.states = [NEVER_SEEN, INSPECTED, TOO_COARSE]
        self.first_ij = (0, 0)
        # (rows along wall y upwards, columns along x): index into `states`, the finest scale, the frame that had it,
        # and how far off its place may be where the frame's neighbours are off with it.
        self.state = np.zeros((0, 0), np.uint8)
        self.mm_per_px = np.zeros((0, 0), np.float32)
        self.frame = np.zeros((0, 0), np.int32)
        self.reach_mm = np.zeros((0, 0), np.float32)

    def inspected(
        self,
        seq: int,
        calibration: CameraCalibration,
        view: WallView,
        box_px: Box,
        *,
        relative_covariance: Matrix | None = None,
    ) -> None:
        """Adds an accepted frame that was scored within `box_px` (see `scored_box`).

        `relative_covariance`, (6, 6) as the view's, says how well the frame is known against its neighbours, where that
        is better than its place on the wall (registration ties them). Then gaps between frames are judged by it, and
        the whole patch by the view's covariance. Raises `CalibrationError` for a frame that does not look at the wall.
        """
        near = view if relative_covariance is None else _with_covariance(view, relative_covariance)
        found = inner_footprint(calibration, near, box_px, self.cell_mm)
        reach_mm = 0.0
        if relative_covariance is not None:
            reach_mm = inner_footprint(calibration, view, box_px, self.cell_mm).place_mm
        cells = self._cells(found)
        fine = found.mm_per_px <= self.max_mm_per_px
        self._set_state(tuple(axis[~fine] for axis in cells), self.states.index(TOO_COARSE))
        rows, cols = (axis[fine] for axis in cells)
        scale = found.mm_per_px[fine]
        finer = (self.state[rows, cols] != 1) | (scale < self.mm_per_px[rows, cols])
        best = rows[finer], cols[finer]
        self.state[best] = 1
        self.mm_per_px[best], self.frame[best], self.reach_mm[best] = scale[finer], seq, reach_mm

    def missed(self, calibration: CameraCalibration, view: WallView, reason: str) -> None:
        """Adds what a frame saw that was skipped or dropped, where no other frame has been inspected.

        A cell that is missed several times keeps the last reason. Raises as `inspected`.
        """
        if reason not in self.states:
            if len(self.states) == _STATES:
                raise ValueError(f"a coverage map tells at most {_STATES} reasons apart; '{reason}' is one too many")
            self.states.append(reason)
        found = outer_footprint(calibration, view, self.cell_mm)
        self._set_state(self._cells(found), self.states.index(reason))

    def inspected_cells(self) -> Bools:
        """(rows, columns) as `state`: the cells that count."""
        seen = self.state == 1
        if not (self.reach_mm > 0).any():
            return seen
        padded = np.pad(seen, 1).astype(np.uint8)
        distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
        # From middle to middle; half a diagonal at either end may already be unseen.
        return seen & ((self.reach_mm == 0) | ((distance - math.sqrt(2)) * self.cell_mm >= self.reach_mm))

    def covered(self, points_mm: Matrix) -> Bools:
        """(n,) for points (n, 2) on the wall: whether each lies in a cell that counts."""
        rows, cols, within = self._find(points_mm)
        result = np.zeros(len(within), bool)
        result[within] = self.inspected_cells()[rows, cols]
        return result

    def reasons(self, points_mm: Matrix) -> list[str]:
        """Of each point (n, 2), one of `states`; inspected, but too near the edge of what is sure: `never seen`."""
        rows, cols, within = self._find(points_mm)
        index = np.zeros(len(within), np.uint8)
        index[within] = np.where(
            self.inspected_cells()[rows, cols] | (self.state[rows, cols] != 1), self.state[rows, cols], 0
        )
        return [self.states[i] for i in index]

    def areas_m2(self) -> dict[str, float]:
        """Square metres by state, without what was never seen."""
        counts = np.bincount(self.state.ravel(), minlength=len(self.states))
        counts[1] = np.count_nonzero(self.inspected_cells())
        return {name: n * self.cell_mm**2 / 1e6 for name, n in zip(self.states[1:], counts[1:].tolist(), strict=True)}

    def to_bytes(self) -> bytes:
        """A compressed NumPy archive (npz): the four arrays and a header."""
        header = {
            "schema_version": SCHEMA_VERSION,
            "cell_mm": self.cell_mm,
            "max_mm_per_px": self.max_mm_per_px,
            "first_ij": self.first_ij,
            "states": self.states,
        }
        content = io.BytesIO()
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        np.savez_compressed(content, allow_pickle=False, header=np.array(json.dumps(header)), **arrays)
        return content.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "CoverageMap":
        """What `to_bytes` wrote. Raises `LogError` for anything else."""
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as stored:
                header = json.loads(str(stored["header"]))
                arrays = {name: stored[name] for name in _ARRAYS}
            if header["schema_version"] != SCHEMA_VERSION:
                raise ValueError(f"its schema_version is {header['schema_version']}, and must be {SCHEMA_VERSION}")
            read = cls(max_mm_per_px=header["max_mm_per_px"], cell_mm=header["cell_mm"])
            shapes = {array.shape for array in arrays.values()}
            if len(shapes) != 1 or any(arrays[name].dtype != getattr(read, name).dtype for name in _ARRAYS):
                raise ValueError("its arrays differ in size or type")
            if arrays["state"].max(initial=0) >= len(header["states"]):
                raise ValueError("it has cells in a state that it does not name")
        except (ValueError, KeyError, TypeError, OSError, EOFError, zipfile.BadZipFile) as wrong:
            raise LogError(f"a coverage map is what Hairline wrote, whole; this one is not: {wrong}") from wrong
        read.first_ij = (int(header["first_ij"][0]), int(header["first_ij"][1]))
        read.states = [str(name) for name in header["states"]]
        for name, array in arrays.items():
            setattr(read, name, array)
        return read

    def _set_state(self, cells: Sequence[npt.NDArray[np.int64]], state: int) -> None:
        rows, cols = cells
        waiting = self.state[rows, cols] != 1
        self.state[rows[waiting], cols[waiting]] = state

    def _cells(self, found: Footprint) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Rows and columns of a footprint; the arrays grow where it leaves them."""
        if len(found.ij) == 0:
            return found.ij[:, 1], found.ij[:, 0]
        self._grow(found.ij.min(axis=0), found.ij.max(axis=0) + 1)
        return found.ij[:, 1] - self.first_ij[1], found.ij[:, 0] - self.first_ij[0]

    def _grow(self, low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]) -> None:
        rows, cols = self.state.shape
        first = np.array(self.first_ij) if self.state.size else low // _GROWTH * _GROWTH
        end = first + np.array([cols, rows])
        new_first = np.minimum(first, low // _GROWTH * _GROWTH)
        new_end = np.maximum(end, -(-high // _GROWTH) * _GROWTH)
        if (new_first == first).all() and (new_end == end).all():
            return
        if math.prod((new_end - new_first).tolist()) > MAX_CELLS:
            raise CalibrationError(
                f"a coverage map has at most {MAX_CELLS} cells of {self.cell_mm:g} mm, and a frame at cell "
                f"{low.tolist()} is beyond: its pose is wrong, or the wall is to be run in parts"
            )
        left, below = (first - new_first).tolist()
        right, above = (new_end - end).tolist()
        for name in _ARRAYS:
            setattr(self, name, np.pad(getattr(self, name), ((below, above), (left, right))))
        self.first_ij = (int(new_first[0]), int(new_first[1]))

    def _find(self, points_mm: Matrix) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Bools]:
        """Rows and columns of the points within the arrays, and which points these are."""
        points = np.asarray(points_mm, np.float64).reshape(-1, 2) / self.cell_mm - self.first_ij
        with np.errstate(invalid="ignore"):
            within = np.logical_and.reduce((points >= 0) & (points < self.state.shape[::-1]), axis=1)
        inside = np.floor(points[within]).astype(np.int64)
        return inside[:, 1], inside[:, 0], within


_ARRAYS = ("state", "mm_per_px", "frame", "reach_mm")


def _with_covariance(view: WallView, covariance: Matrix) -> WallView:
    return WallView(t_wall_camera=view.t_wall_camera, covariance=covariance)
