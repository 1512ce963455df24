"""The picture of a wall, put together from its frames by their poses. For people to look at: nothing is measured on it.

Any part of it is drawn when it is asked for, from the frames that show it; so memory holds that part and a few frames,
however many there are. Where frames overlap each counts by how far from its edge it shows the place, and seams fade.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edge.calibration_record import CameraCalibration
from edge.errors import SourceError
from edge.frame import U8Image
from edge.pose import Matrix

# What no frame shows.
EMPTY_BGR = (255, 255, 255)
# Of frames that are read and straightened: as many as lie side by side around a place, and no more.
_KEPT_FRAMES = 12
# OpenCV warps pictures of less than 2**15 pixels a side.
MAX_SIDE_PX = 30_000
_BLOCK_PX = 1024

F32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PosedFrame:
    """A frame that is read when it is needed: `read` gives uint8 BGR (h, w, 3), `t_wall_camera` is as a `Pose`'s."""

    name: str
    t_wall_camera: Matrix
    read: Callable[[], U8Image]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Placed:
    frame: PosedFrame
    to_camera: Matrix  # (3, 3): mosaic pixel to the pixel of the straightened, reduced frame
    box: tuple[int, int, int, int]  # left, top, right, bottom in mosaic pixels


class Mosaic:
    """A picture of the wall at `mm_per_px`; its top left corner lies at `left_top_mm` on the wall.

    All frames are of one camera. Raises `ValueError` without frames, `SourceError` for a size that no picture has.
    """

    def __init__(self, frames: Sequence[PosedFrame], calibration: CameraCalibration, *, mm_per_px: float) -> None:
        if not frames or not mm_per_px > 0:
            raise ValueError(f"a mosaic needs frames and a scale; got {len(frames)} frames, {mm_per_px} mm per px")
        self.mm_per_px = mm_per_px
        self._straight = _Straightener(calibration, reduce=_reduction(frames, calibration, mm_per_px))
        outlines = [self._straight.outline_mm(frame.t_wall_camera) for frame in frames]
        low = np.min([outline.min(axis=0) for outline in outlines], axis=0)
        high = np.max([outline.max(axis=0) for outline in outlines], axis=0)
        self.left_top_mm = (float(low[0]), float(high[1]))
        width, height = np.ceil((high - low) / mm_per_px).tolist()
        if max(width, height) > 100 * MAX_SIDE_PX:
            raise SourceError(f"a mosaic's frames lie on one wall; these span {(high - low).round().tolist()} mm")
        self.wh = (int(width), int(height))
        self._placed = [self._place(frame, outline) for frame, outline in zip(frames, outlines, strict=True)]
        self._kept: OrderedDict[int, U8Image] = OrderedDict()

    def to_px(self, points_mm: Matrix) -> Matrix:
        """Wall mm (n, 2) to pixels (n, 2) of the whole mosaic, x right and y down."""
        left, top = self.left_top_mm
        return np.stack([points_mm[:, 0] - left, top - points_mm[:, 1]], axis=1) / self.mm_per_px - 0.5

    def strips(self, height_px: int = _BLOCK_PX) -> Iterator[U8Image]:
        """The whole of it from the top, uint8 BGR (up to `height_px`, width, 3) each."""
        for top in range(0, self.wh[1], height_px):
            yield self.part(0, top, self.wh[0], min(height_px, self.wh[1] - top))

    def part(self, left: int, top: int, width: int, height: int) -> U8Image:
        """A part of the mosaic, uint8 BGR (height, width, 3); what no frame shows is white. Raises what `read` raises,
        and `SourceError` for a frame that is not as large as the camera's."""
        picture = np.empty((height, width, 3), np.uint8)
        for x in range(0, width, _BLOCK_PX):
            block = picture[:, x : x + _BLOCK_PX]
            self._draw(block, left + x, top)
        return picture

    def _draw(self, block: U8Image, left: int, top: int) -> None:
        height, width = block.shape[:2]
        total, weight = np.zeros((height, width, 3), np.float32), np.zeros((height, width), np.float32)
        for i, placed in enumerate(self._placed):
            x0, y0 = max(placed.box[0], left), max(placed.box[1], top)
            x1, y1 = min(placed.box[2], left + width), min(placed.box[3], top + height)
            if x0 >= x1 or y0 >= y1:
                continue
            to_camera = placed.to_camera @ np.array([[1, 0, x0], [0, 1, y0], [0, 0, 1]], np.float64)
            flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
            seen = cv2.warpPerspective(self._straightened(i), to_camera, (x1 - x0, y1 - y0), flags=flags)
            part = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
            share = seen[:, :, 3].astype(np.float32)
            total[part] += cv2.multiply(seen[:, :, :3], cv2.merge([share] * 3), dtype=cv2.CV_32F)
            weight[part] += share
        empty = weight == 0
        weight[empty] = 1
        cv2.divide(total, cv2.merge([weight] * 3), dst=total)
        np.copyto(block, cv2.convertScaleAbs(total))
        block[empty] = EMPTY_BGR

    def _place(self, frame: PosedFrame, outline_mm: Matrix) -> _Placed:
        left, top = self.left_top_mm
        # Mosaic pixel to wall mm, to the camera's axes (the wall is z = 0), to the straightened frame.
        to_wall = np.array([[1, 0, 0.5], [0, -1, -0.5], [0, 0, 1]], np.float64)
        to_wall[:2] *= self.mm_per_px
        to_wall[:2, 2] += (left, top)
        rotation, eye = frame.t_wall_camera[:3, :3], frame.t_wall_camera[:3, 3]
        to_axes = np.column_stack([rotation.T[:, 0], rotation.T[:, 1], -rotation.T @ eye])
        corners = self.to_px(outline_mm)
        (x0, y0), (x1, y1) = np.floor(corners.min(axis=0)).tolist(), np.ceil(corners.max(axis=0) + 1).tolist()
        box = (max(0, int(x0)), max(0, int(y0)), min(self.wh[0], int(x1)), min(self.wh[1], int(y1)))
        return _Placed(frame=frame, to_camera=self._straight.matrix @ to_axes @ to_wall, box=box)

    def _straightened(self, i: int) -> U8Image:
        if i in self._kept:
            self._kept.move_to_end(i)
            return self._kept[i]
        frame = self._placed[i].frame
        picture = self._straight.straighten(frame.read(), frame.name)
        self._kept[i] = picture
        if len(self._kept) > _KEPT_FRAMES:
            self._kept.popitem(last=False)
        return picture


