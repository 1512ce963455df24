"""How the finds and cracks of a log stand by what people said of them."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from edge.log.edits import JoinEdit, SplitEdit, edits_that_hold
from edge.log.reviews import UNDONE, ReviewRecord

_LAST = (
    "SELECT find_id, verdict, reason FROM reviews WHERE id IN"
    " (SELECT max(id) FROM reviews WHERE find_id IS NOT NULL GROUP BY find_id)"
)
_OF_CRACKS = "SELECT * FROM reviews WHERE crack_id IS NOT NULL ORDER BY id"
_OF_FINDS = (
    "SELECT crack_finds.crack_id AS crack, find_id, verdict, reason FROM reviews JOIN crack_finds USING (find_id)"
    " ORDER BY reviews.id"
)


class ReviewState(IntEnum):
    """How a find or a crack stands: the last word on it."""

    UNREVIEWED = 0
    ACCEPTED = 1
    REJECTED = 2
    UNSURE = 3


STATE_OF = {"accept": ReviewState.ACCEPTED, "reject": ReviewState.REJECTED, "unsure": ReviewState.UNSURE}


def said_of_finds(connection: sqlite3.Connection) -> dict[int, tuple[ReviewState, str | None]]:
    """The last word on each find of which anything was said, with its reason."""
    return {
        row["find_id"]: (STATE_OF[row["verdict"]], row["reason"])
        for row in connection.execute(_LAST)
        if not (row["verdict"] == "unsure" and row["reason"] == UNDONE)
    }


@dataclass(slots=True, kw_only=True)
class Said:
    """What was said of a crack, and whether of itself or of its finds; the edits of it that hold."""

    state: ReviewState = ReviewState.UNREVIEWED
    reason: str | None = None
    through_finds: bool = False
    joined: set[int] = field(default_factory=set)
    splits: list[tuple[float, float]] = field(default_factory=list)


def said_of_cracks(connection: sqlite3.Connection) -> dict[int, Said]:
    """By crack, where anything was said. Without a word on the crack itself, one accepted find accepts it and rejected
    finds alone reject it."""
    said: dict[int, Said] = {}
    finds = {
        crack_id: dict.fromkeys(ids, ReviewState.UNREVIEWED) for crack_id, ids in finds_of_cracks(connection).items()
    }
    for row in connection.execute(_OF_FINDS):
        undone = row["verdict"] == "unsure" and row["reason"] == UNDONE
        state = ReviewState.UNREVIEWED if undone else STATE_OF[row["verdict"]]
        finds[row["crack"]][row["find_id"]] = state
    for crack_id, states in finds.items():
        together = _together(list(states.values()))
        if together is not ReviewState.UNREVIEWED:
            said[crack_id] = Said(state=together, through_finds=True)
    entries: dict[int, list[tuple[int, ReviewRecord]]] = {}
    for row in connection.execute(_OF_CRACKS):
        entries.setdefault(row["crack_id"], []).append((row["id"], ReviewRecord.read(row)))
    for crack_id, numbered in entries.items():
        _add_own(said, crack_id, numbered)
    _spread_joins(said)
    return said


def _together(states: list[ReviewState]) -> ReviewState:
    if ReviewState.ACCEPTED in states:
        return ReviewState.ACCEPTED
    return states[0] if len(set(states)) == 1 else ReviewState.UNREVIEWED


def _add_own(said: dict[int, Said], crack_id: int, numbered: list[tuple[int, ReviewRecord]]) -> None:
    last = numbered[-1][1]
    one = said.setdefault(crack_id, Said())
    if not (last.verdict == "unsure" and last.reason == UNDONE):
        one.state, one.reason, one.through_finds = STATE_OF[last.verdict.value], last.reason, False
    for _, edit in edits_that_hold(numbered):
        if isinstance(edit, JoinEdit):
            one.joined.add(edit.crack_id)
        elif isinstance(edit, SplitEdit):
            one.splits.append(edit.xy_mm)


def _spread_joins(said: dict[int, Said]) -> None:
    """What is joined with one of a group is joined with all of it."""
    groups: dict[int, set[int]] = {}
    for crack_id, one in said.items():
        for other in one.joined:
            whole = groups.get(crack_id, {crack_id}) | groups.get(other, {other})
            for member in whole:
                groups[member] = whole
    for crack_id, whole in groups.items():
        said.setdefault(crack_id, Said()).joined = whole - {crack_id}


def finds_of_cracks(connection: sqlite3.Connection) -> Mapping[int, set[int]]:
    """The ids of the finds that each crack was seen in."""
    finds: dict[int, set[int]] = {}
    for row in connection.execute("SELECT crack_id, find_id FROM crack_finds"):
        finds.setdefault(row["crack_id"], set()).add(row["find_id"])
    return finds
