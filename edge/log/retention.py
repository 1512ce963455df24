"""Room for new pictures: old ones give way, those of frames without a crack first. A record never does."""

import logging
import os
import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from edge.clock import Clock
from edge.log.columns import Value, write_utc
from edge.log.database import IMAGES_FOLDER
from edge.log.disk_rule import MB, DiskRule
from edge.log.pictures import path_in_log, plain_name
from edge.log.rows import insert, transaction

_log = logging.getLogger(__name__)

REMOVED = "removed"
WITHHELD = "withheld"
_AT_A_TIME = 50
# Of a limit: so much more room is made than is needed.
SLACK = 0.02
# So many removed pictures are looked at again when a log is opened: the last may have died between row and file.
_LOOKED_AT_AGAIN = 2 * _AT_A_TIME

_FINDS = "(SELECT count(*) FROM finds WHERE finds.run_id = frames.run_id AND finds.seq = frames.seq)"

# What goes first: frames without a find, then those whose finds were all rejected, then those that nobody has judged,
# last those with an accepted find; the oldest first in each. A find's last verdict counts.
_FIRST_TO_GO = f"""
SELECT frames.run_id, frames.seq, {_FINDS} FROM frames
LEFT JOIN absent_pictures USING (run_id, seq)
WHERE overlay_path IS NOT NULL AND absent_pictures.seq IS NULL
ORDER BY coalesce((
    SELECT max(CASE (SELECT verdict FROM reviews WHERE find_id = finds.id ORDER BY reviews.id DESC LIMIT 1)
        WHEN 'reject' THEN 1 WHEN 'accept' THEN 3 ELSE 2 END)
    FROM finds WHERE finds.run_id = frames.run_id AND finds.seq = frames.seq
), 0), frames.rowid LIMIT {_AT_A_TIME}
"""  # noqa: S608  # our own words


class _Going(NamedTuple):
    """A frame whose pictures go."""

    run_id: str
    seq: int
    finds: int

    def files(self, folder: Path) -> list[Path]:
        """Its picture and those of its finds: by number, so that no row can name a file outside the log."""
        if PurePosixPath(self.run_id).name != self.run_id:
            return []
        own = folder / path_in_log(self.run_id, self.seq)
        return [own, *(own.with_name(plain_name(own.name, n)) for n in range(self.finds))]


class Retention:
    """Keeps one log's pictures within a rule; its writer asks it before it writes.

    Raises `sqlite3.Error`, `OSError`.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, rule: DiskRule, clock: Clock) -> None:
        self._folder, self._connection, self._rule, self._clock = folder, connection, rule, clock
        self._pictures_bytes = 0
        if rule.max_pictures_mb is not None:
            self._pictures_bytes = sum(path.stat().st_size for path in (folder / IMAGES_FOLDER).rglob("*.jpg"))
        self._finish_removals()

    def make_room(self, more_bytes: int) -> None:
        """Removes pictures until `more_bytes` fit into the rule, or until there is none left to remove."""
        removed = 0
        while (over := self._over(more_bytes)) is not None:
            bytes_over, why = over
            batch = self._first_to_go(bytes_over)
            if not batch:
                break
            self._remove(batch, why)
            removed += len(batch)
        if removed:
            _log.info("log %s: %d pictures removed to make room", self._folder, removed)

    def wrote(self, written_bytes: int) -> None:
        """Counts pictures that were written."""
        self._pictures_bytes += written_bytes

    def _over(self, more_bytes: int) -> tuple[float, str] | None:
        """How many bytes too many there would be, some more included so that this is not asked at every frame."""
        rule = self._rule
        if rule.max_pictures_mb is not None:
            limit = rule.max_pictures_mb * MB
            if self._pictures_bytes + more_bytes > limit:
                over = self._pictures_bytes + more_bytes - limit * (1 - SLACK)
                return over, f"the log's pictures take at most {rule.max_pictures_mb:g} MB"
        if rule.min_free_mb is not None:
            limit = rule.min_free_mb * MB
            if self._free_bytes() - more_bytes < limit:
                over = limit * (1 + SLACK) - self._free_bytes() + more_bytes
                return over, f"{rule.min_free_mb:g} MB stay free on the disk"
        return None

    def _first_to_go(self, bytes_over: float) -> list[_Going]:
        """Frames in the order in which their pictures go, until these come to so many bytes; at most `_AT_A_TIME`."""
        batch = []
        for row in self._connection.execute(_FIRST_TO_GO):
            going = _Going(*row)
            batch.append(going)
            for path in going.files(self._folder):
                with suppress(OSError):
                    bytes_over -= path.stat().st_size
            if bytes_over <= 0:
                break
        return batch

    def _free_bytes(self) -> int:
        disk = os.statvfs(self._folder)
        return disk.f_bavail * disk.f_frsize

    def _remove(self, batch: Sequence[_Going], why: str) -> None:
        now = write_utc(self._clock.utc())
        # The row first: a picture that is gone is never one that a row still promises.
        with transaction(self._connection):
            for going in batch:
                key: dict[str, Value] = {"run_id": going.run_id, "seq": going.seq}
                insert(self._connection, "absent_pictures", {**key, "t_utc": now, "state": REMOVED, "reason": why})
        self._unlink(batch)

    def _unlink(self, batch: Sequence[_Going]) -> None:
        for path in (path for going in batch for path in going.files(self._folder)):
            try:
                size = path.stat().st_size
                path.unlink()
            except FileNotFoundError:
                continue
            except OSError as failed:
                _log.warning("log %s: picture %s could not be removed: %s", self._folder, path, failed)
                continue
            self._pictures_bytes -= size

    def _finish_removals(self) -> None:
        query = (
            f"SELECT frames.run_id, frames.seq, {_FINDS} FROM absent_pictures JOIN frames USING (run_id, seq)"  # noqa: S608
            " WHERE state = ? AND overlay_path IS NOT NULL ORDER BY absent_pictures.rowid DESC LIMIT ?"
        )
        self._unlink([_Going(*row) for row in self._connection.execute(query, (REMOVED, _LOOKED_AT_AGAIN))])
