"""Pictures of finds as the camera saw them, with nothing drawn in: what a network may learn from, and an eye judge.

In a log each lies beside the picture of its frame, and shows as much of it as was drawn on: laid over the frame's
picture they give back the frame.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from edge.errors import SourceError
from edge.finds import Find
from edge.frame import U8Image
from edge.imagefile import decode_bgr
from edge.log.pictures import plain_name
from edge.overlay import REACH_PX, BoxXywh, encode_jpeg, reach

MARGIN_PX = REACH_PX  # a window of 96 pixels alone then fills what the tile network is trained on
QUALITY = 95


def plain_box(box_xywh: BoxXywh, frame_wh: tuple[int, int]) -> BoxXywh:
    """What a find's plain picture shows of its frame: its box with a margin, as far as the frame goes."""
    return reach(box_xywh, frame_wh)


def plain_pictures(frame_bgr: U8Image, finds: Sequence[Find]) -> list[bytes]:
    """JPEG, one a find, of the frame, uint8 (h, w, 3)."""
    frame_wh = frame_bgr.shape[1], frame_bgr.shape[0]
    boxes = (plain_box(find.box_xywh, frame_wh) for find in finds)
    return [encode_jpeg(np.ascontiguousarray(frame_bgr[y : y + h, x : x + w]), QUALITY) for x, y, w, h in boxes]


def plain_path(overlay_path: Path, n: int) -> Path:
    """Where the plain picture of a frame's `n`th find lies, beside the frame's own."""
    return overlay_path.with_name(plain_name(overlay_path.name, n))


def plain_frame(
    drawn_bgr: U8Image, boxes_xywh: Iterable[tuple[int, BoxXywh]], read: Callable[[int], bytes | None]
) -> U8Image:
    """The frame, uint8 (h, w, 3), of which `drawn_bgr` is the picture with its finds drawn in.

    `boxes_xywh` are the finds' by their number in the frame, `read` gives the plain picture of one, None where there is
    none: there, and where it is damaged, what was drawn stays.
    """
    frame = drawn_bgr.copy()
    h, w = frame.shape[:2]
    for n, box in boxes_xywh:
        content = read(n)
        if content is None:
            continue
        x, y, pw, ph = plain_box(box, (w, h))
        try:
            plain = decode_bgr(content, name=f"the plain picture of find {n}")
        except SourceError:
            continue
        if plain.shape[:2] == (ph, pw):
            frame[y : y + ph, x : x + pw] = plain
    return frame
