"""What the page asks of a log and says to it. One thread uses a desk; what leaves it is what JSON can hold."""

import sqlite3
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from edge.clock import Clock
from edge.errors import LogError
from edge.log import LogReader, RunRecord, RunState
from edge.log.columns import read_utc
from edge.log.database import as_log_error, open_to_read
from edge.log.reviews import UNDONE, ReviewLog, Verdict
from edge.log.said import ReviewState
from edge.review.asked import NotThereError
from edge.review.details import find_details
from edge.review.index import FindIndex
from edge.review.live import live_state
from edge.review.pictures import FramePicture, frame_picture
from edge.review.selection import Positions, Selection
from edge.review.texts import checked_name, checked_note
from edge.review.wall import wall_content
from edge.review.wall_desk import WallDesk

# The keys of the page; a rejection is of one of them.
REASONS = ("joint", "shadow", "stain", "formwork", "wire", "other")
MAX_CARDS = 200
_KEPT_SELECTIONS = 32
_VERDICT_STATES = {"accept": "accepted", "reject": "rejected", "unsure": "unsure"}


class Desk:
    """A log on the table: its finds in an index, its reviews appended."""

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        """Raises `LogError` for a log that cannot be read; one that cannot be written to is shown, and says so."""
        self.folder, self._clock = folder, clock
        with as_log_error(folder, "cannot be opened for reading"):
            self._connection = open_to_read(folder)
        self._log = LogReader(folder, self._connection)
        self.read_only: str | None = None
        self._reviews: ReviewLog | None = None
        try:
            self._reviews = ReviewLog.open(folder, clock=clock)
        except LogError as refused:
            self.read_only = f"verdicts cannot be recorded: {refused}"
        self._index = FindIndex(self._connection)
        self._ordered: OrderedDict[tuple[Selection, int], Positions] = OrderedDict()
        self._index.refresh()
        self.walls = WallDesk(folder, self._connection, self._log, self._index, self._writer)

    def close(self) -> None:
        self._log.close()
        if self._reviews is not None:
            self._reviews.close()

    def overview(self) -> dict[str, Any]:
        """Runs with their counts, how far the review is, and what is wrong with the log."""
        self._index.refresh()
        rows = self._index.rows
        runs = self._log.runs()
        return {
            "log": self.folder.name,
            "read_only": self.read_only,
            "damage": self._index.damage,
            "version": self._index.version,
            "finds": len(rows),
            "states": self._states(),
            "reasons": list(REASONS),
            "reasons_used": sorted(self._index.reasons.texts),
            "classes": sorted(self._index.severities.texts),
            "has_widths": bool(np.isfinite(rows["width_mm"]).any()),
            "levels": self.walls.levels(),
            "cracks": self.walls.count(),
            "threshold": min((run.start.window_threshold for run in runs), default=None),
            "runs": [self._plain_run(run) for run in runs],
        }

    def selected(self, selection: Selection) -> Positions:
        """Positions in the index, in the wanted order."""
        key = selection, self._index.version
        if key not in self._ordered:
            self._ordered[key] = selection.apply(self._index)
            if len(self._ordered) > _KEPT_SELECTIONS:
                self._ordered.popitem(last=False)
        return self._ordered[key]

    def finds(self, selection: Selection) -> dict[str, Any]:
        """The ids of what a filter lets through, in order, and how many finds there are in all."""
        self._index.refresh()
        positions = self.selected(selection)
        return {
            "of": len(self._index.rows),
            "n": len(positions),
            "filter": selection.words(),
            "ids": self._index.rows["id"][positions].tolist(),
            "cards": self._cards(positions[: MAX_CARDS // 2]),
        }

    def cards(self, find_ids: Sequence[int]) -> list[dict[str, Any]]:
        """What the grid shows of each find."""
        return self._cards(self._index.positions(sorted(find_ids)))

    def find(self, find_id: int) -> dict[str, Any]:
        """All that the log says of a find. Raises `NotThereError`."""
        with as_log_error(self.folder, f"find {find_id} could not be read"):
            details = find_details(self._connection, find_id)
        if details is None:
            raise NotThereError(f"find {find_id} is not in this log")
        card = self.cards([find_id])
        return {**details, **(card[0] if card else {})}

    def picture(self, find_id: int) -> tuple[FramePicture, int]:
        """The picture of a find's frame, and the find's number in it. Raises `NotThereError`."""
        query = "SELECT run_id, seq, n FROM finds WHERE id = ?"
        with as_log_error(self.folder, f"find {find_id} could not be read"):
            row = self._connection.execute(query, (find_id,)).fetchone()
        if row is None:
            raise NotThereError(f"find {find_id} is not in this log")
        return self.frame_picture(row["run_id"], row["seq"]), row["n"]

    def why_absent(self, find_id: int) -> str | None:
        """Why the log keeps no picture of a find's frame, None where it does not say."""
        query = (
            "SELECT state, absent_pictures.reason AS reason FROM absent_pictures JOIN finds USING (run_id, seq)"
            " WHERE finds.id = ?"
        )
        try:
            row = self._connection.execute(query, (find_id,)).fetchone()
        except sqlite3.DatabaseError:
            # A damaged log, or one that was written before pictures could be taken away.
            return None
        done = {"removed": "was removed to make room", "withheld": "was not kept"}
        return None if row is None else f"the picture {done[row['state']]}: {row['reason']}; what was found stays"

    def frame_picture(self, run_id: str, seq: int) -> FramePicture:
        """What the log names of a frame's picture. Raises `NotThereError`."""
        with as_log_error(self.folder, f"frame {seq} could not be read"):
            found = frame_picture(self._connection, run_id, seq)
        if found is None:
            raise NotThereError(f"frame {seq} of run {run_id[:40]} is not in this log")
        return found

    def changes(self, after_review: int, finds_known: int) -> dict[str, Any]:
        """What others have said since entry `after_review`, whether there are more finds, and how the runs stand."""
        self._index.refresh()
        query = (
            "SELECT id, find_id, crack_id, verdict, reason, reviewer FROM reviews WHERE id > ? ORDER BY id LIMIT 500"
        )
        with as_log_error(self.folder, "reviews could not be read"):
            rows = self._connection.execute(query, (after_review,)).fetchall()
            running = self._connection.execute("SELECT count(*) FROM runs WHERE state = 'running'").fetchone()[0]
            frames = self._connection.execute("SELECT count(*) FROM frames").fetchone()[0]
            began = self._connection.execute("SELECT max(started_utc) FROM runs").fetchone()[0]
        began_utc = None if began is None else read_utc(began)
        return {
            "last_review": rows[-1]["id"] if rows else max(after_review, 0),
            "reviews": [_plain_review(row) for row in rows],
            "states": self._states(),
            "finds": len(self._index.rows),
            "new_finds": max(0, len(self._index.rows) - finds_known),
            "running": bool(running) and any(run.state is RunState.RUNNING for run in self._log.runs()),
            "frames": frames,
            "live": live_state(self.folder, began_utc=began_utc, now_utc=self._clock.utc()),
            "damage": self._index.damage,
        }

    def last_review(self) -> int:
        return self._index.last_review

    def append(
        self,
        *,
        reviewer: str,
        verdict: Verdict,
        find_id: int | None,
        crack_id: int | None,
        reason: str | None,
        note: str,
    ) -> int:
        """Appends a review. Raises `ValueError` for what no review says, `LogError` where it cannot be kept."""
        if verdict is Verdict.REJECT and reason not in REASONS:
            raise ValueError(f"a rejection has one of the reasons {', '.join(REASONS)}; got {reason!r}")
        if verdict is not Verdict.REJECT and reason is not None:
            raise ValueError(f"only a rejection has a reason; got {reason!r} with '{verdict}'")
        number = self._writer().append(
            reviewer=checked_name(reviewer),
            verdict=verdict,
            find_id=find_id,
            crack_id=crack_id,
            reason=reason,
            note=checked_note(note),
        )
        self._index.refresh()
        return number

    def undo(self, review_id: int, *, reviewer: str) -> int:
        """Takes an entry back by another. Raises `ValueError` where it is not the last word any more."""
        number = self._writer().undo(review_id, reviewer=checked_name(reviewer))
        self._index.refresh()
        return number

    def latest_frame(self) -> dict[str, Any] | None:
        """The frame that was logged last, for those who watch a run; None in an empty log."""
        query = (
            "SELECT run_id, seq, name, t_utc, status, reason, overlay_path IS NOT NULL AS has_picture, image_score,"
            " (SELECT count(*) FROM finds WHERE finds.run_id = frames.run_id AND finds.seq = frames.seq) AS finds,"
            " (SELECT max(id) FROM finds WHERE finds.run_id = frames.run_id AND finds.seq <= frames.seq) AS last_find"
            " FROM frames ORDER BY rowid DESC LIMIT 1"
        )
        with as_log_error(self.folder, "frames could not be read"):
            row = self._connection.execute(query).fetchone()
        return None if row is None else dict(row)

    def wall(self) -> dict[str, Any]:
        """What is known of places on the wall."""
        with as_log_error(self.folder, "the wall could not be read"):
            return wall_content(self._connection, self._log)

    def chosen_ids(self, selection: Selection) -> frozenset[int]:
        """The ids of what a filter lets through, for exports."""
        self._index.refresh()
        return frozenset(self._index.rows["id"][self.selected(selection)].tolist())

    def _states(self) -> dict[str, int]:
        counts = np.bincount(self._index.rows["state"], minlength=len(ReviewState))
        return {state.name.lower(): int(counts[state]) for state in ReviewState}

    def _writer(self) -> ReviewLog:
        if self._reviews is None:
            raise LogError(self.read_only or "verdicts cannot be recorded")
        return self._reviews

    def _cards(self, positions: Positions) -> list[dict[str, Any]]:
        index = self._index
        return [
            {
                "id": int(row["id"]),
                "run": index.runs.text(int(row["run"])),
                "seq": int(row["seq"]),
                "n": int(row["n"]),
                "score": round(float(row["score"]), 6),
                "margin": round(float(row["margin"]), 6),
                "width_mm": None if np.isnan(row["width_mm"]) else round(float(row["width_mm"]), 3),
                "below_resolution": bool(row["below_resolution"]),
                "class": index.severities.text(int(row["severity"])),
                "state": ReviewState(int(row["state"])).name.lower(),
                "reason": index.reasons.text(int(row["reason"])),
            }
            for row in index.rows[positions]
        ]

    def _plain_run(self, run: RunRecord) -> dict[str, Any]:
        counts, start = None, run.start
        with suppress(LogError):  # in a damaged log: what can be shown is shown
            counts = self._log.counts(run.id)
        return {
            "id": run.id,
            "state": run.state.value,
            "why": run.reason,
            "started_utc": start.started_utc.isoformat(timespec="seconds"),
            "source": start.source,
            "visit": start.visit_id,
            "bundle": start.bundle_name,
            "threshold": round(start.window_threshold, 6),
            "calibration": start.calibration_id,
            "inspected": counts.inspected if counts else None,
            "skipped": dict(counts.skipped) if counts else {},
            "lost": counts.lost if counts else None,
            "finds": counts.finds if counts else None,
        }


def _plain_review(row: sqlite3.Row) -> dict[str, Any]:
    undone = row["verdict"] == "unsure" and row["reason"] == UNDONE
    return {
        "id": row["id"],
        "find_id": row["find_id"],
        "crack_id": row["crack_id"],
        "state": "unreviewed" if undone else _VERDICT_STATES[row["verdict"]],
        "reason": None if undone else row["reason"],
        "reviewer": row["reviewer"],
    }
