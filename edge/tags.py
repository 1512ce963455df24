"""AprilTags 36h11 in a frame, and the view of the wall that tags of known size give.

E. Olson, "AprilTag: A robust and flexible visual fiducial system", ICRA 2011; found by OpenCV's ArUco module.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np

from edge.calibration_record import CameraCalibration
from edge.errors import CalibrationError
from edge.frame import U8Image
from edge.geometry import WallView, derivative, facing, left_covariance, pixels, rays
from edge.pose import Matrix

DICTIONARY = cv2.aruco.DICT_APRILTAG_36h11
TAGS_IN_FAMILY = 587
# Of a corner's place; tests/test_edge_scale.py holds rendered tags to it.
CORNER_SD_PX = 0.3
# Two distances that differ by more than this many standard deviations contradict each other, and so does a tag whose
# corners lie this far from where a square of its size could lie.
_CONTRADICTION_SD = 5.0
# Paper on concrete is not perfectly flat: half a per cent of distance is no contradiction.
_FLATNESS = 0.005
_ITERATIONS = 20
# This refinement puts pixel (0, 0)'s corner at the origin; everything else here, its middle.
_CORNER_OF_A_PIXEL = np.float64(0.5)


class TagError(CalibrationError):
    """Tags that cannot all be true."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tag:
    """`corners_px` (4, 2): from the tag's top left, clockwise as seen."""

    id: int
    corners_px: Matrix


def find_tags(picture: U8Image) -> list[Tag]:
    """The tags in a BGR or grey picture, by id; one that is seen twice is there twice."""
    parameters = cv2.aruco.DetectorParameters()
    # Fits lines to the sides. The others see a tag up to 1.5 % too small (tests/test_edge_scale.py).
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_APRILTAG
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(DICTIONARY), parameters)
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    corners, ids, _ = detector.detectMarkers(grey)
    found = zip([] if ids is None else ids.ravel(), corners, strict=True)
    return sorted(
        (Tag(id=int(number), corners_px=c.reshape(4, 2) - _CORNER_OF_A_PIXEL) for number, c in found),
        key=lambda tag: tag.id,
    )


def view_of_tags(
    calibration: CameraCalibration,
    tags: Sequence[Tag],
    *,
    side_mm: float,
    side_sd_mm: float,
    tilt_sd_rad: float,
) -> WallView:
    """The camera before the wall that the tags lie flat on, in a wall whose origin is below the camera.

    Least squares over all corners, with squareness as prior knowledge (`tilt_sd_rad`): the perspective of a small tag
    says little of the tilt, and has two answers. Raises `TagError`, which names the tags.
    """
    if not tags:
        raise TagError("no AprilTag 36h11 is seen in the frame")
    check_once(tags)
    square = np.zeros(3), np.array([[0, 1, 0], [0, 0, 1]]) / tilt_sd_rad
    fits = [_Fit.of(calibration, [tag], np.array([side_mm]), *square) for tag in tags]
    for (tag, fit), (other, other_fit) in combinations(zip(tags, fits, strict=True), 2):
        _check_agreement(tag, fit, other, other_fit)
    whole = fits[0] if len(fits) == 1 else _Fit.of(calibration, tags, np.full(len(tags), side_mm), *square)
    # All lengths of the view grow with the tags' side.
    covariance = np.zeros((6, 6))
    covariance[2:5, 2:5] = whole.covariance[:3, :3]
    covariance[2, 2] += (whole.values[0] * side_sd_mm / side_mm) ** 2
    pose = facing(*whole.values[:3])
    return WallView(t_wall_camera=pose, covariance=left_covariance(pose, covariance))


def places_of_tags(
    calibration: CameraCalibration, tags: Sequence[Tag], sides_mm: Matrix, held: Matrix, held_covariance: Matrix
) -> tuple[Matrix, Matrix]:
    """Where k tags lie on the wall, seen from a camera `held` at (distance mm, tilt x, tilt y) with (3, 3).

    Returns (k, 3), the middle in mm and the turn in radians from where the optical axis meets the wall, and (k, 3, 3).
    Raises `TagError` for a tag that is seen twice or does not lie flat.
    """
    check_once(tags)
    root = np.linalg.inv(np.linalg.cholesky(held_covariance + np.diag([1e-6, 1e-12, 1e-12])))
    fit = _Fit.of(calibration, tags, sides_mm, held, root)

    def places(values: Matrix) -> Matrix:
        pose = facing(*values[:3])
        foot = -pose[:2, 2] * values[0] / pose[2, 2]
        return values[3:].reshape(-1, 3) - [*foot, 0.0]

    slope = derivative(places, fit.values, _steps(fit.values))
    return places(fit.values), slope @ fit.covariance @ slope.transpose(0, 2, 1)


