"""A rover before a wall that is one picture: its frames are windows of it, so their true steps are exact.

The camera is a pinhole that looks straight at the wall. Windows lie at whole pixels; the sensor's noise is new in every
frame.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import cv2
import numpy as np
from board_renderer import Lens, calibration_of, tag_texture

from edge.calibration_record import CameraCalibration
from edge.frame import Frame
from edge.geometry import WallView, facing, left_covariance
from edge.pose.plane import Bracket

MM_PER_PX = 0.25
FRAME_WH = (480, 270)
FOCAL_PX = 800.0
DISTANCE_MM = FOCAL_PX * MM_PER_PX
SD = np.array([1.0, np.radians(1.0), np.radians(1.0)])  # of the bracket: distance, tilts
FRAME_NS = 500_000_000


def calibration() -> CameraCalibration:
    w, h = FRAME_WH
    lens = Lens(frame_wh=FRAME_WH, fx=FOCAL_PX, fy=FOCAL_PX, cx=(w - 1) / 2, cy=(h - 1) / 2, k=(0.0,) * 5)
    return calibration_of(lens)


def bracket() -> Bracket:
    pose = facing(DISTANCE_MM)
    own = np.diag([0.0, 0.0, *SD**2, 0.0])
    return Bracket.of(calibration(), WallView(t_wall_camera=pose, covariance=left_covariance(pose, own)))


@dataclass(frozen=True, kw_only=True)
class Wall:
    """`picture`: grey uint8 (h, w); the wall's origin is its lower left corner, y up."""

    picture: np.ndarray

    def foot_mm(self, left_top_px: tuple[int, int]) -> np.ndarray:
        """(3,): where the middle of a window lies, not turned."""
        x = (left_top_px[0] + FRAME_WH[0] / 2) * MM_PER_PX
        y = (self.picture.shape[0] - left_top_px[1] - FRAME_WH[1] / 2) * MM_PER_PX
        return np.array([x, y, 0.0])

    def frame(self, seq: int, left_top_px: tuple[int, int], *, noise: float = 1.4) -> Frame:
        (x, y), (w, h) = left_top_px, FRAME_WH
        light = self.picture[y : y + h, x : x + w] + np.random.default_rng((9, seq)).normal(0, noise, (h, w))
        pixels = np.clip(np.rint(light), 0, 255).astype(np.uint8)
        return Frame(
            pixels=cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR),
            seq=seq,
            name=f"drive#{seq}",
            t_mono_ns=seq * FRAME_NS,
            t_utc=datetime(2026, 1, 1, tzinfo=UTC),
        )


def with_tag(picture: np.ndarray, number: int, side_px: int, middle_px: tuple[int, int]) -> np.ndarray:
    """A copy with an upright tag whose black square is `side_px` (a multiple of 8) wide, about an even middle."""
    module = side_px // 8
    tag = np.kron(tag_texture(number, 8.0).modules, np.ones((module, module))).astype(np.uint8)
    h, w = tag.shape
    changed = picture.copy()
    x, y = middle_px[0] - w // 2, middle_px[1] - h // 2
    changed[y : y + h, x : x + w] = tag // 2 + 60
    return changed


def middle_mm(picture: np.ndarray, middle_px: tuple[int, int]) -> tuple[float, float]:
    """Of a tag that `with_tag` drew."""
    return middle_px[0] * MM_PER_PX, (picture.shape[0] - middle_px[1]) * MM_PER_PX
