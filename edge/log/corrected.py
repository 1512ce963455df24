"""Finds of which somebody drew the mask by hand: what is known of their size then.

What was measured on the corrected mask takes the place of what was measured before, which the log keeps. Where nothing
could be measured on it, the sizes are still those from before the correction, and that is said.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.log.edits import MASK, MaskEdit, MaskSize, edits_that_hold
from edge.log.find_record import FindRecord
from edge.log.reviews import ReviewRecord

AGAIN = "measured again on the mask that {} drew"
BEFORE = "measured before {} corrected the mask: {}"
TOO_SHORT = "not measured: on the mask that {} drew, nothing is long enough"
NOT_TRIED = "it was drawn when corrected masks were not measured"
_EDITED = (
    "SELECT * FROM reviews WHERE find_id IN (SELECT find_id FROM reviews WHERE reason = ?"
    " AND coalesce(?, find_id) = find_id) ORDER BY id"
)
_OF_CRACKS = (
    "SELECT DISTINCT crack_id, find_id FROM crack_finds WHERE find_id IN (SELECT find_id FROM reviews WHERE reason = ?)"
    " ORDER BY crack_id, find_id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """The mask of a find that holds, and the review that it came with."""

    record: ReviewRecord
    mask: MaskEdit

    @property
    def measured_again(self) -> bool:
        """Whether the sizes that hold are those of the corrected mask."""
        return self.mask.size is not None and self.mask.size.why_not is None

    @property
    def words(self) -> str:
        """From when the sizes are that hold for the find."""
        who, size = self.record.reviewer, self.mask.size
        if size is None or size.why_not is not None:
            return BEFORE.format(who, NOT_TRIED if size is None else size.why_not)
        return (AGAIN if size.measured is not None else TOO_SHORT).format(who)

    def of(self, find: FindRecord) -> FindRecord:
        """The find with the sizes that hold for it."""
        size = self.mask.size
        if size is None or size.why_not is not None:
            return find
        return with_size(find, size)


def with_size(find: FindRecord, size: MaskSize) -> FindRecord:
    """The find as it was measured on a corrected mask."""
    return replace(
        find,
        measured=size.measured,
        severity_class=size.severity_class,
        severity_standard=size.severity_standard,
    )


def corrections(connection: sqlite3.Connection, find_id: int | None = None) -> dict[int, Correction]:
    """By find, of all finds or of one; of none whose correction was taken back. Raises `sqlite3.Error`."""
    entries: dict[int, list[tuple[int, ReviewRecord]]] = {}
    for row in connection.execute(_EDITED, (MASK, find_id)):
        entries.setdefault(row["find_id"], []).append((row["id"], ReviewRecord.read(row)))
    found = {}
    for of, numbered in entries.items():
        masks = [(record, edit) for record, edit in edits_that_hold(numbered) if isinstance(edit, MaskEdit)]
        if masks:
            found[of] = Correction(record=masks[-1][0], mask=masks[-1][1])
    return found


def corrected_finds_of_cracks(
    connection: sqlite3.Connection, corrected: Mapping[int, Correction]
) -> dict[int, list[int]]:
    """By crack, those of its finds of which a corrected mask holds: the crack was measured before."""
    found: dict[int, list[int]] = {}
    if not corrected:
        return found
    for row in connection.execute(_OF_CRACKS, (MASK,)):
        if row["find_id"] in corrected:
            found.setdefault(row["crack_id"], []).append(row["find_id"])
    return found
