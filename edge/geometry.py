"""From pixels to millimetres on a flat wall, with the uncertainty that lens, pose and pixel bring along.

Axes as in edge/pose.py: wall x right, y up, z out of the wall (the wall is z = 0); camera x right, y down, z forward.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from edge.calibration_record import CameraCalibration
from edge.errors import CalibrationError
from edge.pose import Matrix

# How far, in pixels, a ray may land from its pixel when it is distorted again.
_INVERSE_TOLERANCE_PX = 1e-3
_ITERATIONS, _EPSILON = 100, 1e-12
# Steps of the central differences, small beside what the values are known to, large beside rounding.
_STEP_PX, _STEP_LENS, _STEP_MM, _STEP_RAD = 1e-2, 1e-6, 1e-3, 1e-6
# The camera's axes in the wall's when it looks straight at it.
SQUARE = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WallView:
    """Where the camera is before the wall: `t_wall_camera` (4, 4) and `covariance` (6, 6) as in `edge.pose.Pose`.

    Of a `Pose` they are the wall's own. A scale alone gives them in a wall of its own, whose origin is the point of the
    wall nearest to the camera: distances and sizes are true there, places are not.
    """

    t_wall_camera: Matrix
    covariance: Matrix


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WallPoints:
    """`xy_mm` (n, 2) on the wall and `covariance_mm2` (n, 2, 2) of each."""

    xy_mm: Matrix
    covariance_mm2: Matrix


def rays(calibration: CameraCalibration, points_px: Matrix) -> Matrix:
    """Points (n, 2) as directions (n, 3) in the camera's axes, z = 1.

    Raises `CalibrationError` outside the lens's model: a polynomial of distortion that was fitted inside the frame
    folds back somewhere outside of it.
    """
    return _rays(calibration.lens_array, points_px)


def pixels(calibration: CameraCalibration, points_camera_mm: Matrix) -> Matrix:
    """Points (n, 3) before the camera, in its axes, as pixels (n, 2)."""
    return _project(calibration.lens_array, points_camera_mm)


def facing(distance_mm: float, tilt_x_rad: float = 0.0, tilt_y_rad: float = 0.0) -> Matrix:
    """`t_wall_camera` (4, 4) of a camera that far from the wall, turned from square about the wall's x and y."""
    pose = np.eye(4)
    pose[:3, :3] = cv2.Rodrigues(np.array([tilt_x_rad, tilt_y_rad, 0.0]))[0] @ SQUARE
    pose[2, 3] = distance_mm
    return pose


def places(calibration: CameraCalibration, view: WallView, points_px: Matrix) -> Matrix:
    """Where pixels (n, 2) lie on the wall, mm (n, 2): what `to_wall` says, without the covariance, which costs most.

    Raises `CalibrationError` for a pixel that does not look at the wall.
    """
    return _on_wall(view.t_wall_camera, rays(calibration, points_px))


def to_wall(calibration: CameraCalibration, view: WallView, points_px: Matrix, *, sd_px: float = 0.0) -> WallPoints:
    """Where pixels (n, 2) lie on the wall; `sd_px` is the standard deviation of each coordinate of a pixel.

    First-order propagation of the pixel's, the lens's and the pose's covariance, taken as independent of one another.
    Raises `CalibrationError` for a pixel that does not look at the wall.
    """
    points = np.asarray(points_px, np.float64).reshape(-1, 2)
    at = np.concatenate([np.zeros(2), calibration.lens_array, np.zeros(6)])
    spread = np.zeros((len(at), len(at)))
    spread[:2, :2] = np.eye(2) * sd_px**2
    spread[2:11, 2:11] = calibration.lens_covariance
    spread[11:, 11:] = view.covariance

    def place(values: Matrix) -> Matrix:
        lens, motion = values[2:11], values[11:]
        return _on_wall(moved(view.t_wall_camera, motion), _rays(lens, points + values[:2]))

    jacobian = derivative(place, at, _STEPS)
    return WallPoints(xy_mm=place(at), covariance_mm2=jacobian @ spread @ jacobian.transpose(0, 2, 1))


