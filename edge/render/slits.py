"""Cracks on a picture, with the look that was fitted to photographs: dark inside, soft at the edges, grainy within."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from edge.render.crack_look import CrackLook
from edge.render.cracks import F32, CrackPath, coverage

_LEAST_LEFT = 0.5
_LEVEL_PX = 41  # the concrete's tone around a crack, of which a crack takes its share of light


@dataclass(frozen=True, slots=True, kw_only=True)
class Slit:
    """A crack in a picture: `path` in its pixels, with depths, and the Gaussian blur of its own edges."""

    path: CrackPath
    edge_px: float


def draw_slits(image: F32, slits: Sequence[Slit], look: CrackLook, *, blur_px: float) -> None:
    """Takes away light in place, `image` float32 (h, w, 3) in grey levels; `blur_px` is the lens's Gaussian.

    Of the concrete's tone a crack takes the share `depth`; its grain stays as far as `look.floor_noise` says.
    """
    h, w = image.shape[:2]
    for slit in slits:
        sigma = float(np.hypot(slit.edge_px, blur_px))
        margin = int(np.ceil(float(slit.path.widths_px.max()) / 2 + 4 * sigma)) + 2
        low = np.maximum(np.floor(slit.path.points_xy_px.min(axis=0)).astype(int) - margin, 0)
        high = np.minimum(np.ceil(slit.path.points_xy_px.max(axis=0)).astype(int) + margin + 1, (w, h))
        if (low >= high).any():
            continue
        (left, top), (right, bottom) = low.tolist(), high.tolist()
        taken = coverage([slit.path], (right - left, bottom - top), origin_xy_px=(left, top))
        cv2.GaussianBlur(taken, (0, 0), sigma, dst=taken, borderType=cv2.BORDER_REPLICATE)
        part = image[top:bottom, left:right]
        level = cv2.blur(part, (_LEVEL_PX, _LEVEL_PX))
        share = taken[:, :, None] * np.asarray(look.tint_bgr, np.float32)
        grain = part - level
        drawn = level * (1 - share) + grain * (1 - share * np.float32(1 - look.floor_noise))
        # In a pore there is less light than the crack would take: some is left.
        part[:] = np.maximum(drawn, _LEAST_LEFT * (1 - share) * part)
