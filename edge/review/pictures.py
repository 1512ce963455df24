"""Pictures of finds as the camera saw them: cut out of the frames that the log names, and of nothing else."""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from threading import Lock

import cv2
import numpy as np

from edge.errors import SourceError
from edge.frame import U8Image
from edge.imagefile import decode_bgr, read_bgr
from edge.log.database import IMAGES_FOLDER
from edge.log.pictures import plain_name
from edge.overlay import BoxXywh, encode_jpeg
from edge.plain import plain_box, plain_frame


class Size(StrEnum):
    """How large a picture is asked for; the first three are squares of the grid."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    CROP = "crop"
    OVERVIEW = "overview"
    FRAME = "frame"
    PAGE = "page"


SIDE_PX = {Size.SMALL: 96, Size.MEDIUM: 160, Size.LARGE: 256}
CROP_MARGIN_PX = 48
MAX_CROP_PX = 1600
OVERVIEW_PX = 480
PAGE_PX = 1600
THUMB_QUALITY = 80
# The whole frame, no larger than this.
_WHOLE_PX = {Size.OVERVIEW: OVERVIEW_PX, Size.PAGE: PAGE_PX}
_FRAME = "SELECT overlay_path, width_px, height_px FROM frames WHERE run_id = ? AND seq = ?"
_BOXES = "SELECT n, box_x_px, box_y_px, box_w_px, box_h_px FROM finds WHERE run_id = ? AND seq = ? ORDER BY n"


def crop_box(box_xywh: BoxXywh, frame_wh: tuple[int, int]) -> BoxXywh:
    """What the find's view shows: its box with a margin, inside the frame."""
    x, y, w, h = box_xywh
    left, top = max(0, x - CROP_MARGIN_PX), max(0, y - CROP_MARGIN_PX)
    right, bottom = min(frame_wh[0], x + w + CROP_MARGIN_PX), min(frame_wh[1], y + h + CROP_MARGIN_PX)
    return left, top, max(1, right - left), max(1, bottom - top)


def picture_path(folder: Path, named: str | None, run_id: str) -> Path:
    """The file that a log names as a frame's picture. Raises `SourceError` for one outside its run's folder.

    A log may come from anywhere; links and `..` in what it names are followed before they are judged.
    """
    if named is None:
        raise SourceError("the log names no picture of this frame")
    pictures = (folder / IMAGES_FOLDER).resolve()
    run = (pictures / run_id).resolve()
    path = (folder / named).resolve()
    if run.parent != pictures or path.parent != run:
        raise SourceError(f"a picture lies in its run's folder; the log names '{named}', which does not")
    if not path.is_file():
        raise SourceError(f"the picture is missing from the log's folder: {named}")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class FramePicture:
    """The picture that a log names of a frame, None where it names none, and the finds drawn in it, each with its
    number in the frame and its box."""

    named: str | None
    run_id: str
    frame_wh: tuple[int, int] | None
    boxes: tuple[tuple[int, BoxXywh], ...]

    def box(self, n: int) -> BoxXywh:
        """Of the `n`th find."""
        return dict(self.boxes)[n]


def frame_picture(connection: sqlite3.Connection, run_id: str, seq: int) -> FramePicture | None:
    """What a log names of a frame's picture, None where it has no such frame."""
    row = connection.execute(_FRAME, (run_id, seq)).fetchone()
    if row is None:
        return None
    boxes = connection.execute(_BOXES, (run_id, seq)).fetchall()
    return FramePicture(
        named=row["overlay_path"],
        run_id=run_id,
        frame_wh=None if row["width_px"] is None else (row["width_px"], row["height_px"]),
        boxes=tuple((n, (x, y, w, h)) for n, x, y, w, h in boxes),
    )


