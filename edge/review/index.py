"""Every find of a log in a few arrays, so that 100,000 of them are filtered and sorted while a hand leaves the key.

Finds and reviews are only ever appended, with numbers that grow: what is new is what has a higher number.
"""

import logging
import sqlite3
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from edge.log.corrected import corrections
from edge.log.edits import MASK, looks_like_undo
from edge.log.find_record import FindRecord
from edge.log.reviews import UNDONE
from edge.log.said import STATE_OF, ReviewState
from edge.review.texts import short_class

_log = logging.getLogger(__name__)
_CHUNK = 5_000

_FINDS = (
    "SELECT id, run_id, seq, n, score, width_median_mm, length_mm, coalesce(below_resolution, 0), severity_class"
    " FROM finds WHERE id > ? ORDER BY id"
)
# Where a find's middle lies along the wall, as far as a camera that is nearly square to it says: by the frame's pose.
_PLACES = (
    "SELECT finds.id, box_x_px + box_w_px / 2.0 - frames.width_px / 2.0, box_y_px + box_h_px / 2.0 -"
    " frames.height_px / 2.0, coalesce(mm_per_px, 0.0), pose FROM finds JOIN frames USING (run_id, seq)"
    " WHERE finds.id > ? AND pose IS NOT NULL ORDER BY finds.id"
)
_REVIEWS = "SELECT id, find_id, verdict, reason, note FROM reviews WHERE id > ? ORDER BY id"

Rows = npt.NDArray[np.void]


# One row a find. `margin`: score less the threshold of its run. `width_mm`: median, NaN for none. `place_mm`:
# along the wall, once it was asked for. `run`, `severity` and `reason` are places in the index's lists; -1: none.
FIND_ROW = np.dtype(
    [
        ("id", "<i8"),
        ("run", "<i4"),
        ("seq", "<i8"),
        ("n", "<i4"),
        ("score", "<f4"),
        ("margin", "<f4"),
        ("width_mm", "<f4"),
        ("length_mm", "<f4"),
        ("place_mm", "<f4"),
        ("below_resolution", "?"),
        ("severity", "<i2"),
        ("state", "i1"),
        ("reason", "<i2"),
    ]
)


@dataclass(slots=True)
class Names:
    """Texts by the order in which they were first met."""

    texts: list[str] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def place(self, text: str | None) -> int:
        """The place of a text, a new one where it has none; -1 for None."""
        if text is None:
            return -1
        place = self.places.setdefault(text, len(self.texts))
        if place == len(self.texts):
            self.texts.append(text)
        return place

    def text(self, place: int) -> str | None:
        return None if place < 0 else self.texts[place]


