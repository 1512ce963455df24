"""What the log holds of a find in a frame."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from edge.log.columns import (
    Stored,
    Value,
    read_courses,
    read_interval,
    read_widths,
    write_courses,
    write_interval,
    write_text,
    write_widths,
)
from edge.measure.measured import Course, Measured, OnWall, Widths


@dataclass(frozen=True, slots=True, kw_only=True)
class FindRecord:
    """A find in a frame: its box in the source image, its highest window's score (probability) and int8 `q`.

    `mask_path` is relative to the log's folder. `measured` is None until it has been measured, and always where that
    failed; its points are kept as float32. `measured.on_wall.courses_mm` lies on the wall where the frame has a pose,
    else in the axes of the frame's own view. The class of severity comes with the name of its standard.
    """

    box_xywh_px: tuple[int, int, int, int]
    score: float
    q: int
    windows: int
    mask_path: str | None = None
    measured: Measured | None = None
    severity_class: str | None = None
    severity_standard: str | None = None

    def write(self) -> dict[str, Value]:
        return {
            **dict(zip(("box_x_px", "box_y_px", "box_w_px", "box_h_px"), self.box_xywh_px, strict=True)),
            "score": float(self.score),
            "q": int(self.q),
            "windows": self.windows,
            "mask_path": self.mask_path,
            **_write_measured(self.measured),
            "severity_class": None if self.severity_class is None else write_text(self.severity_class),
            "severity_standard": None if self.severity_standard is None else write_text(self.severity_standard),
        }

    @classmethod
    def read(cls, row: Stored) -> Self:
        return cls(
            box_xywh_px=(row["box_x_px"], row["box_y_px"], row["box_w_px"], row["box_h_px"]),
            score=row["score"],
            q=row["q"],
            windows=row["windows"],
            mask_path=row["mask_path"],
            measured=_read_measured(row),
            severity_class=row["severity_class"],
            severity_standard=row["severity_standard"],
        )


def _write_measured(measured: Measured | None) -> dict[str, Value]:
    if measured is None:
        return {}
    px, wall = measured.widths_px, measured.on_wall
    courses = [np.column_stack([course.points_px, course.widths_px]) for course in measured.courses]
    return {
        "courses_px": write_courses(courses),
        "length_px": float(measured.length_px),
        "orientation_deg": float(measured.orientation_deg),
        "below_resolution": measured.below_resolution,
        "width_median_px": None if px is None else float(px.median),
        "width_p95_px": None if px is None else float(px.p95),
        "width_max_px": None if px is None else float(px.maximum),
        "courses_mm": None if wall is None else write_courses(wall.courses_mm),
        "withheld": None if measured.withheld is None else write_text(measured.withheld),
        **write_interval("length", None if wall is None else wall.length_mm),
        **write_widths(None if wall is None else wall.widths_mm),
    }


def _read_measured(row: Stored) -> Measured | None:
    if row["courses_px"] is None:
        return None
    median, p95, maximum = row["width_median_px"], row["width_p95_px"], row["width_max_px"]
    return Measured(
        courses=tuple(
            Course(points_px=course[:, :2], widths_px=course[:, 2]) for course in read_courses(row["courses_px"], 3)
        ),
        length_px=row["length_px"],
        orientation_deg=row["orientation_deg"],
        widths_px=None if median is None else Widths(median=median, p95=p95, maximum=maximum),
        on_wall=_read_on_wall(row),
        withheld=row["withheld"],
    )


def _read_on_wall(row: Stored) -> OnWall | None:
    length_mm = read_interval(row, "length")
    if length_mm is None:
        return None
    return OnWall(courses_mm=read_courses(row["courses_mm"], 2), length_mm=length_mm, widths_mm=read_widths(row))
