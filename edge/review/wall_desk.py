"""The desk's second half: cracks and edits. One thread uses it, the desk's."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from edge.log import LogReader
from edge.log.database import as_log_error
from edge.log.edits import Edit, JoinEdit, MaskEdit, SplitEdit, note_of, reason_of
from edge.log.reviews import ReviewLog, Verdict
from edge.log.said import finds_of_cracks
from edge.review.asked import NotThereError
from edge.review.cracks import crack_cards, crack_details, view_of
from edge.review.index import FindIndex
from edge.review.pieces import Piece, piece_of
from edge.review.remeasure import Measurable, measurable
from edge.review.selection import Selection
from edge.review.threshold import scale_of


class WallDesk:
    """What a log says beyond single finds. Every method raises `LogError` where the file fails."""

    def __init__(
        self,
        folder: Path,
        connection: sqlite3.Connection,
        log: LogReader,
        index: FindIndex,
        writer: Callable[[], ReviewLog],
    ) -> None:
        self._folder, self._connection, self._log = folder, connection, log
        self._index, self._writer = index, writer

    def count(self) -> int:
        """How many cracks there are; 0 where that cannot be read, for the index says what is damaged."""
        with suppress(sqlite3.DatabaseError):
            return int(self._connection.execute("SELECT count(DISTINCT crack_id) FROM crack_visits").fetchone()[0])
        return 0

    def cracks(self, selection: Selection) -> dict[str, Any]:
        """The cracks that a filter lets through, those nobody has judged first, then the widest."""
        with as_log_error(self._folder, "cracks could not be read"):
            cards = crack_cards(self._connection)
            kept = self._let_through(cards, selection)
        return {"of": len(cards), "n": len(kept), "filter": selection.words(), "cracks": sorted(kept, key=_urgency)}

    def chosen(self, selection: Selection) -> frozenset[int]:
        """The ids of the cracks that a filter lets through, for exports."""
        with as_log_error(self._folder, "cracks could not be read"):
            return frozenset(card["id"] for card in self._let_through(crack_cards(self._connection), selection))

    def crack(self, crack_id: int) -> dict[str, Any]:
        """All of one crack. Raises `NotThereError`."""
        with as_log_error(self._folder, f"crack {crack_id} could not be read"):
            details = crack_details(self._connection, self._log, crack_id)
        if details is None:
            raise NotThereError(f"crack {crack_id} is not in this log")
        return details

    def piece(self, crack_id: int, visit_id: int) -> Piece | None:
        """What a visit has of the wall around a crack, None where no picture shows it. Raises `NotThereError`."""
        with as_log_error(self._folder, f"crack {crack_id} could not be read"):
            box = view_of(self._log.crack_history(crack_id))
            if box is None:
                raise NotThereError(f"crack {crack_id} is not in this log")
            left, bottom, right, top = box
            return piece_of(self._connection, self._log, visit_id, (left, bottom, right, top))

    def measurable(self, find_id: int) -> Measurable:
        """What measuring a mask of a find needs. Raises `NotThereError`."""
        with as_log_error(self._folder, f"find {find_id} could not be read"):
            found = measurable(self._connection, self._log, find_id)
        if found is None:
            raise NotThereError(f"find {find_id} is not in this log")
        return found

    def append_edit(self, edit: Edit, *, reviewer: str, find_id: int | None, crack_id: int | None) -> int:
        """Appends an edit. Raises `ValueError` for one that fits nothing in the log, `LogError`."""
        if isinstance(edit, MaskEdit) != (find_id is not None):
            raise ValueError("a mask is that of a find; a crack is split or joined with another")
        if isinstance(edit, JoinEdit) and (edit.crack_id == crack_id or not self._log.crack_history(edit.crack_id)):
            raise ValueError(f"a crack is joined with another one of this log; got {edit.crack_id}")
        if isinstance(edit, SplitEdit) and crack_id is not None:
            self._check_split(crack_id, edit)
        if isinstance(edit, MaskEdit) and find_id is not None:
            self._check_mask(find_id, edit)
        number = self._writer().append(
            reviewer=reviewer,
            verdict=Verdict.ACCEPT,
            find_id=find_id,
            crack_id=crack_id,
            reason=reason_of(edit),
            note=note_of(edit),
        )
        self._index.refresh()
        return number

    def levels(self) -> list[float]:
        """The probabilities that the latest run's network can give, from -128 up."""
        runs = self._log.runs()
        return [] if not runs else [round(float(p), 7) for p in scale_of(runs[-1]).probabilities]

    def _let_through(self, cards: list[dict[str, Any]], selection: Selection) -> list[dict[str, Any]]:
        among = selection.of_finds_alone()
        finds: dict[int, set[int]] = {}
        ids: set[int] | None = None
        if among is not None:
            self._index.refresh()
            ids = set(self._index.rows["id"][among.apply(self._index)].tolist())
            finds = dict(finds_of_cracks(self._connection))
        return [
            card
            for card in cards
            if selection.takes_crack(card) and (ids is None or not ids.isdisjoint(finds.get(card["id"], set())))
        ]

    def _check_split(self, crack_id: int, edit: SplitEdit) -> None:
        history = self._log.crack_history(crack_id)
        seen = [crack.size for _, crack in history if crack.size is not None]
        if not seen:
            raise ValueError(f"a crack that is split is in the log; crack {crack_id} is not there")
        course = seen[-1].courses_mm[0][:, :2]
        at = int(np.hypot(*(course - edit.xy_mm).T).argmin())
        if not 0 < at < len(course) - 1:
            raise ValueError("a crack is split between its ends; the place given is at or beyond one of them")

    def _check_mask(self, find_id: int, edit: MaskEdit) -> None:
        query = "SELECT width_px, height_px FROM finds JOIN frames USING (run_id, seq) WHERE finds.id = ?"
        row = self._connection.execute(query, (find_id,)).fetchone()
        if row is None:
            raise ValueError(f"a review is of something in the log; find {find_id} is not there")
        x, y, w, h = edit.box_xywh_px
        if x + w > row["width_px"] or y + h > row["height_px"]:
            raise ValueError(
                f"a mask's box lies in its frame of {row['width_px']} x {row['height_px']} px; it does not"
            )


def _urgency(card: dict[str, Any]) -> tuple[bool, float, int]:
    width = card.get("width_median")
    return card["state"] != "unreviewed", -(width[1] if width else 0.0), card["id"]
