"""The picture that is shown to people: a frame with its finds drawn in. Nothing is measured on it.

Nothing is drawn further than `REACH_PX` from a find's box. The plain picture of a find (`edge.plain`) shows as much:
laid over this one it gives back the concrete itself.
"""

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from edge.finds import Find, label_windows
from edge.frame import U8Image
from edge.measure.measured import Measured
from edge.tiling import ScoreMap

FIND_BGR = (40, 40, 235)
COURSE_BGR = (60, 230, 250)
TINT = 0.28
JPEG_QUALITY = 90
REACH_PX = 64
_FRACTION_BITS = 4  # of a pixel, in what OpenCV draws
_TIGHT = 0.97  # letters come in whole pixels: a little less than what fits, then it does

BoxXywh = tuple[int, int, int, int]


def reach(box_xywh: BoxXywh, frame_wh: tuple[int, int]) -> BoxXywh:
    """How much of the frame a find with this box may be drawn on: the box and `REACH_PX` around it."""
    x, y, w, h = box_xywh
    left, top = max(0, x - REACH_PX), max(0, y - REACH_PX)
    right, bottom = min(frame_wh[0], x + w + REACH_PX), min(frame_wh[1], y + h + REACH_PX)
    return left, top, right - left, bottom - top


def draw_finds(
    picture: U8Image,
    score_map: ScoreMap,
    finds: Sequence[Find],
    threshold: float,
    measured: Sequence[Measured | None] = (),
) -> None:
    """Draws into a frame, uint8 BGR (h, w, 3): the middles of windows at or above the threshold tinted and outlined,
    each find with its score; where it was `measured` (one a find, or none at all) also its courses and largest width.
    """
    frame_wh = picture.shape[1], picture.shape[0]
    pen = max(1, round(max(frame_wh) / 1500))
    spec = score_map.spec
    mask = _window_middles(score_map, threshold)
    seen = picture[mask]
    picture[mask] = cv2.addWeighted(np.full_like(seen, FIND_BGR), TINT, seen, 1 - TINT, 0)
    # OpenCV copies what it looks at: no more than need be, a rover has little memory.
    x, y, w, h = cv2.boundingRect(mask.view(np.uint8))
    filled = mask[y : y + h, x : x + w].view(np.uint8)
    outlines, _ = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE, offset=(x, y))
    cv2.drawContours(picture, outlines, -1, FIND_BGR, 2 * pen, cv2.LINE_AA)
    # What goes further than a find's reach is cut off at it.
    reaches = [reach(find.box_xywh, frame_wh) for find in finds]
    parts = [picture[y : y + h, x : x + w] for x, y, w, h in reaches]
    sizes = measured or [None] * len(finds)
    for part, (x, y, _, _), size in zip(parts, reaches, sizes, strict=True):
        _draw_courses(part, size, pen, (x, y))
    for part, (x, y, _, _), find, size in zip(parts, reaches, finds, sizes, strict=True):
        text = f"{find.score:.2f}" if size is None else f"{find.score:.2f}: {_width_text(size)}"
        margin_px = (spec.tile_px - spec.stride_px) // 2
        _write_label(part, text, pen, (find.box_xywh[0] - x + margin_px, find.box_xywh[1] - y), margin_px)


def encode_jpeg(picture: U8Image, quality: int = JPEG_QUALITY) -> bytes:
    """The picture as the content of a JPEG file."""
    done, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"a picture of shape {picture.shape} could not be encoded as JPEG")
    return content.tobytes()


def _window_middles(score_map: ScoreMap, threshold: float) -> npt.NDArray[np.bool_]:
    """bool (h, w): the middle of every window that is at or above the threshold, as wide as the stride."""
    w, h = score_map.frame_wh
    tile_px, stride_px = score_map.spec.tile_px, score_map.spec.stride_px
    margin = (tile_px - stride_px) // 2
    mask = np.zeros((h, w), bool)
    for row, col in np.argwhere(label_windows(score_map, threshold) > 0):
        x, y = int(score_map.xs[col]) + margin, int(score_map.ys[row]) + margin
        mask[y : y + stride_px, x : x + stride_px] = True
    return mask


def _draw_courses(part: U8Image, size: Measured | None, pen: int, corner_xy: tuple[int, int]) -> None:
    """The centrelines, which hide what lies under them: of a crack, its middle. `part` begins at `corner_xy`."""
    for course in () if size is None else size.courses:
        points = np.rint((course.points_px - corner_xy) * (1 << _FRACTION_BITS)).astype(np.int32)
        cv2.polylines(part, [points], False, COURSE_BGR, pen, cv2.LINE_AA, _FRACTION_BITS)


def _width_text(size: Measured) -> str:
    """The largest width with its 95 % interval, in millimetres where they are known."""
    if size.widths_px is None:
        return "too fine for a width"
    widths_mm = None if size.on_wall is None else size.on_wall.widths_mm
    if widths_mm is None:
        return f"{size.widths_px.maximum:.1f} px"
    widest = widths_mm.maximum
    return f"{widest.value:.2f} mm ({widest.low:.2f} to {widest.high:.2f})"


def _write_label(part: U8Image, text: str, pen: int, at_xy: tuple[int, int], margin_px: int) -> None:
    """Just above what is tinted of the find, which begins `margin_px` below `at_xy`; as large as the part has room."""
    scale, room = 0.5 * pen, part.shape[1]
    text_w = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, pen)[0][0]
    if text_w > room:
        scale, pen = scale * room / text_w * _TIGHT, max(1, pen * room // text_w)
    (text_w, text_h), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, pen)
    x = max(0, min(at_xy[0], room - text_w))
    y = at_xy[1] + max(margin_px - below - 2 * pen, text_h + below)
    cv2.rectangle(part, (x, y - text_h - below), (x + text_w, y + below), FIND_BGR, -1)
    cv2.putText(part, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), pen, cv2.LINE_AA)
