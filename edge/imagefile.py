"""The one reader of pictures: strict, so that half a picture never passes for a whole one."""

import io
import re
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
_ORIENTATION = 0x0112  # of the Exif standard's table of tags
# What follows 0xFF in a JPEG and is neither a byte of coded pixels nor a restart between them (ITU-T T.81, B.1.1).
_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_END = b"\xd9"


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
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            _check_size(image)
            check_one_page(image, name=name)
            if _is_upright_jpeg(image):
                return _decode_jpeg(content)
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            rgb = _as_rgb(image)
    except SourceError:
        raise
    except UnidentifiedImageError as unknown:
        known = ", ".join(FORMATS)
        raise SourceError(f"{name}: must be a picture ({known}); its {len(content)} bytes are none") from unknown
    except Image.DecompressionBombError as bomb:
        raise SourceError(f"{name}: a picture has at most {MAX_PIXELS} pixels; {bomb}") from bomb
    except BROKEN as damaged:
        raise SourceError(f"{name}: the picture is damaged or cut short: {damaged}") from damaged
    bgr: U8Image = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    return bgr


def _is_upright_jpeg(image: Image.Image) -> bool:
    """Whether it is what cameras write; `image` is not loaded yet."""
    if image.format not in ("JPEG", "MPO") or image.mode != "RGB":
        return False
    return image.getexif().get(_ORIENTATION, 1) not in range(2, 9)


def _decode_jpeg(content: bytes) -> U8Image:
    """uint8 BGR (h, w, 3), by OpenCV: the same numbers as Pillow's, in a third of the memory.

    Raises `ValueError`. OpenCV fills what is missing with grey and says nothing, so that is looked for here.
    """
    at = 2
    while (found := _MARKER.search(content, at)) and found[1] != _END:
        at = found.end() + int.from_bytes(content[found.end() : found.end() + 2], "big")
    bgr = None
    if found:
        bgr = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if bgr is None:
        raise ValueError("it has no end" if not found else "its pixels cannot be decoded")
    return bgr


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
