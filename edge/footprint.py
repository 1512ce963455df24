"""Which cells of a wall a frame saw: those that are wholly in it for sure, or those that may have been in it."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.calibration_record import CameraCalibration
from edge.errors import CalibrationError
from edge.geometry import WallView, pixels, scale_at, to_wall
from edge.pose import Matrix

# Left, top, right and bottom, in pixels from the frame's top left corner (half a pixel before the middle of pixel 0).
Box = tuple[float, float, float, float]

# Chi-square with two degrees of freedom: a place on the wall lies within this many standard deviations 95 times in 100.
SURE_SD = math.sqrt(5.991)
# The edge of a cell is straight on the wall; a lens bends it in the picture by less than this.
_BEND_PX = 1.0
_POINTS_A_SIDE = 9
# How far beyond its corners a frame may bulge on the wall, as a share of its size: more is a lens's model folding back.
_BULGE = 0.1
MAX_CELLS = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Footprint:
    """Cells `ij` int64 (n, 2) along wall x and y, `mm_per_px` (n,) in each, not better than stated with 95 % certainty.

    `place_mm`: how far off the frame's place may be, with 95 % certainty, where it is known least.
    """

    ij: npt.NDArray[np.int64]
    mm_per_px: Matrix
    place_mm: float


def inner_footprint(calibration: CameraCalibration, view: WallView, box_px: Box, cell_mm: float) -> Footprint:
    """The cells that lie wholly in `box_px`, wherever the frame may have been. Raises `CalibrationError` for a box that
    does not look at the wall."""
    cells = _Cells.of(calibration, view, box_px, cell_mm)
    inset_px = cells.place_mm / cells.finest_mm_per_px + _BEND_PX if cells.any else 0.0
    return cells.chosen(np.logical_and.reduce(cells.corners_within(-inset_px)))


def outer_footprint(calibration: CameraCalibration, view: WallView, cell_mm: float) -> Footprint:
    """The cells of which some part may have been in the frame. Raises as `inner_footprint`."""
    w, h = calibration.frame_wh
    cells = _Cells.of(calibration, view, (0.0, 0.0, float(w), float(h)), cell_mm)
    outset_px = (cells.place_mm + cell_mm) / cells.finest_mm_per_px if cells.any else 0.0
    return cells.chosen(np.logical_or.reduce(cells.corners_within(outset_px)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cells:
    """The cells around a box, before it is known which are in it: `corners_px` (4, n, 2), in the order of a ring."""

    box_px: Box
    ij: npt.NDArray[np.int64]
    corners_px: Matrix
    within_view: npt.NDArray[np.bool_]
    mm_per_px: Matrix
    place_mm: float

    @classmethod
    def of(cls, calibration: CameraCalibration, view: WallView, box_px: Box, cell_mm: float) -> "_Cells":
        outline = to_wall(calibration, view, _outline(box_px) - 0.5)
        place_mm = SURE_SD * math.sqrt(float(np.linalg.eigvalsh(outline.covariance_mm2).max(initial=0.0)))
        # Of a frame that may be anywhere nothing can be said beyond where it ought to be.
        extent_mm = np.ptp(outline.xy_mm, axis=0)
        reach_mm = min(place_mm, float(extent_mm.max()))
        if ((extent_mm + 2 * reach_mm) / cell_mm).prod() > MAX_CELLS:
            raise CalibrationError(
                f"a frame sees some square metres of a wall at most; this one, {extent_mm.round().tolist()} mm: "
                "its pose is wrong"
            )
        low = np.floor((outline.xy_mm.min(axis=0) - reach_mm) / cell_mm).astype(np.int64) - 1
        high = np.ceil((outline.xy_mm.max(axis=0) + reach_mm) / cell_mm).astype(np.int64) + 1
        cols, rows = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
        nodes_mm = np.stack([cols, rows], axis=-1).reshape(-1, 2) * cell_mm
        nodes_px = _seen(calibration, view, nodes_mm).reshape(*cols.shape, 2)
        ring = [nodes_px[:-1, :-1], nodes_px[:-1, 1:], nodes_px[1:, 1:], nodes_px[1:, :-1]]
        corners_px = np.stack([corner.reshape(-1, 2) for corner in ring])
        x, y = corners_px[..., 0], corners_px[..., 1]
        area_px = np.abs((x * np.roll(y, -1, axis=0) - y * np.roll(x, -1, axis=0)).sum(axis=0)) / 2
        middle = ((box_px[0] + box_px[2] - 1) / 2, (box_px[1] + box_px[3] - 1) / 2)
        mm_per_px, sd = scale_at(calibration, view, middle)
        ij = np.stack([cols[:-1, :-1].ravel(), rows[:-1, :-1].ravel()], axis=1)
        return cls(
            box_px=box_px,
            ij=ij,
            corners_px=corners_px,
            within_view=_near(outline.xy_mm, (ij + 0.5) * cell_mm, reach_mm + 2 * cell_mm),
            mm_per_px=cell_mm / np.sqrt(np.maximum(area_px, 1e-12)) * (1 + 2 * sd / mm_per_px),
            place_mm=place_mm,
        )

    @property
    def any(self) -> bool:
        """Whether there are cells at all."""
        return bool(self.within_view.any())

    @property
    def finest_mm_per_px(self) -> float:
        """Where the cells look largest."""
        return float(self.mm_per_px[self.within_view].min())

    def corners_within(self, outset_px: float) -> npt.NDArray[np.bool_]:
        """(4, n): whether each corner lies in the box, made larger by `outset_px` on every side."""
        left, top, right, bottom = self.box_px
        low, high = np.array([left, top]) - outset_px, np.array([right, bottom]) + outset_px
        return np.logical_and.reduce((self.corners_px >= low) & (self.corners_px <= high), axis=2)

    def chosen(self, which: npt.NDArray[np.bool_]) -> Footprint:
        which = which & self.within_view
        return Footprint(ij=self.ij[which], mm_per_px=self.mm_per_px[which], place_mm=self.place_mm)


def _outline(box_px: Box) -> Matrix:
    """Points along the four sides, from the top left corner on: (4 * points, 2)."""
    left, top, right, bottom = box_px
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    t = np.linspace(0, 1, _POINTS_A_SIDE, endpoint=False)[:, None]
    return np.concatenate([a + (b - a) * t for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True)])


def _seen(calibration: CameraCalibration, view: WallView, points_mm: Matrix) -> Matrix:
    """Wall points (n, 2) as pixels from the frame's corner (n, 2); NaN behind the camera."""
    pose = view.t_wall_camera
    in_camera = (np.column_stack([points_mm, np.zeros(len(points_mm))]) - pose[:3, 3]) @ pose[:3, :3]
    before = in_camera[:, 2] > 0
    result = np.full((len(points_mm), 2), np.nan)
    if before.any():
        result[before] = pixels(calibration, in_camera[before]) + 0.5
    return result


def _near(outline_mm: Matrix, points_mm: Matrix, margin_mm: float) -> npt.NDArray[np.bool_]:
    """Whether points lie in the four corners of an outline, or little beyond: far outside, a lens's model folds back
    and shows points in the frame that are not there."""
    corners = outline_mm[::_POINTS_A_SIDE]
    along = np.roll(corners, -1, axis=0) - corners
    length = np.linalg.norm(along, axis=1)
    # Seen from before the wall with y up, the outline runs clockwise: what lies within is to the right of each side.
    across = np.stack([along[:, 1], -along[:, 0]], axis=1) / length[:, None]
    inside = ((points_mm[:, None] - corners) * across).sum(axis=2)
    return np.logical_and.reduce(inside >= -(margin_mm + _BULGE * length.max()), axis=1)
