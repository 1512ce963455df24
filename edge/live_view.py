"""What a rover's camera sees now: one small picture beside the log, replaced as the run goes on; never the record."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

import cv2

from edge.frame import U8Image
from edge.overlay import encode_jpeg

_log = logging.getLogger(__name__)

LIVE_FILE = "live.jpg"
EVERY_S = 2.0
_WIDTH_PX = 640
_QUALITY = 75


class LiveView:
    """Replaces `live.jpg` at most every two seconds. Whoever reads it sees a whole picture, old or new.

    A disk that cannot take it is logged once: no run ends for it.
    """

    def __init__(self, folder: Path, *, mono_s: Callable[[], float] = time.monotonic) -> None:
        self._path, self._mono_s = folder / LIVE_FILE, mono_s
        self._written_s: float | None = None
        self._failed = False

    def update(self, picture: U8Image) -> None:
        """Takes the newest picture, uint8 BGR; between two writings it does nothing."""
        now_s = self._mono_s()
        if self._written_s is not None and now_s - self._written_s < EVERY_S:
            return
        self._written_s = now_s
        h, w = picture.shape[:2]
        if w > _WIDTH_PX:
            picture = cv2.resize(picture, (_WIDTH_PX, max(1, h * _WIDTH_PX // w)), interpolation=cv2.INTER_AREA)
        part = self._path.with_name(f".{LIVE_FILE}.part")
        try:
            part.write_bytes(encode_jpeg(picture, _QUALITY))
            part.replace(self._path)
        except OSError as failed:
            if not self._failed:
                _log.warning("the live picture %s cannot be written: %s", self._path, failed)
            self._failed = True