def check_once(tags: Sequence[Tag]) -> None:
    """Raises `TagError` where an id is there twice."""
    repeated = [str(number) for number, count in Counter(tag.id for tag in tags).items() if count > 1]
    if repeated:
        raise TagError(f"every tag must be there once; seen more than once: {', '.join(repeated)}")


def _check_agreement(tag: Tag, fit: "_Fit", other: Tag, other_fit: "_Fit") -> None:
    """Raises `TagError` where two tags put the wall at different distances."""
    distances = fit.values[0], other_fit.values[0]
    apart = abs(distances[0] - distances[1])
    allowed = _CONTRADICTION_SD * np.sqrt(fit.covariance[0, 0] + other_fit.covariance[0, 0])
    if apart > allowed + _FLATNESS * max(distances):
        raise TagError(
            f"tags on one wall must agree; tag {tag.id} puts the wall at {distances[0]:.0f} mm and tag {other.id} at "
            f"{distances[1]:.0f} mm: one has another size or does not lie on the wall"
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Fit:
    """`values`: distance in mm, tilts about the wall's x and y in radians, then (x, y, turn) of each tag on the wall
    below the camera; `covariance` of all of these."""

    values: Matrix
    covariance: Matrix

    @classmethod
    def of(
        cls, calibration: CameraCalibration, tags: Sequence[Tag], sides_mm: Matrix, known: Matrix, root: Matrix
    ) -> "_Fit":
        """Gauss-Newton. `known` (3,) is what is known of the first three values: `root` (r, 3) @ (values - known) has
        unit covariance.
        """
        seen = np.concatenate([tag.corners_px for tag in tags])

        def residuals(values: Matrix) -> Matrix:
            """In standard deviations: the corners', then from what is known."""
            expected = pixels(calibration, _corners(values, sides_mm))
            return np.concatenate([((expected - seen) / CORNER_SD_PX).ravel(), root @ (values[:3] - known)])

        values = _first_guess(calibration, tags, sides_mm)
        for _ in range(_ITERATIONS):
            slope = derivative(residuals, values, _steps(values))
            step = np.linalg.lstsq(slope, -residuals(values), rcond=None)[0]
            values = values + step
            if np.abs(step).max() < 1e-9 * values[0]:
                break
        off = np.abs(residuals(values)[: 8 * len(tags)].reshape(len(tags), 8)).max(axis=1)
        if not np.isfinite(values).all() or off.max() > _CONTRADICTION_SD:
            tag = tags[int(np.argmax(off))]
            raise TagError(
                f"a tag must lie flat on the wall, square to the camera within some degrees; the corners of tag "
                f"{tag.id} are {off.max() * CORNER_SD_PX:.1f} px off: it is bent, or the calibration is of another lens"
            )
        return cls(values=values, covariance=np.asarray(np.linalg.inv(slope.T @ slope), np.float64))


def _steps(values: Matrix) -> Matrix:
    """Of central differences."""
    return np.full(len(values), 1e-6) * np.maximum(1.0, np.abs(values))


def _corners(values: Matrix, sides_mm: Matrix) -> Matrix:
    """The corners (4 a tag, 3) in the camera's axes: values are the plane's (3,), then (x, y, turn) a tag."""
    pose = facing(*values[:3])
    square = np.array([[-1, 1], [1, 1], [1, -1], [-1, -1]])[..., None] * sides_mm / 2
    square_x, square_y = square[:, 0].T, square[:, 1].T
    x, y, turn = values[3:].reshape(-1, 3).T
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    on_wall = np.stack(
        [
            x[:, None] + cos * square_x - sin * square_y,
            y[:, None] + sin * square_x + cos * square_y,
            np.zeros((len(x), 4)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    return (on_wall - pose[:3, 3]) @ pose[:3, :3]


def _first_guess(calibration: CameraCalibration, tags: Sequence[Tag], sides_mm: Matrix) -> Matrix:
    """As if the camera looked straight at the wall: the distance from the tags' mean side."""
    at = np.stack([rays(calibration, tag.corners_px)[:, :2] * [1, -1] for tag in tags])
    sides = np.linalg.norm(at - np.roll(at, -1, axis=1), axis=2)
    distance = float((sides_mm / sides.mean(axis=1)).mean())
    top = at[:, 1] - at[:, 0]
    places = [(*(middle * distance), np.arctan2(t[1], t[0])) for middle, t in zip(at.mean(axis=1), top, strict=True)]
    return np.array([distance, 0.0, 0.0, *np.ravel(places)])
