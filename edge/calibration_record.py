"""What a calibration says of a camera: its lens, how sure that is, and the frames that it belongs to.

Lens model: pinhole with Brown-Conrady distortion as in OpenCV (calib3d, "Detailed Description"), k1 k2 p1 p2 k3. Pixel
(0, 0) is the middle of the top left pixel.
"""

import hashlib
import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np

from edge.durable import write_durably
from edge.errors import CalibrationError
from edge.manifest_json import dumps, from_plain, loads, to_plain
from edge.pose import Matrix

SCHEMA_VERSION = 1
# The order of `CameraCalibration.lens` and of its covariance.
LENS = ("fx_px", "fy_px", "cx_px", "cy_px", "k1", "k2", "p1", "p2", "k3")

# A lens of 5 mm at 1/v = 1/f - D changes its scale by 0.05 % for 0.1 dioptres: a quarter of what we claim of the focal
# length. A motor of a Camera Module 3 repeats better than that.
LENS_POSITION_TOLERANCE_DPT = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationView:
    """One picture of the board that was used: root mean square of its corners' reprojection errors."""

    name: str
    corners: int
    rms_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraCalibration:
    """A camera's lens at one resolution and one lens position (dioptres; None where the camera states none).

    `lens` holds the values that `LENS` names; `lens_covariance` is (9, 9) in the same order. `rms_px` is the
    reprojection error over all corners of all views; above `max_rms_px` nothing is said in millimetres. `id` is the
    SHA-256 of everything else. Raises `ValueError` for values that no camera has.
    """

    schema_version: int
    id: str
    made_utc: str
    hairline_version: str
    source: str
    board: str
    frame_wh: tuple[int, int]
    lens_position_dpt: float | None
    lens: tuple[float, ...]
    lens_covariance: tuple[tuple[float, ...], ...]
    rms_px: float
    max_rms_px: float
    views: tuple[CalibrationView, ...]

    def __post_init__(self) -> None:
        if len(self.lens) != len(LENS) or min(self.lens[:2]) <= 0:
            raise ValueError(f"lens must be {', '.join(LENS)} with focal lengths above 0; got {self.lens}")
        if min(self.frame_wh) < 1:
            raise ValueError(f"frame_wh must be a width and height in pixels; got {self.frame_wh}")
        covariance = np.array(self.lens_covariance, np.float64) if len(self.lens_covariance) == len(LENS) else None
        if covariance is None or covariance.shape != (9, 9) or not np.allclose(covariance, covariance.T, rtol=1e-6):
            raise ValueError(f"lens_covariance must be a symmetric {len(LENS)} x {len(LENS)}; it is not")
        if np.diag(covariance).min() < 0:
            raise ValueError("lens_covariance must have no negative variance; it has one")
        if self.rms_px < 0 or self.max_rms_px <= 0:
            raise ValueError(f"rms_px must be at least 0, max_rms_px above; got {self.rms_px}, {self.max_rms_px}")

    @property
    def lens_array(self) -> Matrix:
        """(9,), in the order of `LENS`."""
        return np.array(self.lens, np.float64)

    @property
    def camera_matrix(self) -> Matrix:
        """(3, 3), pixels."""
        fx, fy, cx, cy = self.lens[:4]
        return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], np.float64)

    @property
    def distortion(self) -> Matrix:
        """(5,): k1, k2, p1, p2, k3."""
        return np.array(self.lens[4:], np.float64)

    def named_sd(self) -> dict[str, float]:
        """The standard deviation of every value of the lens."""
        return {name: math.sqrt(self.lens_covariance[i][i]) for i, name in enumerate(LENS)}

    @property
    def withholds_mm(self) -> str | None:
        """Why nothing may be said in millimetres with it, or None."""
        if self.rms_px <= self.max_rms_px:
            return None
        return (
            f"the calibration's reprojection error, {self.rms_px:.2f} px, is above its limit of {self.max_rms_px:g} px"
        )

    def with_id(self) -> Self:
        """The same with the id that belongs to its content."""
        plain = to_plain(self) | {"id": _digest(self)}
        return from_plain(type(self), plain, "calibration")


def _digest(calibration: CameraCalibration) -> str:
    plain = {f.name: getattr(calibration, f.name) for f in fields(calibration) if f.name != "id"}
    return hashlib.sha256(dumps(plain).encode()).hexdigest()


def write_calibration(path: Path, calibration: CameraCalibration) -> None:
    """Writes it as JSON, whole or not at all. Raises `CalibrationError` where the file cannot be written."""
    try:
        write_durably(path, dumps(calibration).encode())
    except OSError as failed:
        raise CalibrationError(f"{path}: cannot be written: {failed.strerror or failed}") from failed


def read_calibration(path: Path) -> CameraCalibration:
    """Raises `CalibrationError` for what is missing, damaged, of another schema, or changed since it was made."""
    try:
        plain = loads(path.read_text(encoding="utf-8"))
        version = plain.get("schema_version") if isinstance(plain, dict) else None
        if version != SCHEMA_VERSION:
            raise ValueError(f"a calibration has schema_version {SCHEMA_VERSION}; got {version}")
        calibration = from_plain(CameraCalibration, plain, "calibration")
    except OSError as failed:
        raise CalibrationError(f"{path}: cannot be read: {failed.strerror or failed}") from failed
    except ValueError as wrong:
        raise CalibrationError(f"{path}: {wrong}; `hairline calibrate camera` makes one") from wrong
    if calibration.id != _digest(calibration):
        raise CalibrationError(f"{path}: the id must be the hash of the content; it was changed: calibrate again")
    return calibration


def check_fits(calibration: CameraCalibration, frame_wh: tuple[int, int], lens_position_dpt: float | None) -> None:
    """Raises `CalibrationError` unless the calibration belongs to frames of this size and lens position.

    A frame that states no lens position (a file, a fixed lens) is taken at its word; a calibration that states none
    does not fit a camera that does.
    """
    if frame_wh != calibration.frame_wh:
        raise CalibrationError(
            f"a calibration holds for its own resolution; it was made at {_size(calibration.frame_wh)} px and the "
            f"frame has {_size(frame_wh)}: calibrate at that size"
        )
    if lens_position_dpt is None:
        return
    if calibration.lens_position_dpt is None:
        raise CalibrationError(
            f"a calibration holds for its own lens position; it states none and the camera's is {lens_position_dpt:g} "
            "dioptres: calibrate with --lens-position"
        )
    if abs(lens_position_dpt - calibration.lens_position_dpt) > LENS_POSITION_TOLERANCE_DPT:
        raise CalibrationError(
            f"a calibration holds for its own lens position; it was made at {calibration.lens_position_dpt:g} dioptres "
            f"and the camera is at {lens_position_dpt:g}: set the focus back, or calibrate there"
        )


def _size(frame_wh: tuple[int, int]) -> str:
    return f"{frame_wh[0]} x {frame_wh[1]}"