class Pictures:
    """Cuts and keeps pictures of the concrete itself; threads may share it.

    `kept_bytes` of finished ones and the last few frames are kept. Every method raises `SourceError` for a picture
    that is missing, damaged or outside its run's folder.
    """

    def __init__(self, folder: Path, *, kept_bytes: int = 24_000_000, kept_frame_bytes: int = 40_000_000) -> None:
        self._folder = folder
        self._lock = Lock()
        self._made = _Kept(kept_bytes)
        self._frames = _Kept(kept_frame_bytes)

    def of_find(self, frame: FramePicture, n: int, size: Size) -> bytes:
        """JPEG of a find; of its whole frame for `Size.OVERVIEW`, `PAGE` and `FRAME`."""
        return self._made_once(frame, frame.box(n), size, lambda: self._cut_find(frame, n, size))

    def of_box(self, frame: FramePicture, box_xywh: BoxXywh) -> bytes:
        """JPEG of any part of a frame with a margin."""
        return self._made_once(frame, box_xywh, Size.CROP, lambda: _cut(self.plain_frame(frame), box_xywh, Size.CROP))

    def path(self, frame: FramePicture) -> Path:
        """The file of a frame's picture."""
        return picture_path(self._folder, frame.named, frame.run_id)

    def drawn(self, frame: FramePicture) -> bytes:
        """The frame with its finds drawn in, as it was logged."""
        return _read(self.path(frame))

    def plain(self, frame: FramePicture, n: int) -> bytes:
        """JPEG of a find as the camera saw it, `edge.plain.plain_box` of its frame."""
        if frame.named is None:
            raise SourceError("the log names no picture of this frame")
        return _read(picture_path(self._folder, plain_name(frame.named, n), frame.run_id))

    def has_plain(self, frame: FramePicture, n: int) -> bool:
        """Whether there is a picture of a find with nothing drawn in."""
        if frame.named is None:
            return False
        try:
            return bool(picture_path(self._folder, plain_name(frame.named, n), frame.run_id))
        except SourceError:
            return False

    def plain_frame(self, frame: FramePicture) -> U8Image:
        """A frame, uint8 BGR (h, w, 3), with nothing drawn in where plain pictures of its finds are kept."""
        path = self.path(frame)
        key = f"{path}|{path.stat().st_mtime_ns}"
        with self._lock:
            pixels = self._frames.get(key)
        if not isinstance(pixels, np.ndarray):
            pixels = plain_frame(read_bgr(path), frame.boxes, lambda n: self._plain_if_kept(frame, n))
            with self._lock:
                self._frames.put(key, pixels, pixels.nbytes)
        return pixels

    def _plain_if_kept(self, frame: FramePicture, n: int) -> bytes | None:
        return self.plain(frame, n) if self.has_plain(frame, n) else None

    def _cut_find(self, frame: FramePicture, n: int, size: Size) -> bytes:
        """The plain picture alone is read where it shows all that is asked for: far quicker than the frame."""
        box = frame.box(n)
        if size in SIDE_PX and frame.frame_wh is not None and self.has_plain(frame, n):
            x, y, w, h = plain_box(box, frame.frame_wh)
            left, top, side = square_of(box, frame.frame_wh)
            if left >= x and top >= y and left + side <= x + w and top + side <= y + h:
                seen = decode_bgr(self.plain(frame, n), name=f"find {n} of {frame.named}")
                if seen.shape[:2] == (h, w):
                    return _thumbnail(seen[top - y : top - y + side, left - x : left - x + side], SIDE_PX[size])
        return _cut(self.plain_frame(frame), box, size)

    def _made_once(self, frame: FramePicture, box: BoxXywh, size: Size, make: Callable[[], bytes]) -> bytes:
        path = self.path(frame)
        key = f"{path}|{path.stat().st_mtime_ns}|{box}|{size}"
        with self._lock:
            made = self._made.get(key)
        if not isinstance(made, bytes):
            made = make()
            with self._lock:
                self._made.put(key, made, len(made))
        return made


def square_of(box_xywh: BoxXywh, frame_wh: tuple[int, int]) -> tuple[int, int, int]:
    """Left, top and side of the square around a box, as far as the frame goes."""
    (w, h), (x, y, bw, bh) = frame_wh, box_xywh
    side = min(max(bw, bh), w, h)
    return min(max(0, x + (bw - side) // 2), w - side), min(max(0, y + (bh - side) // 2), h - side), side


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as unreadable:
        raise SourceError(f"{path.name}: cannot be read: {unreadable.strerror}") from unreadable


def _cut(frame_bgr: U8Image, box_xywh: BoxXywh, size: Size) -> bytes:
    h, w = frame_bgr.shape[:2]
    if size is Size.FRAME:
        return encode_jpeg(frame_bgr)
    if size in _WHOLE_PX:
        return encode_jpeg(_at_most(frame_bgr, _WHOLE_PX[size]), THUMB_QUALITY)
    if size is Size.CROP:
        x, y, cw, ch = crop_box(box_xywh, (w, h))
        return encode_jpeg(_at_most(frame_bgr[y : y + ch, x : x + cw], MAX_CROP_PX))
    left, top, side = square_of(box_xywh, (w, h))
    return _thumbnail(frame_bgr[top : top + side, left : left + side], SIDE_PX[size])


def _thumbnail(square_bgr: U8Image, side_px: int) -> bytes:
    way = cv2.INTER_AREA if len(square_bgr) > side_px else cv2.INTER_LINEAR
    return encode_jpeg(cv2.resize(square_bgr, (side_px, side_px), interpolation=way), THUMB_QUALITY)


def _at_most(picture: U8Image, side_px: int) -> U8Image:
    h, w = picture.shape[:2]
    factor = side_px / max(h, w)
    if factor >= 1:
        return np.ascontiguousarray(picture)
    return cv2.resize(picture, (max(1, round(w * factor)), max(1, round(h * factor))), interpolation=cv2.INTER_AREA)


@dataclass(slots=True)
class _Item:
    content: object
    size: int


class _Kept:
    """The values used last, up to a number of bytes."""

    def __init__(self, at_most: int) -> None:
        self._at_most, self._held = at_most, 0
        self._items: OrderedDict[str, _Item] = OrderedDict()

    def get(self, key: str) -> object | None:
        item = self._items.get(key)
        if item is None:
            return None
        self._items.move_to_end(key)
        return item.content

    def put(self, key: str, content: object, size: int) -> None:
        old = self._items.pop(key, None)
        self._held += size - (old.size if old else 0)
        self._items[key] = _Item(content, size)
        while self._held > self._at_most and self._items:
            _, gone = self._items.popitem(last=False)
            self._held -= gone.size