def scale_at(calibration: CameraCalibration, view: WallView, point_px: tuple[float, float]) -> tuple[float, float]:
    """Millimetres of wall per pixel at one point, and its standard deviation.

    The square root of the area of wall that a pixel sees, so that a foreshortened pixel counts with its mean side.
    """
    at = np.concatenate([calibration.lens_array, np.zeros(6)])
    spread = np.zeros((len(at), len(at)))
    spread[:9, :9] = calibration.lens_covariance
    spread[9:, 9:] = view.covariance
    cross = np.array(point_px) + 0.5 * np.array([[-1.0, 0], [1, 0], [0, -1], [0, 1]])

    def mm_per_px(values: Matrix) -> Matrix:
        left, right, upper, lower = _on_wall(moved(view.t_wall_camera, values[9:]), _rays(values[:9], cross))
        across, down = right - left, lower - upper
        return np.sqrt(np.abs(across[0] * down[1] - across[1] * down[0]))[np.newaxis]

    slope = derivative(mm_per_px, at, _STEPS[2:])
    return float(mm_per_px(at)[0]), float(np.sqrt(slope @ spread @ slope.T).item())


def moved(t_wall_camera: Matrix, motion: Matrix) -> Matrix:
    """The pose after a small motion from the left, in wall axes: turned about the wall's origin by the rotation vector
    (rx, ry, rz), then shifted by (x, y, z) mm. What `edge.pose.Pose.covariance` is a covariance of.
    """
    shift = np.eye(4)
    shift[:3, :3] = cv2.Rodrigues(motion[3:])[0]
    shift[:3, 3] = motion[:3]
    return shift @ t_wall_camera


def left_covariance(t_wall_camera: Matrix, covariance: Matrix) -> Matrix:
    """(6, 6) of `moved` from (6, 6) of the camera's own place (mm) and turn about itself (rad), both in wall axes.

    A turn about the camera is one about the wall's origin and a shift that brings the camera back: dx = dt - dr x t.
    """
    x, y, z = t_wall_camera[:3, 3]
    to_left = np.eye(6)
    to_left[:3, 3:] = [[0, -z, y], [z, 0, -x], [-y, x, 0]]
    return to_left @ covariance @ to_left.T


def derivative(function: Callable[[Matrix], Matrix], at: Matrix, steps: Matrix) -> Matrix:
    """Central differences of a function of (k,) values, (..., k)."""
    columns = [(function(at + step) - function(at - step)) / (2 * step.sum()) for step in np.diag(steps)]
    return np.stack(columns, axis=-1)


_STEPS = np.array([_STEP_PX] * 6 + [_STEP_LENS] * 5 + [_STEP_MM] * 3 + [_STEP_RAD] * 3)


def _camera_matrix(lens: Matrix) -> Matrix:
    return np.array([[lens[0], 0, lens[2]], [0, lens[1], lens[3]], [0, 0, 1]], np.float64)


def _project(lens: Matrix, points_camera_mm: Matrix) -> Matrix:
    points = np.asarray(points_camera_mm, np.float64).reshape(-1, 1, 3)
    return cv2.projectPoints(points, np.zeros(3), np.zeros(3), _camera_matrix(lens), lens[4:])[0].reshape(-1, 2)


def _rays(lens: Matrix, points_px: Matrix) -> Matrix:
    points = np.asarray(points_px, np.float64).reshape(-1, 1, 2)
    stop = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, _ITERATIONS, _EPSILON)
    xy = cv2.undistortPointsIter(points, _camera_matrix(lens), lens[4:], np.eye(3), np.eye(3), stop).reshape(-1, 2)
    directions = np.column_stack([xy, np.ones(len(xy))])
    off = np.linalg.norm(_project(lens, directions) - points.reshape(-1, 2), axis=1)
    if not (off <= _INVERSE_TOLERANCE_PX).all():
        x, y = points[int(np.argmax(off)), 0]
        raise CalibrationError(
            f"a pixel must lie where the calibrated lens model holds; ({x:.0f}, {y:.0f}) does not: calibrate again "
            "with the board in the corners of the frame"
        )
    return directions


def _on_wall(t_wall_camera: Matrix, directions: Matrix) -> Matrix:
    """Where rays (n, 3) from the camera meet z = 0: (n, 2)."""
    towards = directions @ t_wall_camera[:3, :3].T
    eye = t_wall_camera[:3, 3]
    # The wall is z = 0 and the camera stands before it, so a ray that meets it runs towards negative z.
    if eye[2] <= 0 or towards[:, 2].max(initial=-np.inf) >= 0:
        raise CalibrationError(
            f"every pixel must look at the wall; the camera stands {eye[2]:.1f} mm before it and some look past it"
        )
    return eye[:2] - towards[:, :2] * (eye[2] / towards[:, 2:])
