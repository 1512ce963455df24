"""A picture of one crack whose course and widths are known, and masks of it as a segmenter might give them.

The crack is drawn as the test bench draws it: with the look that was fitted to photographs, by a camera with motion
blur, noise and JPEG.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from edge.cameras.rover_sensor import Exposer, Sensor
from edge.render.concrete import concrete
from edge.render.course import CrackSpec, TrueCrack, true_crack
from edge.render.crack_look import read_crack_look
from edge.render.cracks import CrackPath, coverage
from edge.render.slits import Slit, draw_slits

WH = (560, 400)
MASKS = ("true", "wide", "narrow", "shifted", "ragged", "broken")


@dataclass(frozen=True, kw_only=True)
class RenderedCrack:
    """`pixels` uint8 (h, w, 3); `covered` float32 (h, w), the share of each pixel that the crack fills; the truth."""

    pixels: np.ndarray
    covered: np.ndarray
    points_px: np.ndarray
    widths_px: np.ndarray

    @property
    def length_px(self) -> float:
        return float(self._steps().sum())

    def true_widths_px(self) -> dict[str, float]:
        """As `edge.measure` means them: of the widths at even steps along the course."""
        along = np.concatenate([[0.0], np.cumsum(self._steps())])
        even = np.interp(np.arange(0.0, along[-1], 0.5), along, self.widths_px)
        held = np.lib.stride_tricks.sliding_window_view(even, min(len(even), 36))  # 18 px, nine profiles
        return {
            "median": float(np.median(even)),
            "p95": float(np.percentile(even, 95)),
            "maximum": float(np.median(held, axis=1).max()),
        }

    def mask(self, kind: str, seed: int = 0) -> np.ndarray:
        """bool (h, w), one of MASKS."""
        rng = np.random.default_rng(seed)
        true = (self.covered > 0.3).astype(np.uint8)
        grown = cv2.dilate(true, np.ones((3, 3)))
        h, w = true.shape
        coarse = cv2.resize(rng.random((h // 5, w // 5)).astype(np.float32), (w, h))
        if kind == "ragged":
            return (np.where(coarse > 0.5, cv2.dilate(true, np.ones((5, 5))), true) > 0) & (coarse < 0.9)
        if kind == "broken":
            for x, y in self.points_px[rng.integers(0, len(self.points_px), 3)]:
                cv2.circle(grown, (round(float(x)), round(float(y))), 6, 0, -1)
        masks = {
            "true": true,
            "wide": cv2.dilate(true, np.ones((7, 7))),
            "narrow": cv2.erode(grown, np.ones((3, 3)))
            if self.widths_px.max() < 5
            else cv2.erode(true, np.ones((3, 3))),
            "shifted": np.roll(grown, (1, -2), (0, 1)),
            "broken": grown,
        }
        return masks[kind] > 0

    def _steps(self) -> np.ndarray:
        return np.linalg.norm(np.diff(self.points_px, axis=0), axis=1)


def rendered_crack(
    seed: int,
    width_mm: float,
    *,
    mm_per_px: float = 0.1,
    wh: tuple[int, int] = WH,
    angle_deg: float | None = None,
    visit: int = 0,
    wider_mm: float = 0.0,
) -> RenderedCrack:
    """A crack through the middle of the picture, that ends in it; the direction is drawn where none is asked for.

    Another `visit` sees the same crack on the same concrete from elsewhere, in another light; it may be wider then.
    """
    rng = np.random.default_rng((seed, 1404))
    size = np.array(wh) * mm_per_px
    angle = rng.uniform(0, np.pi) if angle_deg is None else np.radians(angle_deg)
    towards = np.array([np.cos(angle), np.sin(angle)])
    half = 0.42 * float(np.min(size / np.maximum(np.abs(towards), 1e-9))) * towards
    crack = true_crack(
        rng,
        "C",
        CrackSpec(
            start_mm=tuple(size / 2 - half),
            end_mm=tuple(size / 2 + half),
            width_mm=width_mm,
            waviness=float(rng.uniform(0.05, 0.1)),
            step_mm=max(0.3, 2 * mm_per_px, 0.7 * width_mm),
        ),
    )
    return _photographed(rng, crack, mm_per_px, wh, visit, wider_mm)


def _photographed(
    rng: np.random.Generator, crack: TrueCrack, mm_per_px: float, wh: tuple[int, int], visit: int, wider_mm: float
) -> RenderedCrack:
    look = read_crack_look()
    points = np.stack([crack.points_mm[:, 0], wh[1] * mm_per_px - crack.points_mm[:, 1]], axis=1) / mm_per_px - 0.5
    widths = crack.widths_mm / mm_per_px
    places, across = points.astype(np.float32), widths.astype(np.float32)
    depths = look.depths(rng, crack.width_mm, crack.points_mm).astype(np.float32)
    light = concrete(rng, wh, mm_per_px=mm_per_px).astype(np.float32)
    if visit:
        rng = np.random.default_rng((int(rng.integers(1 << 30)), visit))
        aside = rng.uniform(-4, 4, 2)
        points, widths = points + aside, widths + wider_mm / mm_per_px
        places, across = points.astype(np.float32), widths.astype(np.float32)
        light = np.roll(light, np.rint(aside[::-1]).astype(int), (0, 1)) * np.float32(rng.uniform(0.75, 1.1))
    slit = Slit(
        path=CrackPath(points_xy_px=places, widths_px=across, depths=depths),
        edge_px=look.edge_share * float(np.median(widths)),
    )
    draw_slits(light, [slit], look, blur_px=look.optics_px)
    motion = rng.uniform(-0.4, 0.4, 2)
    pixels = Exposer(Sensor(), wh, seed=int(rng.integers(1 << 30))).expose(light, 0, (motion[0], motion[1]))
    covered = coverage([CrackPath(points_xy_px=places, widths_px=across)], wh)
    return RenderedCrack(pixels=pixels, covered=covered, points_px=points, widths_px=widths)
