"""A rover on a wall moves in a plane: what a step, a tag and the wheels say is an (x, y, turn) of its camera.

(x, y) in mm is where the optical axis meets the wall, the *foot*; turn in radians is counter-clockwise as seen from
before the wall. The foot is what a picture shows directly; where the camera's own centre is hangs on a tilt that no
picture of a flat wall shows well. Distance and tilts are the bracket's and turn with the rover.
"""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from edge.calibration_record import CameraCalibration
from edge.geometry import SQUARE, WallView, derivative, scale_at
from edge.pose.pose import Matrix, check_covariance

# Of the central differences over (distance, tilt x, tilt y).
_STEPS = np.array([1e-3, 1e-6, 1e-6])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planar:
    """(x mm, y mm, turn rad) and its (3, 3) covariance: a place on the wall, or a step in the axes of where it began.

    Raises `ValueError` for a covariance that is none.
    """

    values: Matrix
    covariance: Matrix

    def __post_init__(self) -> None:
        if self.values.shape != (3,) or self.covariance.shape != (3, 3):
            raise ValueError(f"a planar place is (3,) with (3, 3); got {self.values.shape}, {self.covariance.shape}")
        check_covariance(self.covariance)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bracket:
    """How the camera is held: `values` (3,) distance from the wall in mm, tilts about the rover's x and y in radians.

    `covariance` (3, 3). `scale_sd` is the relative standard deviation of millimetres per pixel, which all steps that
    are seen in pictures share.
    """

    values: Matrix
    covariance: Matrix
    scale_sd: float

    @classmethod
    def of(cls, calibration: CameraCalibration, view: WallView) -> Self:
        """From the view that belongs to a `edge.scale.Scale`: a camera above its wall's origin, not turned."""
        pose, tilts = view.t_wall_camera, cv2.Rodrigues(view.t_wall_camera[:3, :3] @ SQUARE)[0].ravel()
        if abs(tilts[2]) > 1e-9 or np.abs(pose[:2, 3]).max() > 1e-9:
            raise ValueError("a bracket's view is that of a scale: above the wall's origin and not turned; it is not")
        # The inverse of `edge.geometry.left_covariance` at (0, 0, z).
        z = pose[2, 3]
        to_own = np.eye(6)
        to_own[:2, 3:5] = [[0, z], [-z, 0]]
        own = to_own @ view.covariance @ to_own.T
        w, h = calibration.frame_wh
        mm_per_px, sd = scale_at(calibration, view, ((w - 1) / 2, (h - 1) / 2))
        return cls(values=np.array([z, *tilts[:2]]), covariance=own[2:5, 2:5], scale_sd=sd / mm_per_px)


def camera_at(plane: Matrix, bracket: Matrix) -> Matrix:
    """`t_wall_camera` (4, 4) of a camera whose foot and turn are `plane` (3,) on a bracket (3,)."""
    pose = np.eye(4)
    pose[:3, :3] = cv2.Rodrigues(np.array([*bracket[1:], 0.0]))[0] @ SQUARE
    pose[:2, :3] = rotation(plane[2]) @ pose[:2, :3]
    axis = pose[:3, 2]
    # Back from the foot along the axis, whose z is negative.
    pose[:2, 3] = plane[:2] + axis[:2] * (bracket[0] / axis[2])
    pose[2, 3] = bracket[0]
    return pose


def pose_covariance(plane: Planar, bracket: Bracket) -> tuple[Matrix, Matrix]:
    """`t_wall_camera` (4, 4) and its (6, 6), in the order of `edge.pose.Pose.covariance`.

    Place and bracket are taken as independent of one another.
    """
    pose = camera_at(plane.values, bracket.values)
    inverse = np.linalg.inv(pose)

    def motion(held: Matrix) -> Matrix:
        """The left perturbation, as in `edge.geometry.moved`, that leads from `pose` to a bracket's that little off."""
        shift = camera_at(plane.values, held) @ inverse
        turn = (shift[:3, :3] - shift[:3, :3].T) / 2
        return np.array([*shift[:3, 3], turn[2, 1], turn[0, 2], turn[1, 0]])

    slope = np.zeros((6, 6))
    slope[0, 0] = slope[1, 1] = slope[5, 2] = 1.0
    # A turn about the foot is one about the wall's origin and a shift that brings the foot back.
    slope[:2, 2] = plane.values[1], -plane.values[0]
    slope[:, 3:] = derivative(motion, bracket.values, _STEPS)
    spread = np.zeros((6, 6))
    spread[:3, :3], spread[3:, 3:] = plane.covariance, bracket.covariance
    covariance = slope @ spread @ slope.T
    return pose, (covariance + covariance.T) / 2


def rotation(turn: float) -> Matrix:
    """(2, 2), counter-clockwise."""
    cos, sin = np.cos(turn), np.sin(turn)
    return np.array([[cos, -sin], [sin, cos]])


def compose(place: Matrix, step: Matrix) -> Matrix:
    """The place (3,) that a step (3,) in its own axes leads to."""
    return np.array([*(place[:2] + rotation(place[2]) @ step[:2]), wrapped(place[2] + step[2])])


def between(place: Matrix, other: Matrix) -> Matrix:
    """The step (3,) that leads from one place to the other: `compose(place, between(place, other))` is `other`."""
    return np.array([*(rotation(-place[2]) @ (other[:2] - place[:2])), wrapped(other[2] - place[2])])


def wrapped(angle: float) -> float:
    """In [-pi, pi)."""
    return float((angle + np.pi) % (2 * np.pi) - np.pi)
