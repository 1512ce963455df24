"""Masks of real cracks, derived from METU's positives: cracks there are wide and dark on lighter concrete.

The set says only that a tile holds a crack; where it lies, its grey values say. A tile whose crack cannot be told from
pores, stains or edges gives no mask: better none than a wrong one.
"""

import cv2
import numpy as np
import numpy.typing as npt

from edge.frame import U8Image

Mask = npt.NDArray[np.uint8]

BACKGROUND_STEP = 4  # the concrete without its cracks is wanted coarsely only
BACKGROUND_PX = 124  # more than twice the widest crack: the median is then concrete
SEED_SIGMAS = 5.0  # how far below the concrete a pixel is surely crack, in the concrete's own spread,
SEED_LEVELS = 14.0  # and in grey levels
EDGE_SHARE = 0.45  # a crack's edge lies about half way down
LEAST_LENGTH_SHARE = 0.55  # of the picture's side, for the longest piece of a crack that counts
LEAST_PIECE_PX = 24
MOST_AREA_SHARE = 0.3
MOST_WIDTH_SHARE = 0.35  # of its length, for a piece's mean width: a crack is longer than wide
LEAST_MAIN_SHARE = 0.6  # of the area of all that is dark, for what is kept


def derived_mask(image_bgr: U8Image) -> Mask | None:
    """Where the crack of a picture, uint8 BGR (h, w, 3), lies: uint8 (h, w) of 0 and 1; None where that is not clear.

    The picture is one with a wide dark crack on it, as METU's positives are. Every step is deterministic.
    """
    grey = cv2.GaussianBlur(cv2.cvtColor(image_bgr, cv2.COLOR_BGR2GRAY), (0, 0), 1.0)
    depth = _background(grey) - grey.astype(np.float32)
    sigma = 1.4826 * float(np.median(np.abs(depth - np.median(depth))))
    seed = depth >= max(SEED_LEVELS, SEED_SIGMAS * sigma)
    if seed.sum() < LEAST_PIECE_PX:
        return None
    deep = float(np.percentile(depth[seed], 75))
    dark = (depth >= max(2.0 * sigma, EDGE_SHARE * deep)).astype(np.uint8)
    return _pieces(dark, seed)


def _background(grey: U8Image) -> npt.NDArray[np.float32]:
    """The grey value, float32 (h, w), that the concrete would have without what is dark and narrow on it."""
    h, w = grey.shape
    small = cv2.resize(grey, (w // BACKGROUND_STEP, h // BACKGROUND_STEP), interpolation=cv2.INTER_AREA)
    reach = BACKGROUND_PX // BACKGROUND_STEP // 2
    padded = cv2.copyMakeBorder(small, reach, reach, reach, reach, cv2.BORDER_REFLECT)
    smooth = cv2.medianBlur(padded, 2 * reach + 1)[reach:-reach, reach:-reach]
    return cv2.resize(smooth, (w, h), interpolation=cv2.INTER_LINEAR).astype(np.float32)


def _pieces(dark: Mask, seed: npt.NDArray[np.bool_]) -> Mask | None:
    """Of what is dark, uint8 (h, w), the pieces that hold a seed and are long for their width."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    seeded = np.zeros(count, bool)
    seeded[np.unique(labels[seed])] = True
    seeded[0] = False
    extent = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    area = stats[:, cv2.CC_STAT_AREA]
    long = seeded & (extent >= LEAST_PIECE_PX) & (area / extent <= MOST_WIDTH_SHARE * extent)
    kept = area[long].sum()
    if (
        not long.any()
        or extent[long].max() < LEAST_LENGTH_SHARE * max(dark.shape)
        or kept > MOST_AREA_SHARE * dark.size
        or kept < LEAST_MAIN_SHARE * area[1:].sum()
    ):
        return None
    mask: Mask = long[labels].astype(np.uint8)
    return mask
