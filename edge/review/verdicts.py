"""What people said of the finds, for a report."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field

from edge.log.reviews import UNDONE, ReviewRecord, Verdict

_STATES = {Verdict.ACCEPT: "accepted", Verdict.REJECT: "rejected", Verdict.UNSURE: "unsure"}


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Every entry by find, the oldest first."""

    entries: dict[int, list[ReviewRecord]] = field(default_factory=dict)

    @property
    def reviewers(self) -> list[str]:
        return sorted({one.reviewer for entries in self.entries.values() for one in entries})

    def state(self, find_id: int) -> str:
        """The last word, its reason with it."""
        entries = self.entries.get(find_id)
        if not entries or (entries[-1].verdict is Verdict.UNSURE and entries[-1].reason == UNDONE):
            return "not reviewed"
        last = entries[-1]
        return f"{_STATES[last.verdict]}: {last.reason}" if last.reason else _STATES[last.verdict]

    def history(self, find_id: int) -> list[str]:
        """Who said what, and when."""
        return [
            f"{one.t_utc:%Y-%m-%d %H:%M} {one.reviewer}: {one.verdict.value}"
            + (f", {one.reason}" if one.reason else "")
            + (f" ({one.note})" if one.note else "")
            for one in self.entries.get(find_id, [])
        ]

    def counts(self, find_ids: Iterable[int]) -> dict[str, int]:
        """How many finds stand how."""
        counts: dict[str, int] = {}
        for find_id in find_ids:
            state = self.state(find_id)
            counts[state] = counts.get(state, 0) + 1
        return dict(sorted(counts.items()))


def read_verdicts(connection: sqlite3.Connection) -> Verdicts:
    """All reviews of finds."""
    verdicts = Verdicts()
    for row in connection.execute("SELECT * FROM reviews WHERE find_id IS NOT NULL ORDER BY id"):
        verdicts.entries.setdefault(row["find_id"], []).append(ReviewRecord.read(row))
    return verdicts
