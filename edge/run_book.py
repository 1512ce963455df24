"""What a run puts into the log, some frames at a time, and what it comes to."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from edge.examine import Examined
from edge.finds import Find
from edge.frame import U8Image
from edge.log import Entry, FindRecord, FrameRecord, InspectionLog
from edge.log.grade import grade
from edge.measure.measured import Measured
from edge.measure.severity import SeverityTable
from edge.measure.tally import Tally
from edge.overlay import draw_finds, encode_jpeg
from edge.plain import plain_pictures
from edge.skips import OVERTAKEN, STANDING

_log = logging.getLogger(__name__)

# A rover that stands, or a network that cannot keep up, would fill the journal with them.
_EVERYDAY = (STANDING, OVERTAKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A frame with finds: its record, the highest score in it, its picture below the log's folder."""

    record: FrameRecord
    score: float
    picture: Path | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Queue:
    """What waits for the network: `frames` of at most `size`, and the picture that came last, for viewing."""

    frames: int
    size: int
    newest: U8Image | None


@dataclass(slots=True, kw_only=True)
class Summary:
    """What a run logged so far. `skipped` counts by reason; `lost` are frames that the camera knows it lost. `queue` is
    that of a live camera.
    """

    inspected: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    finds: int = 0
    frames_with_finds: int = 0
    sizes: Tally = field(default_factory=Tally)
    best: Hit | None = None
    last: Hit | None = None
    inference_ns: int = 0
    queue: Queue | None = None

    @property
    def frames(self) -> int:
        return self.inspected + self.skipped.total()


class RunBook:
    """Logs the frames of one run, in order: frames of `batch_s` seconds together, each for itself where it is 0.

    `threshold` is a probability: from it on windows are drawn. `summary` counts what is logged, and nothing else.
    """

    def __init__(
        self,
        log: InspectionLog,
        run_id: str,
        *,
        threshold: float,
        severity_table: SeverityTable | None = None,
        batch_s: float = 0.0,
        mono_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.summary = Summary()
        self.last_seq = -1
        self._log, self._run_id = log, run_id
        self._threshold, self._severity_table = threshold, severity_table
        self._batch_s, self._mono_s = batch_s, mono_s
        self._waiting: list[Entry] = []
        self._since_s = 0.0

    def add(self, examined: Examined) -> None:
        """Takes a frame; it is logged by the `flush` to come."""
        record = examined.record
        if record.skipped is not None:
            level = logging.INFO if record.skipped in _EVERYDAY else logging.WARNING
            _log.log(level, "%s: skipped: %s", record.name, record.skipped)
        if not self._waiting:
            self._since_s = self._mono_s()
        self.last_seq = record.seq
        # Drawn and packed at once, so that no pixels wait.
        self._waiting.append(self._entry(examined))

    @property
    def due(self) -> bool:
        """Whether it is time for a `flush`."""
        return bool(self._waiting) and self._mono_s() - self._since_s >= self._batch_s

    def flush(self) -> bool:
        """Logs what was added, if anything. Raises `LogError`: then none of it is logged."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return False
        pictures = self._log.log_frames(self._run_id, waiting)
        for entry, picture in zip(waiting, pictures, strict=True):
            self._count(entry, picture)
        return True

    def _entry(self, examined: Examined) -> Entry:
        hits = examined.hits
        if hits is None:
            return Entry(frame=examined.record)
        picture = hits.frame.pixels
        finds = [self._find_record(find, one) for find, one in zip(hits.finds, hits.measured, strict=True)]
        plain = plain_pictures(picture, hits.finds)
        # Nobody looks at the frame any more: a copy to draw in would be one more in memory.
        draw_finds(picture, hits.score_map, hits.finds, self._threshold, hits.measured)
        return Entry(frame=examined.record, finds=finds, overlay_jpeg=encode_jpeg(picture), plain_jpegs=plain)

    def _find_record(self, find: Find, measured: Measured | None) -> FindRecord:
        on_wall = None if measured is None else measured.on_wall
        severity_class, standard = grade(self._severity_table, None if on_wall is None else on_wall.widths_mm)
        return FindRecord(
            box_xywh_px=find.box_xywh,
            score=find.score,
            q=find.q,
            windows=find.windows,
            measured=measured,
            severity_class=severity_class,
            severity_standard=standard,
        )

    def _count(self, entry: Entry, picture: Path | None) -> None:
        s, record = self.summary, entry.frame
        s.lost += record.lost_before
        if record.skipped is not None:
            s.skipped[record.skipped] += 1
            return
        s.inspected += 1
        s.inference_ns += record.inference_ns or 0
        if not entry.finds:
            return
        s.frames_with_finds += 1
        s.finds += len(entry.finds)
        for find in entry.finds:
            if find.measured is not None:
                s.sizes.add(find.measured)
        s.last = Hit(record=record, score=max(find.score for find in entry.finds), picture=picture)
        if s.best is None or s.last.score > s.best.score:
            s.best = s.last
