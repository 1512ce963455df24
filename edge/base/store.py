"""What a base keeps of its rovers' records: the contract, and SQL that SQLite and PostgreSQL share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.upload_protocol import Record

# A record that is gone keeps its row, so that a late duplicate cannot bring it back.
TABLE = """
CREATE TABLE IF NOT EXISTS records (
    rover TEXT NOT NULL,
    log TEXT NOT NULL,
    key TEXT NOT NULL,
    revision BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    content TEXT,
    received_utc TEXT NOT NULL,
    PRIMARY KEY (rover, log, key)
)
"""
# `?` stands for a value. A lower revision than ours is a late duplicate and changes nothing.
ADD = """
INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (rover, log, key) DO UPDATE SET
    revision = excluded.revision, sha256 = excluded.sha256, content = excluded.content,
    received_utc = excluded.received_utc
WHERE excluded.revision > records.revision
"""
REVISION = "SELECT coalesce(max(revision), 0) FROM records WHERE rover = ? AND log = ?"
SUMS = "SELECT key, sha256 FROM records WHERE rover = ? AND log = ? AND content IS NOT NULL AND key IN ({places})"
SUMMARY = """
SELECT rover, log, count(content), max(received_utc) FROM records GROUP BY rover, log ORDER BY rover, log
"""
CONTENTS = "SELECT key, content FROM records WHERE rover = ? AND log = ? AND content IS NOT NULL ORDER BY key"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSummary:
    """A log that a rover brought: how many records it has and when the last came (ISO 8601, UTC)."""

    rover: str
    log: str
    records: int
    last_utc: str


class Store(Protocol):
    """Records by rover, log and key. What `add` has returned for survives a power cut. Threads may share one."""

    def revision(self, rover: str, log: str) -> int:
        """The highest revision of a log, 0 where there is none."""

    def missing(self, rover: str, log: str, sums: Mapping[str, str]) -> list[str]:
        """Those of the keys that are not there with these SHA-256."""

    def add(self, rover: str, log: str, records: Sequence[Record]) -> None:
        """Stores records, all or none; what is there in this or a higher revision stays."""

    def contents(self, rover: str, log: str) -> dict[str, str]:
        """The content of every record of a log that is not gone, by key."""

    def summary(self) -> list[LogSummary]:
        """Every log that was brought."""

    def close(self) -> None:
        """Gives the database back."""
