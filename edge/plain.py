"""Pictures of finds as the camera saw them, with nothing drawn in: what a network may learn from, and an eye judge.

In a log each lies beside the picture of its frame.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.finds import Find
from edge.frame import U8Image
from edge.log.pictures import plain_name
from edge.overlay import encode_jpeg

MARGIN_PX = 64  # a window of 96 pixels alone then fills what the tile network is trained on
QUALITY = 95

BoxXywh = tuple[int, int, int, int]


def plain_box(box_xywh: BoxXywh, frame_wh: tuple[int, int]) -> BoxXywh:
    """What a find's plain picture shows of its frame: its box with a margin, as far as the frame goes."""
    x, y, w, h = box_xywh
    left, top = max(0, x - MARGIN_PX), max(0, y - MARGIN_PX)
    right, bottom = min(frame_wh[0], x + w + MARGIN_PX), min(frame_wh[1], y + h + MARGIN_PX)
    return left, top, right - left, bottom - top


def plain_pictures(frame_bgr: U8Image, finds: Sequence[Find]) -> list[bytes]:
    """JPEG, one a find, of the frame, uint8 (h, w, 3)."""
    frame_wh = frame_bgr.shape[1], frame_bgr.shape[0]
    boxes = (plain_box(find.box_xywh, frame_wh) for find in finds)
    return [encode_jpeg(np.ascontiguousarray(frame_bgr[y : y + h, x : x + w]), QUALITY) for x, y, w, h in boxes]


def plain_path(overlay_path: Path, n: int) -> Path:
    """Where the plain picture of a frame's `n`th find lies, beside the frame's own."""
    return overlay_path.with_name(plain_name(overlay_path.name, n))
