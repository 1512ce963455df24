"""The slow tones of a wall: panels that set differently, damp, rust, lime, and the shadow of a rail."""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from edge.frame import U8Image
from edge.render.concrete import octaves
from edge.render.cracks import F32

IntArray = npt.NDArray[np.intp]

CELL_MM = 2.0
_STRIP_PX = 512


class Tones:
    """A factor for every `CELL_MM` of a wall, a colour each: float32 (rows, columns, 3), row 0 on top."""

    def __init__(self, size_wh_mm: tuple[float, float]) -> None:
        columns, rows = (int(np.ceil(mm / CELL_MM)) + 1 for mm in size_wh_mm)
        self._factor = np.ones((rows, columns, 3), np.float32)
        ys, xs = np.mgrid[:rows, :columns].astype(np.float32)
        self._x_mm, self._down_mm = xs * np.float32(CELL_MM), ys * np.float32(CELL_MM)

    @property
    def wh(self) -> tuple[int, int]:
        """Columns and rows."""
        return self._factor.shape[1], self._factor.shape[0]

    def panels(self, rng: np.random.Generator, *, x_mm: Sequence[float], down_mm: Sequence[float]) -> None:
        """Each panel between the joints has its own tone, a few per cent apart."""
        column = np.searchsorted(np.asarray(x_mm), self._x_mm)
        row = np.searchsorted(np.asarray(down_mm), self._down_mm)
        tone = rng.normal(1, 0.022, (len(down_mm) + 1, len(x_mm) + 1)).astype(np.float32)
        self._factor *= tone[row, column][:, :, None]

    def streaks(self, rng: np.random.Generator) -> None:
        """Rain and formwork oil run down: faint upright stripes."""
        columns, rows = self.wh
        stripes = octaves(rng, (columns, rows // 12 + 2), [(40, 0.012), (14, 0.008), (5, 0.005)])
        self._factor *= 1 + cv2.resize(stripes, self.wh, interpolation=cv2.INTER_CUBIC)[:, :, None]

    def stain(
        self,
        rng: np.random.Generator,
        *,
        centre_mm: tuple[float, float],
        radius_mm: tuple[float, float],
        tint_bgr: tuple[float, float, float],
    ) -> None:
        """A ragged patch at `centre_mm` (x, down), multiplied with `tint_bgr` where it is strongest."""
        far = np.hypot((self._x_mm - centre_mm[0]) / radius_mm[0], (self._down_mm - centre_mm[1]) / radius_mm[1])
        # Wavelengths are in cells here.
        far += octaves(rng, self.wh, [(60, 0.30), (22, 0.22), (8, 0.16), (4, 0.12)])
        patchy = np.clip(0.7 + octaves(rng, self.wh, [(30, 0.25), (6, 0.2)]), 0.1, 1.2)
        self._multiply(np.clip((1 - far) / 0.8, 0, 1) * patchy, tint_bgr)

    def run_off(
        self,
        rng: np.random.Generator,
        *,
        top_mm: tuple[float, float],
        length_mm: float,
        tint_bgr: tuple[float, float, float],
    ) -> None:
        """A streak that runs down from `top_mm` (x, down): rust below a tie, lime below a joint."""
        below = (self._down_mm - top_mm[1]) / length_mm
        waver = octaves(rng, self.wh, [(40, 1.2), (10, 0.5)])
        half_mm = 5 + 6 * np.clip(below, 0, 1)
        across = np.exp(-(((self._x_mm - top_mm[0] + waver) / half_mm) ** 2))
        fades = np.clip(below * 12, 0, 1) * np.clip(1 - below, 0, 1)
        self._multiply(across * fades * np.clip(0.8 + octaves(rng, self.wh, [(8, 0.25)]), 0, 1), tint_bgr)

    def shadow(self, *, through_mm: tuple[float, float], angle_rad: float, half_mm: float, depth: float) -> None:
        """The shadow of a rail through `through_mm` (x, down), with the sun's half-shadow at its edges."""
        away = np.abs(
            (self._down_mm - through_mm[1]) * np.cos(angle_rad) - (self._x_mm - through_mm[0]) * np.sin(angle_rad)
        )
        inside = 1 / (1 + np.exp(np.clip((away - half_mm) / 4.0, -30, 30)))
        # Shade is lit by the sky: bluer than the sun.
        self._multiply(inside.astype(np.float32), (1 - 0.86 * depth, 1 - 0.95 * depth, 1 - depth))

    def _multiply(self, amount: F32, tint_bgr: tuple[float, float, float]) -> None:
        self._factor *= 1 + amount[:, :, None] * (np.asarray(tint_bgr, np.float32) - 1)

    def apply(self, image: U8Image, mm_per_px: float) -> None:
        """Multiplies `image`, uint8 (h, w, 3) of the whole wall, in place."""
        h, w = image.shape[:2]
        for top in range(0, h, _STRIP_PX):
            strip = image[top : top + _STRIP_PX]
            factor = self.factor((0, top), (w, strip.shape[0]), mm_per_px)
            strip[:] = np.clip(np.rint(strip * factor), 0, 255)

    def factor(self, corner_xy_px: tuple[int, int], wh_px: tuple[int, int], mm_per_px: float) -> F32:
        """What a window's light is multiplied with: float32 (h, w, 3), bilinear between the cells.

        OpenCV's warps round coordinates within their window; this gives each pixel of the wall one value.
        """
        (c0, c1, right), (r0, r1, down) = (
            _cells(first, n, mm_per_px, count) for first, n, count in zip(corner_xy_px, wh_px, self.wh, strict=True)
        )
        seen = self._factor[:, c0[0] : c1[-1] + 1]
        rows = seen[r0] + down[:, None, None] * (seen[r1] - seen[r0])
        left = rows.take(c0 - c0[0], axis=1)
        steps = rows.take(c1 - c0[0], axis=1)
        steps -= left
        steps *= right[:, None]
        steps += left
        return steps


def _cells(first_px: int, n: int, mm_per_px: float, count: int) -> tuple[IntArray, IntArray, F32]:
    """The cells on either side of pixels, and how far between the two they lie, each (n,)."""
    at = (np.arange(n) + first_px + 0.5) * (mm_per_px / CELL_MM)
    low = np.floor(at)
    before = np.clip(low, 0, count - 1).astype(np.intp)
    after = np.clip(low + 1, 0, count - 1).astype(np.intp)
    return before, after, (at - low).astype(np.float32)
