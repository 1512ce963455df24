"""A rover's camera before a rendered wall: every pixel looks through the lens model at its own place on the wall.

The concrete is sampled where the rays of `edge.geometry` meet it; cracks are projected to the sensor and drawn there,
so that their place and width are exact. The truth is for judging: no frame carries it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from edge.calibration_record import CameraCalibration
from edge.cameras.camera import Camera
from edge.cameras.rover_path import Stop
from edge.cameras.rover_sensor import Exposer, Sensor
from edge.clock import Clock
from edge.frame import Frame, Unreadable
from edge.geometry import pixels, rays
from edge.pose import Matrix
from edge.render.course import TrueCrack
from edge.render.crack_look import CrackLook
from edge.render.cracks import F32, CrackPath
from edge.render.slits import Slit, draw_slits
from edge.render.surface import Surface

_MARGIN_PX = 6  # of wall around what the rays meet, for interpolation
_SHUTTER_ROUNDS = 4  # a place moves by less than a row's share of itself each time: this is far below 0.001 px
_LEAST_VISIBLE_MM = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VisibleCrack:
    """The part of a crack that lies in a frame: `points_px` (n, 2); on the wall `points_mm` and `widths_mm`."""

    name: str
    points_px: Matrix
    points_mm: Matrix
    widths_mm: Matrix


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameTruth:
    """`t_wall_camera` (4, 4) when the middle row was exposed; `outline_mm` (4, 2) is what the frame covers, clockwise
    from its top left; `mm_per_px` in its middle.
    """

    stop: Stop
    t_wall_camera: Matrix
    cracks: tuple[VisibleCrack, ...]
    outline_mm: Matrix
    mm_per_px: float


class RoverCamera(Camera):
    """Frames along `stops`, as `sensor` sees them through the lens of `calibration`.

    `mm_per_px` of a frame is the nominal one, where `nominal_mm_per_px` is given. The same frames every time.
    """

    def __init__(
        self,
        surface: Surface,
        stops: Sequence[Stop],
        *,
        calibration: CameraCalibration,
        look: CrackLook,
        clock: Clock,
        sensor: Sensor,
        nominal_mm_per_px: float | None = None,
    ) -> None:
        self._surface, self._stops, self._calibration, self._look = surface, stops, calibration, look
        self._clock, self._sensor, self._nominal = clock, sensor, nominal_mm_per_px
        w, h = calibration.frame_wh
        grid = np.stack(np.meshgrid(np.arange(float(w)), np.arange(float(h))), axis=-1).reshape(-1, 2)
        self._rays = rays(calibration, grid)[:, :2].astype(np.float32).reshape(h, w, 2)
        self._line_s = (np.arange(h) - (h - 1) / 2) * sensor.line_s
        self._exposer = Exposer(sensor, (w, h), seed=surface.spec.seed)
        size = surface.spec.size_wh_mm
        self.description = f"rover:{surface.spec.seed} (rendered, {size[0]:g} x {size[1]:g} mm)"
        self.frame_count: int | None = len(stops)

    def frames(self) -> Iterator[Frame | Unreadable]:
        """Every stop's frame."""
        for seq in range(len(self._stops)):
            yield self.frame(seq)

    def frame(self, seq: int) -> Frame:
        """One of them, whatever was asked for before."""
        stop = self._stops[seq]
        light = self._concrete(stop)
        per_s = self._velocity_px(stop)
        slits = [self._slit(stop, crack, at) for crack, at in self._near(stop)]
        draw_slits(light, slits, self._look, blur_px=self._look.optics_px)
        motion = per_s * self._sensor.exposure_s
        return Frame(
            pixels=self._exposer.expose(light, seq, (float(motion[0]), float(motion[1]))),
            seq=seq,
            name=f"rover#{seq:06d}",
            t_mono_ns=stop.t_ns,
            t_utc=self._clock.utc(),
            mm_per_px=self._nominal,
        )

    def truth(self, seq: int) -> FrameTruth:
        """What is true of a frame."""
        stop = self._stops[seq]
        w, h = self._calibration.frame_wh
        corners = np.array([[-0.5, -0.5], [w - 0.5, -0.5], [w - 0.5, h - 0.5], [-0.5, h - 0.5]])
        rows = np.array([0, 0, h - 1, h - 1])
        middle = np.array([[w / 2 - 1, h / 2], [w / 2, h / 2], [w / 2, h / 2 - 1]])
        left, at, up = self._meet(stop, rays(self._calibration, middle))
        (a, b), (c, d) = at - left, up - at
        return FrameTruth(
            stop=stop,
            t_wall_camera=stop.t_wall_camera,
            cracks=tuple(self._visible(stop)),
            outline_mm=self._meet(stop, rays(self._calibration, corners)) + self._shift(stop, rows),
            mm_per_px=float(np.sqrt(abs(a * d - b * c))),
        )

    def project(self, seq: int, points_mm: Matrix) -> Matrix:
        """Places on the wall (n, 2) as pixels (n, 2), each when its own row was exposed."""
        return self._project(self._stops[seq], points_mm)

    def close(self) -> None:
        """Nothing is held open."""

    def _shift(self, stop: Stop, rows: Matrix) -> Matrix:
        """How far the camera has moved (n, 2) when these rows are exposed, from where it is at the middle one."""
        h = self._calibration.frame_wh[1]
        return (rows - (h - 1) / 2)[:, None] * self._sensor.line_s * stop.velocity_mm_s

    def _meet(self, stop: Stop, directions: Matrix) -> Matrix:
        """Where rays (n, 3) meet the wall (n, 2), from the pose of the middle row."""
        towards = directions @ stop.t_wall_camera[:3, :3].T
        eye = stop.t_wall_camera[:3, 3]
        return eye[:2] - towards[:, :2] * (eye[2] / towards[:, 2:])

    def _project(self, stop: Stop, points_mm: Matrix) -> Matrix:
        from_wall = np.linalg.inv(stop.t_wall_camera)
        middle = (self._calibration.frame_wh[1] - 1) / 2
        rows = np.full(len(points_mm), middle)
        for _ in range(_SHUTTER_ROUNDS):
            # Seen from a camera that moved, the wall has moved the other way.
            on_wall = np.column_stack([points_mm - self._shift(stop, rows), np.zeros(len(points_mm))])
            found = pixels(self._calibration, on_wall @ from_wall[:3, :3].T + from_wall[:3, 3])
            rows = found[:, 1]
        return found

    def _concrete(self, stop: Stop) -> F32:
        """The wall without its cracks as the sensor sees it, float32 (h, w, 3)."""
        spec = self._surface.spec
        turn, eye = stop.t_wall_camera[:3, :3], stop.t_wall_camera[:3, 3]
        # Wall millimetres of a ray (x, y, 1): rows of a homography; then to pixels of the wall.
        to_mm = np.stack([eye[0] * turn[2] - eye[2] * turn[0], eye[1] * turn[2] - eye[2] * turn[1], turn[2]])
        mm = spec.mm_per_px
        to_px = np.array([[1 / mm, 0, -0.5], [0, -1 / mm, spec.size_wh_mm[1] / mm - 0.5], [0, 0, 1]])
        shift_px = (self._line_s[:, None] * stop.velocity_mm_s * np.array([1, -1]) / mm).astype(np.float32)
        matrix = to_px @ to_mm
        low, high = self._seen(matrix, shift_px)
        matrix = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]) @ matrix
        at = cv2.perspectiveTransform(self._rays, matrix)
        at += shift_px[:, None, :]
        window = self._surface.window(int(low[0]), int(low[1]), (int(high[0] - low[0]), int(high[1] - low[1])))
        seen = cv2.remap(window, at, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return seen.astype(np.float32)

    def _seen(self, matrix: Matrix, shift_px: F32) -> tuple[Matrix, Matrix]:
        """The corners of the window of wall pixels that the frame's edges, and so all of it, lie in."""
        ring = np.concatenate([self._rays[0], self._rays[-1], self._rays[:, 0], self._rays[:, -1]]).astype(np.float64)
        at = cv2.perspectiveTransform(ring[None], matrix)[0]
        reach = np.abs(shift_px).max(axis=0) + _MARGIN_PX
        return np.floor(at.min(axis=0) - reach), np.ceil(at.max(axis=0) + reach) + 1

    def _near(self, stop: Stop) -> Iterator[tuple[TrueCrack, slice]]:
        """Cracks with the stretch of their vertices, one or more each, that may reach into the frame."""
        w, h = self._calibration.frame_wh
        corners = np.array([[0, 0], [w - 1, 0], [w - 1, h - 1], [0, h - 1]], np.float64)
        outline = self._meet(stop, rays(self._calibration, corners))
        margin = 0.03 * float(np.ptp(outline, axis=0).max()) + 5.0
        low, high = outline.min(axis=0) - margin, outline.max(axis=0) + margin
        for crack in self._surface.spec.cracks:
            inside = np.asarray(((crack.points_mm > low) & (crack.points_mm < high)).all(axis=1))
            for start, end in _runs(inside):
                if end - start > 1:
                    yield crack, slice(start, end)

    def _slit(self, stop: Stop, crack: TrueCrack, at: slice) -> Slit:
        points, half = crack.points_mm[at], crack.widths_mm[at, None] / 2
        along = np.gradient(points, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.linalg.norm(along, axis=1, keepdims=True)
        left, right = (self._project(stop, points + side * half * across) for side in (-1, 1))
        widths = np.linalg.norm(right - left, axis=1)
        depths = crack.depths
        if depths is None:
            depths = np.full(len(crack.points_mm), self._look.median_depth(crack.width_mm))
        path = CrackPath(
            points_xy_px=self._project(stop, points).astype(np.float32),
            widths_px=widths.astype(np.float32),
            depths=depths[at].astype(np.float32),
        )
        return Slit(path=path, edge_px=self._look.edge_share * float(np.median(widths)))

    def _visible(self, stop: Stop) -> Iterator[VisibleCrack]:
        w, h = self._calibration.frame_wh
        for crack, near in self._near(stop):
            points = self._project(stop, crack.points_mm[near])
            inside = np.asarray(((points >= -0.5) & (points < [w - 0.5, h - 0.5])).all(axis=1))
            for start, end in _runs(inside):
                part = slice(near.start + start, near.start + end)
                length = np.linalg.norm(np.diff(crack.points_mm[part], axis=0), axis=1).sum()
                if length >= _LEAST_VISIBLE_MM:
                    yield VisibleCrack(
                        name=crack.name,
                        points_px=points[start:end],
                        points_mm=crack.points_mm[part],
                        widths_mm=crack.widths_mm[part],
                    )

    def _velocity_px(self, stop: Stop) -> Matrix:
        """Pixels a second that the middle of the picture moves."""
        middle = stop.t_wall_camera[:2, 3]
        here, there = self._project(stop, np.stack([middle, middle - 0.1 * stop.velocity_mm_s]))
        return (there - here) / 0.1


def _runs(inside: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """First and last + 1 of every run of True in (n,)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
