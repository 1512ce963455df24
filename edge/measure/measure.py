"""From the finds of a frame to measured cracks: mask, courses, widths, and where the scale is known, millimetres."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from edge.calibration_record import CameraCalibration
from edge.errors import CalibrationError
from edge.finds import Find
from edge.frame import U8Image
from edge.measure.blur import Blur
from edge.measure.measured import Course, Interval, Measured, OnWall, Widths
from edge.measure.on_wall import on_wall
from edge.measure.parts import Part, shared_out, windows_of
from edge.measure.polyline import F64, full_length, length
from edge.measure.profiles import FLANK_PX, Profiles, profiles_along
from edge.measure.skeleton import centrelines
from edge.measure.thinning import BoolImage
from edge.measure.tracing import REACH_PX, completed
from edge.measure.width import crack_widths
from edge.scale import Scale, Withheld
from edge.tiling import ScoreMap

RULER_PX = 6.0
LOST_SHARE = 0.5
"""What a course is too smooth for, by blur and smoothing; set on rendered cracks, as `bench_measure.py` says."""
NO_CALIBRATION = "no calibration is known: state one with --calibration"


class Masks(Protocol):
    """What says which pixels of a frame belong to a crack: `edge.segmenter.Segmenter`."""

    def mask(self, frame_bgr: U8Image, boxes_xywh: npt.ArrayLike) -> BoolImage:
        """Bool (h, w), False outside of the boxes (n, 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurer:
    """`threshold` is the one that the finds were grouped by; `blur` what is known of the camera's before it is seen.

    Not thread-safe: one thread uses one measurer, as its segmenter.
    """

    segmenter: Masks
    threshold: float
    calibration: CameraCalibration | None = None
    blur: Blur = field(default_factory=Blur)

    def measure(
        self, frame_bgr: U8Image, finds: Sequence[Find], score_map: ScoreMap, scale: Scale | Withheld
    ) -> list[Measured | None]:
        """For each find of a frame, uint8 (h, w, 3), what was measured; None where the mask holds no crack.

        A crack that runs through several finds is measured once, for the one that holds most of it. Without finds,
        nothing is computed.
        """
        if not finds:
            return []
        boxes = windows_of(finds, score_map, self.threshold)
        parts = shared_out(self.segmenter.mask(frame_bgr, np.concatenate(boxes)), boxes)
        grey = cv2.cvtColor(frame_bgr, cv2.COLOR_BGR2GRAY) if any(part is not None for part in parts) else None
        return [None if part is None or grey is None else self._measured(grey, part, scale) for part in parts]

    def _measured(self, grey: U8Image, part: Part, scale: Scale | Withheld) -> Measured | None:
        found = measure_crack(grey, part, self.blur)
        return None if found is None else sized(found, scale, self.calibration)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrackInPixels:
    """The courses of one crack, longest first, their length together, and its widths; None below resolution.

    `blur` is what it showed.
    """

    courses: tuple[Course, ...]
    length_px: float
    widths_px: Widths[Interval] | None
    blur: Blur


def sized(found: CrackInPixels, scale: Scale | Withheld, calibration: CameraCalibration | None) -> Measured:
    """A crack in pixels with its millimetres, where scale and calibration are known; else with the reason."""
    wall, withheld = _on_wall(found, scale, calibration)
    widths = found.widths_px
    return Measured(
        courses=found.courses,
        length_px=found.length_px,
        orientation_deg=_orientation_deg(found.courses[0].points_px),
        widths_px=None
        if widths is None
        else Widths(median=widths.median.value, p95=widths.p95.value, maximum=widths.maximum.value),
        on_wall=wall,
        withheld=withheld,
    )


def _on_wall(
    found: CrackInPixels, scale: Scale | Withheld, calibration: CameraCalibration | None
) -> tuple[OnWall | None, str | None]:
    if isinstance(scale, Withheld):
        return None, scale.reason
    if calibration is None:
        return None, NO_CALIBRATION
    try:
        return on_wall(calibration, scale.view, found.courses, found.length_px, found.widths_px), None
    except CalibrationError as reason:
        return None, str(reason)


def measure_crack(grey: U8Image, part: Part, blur: Blur, *, beyond_mask: bool = True) -> CrackInPixels | None:
    """What the mask of one find holds in a picture, uint8 (h, w), or None where it holds no crack.

    `beyond_mask`: a network's mask is completed by the picture; what a person drew ends where they drew it.
    """
    h, w = grey.shape
    part = part.widened(REACH_PX, (w, h))
    (x, y), (rows, columns) = part.corner_xy, part.mask.shape
    seen = grey[y : y + rows, x : x + columns]
    lines = completed(seen, part.mask) if beyond_mask else centrelines(part.mask)
    if not lines:
        return None
    profiles = [profiles_along(grey, line.moved(part.corner_xy), blur.sigma_px) for line in lines]
    usable = [_usable(grey, one, [other for other in profiles if other is not one]) for one in profiles]
    widths = crack_widths(profiles, usable, blur)
    courses = [
        Course(points_px=one.points_px, widths_px=along) for one, along in zip(profiles, widths.along, strict=True)
    ]
    return CrackInPixels(
        courses=tuple(sorted(courses, key=lambda course: -length(course.points_px))),
        length_px=sum(full_length(course.points_px, RULER_PX, LOST_SHARE) for course in courses),
        widths_px=widths.of_all,
        blur=widths.blur,
    )


def _usable(grey: U8Image, course: Profiles, others: Sequence[Profiles]) -> npt.NDArray[np.bool_]:
    """Bool (n,): where a profile lies within the picture and crosses no other course."""
    h, w = grey.shape
    points = course.points_px
    within = (points >= course.half_px) & (points <= np.array([w, h]) - 1 - course.half_px)
    usable = within[:, 0] & within[:, 1]
    for other in others:
        near = course.half_px + min(other.half_px, FLANK_PX)
        apart = np.linalg.norm(points[:, np.newaxis] - other.points_px[:: max(1, int(near / 4))], axis=2)
        usable &= apart.min(axis=1) > near
    return usable


def _orientation_deg(points: F64) -> float:
    """From end to end, 0 along x, 90 upwards, in [0, 180)."""
    dx, dy = points[-1] - points[0]
    return math.degrees(math.atan2(-dy, dx)) % 180
