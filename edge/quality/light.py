"""How a frame is exposed, from every eighth pixel of it."""

from dataclasses import dataclass

import cv2
import numpy as np

from edge.frame import U8Image

_EVERY = 8
# Below and from these grey levels nothing can be told apart (8 bits, JPEG's ringing allowed for).
DARK, BRIGHT = 4, 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """`median` grey level; shares of pixels that are clipped; `glare_share`: the largest patch of bright ones."""

    median: float
    dark_share: float
    bright_share: float
    glare_share: float


def measure_light(picture: U8Image) -> Light:
    """Of uint8 BGR (h, w, 3). A pixel is clipped by its green, which sensors saturate first."""
    grey = np.ascontiguousarray(picture[::_EVERY, ::_EVERY, 1])
    bright = cv2.compare(grey, BRIGHT, cv2.CMP_GE)
    bright_px = cv2.countNonZero(bright)
    return Light(
        median=float(np.median(grey)),
        dark_share=cv2.countNonZero(cv2.compare(grey, DARK, cv2.CMP_LT)) / grey.size,
        bright_share=bright_px / grey.size,
        glare_share=_largest_patch(bright) / grey.size if bright_px else 0.0,
    )


def _largest_patch(mask: U8Image) -> int:
    """Pixels of the largest 8-connected patch."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    return int(stats[1:, cv2.CC_STAT_AREA].max(initial=0))
