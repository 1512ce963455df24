"""A measured crack in millimetres: its courses on the wall, its length and widths with what the scale adds to them."""

import math
from collections.abc import Sequence

import numpy as np

from edge.calibration_record import CameraCalibration
from edge.geometry import WallView, places, scale_at
from edge.measure.measured import Course, Interval, OnWall, Widths
from edge.measure.polyline import F64, length, normals

LENGTH_RELATIVE_SD = 0.024
END_SD_PX = 5.0
"""How well a course follows a crack's kinks and ends where it does; set on rendered cracks, as
`tests/benchmarks/bench_measure.py` says."""
_Z = 1.96  # of a 95 % interval


def on_wall(
    calibration: CameraCalibration,
    view: WallView,
    courses: Sequence[Course],
    length_px: float,
    widths_px: Widths[Interval] | None,
) -> OnWall:
    """Courses of one crack, longest first, their length and its widths in pixels, through the camera onto the wall.

    `length_px` may be more than that of the courses, by what they are too smooth for; so is the length on the wall.

    Raises `CalibrationError` where the camera does not look at the wall there.
    """
    courses_mm = tuple(places(calibration, view, course.points_px) for course in courses)
    middle = courses[0].points_px[len(courses[0].points_px) // 2]
    mm_per_px, sd = scale_at(calibration, view, (float(middle[0]), float(middle[1])))
    relative_sd = sd / mm_per_px
    jagged = length_px / sum(length(course.points_px) for course in courses)
    total = jagged * sum(length(place) for place in courses_mm)
    reach = _Z * math.hypot(total * relative_sd, length_sd(total, mm_per_px))
    return OnWall(
        courses_mm=courses_mm,
        length_mm=Interval(low=max(0.0, total - reach), value=total, high=total + reach),
        widths_mm=None if widths_px is None else _widths_mm(calibration, view, courses, widths_px, relative_sd),
    )


def length_sd(measured: float, per_px: float) -> float:
    """The standard deviation of a measured length, in its unit, of which a pixel is so much; without the scale's."""
    return math.hypot(measured * LENGTH_RELATIVE_SD, END_SD_PX * per_px)


def _widths_mm(
    calibration: CameraCalibration,
    view: WallView,
    courses: Sequence[Course],
    widths_px: Widths[Interval],
    relative_sd: float,
) -> Widths[Interval]:
    """Each width by the scale across the crack where the crack is so wide."""
    px = np.concatenate([course.widths_px for course in courses])
    across = np.concatenate([_mm_per_px_across(calibration, view, course.points_px) for course in courses])
    known = np.isfinite(px)
    px, mm = px[known], (px * across)[known]
    typical = float(np.median(mm) / np.median(px))
    wide = float(np.percentile(mm, 95) / np.percentile(px, 95))
    return Widths(
        median=_scaled(widths_px.median, typical, relative_sd),
        p95=_scaled(widths_px.p95, wide, relative_sd),
        maximum=_scaled(widths_px.maximum, wide, relative_sd),
    )


def _mm_per_px_across(calibration: CameraCalibration, view: WallView, points_px: F64) -> F64:
    """(n,): millimetres of wall per pixel, perpendicular to a course of points (n, 2)."""
    aside = normals(points_px) / 2
    apart = places(calibration, view, points_px + aside) - places(calibration, view, points_px - aside)
    return np.asarray(np.linalg.norm(apart, axis=1))


def _scaled(px: Interval, mm_per_px: float, relative_sd: float) -> Interval:
    """In mm; the error of the scale and that of the pixels have nothing to do with each other."""
    value, by_scale = px.value * mm_per_px, _Z * relative_sd * px.value * mm_per_px
    down = math.hypot((px.value - px.low) * mm_per_px, by_scale)
    up = math.hypot((px.high - px.value) * mm_per_px, by_scale)
    return Interval(low=max(0.0, value - down), value=value, high=value + up)
