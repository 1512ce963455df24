"""What is drawn in the report: the map of the wall with its coverage, frames with finds, the width along a crack."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from reportlab.lib import colors
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

MAP_WH_MM = (170.0, 125.0)
PLOT_WH_MM = (170.0, 42.0)
_SOFT, _INK = colors.HexColor("#c9ced3"), colors.HexColor("#1b2126")
_STATES = {
    "accepted": colors.HexColor("#15703a"),
    "rejected": colors.HexColor("#8a949d"),
    "unsure": colors.HexColor("#96500a"),
    "unreviewed": colors.HexColor("#b3202f"),
}
_BAND = colors.HexColor("#dde7f2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A crack on the map: its number, courses of (x, y) in mm, and how people judged it."""

    name: str
    courses_mm: Sequence[Sequence[Sequence[float]]]
    state: str


class WallMap(Flowable):  # type: ignore[misc]  # reportlab has no types
    """Footprints of frames, the coverage laid over them, cracks with their numbers, a scale bar; x right and y up."""

    def __init__(self, frames: Sequence[Mapping[str, Any]], coverage: Mapping[str, Any] | None, cracks: list[Drawn]):
        super().__init__()
        self._frames, self._coverage, self._cracks = frames, coverage, cracks
        points = [point for frame in frames for point in frame["corners_mm"]]
        points += [point for crack in cracks for course in crack.courses_mm for point in course]
        if coverage is not None:
            left, bottom, right, top = coverage["box_mm"]
            points += [(left, bottom), (right, top)]
        low, high = np.min([p[:2] for p in points], axis=0), np.max([p[:2] for p in points], axis=0)
        self._left, self._bottom = low.tolist()
        wide, tall = np.maximum(high - low, 1.0).tolist()
        self._scale = min(MAP_WH_MM[0] * mm / wide, MAP_WH_MM[1] * mm / tall)
        self.width, self.height = wide * self._scale, tall * self._scale + 8 * mm

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        canvas = self.canv
        canvas.setLineWidth(0.4)
        for frame in self._frames:
            canvas.setStrokeColor(_SOFT)
            canvas.setFillColor(colors.HexColor("#eef0f2"))
            self._line(canvas, frame["corners_mm"], close=True)
        if self._coverage is not None:
            left, bottom, right, top = self._coverage["box_mm"]
            (x0, y0), (x1, y1) = self._at((left, bottom)), self._at((right, top))
            picture = ImageReader(io.BytesIO(base64.b64decode(self._coverage["png"])))
            canvas.drawImage(picture, x0, y0, x1 - x0, y1 - y0, mask="auto")
        for crack in self._cracks:
            canvas.setStrokeColor(_STATES.get(crack.state, _INK))
            canvas.setLineWidth(1.2)
            for course in crack.courses_mm:
                self._line(canvas, course)
            canvas.setFont("Helvetica-Bold", 7.5)
            canvas.setFillColor(_INK)
            x, y = self._at(crack.courses_mm[0][len(crack.courses_mm[0]) // 2])
            canvas.drawString(x + 3, y + 3, crack.name)
        self._scale_bar(canvas)

    def _at(self, point: Sequence[float]) -> tuple[float, float]:
        return (point[0] - self._left) * self._scale, (point[1] - self._bottom) * self._scale + 8 * mm

    def _line(self, canvas: Canvas, points: Sequence[Sequence[float]], *, close: bool = False) -> None:
        path = canvas.beginPath()
        path.moveTo(*self._at(points[0]))
        for point in points[1:]:
            path.lineTo(*self._at(point))
        if close:
            path.close()
        canvas.drawPath(path, stroke=1, fill=int(close))

    def _scale_bar(self, canvas: Canvas) -> None:
        """A round length that fills up to a third of the map."""
        most_mm = self.width / self._scale / 3
        power = 10.0 ** np.floor(np.log10(most_mm))
        long_mm = max(step * power for step in (1, 2, 5) if step * power <= most_mm)
        canvas.setStrokeColor(_INK)
        canvas.setLineWidth(1)
        canvas.line(0, 3 * mm, long_mm * self._scale, 3 * mm)
        canvas.setFont("Helvetica", 7.5)
        canvas.setFillColor(_INK)
        words = f"{long_mm / 1000:g} m" if long_mm >= 1000 else f"{long_mm:g} mm"
        canvas.drawString(long_mm * self._scale + 4, 2 * mm, words)


class WidthPlot(Flowable):  # type: ignore[misc]  # reportlab has no types
    """The width along a crack, mm against mm, the interval of its median as a band."""

    def __init__(self, course: Sequence[Sequence[float | None]], median: Sequence[float]) -> None:
        super().__init__()
        points = np.array([[x, y] for x, y, _ in course], np.float64)
        steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
        self._along = np.concatenate([[0.0], np.cumsum(steps)]).tolist()
        self._widths = [width for _, _, width in course]
        self._median = median
        self.width, self.height = PLOT_WH_MM[0] * mm, PLOT_WH_MM[1] * mm
        self.spaceBefore, self.spaceAfter = 3 * mm, 4 * mm

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        canvas = self.canv
        known = [width for width in self._widths if width is not None]
        far, wide = max(self._along[-1], 1e-6), 1.15 * max([*known, self._median[2], 1e-6])
        left, bottom = 12 * mm, 9 * mm
        across, up = (self.width - left - 2 * mm) / far, (self.height - bottom - 2 * mm) / wide
        canvas.setFillColor(_BAND)
        low, _, high = self._median
        canvas.rect(left, bottom + low * up, far * across, (high - low) * up, stroke=0, fill=1)
        canvas.setFont("Helvetica", 7)
        canvas.setFillColor(_INK)
        canvas.setStrokeColor(_SOFT)
        canvas.setLineWidth(0.4)
        for value in _ticks(wide):
            y = bottom + value * up
            canvas.line(left, y, left + far * across, y)
            canvas.drawRightString(left - 2, y - 2, f"{value:.3g}")
        for value in _ticks(far):
            canvas.drawCentredString(left + value * across, bottom - 8, f"{value:.3g}")
        canvas.drawString(0, self.height - 5, "mm wide")
        canvas.drawRightString(self.width, 0, "mm along the crack; shaded: 95 % interval of the median")
        canvas.setStrokeColor(_INK)
        canvas.setLineWidth(0.9)
        for (s0, w0), (s1, w1) in pairwise(zip(self._along, self._widths, strict=True)):
            if w0 is not None and w1 is not None:
                canvas.line(left + s0 * across, bottom + w0 * up, left + s1 * across, bottom + w1 * up)


def _ticks(most: float) -> list[float]:
    power = 10.0 ** np.floor(np.log10(most / 4))
    step = float(next(one * power for one in (1, 2, 5, 10) if one * power >= most / 4))
    return [n * step for n in range(int(most / step) + 1)]


class PieceView(Flowable):  # type: ignore[misc]  # reportlab has no types
    """The wall around a crack as a visit saw it, fitted into `wh_mm` of paper; rings are the ends of its courses.

    `box_mm`: left, bottom, right, top on the wall. What is more than twice as tall as wide `lies`, its top to the left.
    """

    def __init__(
        self,
        jpeg: bytes,
        box_mm: Sequence[float],
        courses_mm: Sequence[Sequence[Sequence[float]]],
        wh_mm: tuple[float, float],
    ):
        super().__init__()
        self._jpeg, self._courses = jpeg, courses_mm
        self._left, self._bottom, right, top = box_mm
        wide, tall = right - self._left, top - self._bottom
        self.lies = tall > 2 * wide
        over, up = (tall, wide) if self.lies else (wide, tall)
        self._scale = min(wh_mm[0] * mm / over, wh_mm[1] * mm / up)
        self._wh = wide * self._scale, tall * self._scale
        self.width, self.height = over * self._scale, up * self._scale

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        canvas = self.canv
        canvas.saveState()
        if self.lies:
            canvas.translate(self.width, 0)
            canvas.rotate(90)
        canvas.drawImage(ImageReader(io.BytesIO(self._jpeg)), 0, 0, *self._wh)
        canvas.setStrokeColor(_STATES["unreviewed"])
        canvas.setLineWidth(0.9)
        for x, y, *_ in (end for course in self._courses for end in (course[0], course[-1])):
            canvas.circle((x - self._left) * self._scale, (y - self._bottom) * self._scale, 1.5 * mm)
        canvas.restoreState()


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A find in its frame: its number, the lines that were measured, its box, in pixels; how people judged it."""

    name: str
    lines: tuple[npt.NDArray[np.float64], ...]
    box_xywh: tuple[int, int, int, int]
    state: str


class FrameView(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A frame fitted into `wh_mm` of paper, its finds drawn in: their lines, or their boxes where there are none."""

    def __init__(
        self, jpeg: bytes, frame_wh: tuple[int, int], finds: Sequence[Marked], wh_mm: tuple[float, float]
    ) -> None:
        super().__init__()
        self._jpeg, self._finds = jpeg, finds
        self._scale = min(wh_mm[0] * mm / frame_wh[0], wh_mm[1] * mm / frame_wh[1])
        self.width, self.height = frame_wh[0] * self._scale, frame_wh[1] * self._scale
        self.spaceAfter = 4 * mm

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        canvas = self.canv
        canvas.drawImage(ImageReader(io.BytesIO(self._jpeg)), 0, 0, self.width, self.height)
        for find in self._finds:
            canvas.setStrokeColor(_STATES.get(find.state, _STATES["unreviewed"]))
            canvas.setLineWidth(0.8)
            x, y, w, h = find.box_xywh
            for line in find.lines:
                path = canvas.beginPath()
                path.moveTo(*self._at(*line[0]))
                for point in line[1:]:
                    path.lineTo(*self._at(*point))
                canvas.drawPath(path)
            if not find.lines:
                left, low = self._at(x, y + h)
                canvas.rect(left, low, w * self._scale, h * self._scale, fill=0)
            self._number(find.name, *self._at(x, y))

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return x * self._scale, self.height - y * self._scale

    def _number(self, name: str, x: float, y: float) -> None:
        """On white, so that it is read on any concrete."""
        canvas, size = self.canv, 6.5
        canvas.setFillColor(colors.white)
        wide = canvas.stringWidth(name, "Helvetica-Bold", size) + 2
        x, y = min(x, self.width - wide), min(y, self.height - size)
        canvas.rect(x, y - 1, wide, size, stroke=0, fill=1)
        canvas.setFillColor(_INK)
        canvas.setFont("Helvetica-Bold", size)
        canvas.drawString(x + 1, y, name)
