"""What a sensor makes of light: falling off to the corners, blurred by motion, noisy, and stored as JPEG."""

from dataclasses import dataclass

import cv2
import numpy as np

from edge.frame import U8Image
from edge.render.cracks import F32

_POOL = 1 << 16  # how far into the pool of noise a frame may begin


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """`exposure_s` blurs what moves; `line_s` passes from one row's exposure to the next (a rolling shutter).

    Noise: variance = `read_sd`² + `shot` * level, in grey levels. `vignetting`: how much darker the corners are.
    """

    exposure_s: float = 0.0012
    line_s: float = 15e-6
    read_sd: float = 0.8
    shot: float = 0.010
    vignetting: float = 0.12
    jpeg_quality: int = 93


class Exposer:
    """Turns light, float32 (h, w, 3) in grey levels, into the frames of one camera."""

    def __init__(self, sensor: Sensor, frame_wh: tuple[int, int], *, seed: int) -> None:
        self._sensor, self._seed = sensor, seed
        w, h = frame_wh
        x, y = np.linspace(-1, 1, w, dtype=np.float32), np.linspace(-1, 1, h, dtype=np.float32)
        self._fall = 1 - np.float32(sensor.vignetting / 2) * (x[None, :] ** 2 + y[:, None] ** 2)[:, :, None]
        # Normal numbers are slow to draw: one pool, from which every frame takes a part of its own.
        self._pool = np.random.default_rng((seed, 41)).standard_normal(h * w * 3 + _POOL, dtype=np.float32)

    def expose(self, light: F32, seq: int, motion_px: tuple[float, float]) -> U8Image:
        """uint8 (h, w, 3); changes `light`. `motion_px`: how far the picture moves during the exposure."""
        if np.hypot(*motion_px) > 0.05:
            cv2.filter2D(light, -1, motion_kernel(motion_px), dst=light, borderType=cv2.BORDER_REFLECT)
        light *= self._fall
        np.maximum(light, 0, out=light)
        spread = light * np.float32(self._sensor.shot)
        spread += np.float32(self._sensor.read_sd**2)
        np.sqrt(spread, out=spread)
        start = int(np.random.default_rng((self._seed, 42, seq)).integers(_POOL))
        spread *= self._pool[start : start + light.size].reshape(light.shape)
        light += spread
        np.clip(np.rint(light, out=light), 0, 255, out=light)
        pixels = light.astype(np.uint8)
        _, packed = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, self._sensor.jpeg_quality])
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def motion_kernel(motion_px: tuple[float, float]) -> F32:
    """A straight stroke of this length and direction, float32 (k, k), sum 1, its mean at the middle."""
    half = int(np.ceil(max(abs(m) for m in motion_px) / 2)) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for share in (np.arange(64) + 0.5) / 64 - 0.5:
        x, y = half + motion_px[0] * share, half + motion_px[1] * share
        column, row = int(x), int(y)
        right, down = x - column, y - row
        weights = np.outer([1 - down, down], [1 - right, right])
        kernel[row : row + 2, column : column + 2] += weights / 64
    return kernel
