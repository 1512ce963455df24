"""The only place where pixels become network input."""

from typing import cast

import cv2
import numpy as np

from edge.frame import U8Image
from edge.manifest import Int8Array, Quantisation


def to_int8(pixels: U8Image, quantisation: Quantisation, out: Int8Array | None = None) -> Int8Array:
    """Pixels, uint8 of any shape, as int8 of that shape: real = scale * (q - zero_point) is the pixel value.

    Rounds half up and saturates, as TFLite's QUANTIZE does for what is not negative. `out` is written and returned
    where it is given.
    """
    if quantisation.scale == 1 and quantisation.zero_point == -128:
        # value - 128 in two's complement is the value with its top bit flipped: one pass, no wider type.
        into = np.empty(pixels.shape, np.int8) if out is None else out
        np.bitwise_xor(pixels, np.uint8(128), out=into.view(np.uint8))
        return into
    rounded = np.floor(np.arange(256) / quantisation.scale + 0.5) + quantisation.zero_point
    table = np.clip(rounded, -128, 127).astype(np.int8)
    return np.take(table, pixels, out=out, mode="clip")


def resize_tile(tile: U8Image, input_px: int) -> U8Image:
    """A tile, uint8 (t, t, 3), at (input_px, input_px, 3), by areas: shrinking must not skip a thin crack."""
    if tile.shape[:2] == (input_px, input_px):
        return tile
    return cast(U8Image, cv2.resize(tile, (input_px, input_px), interpolation=cv2.INTER_AREA))
