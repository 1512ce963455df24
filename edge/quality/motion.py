"""What two poses say of a frame: how far the picture moved while it was exposed, and how much of it is new."""

import math

import cv2
import numpy as np

from edge.calibration_record import CameraCalibration
from edge.geometry import pixels, rays
from edge.pose import Matrix


class FrameOutline:
    """The middle and the corners of a camera's frames, as rays: five of them, the middle first."""

    def __init__(self, calibration: CameraCalibration) -> None:
        w, h = calibration.frame_wh
        points = np.array([[(w - 1) / 2, (h - 1) / 2], [0, 0], [w - 1, 0], [w - 1, h - 1], [0, h - 1]])
        self._calibration = calibration
        self._rays = rays(calibration, points)
        self._points_px = points

    def on_wall(self, t_wall_camera: Matrix) -> Matrix | None:
        """Where the rays meet the wall, (5, 2) mm; None where one does not."""
        towards = self._rays @ t_wall_camera[:3, :3].T
        eye = t_wall_camera[:3, 3]
        if eye[2] <= 0 or towards[:, 2].max() >= 0:
            return None
        return eye[:2] - towards[:, :2] * (eye[2] / towards[:, 2:])

    def shift_px(self, before: Matrix, now: Matrix) -> float | None:
        """How far the wall moved in the picture from one pose to the other, where it moved most."""
        seen = self.on_wall(now)
        if seen is None:
            return None
        in_camera = (np.column_stack([seen, np.zeros(len(seen))]) - before[:3, 3]) @ before[:3, :3]
        if in_camera[:, 2].min() <= 0:
            return None
        return float(np.linalg.norm(pixels(self._calibration, in_camera) - self._points_px, axis=1).max())

    def overlap_share(self, before: Matrix, now: Matrix) -> float | None:
        """Of the wall in the frame at `now`, the share that was in the frame at `before`."""
        old, new = self.on_wall(before), self.on_wall(now)
        if old is None or new is None:
            return None
        # Near the origin, because OpenCV computes this in single precision.
        old_px, new_px = ((corners[1:] - new[0]).astype(np.float32) for corners in (old, new))
        shared, _ = cv2.intersectConvexConvex(old_px, new_px)
        return float(min(1.0, shared / cv2.contourArea(new_px)))


def tilt_deg(t_wall_camera: Matrix) -> float:
    """Between the optical axis and the wall's normal: 0 where the camera looks straight at the wall."""
    return math.degrees(math.acos(np.clip(-t_wall_camera[2, 2], -1, 1)))