class _Straightener:
    """Takes the lens's distortion out of frames, `reduce` times smaller, and adds to each pixel its weight."""

    def __init__(self, calibration: CameraCalibration, *, reduce: int) -> None:
        self._frame_wh, self._reduce = calibration.frame_wh, reduce
        w, h = (side // reduce for side in calibration.frame_wh)
        camera = calibration.camera_matrix
        self.matrix = camera.copy()
        # The middle of a pixel that stands for several lies between theirs.
        self.matrix[:2, 2] += 0.5
        self.matrix[:2] /= reduce
        self.matrix[:2, 2] -= 0.5
        self._maps = None
        if calibration.distortion.any():
            first, second = cv2.initUndistortRectifyMap(
                self.matrix, calibration.distortion, np.eye(3), self.matrix, (w, h), cv2.CV_16SC2
            )
            self._maps = first, second
        self._weight = _weights(w, h)
        corners = np.array([[-0.5, -0.5], [w - 0.5, -0.5], [w - 0.5, h - 0.5], [-0.5, h - 0.5]])
        self._rays = np.column_stack([corners, np.ones(4)]) @ np.linalg.inv(self.matrix).T

    def outline_mm(self, t_wall_camera: Matrix) -> Matrix:
        """(4, 2): the corners of a straightened frame on the wall. Raises `SourceError` where they are not on it."""
        towards, eye = self._rays @ t_wall_camera[:3, :3].T, t_wall_camera[:3, 3]
        if eye[2] <= 0 or towards[:, 2].max() >= 0:
            raise SourceError("every frame of a mosaic looks at the wall; by its pose one does not")
        return eye[:2] - towards[:, :2] * (eye[2] / towards[:, 2:])

    def straighten(self, picture: U8Image, name: str) -> U8Image:
        """uint8 (h, w, 4): BGR and the weight, which falls towards the edge."""
        if picture.shape != (self._frame_wh[1], self._frame_wh[0], 3):
            raise SourceError(
                f"{name}: a mosaic's frames are of one camera, {self._frame_wh[0]} x {self._frame_wh[1]} px; this one "
                f"has shape {picture.shape}"
            )
        if self._reduce > 1:
            h, w = self._weight.shape
            whole = picture[: h * self._reduce, : w * self._reduce]
            picture = cv2.resize(whole, (w, h), interpolation=cv2.INTER_AREA)
        with_weight = cv2.merge([*cv2.split(picture), self._weight])
        if self._maps is None:
            return with_weight
        return cv2.remap(with_weight, *self._maps, cv2.INTER_LINEAR)


def _weights(w: int, h: int) -> U8Image:
    """uint8 (h, w): 1 at the edge, 255 in the middle, by the distance to the nearest side."""
    across = np.minimum(np.arange(w), np.arange(w)[::-1]) / max(1, (w - 1) / 2)
    down = np.minimum(np.arange(h), np.arange(h)[::-1]) / max(1, (h - 1) / 2)
    return np.rint(1 + 254 * np.minimum(across[None, :], down[:, None]) ** 2).astype(np.uint8)


def _reduction(frames: Sequence[PosedFrame], calibration: CameraCalibration, mm_per_px: float) -> int:
    """How many pixels of the nearest frame go into one of the mosaic, a side, rounded down."""
    nearest_mm = min(float(frame.t_wall_camera[2, 3]) for frame in frames)
    return max(1, int(mm_per_px / (max(nearest_mm, 1e-9) / max(calibration.lens[:2]))))
