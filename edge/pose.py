"""Where the camera was when a frame was taken."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]


class PoseSource(StrEnum):
    """What a pose was made from."""

    NONE = "none"
    ODOMETRY = "odometry"
    REGISTRATION = "registration"
    TAG = "tag"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pose:
    """`t_wall_camera` in SE(3), (4, 4), millimetres: p_wall = t_wall_camera @ p_camera.

    Wall: x right, y up, z out of the wall. Camera: OpenCV's axes (x right, y down, z forward). `covariance` is
    (6, 6) over a left perturbation in the order (x, y, z, rx, ry, rz), millimetres and radians, in wall axes.
    With source `none` nothing is known and both matrices are None.
    """

    source: PoseSource = PoseSource.NONE
    t_wall_camera: Matrix | None = field(default=None)
    covariance: Matrix | None = field(default=None)

    def __post_init__(self) -> None:
        known = self.source is not PoseSource.NONE
        if known != (self.t_wall_camera is not None) or known != (self.covariance is not None):
            raise ValueError(f"a pose has matrices exactly when its source is not 'none'; source is '{self.source}'")
        if self.t_wall_camera is None or self.covariance is None:
            return
        if self.t_wall_camera.shape != (4, 4) or self.covariance.shape != (6, 6):
            raise ValueError(
                f"a pose is (4, 4) with a (6, 6) covariance; got {self.t_wall_camera.shape}, {self.covariance.shape}"
            )
