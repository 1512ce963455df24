"""The contract: where the camera was when a frame was taken, and how sure that is."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]

# What rounding leaves of an exact rotation or covariance after a chain of products.
_ROTATION_TOLERANCE = 1e-6
_SYMMETRY_TOLERANCE = 1e-6
_EIGENVALUE_TOLERANCE = 1e-6


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
    With source `none` nothing is known and both matrices are None. Raises `ValueError` for what is no rigid motion or
    no covariance.
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
        _check_rigid(self.t_wall_camera)
        check_covariance(self.covariance)


def _check_rigid(t_wall_camera: Matrix) -> None:
    rotation, last = t_wall_camera[:3, :3], t_wall_camera[3]
    if not np.isfinite(t_wall_camera).all() or not np.array_equal(last, [0, 0, 0, 1]):
        raise ValueError(f"a pose is finite and its last row is 0 0 0 1; got {t_wall_camera.tolist()}")
    off = np.abs(rotation @ rotation.T - np.eye(3)).max()
    if off > _ROTATION_TOLERANCE or np.linalg.det(rotation) < 0:
        raise ValueError(f"a pose turns without scaling or mirroring; its rotation is off by {off:.2g}")


def check_covariance(covariance: Matrix) -> None:
    """Raises `ValueError` unless (n, n) is finite, symmetric and positive semidefinite.

    Judged as correlations, so that millimetres and radians count alike.
    """
    sd = np.sqrt(np.clip(np.diag(covariance), 0, None))
    if not np.isfinite(covariance).all() or np.diag(covariance).min() < 0:
        raise ValueError("a covariance is finite and has no negative variance; this one does not")
    # Against a variance of nothing nothing can vary.
    correlation = covariance / np.outer(*[np.where(sd > 0, sd, 1.0)] * 2)
    if np.abs(correlation - correlation.T).max() > _SYMMETRY_TOLERANCE:
        raise ValueError("a covariance is symmetric; this one is not")
    lowest = float(np.linalg.eigvalsh(correlation).min())
    if lowest < -_EIGENVALUE_TOLERANCE:
        raise ValueError(
            f"a covariance is positive semidefinite; as correlations its lowest eigenvalue is {lowest:.2g}"
        )
