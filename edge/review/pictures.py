"""Pictures of finds: cut out of the frames that the log names, and of nothing else."""

from collections import OrderedDict
from collections.abc import Sequence
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
from edge.overlay import encode_jpeg
from edge.plain import plain_box

BoxXywh = tuple[int, int, int, int]


class Size(StrEnum):
    """How large a picture is asked for; the first three are squares of the grid."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    CROP = "crop"
    OVERVIEW = "overview"


SIDE_PX = {Size.SMALL: 96, Size.MEDIUM: 160, Size.LARGE: 256}
CROP_MARGIN_PX = 48
MAX_CROP_PX = 1600
OVERVIEW_PX = 480
THUMB_QUALITY = 80


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


class Pictures:
    """Cuts and keeps pictures; threads may share it. `kept_bytes` of finished ones and the last few frames are kept."""

    def __init__(self, folder: Path, *, kept_bytes: int = 24_000_000, kept_frame_bytes: int = 40_000_000) -> None:
        self._folder = folder
        self._lock = Lock()
        self._made = _Kept(kept_bytes)
        self._frames = _Kept(kept_frame_bytes)

    def of_find(self, named: str | None, run_id: str, box_xywh: BoxXywh, size: Size) -> bytes:
        """JPEG of a find. Raises `SourceError` for a picture that is missing, damaged or outside its folder."""
        path = picture_path(self._folder, named, run_id)
        key = f"{path}|{path.stat().st_mtime_ns}|{box_xywh}|{size}"
        with self._lock:
            made = self._made.get(key)
        if not isinstance(made, bytes):
            made = _cut(self._frame(path), box_xywh, size)
            with self._lock:
                self._made.put(key, made, len(made))
        return made

    def path(self, named: str | None, run_id: str) -> Path:
        """The file of a frame's picture. Raises `SourceError` as `picture_path`."""
        return picture_path(self._folder, named, run_id)

    def plain(self, named: str | None, run_id: str, n: int) -> bytes:
        """JPEG of a find as the camera saw it, `edge.plain.plain_box` of its frame. Raises `SourceError`."""
        if named is None:
            raise SourceError("the log names no picture of this frame")
        path = picture_path(self._folder, plain_name(named, n), run_id)
        try:
            return path.read_bytes()
        except OSError as unreadable:
            raise SourceError(f"{path.name}: cannot be read: {unreadable.strerror}") from unreadable

    def has_plain(self, named: str | None, run_id: str, n: int) -> bool:
        """Whether there is a picture of a find with nothing drawn in."""
        try:
            return named is not None and bool(picture_path(self._folder, plain_name(named, n), run_id))
        except SourceError:
            return False

    def plain_frame(self, named: str, run_id: str, boxes: Sequence[tuple[int, BoxXywh]]) -> U8Image:
        """A frame, uint8 BGR (h, w, 3), with nothing drawn in where plain pictures of its finds are kept, by their
        numbers and boxes. Raises `SourceError`."""
        frame = self._frame(picture_path(self._folder, named, run_id)).copy()
        h, w = frame.shape[:2]
        for n, box in boxes:
            if self.has_plain(named, run_id, n):
                plain = decode_bgr(self.plain(named, run_id, n), name=f"find {n} of {named}")
                x, y, pw, ph = plain_box(box, (w, h))
                if plain.shape[:2] == (ph, pw):
                    frame[y : y + ph, x : x + pw] = plain
        return frame

    def of_box(self, named: str | None, run_id: str, box_xywh: BoxXywh) -> bytes:
        """JPEG of any part of a frame with a margin. Raises `SourceError`."""
        return _cut(self._frame(picture_path(self._folder, named, run_id)), box_xywh, Size.CROP)

    def of_frame(self, named: str | None, run_id: str) -> bytes:
        """The whole frame, as it was logged. Raises `SourceError`."""
        path = picture_path(self._folder, named, run_id)
        try:
            return path.read_bytes()
        except OSError as unreadable:
            raise SourceError(f"{named}: cannot be read: {unreadable.strerror}") from unreadable

    def _frame(self, path: Path) -> U8Image:
        key = f"{path}|{path.stat().st_mtime_ns}"
        with self._lock:
            frame = self._frames.get(key)
        if not isinstance(frame, np.ndarray):
            frame = read_bgr(path)
            with self._lock:
                self._frames.put(key, frame, frame.nbytes)
        return frame


def _cut(frame_bgr: U8Image, box_xywh: BoxXywh, size: Size) -> bytes:
    h, w = frame_bgr.shape[:2]
    if size is Size.OVERVIEW:
        return encode_jpeg(_at_most(frame_bgr, OVERVIEW_PX), THUMB_QUALITY)
    if size is Size.CROP:
        x, y, cw, ch = crop_box(box_xywh, (w, h))
        return encode_jpeg(_at_most(frame_bgr[y : y + ch, x : x + cw], MAX_CROP_PX))
    return encode_jpeg(_square(frame_bgr, box_xywh, SIDE_PX[size]), THUMB_QUALITY)


def _square(frame_bgr: U8Image, box_xywh: BoxXywh, side_px: int) -> U8Image:
    """The square around a box, as far as the frame goes, uint8 (side, side, 3)."""
    (h, w), (x, y, bw, bh) = frame_bgr.shape[:2], box_xywh
    side = min(max(bw, bh), w, h)
    left = min(max(0, x + (bw - side) // 2), w - side)
    top = min(max(0, y + (bh - side) // 2), h - side)
    part = frame_bgr[top : top + side, left : left + side]
    way = cv2.INTER_AREA if side > side_px else cv2.INTER_LINEAR
    return cv2.resize(part, (side_px, side_px), interpolation=way)


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
