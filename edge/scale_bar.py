"""A scale bar: a round length, as long as fits."""

import math

import cv2

from edge.frame import U8Image

INK_BGR = (40, 40, 40)
PAPER = 255
_ROUND = (5, 2, 1)
_BAR_PX = 6


def round_length_mm(most_mm: float) -> float:
    """The longest of 1, 2 or 5 times a power of ten that is at most `most_mm` (above 0)."""
    power = 10.0 ** math.floor(math.log10(most_mm))
    return next((n * power for n in _ROUND if n * power <= most_mm), power)


def draw_scale_bar(
    picture: U8Image, left_top_px: tuple[int, int], *, mm_per_px: float, most_px: int, size: float = 1.0
) -> None:
    """Draws the bar and its length into a picture (h, w, 3); `size` scales pen and letters."""
    length_mm = round_length_mm(most_px * mm_per_px)
    x, y = left_top_px
    end = x + round(length_mm / mm_per_px)
    thick = max(2, round(_BAR_PX * size))
    cv2.rectangle(picture, (x, y), (end, y + thick), INK_BGR, -1)
    text = f"{length_mm / 1000:g} m" if length_mm >= 1000 else f"{length_mm:g} mm"
    at = (x, y + thick + round(18 * size))
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5 * size, INK_BGR, max(1, round(size)), cv2.LINE_AA)