class FindIndex:
    """The finds of a log, `rows` (n,) of `FIND_ROW` in the order of their ids. One thread uses it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.rows: Rows = np.empty(0, FIND_ROW)
        self.runs, self.severities, self.reasons = Names(), Names(), Names()
        # Of each run that has one, its visit.
        self.visits: dict[str, int] = {}
        self.last_review = 0
        self.version = 0
        self._placed_to = 0
        # Why not everything could be read; what could be is there.
        self.damage: str | None = None

    def refresh(self) -> list[int]:
        """Takes up what was logged since the last call; returns the ids of the finds that were reviewed."""
        try:
            new = self._take_finds()
            reviewed = self._take_reviews()
        except sqlite3.DatabaseError as damaged:
            last = int(self.rows["id"][-1]) if len(self.rows) else 0
            self.damage = f"the log cannot be read beyond find {last}: {damaged}; restore it from a copy"
            _log.warning("%s", self.damage)
            return []
        self.damage = None
        self.version += bool(new or reviewed)
        return reviewed

    def positions(self, find_ids: npt.ArrayLike) -> npt.NDArray[np.intp]:
        """Where finds stand in `rows`; those that are not there are left out."""
        wanted = np.asarray(find_ids, np.int64)
        at = np.searchsorted(self.rows["id"], wanted)
        at = at[at < len(self.rows)] if len(self.rows) else at[:0]
        return at[np.isin(self.rows["id"][at], wanted)]

    def take_places(self) -> None:
        """How far along the wall each find lies, mm, NaN where nobody knows: read when it is first asked for."""
        found = self._connection.execute(_PLACES, (self._placed_to,)).fetchall()
        if found:
            ids, right, down, scales, poses = zip(*found, strict=True)
            # Row after row: the first has where the camera's x and y point along the wall's x, and its place.
            first = np.frombuffer(b"".join(poses), "<f8").reshape(-1, 4, 4)[:, 0]
            at = first[:, 3] + (first[:, 0] * right + first[:, 1] * down) * scales
            there = np.isin(ids, self.rows["id"])
            self.rows["place_mm"][self.positions(np.array(ids)[there])] = at[there]
        self._placed_to = int(self.rows["id"][-1]) if len(self.rows) else 0

    def _take_finds(self) -> int:
        last = int(self.rows["id"][-1]) if len(self.rows) else 0
        runs = self._connection.execute("SELECT id, window_threshold, visit_id FROM runs").fetchall()
        thresholds = {run: threshold for run, threshold, _ in runs}
        self.visits = {run: visit for run, _, visit in runs if visit is not None}
        chunk: list[sqlite3.Row] = []
        parts = []
        try:
            for row in self._connection.execute(_FINDS, (last,)):
                chunk.append(row)
                if len(chunk) == _CHUNK:
                    parts.append(self._rows(chunk, thresholds))
                    chunk = []
        finally:
            # Also when the file is damaged further on: what came before it is whole.
            if chunk:
                parts.append(self._rows(chunk, thresholds))
            if parts:
                self.rows = np.concatenate([self.rows, *parts])
        return sum(map(len, parts))

    def _rows(self, chunk: list[sqlite3.Row], thresholds: dict[str, float]) -> Rows:
        rows = np.empty(len(chunk), FIND_ROW)
        ids, runs, seqs, ns, scores, widths, lengths, below, severities = zip(*chunk, strict=True)
        rows["id"], rows["seq"], rows["n"], rows["score"] = ids, seqs, ns, scores
        rows["run"] = [self.runs.place(run) for run in runs]
        rows["margin"] = rows["score"] - np.array([thresholds[run] for run in runs], np.float32)
        rows["width_mm"] = np.array(widths, np.float32)
        rows["length_mm"] = np.array(lengths, np.float32)
        rows["below_resolution"] = below
        rows["severity"] = [self.severities.place(short_class(severity)) for severity in severities]
        rows["state"], rows["reason"], rows["place_mm"] = ReviewState.UNREVIEWED, -1, np.nan
        return rows

    def _take_reviews(self) -> list[int]:
        reviewed = []
        for review_id, find_id, verdict, reason, note in self._connection.execute(_REVIEWS, (self.last_review,)):
            self.last_review = review_id
            at = self.positions([] if find_id is None else [find_id])
            for position in at:
                undone = verdict == "unsure" and reason == UNDONE
                self.rows["state"][position] = ReviewState.UNREVIEWED if undone else STATE_OF[verdict]
                self.rows["reason"][position] = -1 if undone else self.reasons.place(reason)
                reviewed.append(find_id)
            if len(at) and (reason == MASK or looks_like_undo(note or "")):
                self._take_sizes(find_id, at)
        return reviewed

    def _take_sizes(self, find_id: int, at: npt.NDArray[np.intp]) -> None:
        """The sizes that hold for a find of which a mask was corrected, or the correction taken back."""
        row = self._connection.execute("SELECT * FROM finds WHERE id = ?", (find_id,)).fetchone()
        find = FindRecord.read(dict(row))
        correction = corrections(self._connection, find_id).get(find_id)
        columns = (find if correction is None else correction.of(find)).write()
        for name, column in (("width_mm", "width_median_mm"), ("length_mm", "length_mm")):
            value = columns.get(column)
            self.rows[name][at] = np.nan if value is None else value
        self.rows["below_resolution"][at] = bool(columns.get("below_resolution"))
        severity = columns["severity_class"]
        self.rows["severity"][at] = self.severities.place(short_class(None if severity is None else str(severity)))
