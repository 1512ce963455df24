"""How large a pixel is on the wall: from the bracket's stand-off, a tag of known size, or two points of known distance.

Without one of them nothing is said in millimetres: what is asked for a scale returns a `Scale`, or `Withheld` and why.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from edge.calibration_record import CameraCalibration
from edge.errors import CalibrationError
from edge.frame import U8Image
from edge.geometry import WallView, derivative, facing, left_covariance, rays, scale_at
from edge.pose import Matrix
from edge.tags import TagError, find_tags, view_of_tags

# A bracket, or a person who aims, holds the camera square to the wall within 5 degrees: 95 % of a normal distribution.
TILT_SD_RAD = math.radians(2.5)
# A person's click, or a tag's corner, in pixels.
POINT_SD_PX = 0.5


class ScaleSource(StrEnum):
    """What a scale was taken from."""

    STANDOFF = "standoff"
    TAG = "tag"
    POINTS = "points"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Millimetres per pixel in the middle of the frame, its standard deviation, and the view that it comes from."""

    source: ScaleSource
    mm_per_px: float
    sd_mm_per_px: float
    view: WallView


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """Why there are no millimetres."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleSpec:
    """What the user knows: `length_mm` is the stand-off, the side of a tag, or the distance of the two points.

    `sd_mm` is its standard deviation. `points_px` are the two points (2, 2) of a picture from the same stand-off.
    `tilt_sd_rad` is how square to the wall the camera is held.
    """

    source: ScaleSource
    length_mm: float
    sd_mm: float
    points_px: tuple[tuple[float, float], tuple[float, float]] | None = None
    tilt_sd_rad: float = TILT_SD_RAD


SPEC_FORMS = (
    "'standoff:MM:SD' (from the lens to the wall), 'tag:MM:SD' (the side of an AprilTag 36h11's black square) or "
    "'points:X1,Y1,X2,Y2:MM:SD' (two points of a frame and their distance on the wall), SD being the standard "
    "deviation in mm"
)


def parse_scale(text: str) -> ScaleSpec:
    """`text` in one of `SPEC_FORMS`. Raises `CalibrationError`."""
    kind, *rest = text.split(":")
    try:
        source = ScaleSource(kind)
        points = None
        if source is ScaleSource.POINTS:
            x1, y1, x2, y2 = (float(v) for v in rest.pop(0).split(","))
            points = ((x1, y1), (x2, y2))
        length_mm, sd_mm = (float(v) for v in rest)
        sound = all(math.isfinite(v) for v in (length_mm, sd_mm, *np.ravel(points or 0.0)))
        # A spread of a third of the length could as well be no length at all.
        if not sound or length_mm <= 0 or not 0 <= sd_mm < length_mm / 3 or (points and points[0] == points[1]):
            raise ValueError("out of range")
    except (ValueError, IndexError) as wrong:
        raise CalibrationError(f"a scale is {SPEC_FORMS}, each a sensible number; got '{text}'") from wrong
    return ScaleSpec(source=source, length_mm=length_mm, sd_mm=sd_mm, points_px=points)


def fixed_scale(calibration: CameraCalibration, spec: ScaleSpec) -> Scale | Withheld:
    """The scale that holds for every frame of a camera on its bracket: from the stand-off or from two points."""
    if calibration.withholds_mm:
        return Withheld(reason=calibration.withholds_mm)
    if spec.points_px is None:
        place, covariance = spec.length_mm, np.diag([spec.sd_mm**2, spec.tilt_sd_rad**2, spec.tilt_sd_rad**2])
    else:
        place, covariance = _distance_of_points(calibration, spec)
    return _scale(calibration, spec.source, _view(facing(place), covariance))


def tag_scale(calibration: CameraCalibration, spec: ScaleSpec, picture: U8Image) -> Scale | Withheld:
    """The scale of one frame (h, w, 3) from the tags in it, which lie flat on the wall.

    Withheld where none is seen, one is seen twice, or two contradict each other; the reason names them.
    """
    if calibration.withholds_mm:
        return Withheld(reason=calibration.withholds_mm)
    try:
        view = view_of_tags(
            calibration,
            find_tags(picture),
            side_mm=spec.length_mm,
            side_sd_mm=spec.sd_mm,
            tilt_sd_rad=TILT_SD_RAD,
        )
        return _scale(calibration, ScaleSource.TAG, view)
    except TagError as reason:
        return Withheld(reason=str(reason))


def _scale(calibration: CameraCalibration, source: ScaleSource, view: WallView) -> Scale:
    w, h = calibration.frame_wh
    mm_per_px, sd = scale_at(calibration, view, ((w - 1) / 2, (h - 1) / 2))
    return Scale(source=source, mm_per_px=mm_per_px, sd_mm_per_px=sd, view=view)


def _view(t_wall_camera: Matrix, covariance: Matrix) -> WallView:
    """From the covariance of (distance, tilt about x, tilt about y) of a camera that nothing else is asked of."""
    whole = np.zeros((6, 6))
    whole[2:5, 2:5] = covariance
    return WallView(t_wall_camera=t_wall_camera, covariance=left_covariance(t_wall_camera, whole))


def _distance_of_points(calibration: CameraCalibration, spec: ScaleSpec) -> tuple[float, Matrix]:
    """The stand-off at which the two points are as far apart as they should be, and its (3, 3) with both tilts."""
    points = np.array(spec.points_px)

    def distance(values: Matrix) -> Matrix:
        """From the points (4,), their distance, and the two tilts."""
        towards = rays(calibration, values[:4].reshape(2, 2)) @ facing(1.0, values[5], values[6])[:3, :3].T
        first, second = -towards[:, :2] / towards[:, 2:]
        return np.array([values[4] / np.linalg.norm(first - second), values[5], values[6]])

    at = np.array([*points.ravel(), spec.length_mm, 0.0, 0.0])
    slope = derivative(distance, at, np.array([1e-2] * 4 + [1e-3] + [1e-6] * 2))
    spread = np.diag([POINT_SD_PX**2] * 4 + [spec.sd_mm**2] + [spec.tilt_sd_rad**2] * 2)
    return float(distance(at)[0]), slope @ spread @ slope.T
