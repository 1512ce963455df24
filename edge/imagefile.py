"""The one reader of pictures: strict, so that half a picture never passes for a whole one."""

import io
import struct
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from edge.errors import SourceError
from edge.frame import U8Image

# What cameras and scanners write. Fewer decoders, fewer ways in: Pillow also knows formats that run programs.
FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "WEBP", "PPM")
# Three times a 50-megapixel camera; its RGB pixels take 450 MB.
MAX_PIXELS = 150_000_000
BROKEN = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    struct.error,
)


def read_bgr(path: Path) -> U8Image:
    """A picture as uint8 BGR (h, w, 3), C-contiguous, turned upright as its EXIF orientation says.

    Grey is repeated, 16 bits become 8 by scaling, CMYK and palettes are converted, alpha is dropped. Raises
    `SourceError` for what is missing, damaged, cut short, of an unknown format, of several pages, or above
    `MAX_PIXELS`. Of the several pictures in a phone's JPEG (MPO) the first is read: the photo itself.
    """
    try:
        content = path.read_bytes()
    except OSError as unreadable:
        raise SourceError(f"{path}: cannot be read: {unreadable.strerror or unreadable}") from unreadable
    return decode_bgr(content, name=str(path))


def decode_bgr(content: bytes, *, name: str) -> U8Image:
    """As `read_bgr`, for the content of a picture file; `name` is what errors call it."""
    # Pillow's picture is gone before the next copy is made: a rover has little memory.
    bgr: U8Image = cv2.cvtColor(_decode_rgb(content, name), cv2.COLOR_RGB2BGR)
    return bgr


def _decode_rgb(content: bytes, name: str) -> U8Image:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check_size(image)
            check_one_page(image, name=name)
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            return _as_rgb(image)
    except SourceError:
        raise
    except UnidentifiedImageError as unknown:
        known = ", ".join(FORMATS)
        raise SourceError(f"{name}: must be a picture ({known}); its {len(content)} bytes are none") from unknown
    except Image.DecompressionBombError as bomb:
        raise SourceError(f"{name}: a picture has at most {MAX_PIXELS} pixels; {bomb}") from bomb
    except BROKEN as damaged:
        raise SourceError(f"{name}: the picture is damaged or cut short: {damaged}") from damaged


def check_one_page(image: Image.Image, *, name: str) -> None:
    """Raises `SourceError` for a TIFF of several pages or an animation, of which only the first would be seen."""
    pages = getattr(image, "n_frames", 1)
    if pages > 1 and image.format != "MPO":
        raise SourceError(f"{name}: a picture has one page, and this one has {pages}; give each as a file of its own")


def _check_size(image: Image.Image) -> None:
    if image.width * image.height > MAX_PIXELS:
        raise Image.DecompressionBombError(f"this one has {image.width} x {image.height}")


def _as_rgb(image: Image.Image) -> U8Image:
    """uint8 RGB (h, w, 3). Raises `ValueError` for pixels whose range nobody states."""
    if image.mode.startswith("I;16"):
        # 257 * 255 = 65535: adding 128 rounds to nearest.
        grey = ((np.asarray(image).astype(np.uint32) + 128) // 257).astype(np.uint8)
        return np.repeat(grey[:, :, np.newaxis], 3, axis=2)
    if image.mode in ("I", "F"):
        raise ValueError(f"pixels must be 8 or 16 bits; got 32-bit ones (mode {image.mode}), whose range is unknown")
    if image.mode != "RGB":
        image = image.convert("RGB")
    return np.asarray(image)
