"""Bringing a log to its base: what the base lacks is sent, records first, then the pictures that they name."""

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from edge.errors import UploadError
from edge.outbox import GROWING, LogRows, Outbox, Row
from edge.upload_client import BaseClient
from edge.upload_protocol import BATCH_RECORDS, CHUNK_BYTES, FILES, MAX_PICTURE_BYTES, Record, file_content

_log = logging.getLogger(__name__)

_LONGEST_WAIT_S = 300.0
_TICK_S = 0.2
_PICTURES_A_LOOK = 50


@dataclass(slots=True, kw_only=True)
class Sent:
    """What was sent: records, pictures and their bytes; `gone` are pictures that were removed before it."""

    records: int = 0
    pictures: int = 0
    picture_bytes: int = 0
    gone: int = 0


class Uploader:
    """Brings one log to one base. `stop` is asked between two requests."""

    def __init__(self, folder: Path, outbox: Outbox, client: BaseClient, *, stop: Callable[[], bool]) -> None:
        self._folder, self._rows, self._outbox, self._client, self._stop = (
            folder,
            LogRows(folder),
            outbox,
            client,
            stop,
        )
        self._log_id = ""
        self._revision = 0
        # Up to which row a growing table was looked through; empty again when what was logged may have been changed.
        self._marks: dict[str, int] = {}
        self.sent = Sent()

    def run_once(self) -> None:
        """Sends all that the base lacks. Raises `UploadError`, `RefusedError`, `LogError`; what was sent stays sent."""
        log_id = self._rows.log_id()
        if log_id is None:
            return
        self._log_id = log_id
        if not self._revision:
            # The base's word counts too: an outbox that fell back must not number anew what is numbered already.
            self._revision = max(self._outbox.revision(), self._client.revision(log_id))
        changed = False
        for table, primary_key in self._rows.tables().items():
            if table in GROWING:
                for last, batch in self._rows.batches(table, primary_key, self._marks.get(table, 0)):
                    self._send(batch)
                    self._marks[table] = last
                    if self._stop():
                        return
            else:
                changed |= self._send_small(table, self._rows.all_rows(table, primary_key))
            if self._stop():
                return
        self._send_pictures()
        if changed:
            # A run that ends improves the poses of its frames: they are looked through once more.
            self._marks.clear()

    def _send_small(self, table: str, rows: Sequence[Row]) -> bool:
        """Sends a small table's changes, rows that are gone included; says whether there were any."""
        changed = False
        for at in range(0, len(rows), BATCH_RECORDS):
            changed |= self._send(rows[at : at + BATCH_RECORDS])
        gone = sorted(self._outbox.keys(table) - {row.key for row in rows})
        for at in range(0, len(gone), BATCH_RECORDS):
            self._send_records([self._numbered(key, None) for key in gone[at : at + BATCH_RECORDS]], pictures=())
        return changed or bool(gone)

    def _send(self, rows: Sequence[Row]) -> bool:
        sums = {row.key: hashlib.sha256(row.content.encode()) for row in rows}
        known = self._outbox.acknowledged(list(sums))
        new = [row for row in rows if known.get(row.key) != sums[row.key].digest()]
        if not new:
            return False
        missing = self._client.missing(self._log_id, {row.key: sums[row.key].hexdigest() for row in new})
        there = [row for row in new if row.key not in missing]
        self._outbox.acknowledge(
            [(row.key, sums[row.key].digest(), self._revision) for row in there],
            pictures=[path for row in there for path in row.pictures],
        )
        lacking = [row for row in new if row.key in missing]
        if lacking:
            self._send_records(
                [self._numbered(row.key, row.content) for row in lacking],
                pictures=[path for row in lacking for path in row.pictures],
            )
        return True

    def _numbered(self, key: str, content: str | None) -> Record:
        self._revision += 1
        return Record(key=key, revision=self._revision, content=content)

    def _send_records(self, records: Sequence[Record], *, pictures: Sequence[str]) -> None:
        self._client.send_records(self._log_id, records)
        gone = records[0].content is None
        self._outbox.acknowledge(
            [(record.key, bytes.fromhex(record.sha256), record.revision) for record in records],
            pictures=pictures,
            gone=gone,
        )
        self.sent.records += len(records)

    def _send_pictures(self) -> None:
        while waiting := self._outbox.waiting(_PICTURES_A_LOOK):
            for path in waiting:
                if self._stop():
                    return
                self._send_picture(path)

    def _send_picture(self, path: str) -> None:
        content = self._content(path)
        if content is None:
            # Retention removes pictures, never records: the base is told no lie, it just has no picture.
            self._outbox.picture_done(path, gone=True)
            self.sent.gone += 1
            return
        sha256 = hashlib.sha256(content).hexdigest()
        self._send_content(sha256, content)
        key, says = f"{FILES}{path}", file_content(sha256, len(content))
        self._send([Row(key=key, content=says, pictures=())])
        self._outbox.picture_done(path)
        self.sent.pictures += 1

    def _send_content(self, sha256: str, content: bytes) -> None:
        received, complete = self._client.picture(sha256)
        while not complete:
            if self._stop():
                raise UploadError("the upload was stopped in the middle of a picture; it goes on from there")
            before = received
            piece = content[received : received + CHUNK_BYTES]
            received, complete = self._client.send_piece(sha256, piece, offset=received, size=len(content))
            if not complete and received <= before:
                raise UploadError(f"the base has {received} bytes of a picture of {len(content)} and takes no more")
            self.sent.picture_bytes += len(piece)

    def _content(self, path: str) -> bytes | None:
        named = PurePosixPath(path)
        if named.is_absolute() or ".." in named.parts:
            _log.warning("log %s names a picture outside itself, which is not sent: %s", self._folder, path)
            return None
        try:
            if (self._folder / named).stat().st_size > MAX_PICTURE_BYTES:
                _log.warning("%s is larger than %d bytes and is not sent", path, MAX_PICTURE_BYTES)
                return None
            return (self._folder / named).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as unreadable:
            raise UploadError(
                f"{self._folder / named}: cannot be read: {unreadable.strerror or unreadable}"
            ) from unreadable


def keep_uploading(uploader: Uploader, *, every_s: float, stop: Callable[[], bool], watch: Callable[[], None]) -> None:
    """Uploads until `stop` says so; a base that cannot be reached is tried again, after ever longer, for ever.

    Raises `RefusedError`, `LogError`.
    """
    failures = 0
    while not stop():
        try:
            uploader.run_once()
            failures, wait_s = 0, every_s
        except UploadError as failed:
            failures += 1
            wait_s = min(_LONGEST_WAIT_S, every_s * 2 ** min(failures, 20))
            if not stop():
                _log.warning("%s; again in %.0f s", failed, wait_s)
        watch()
        until_s = time.monotonic() + wait_s
        while not stop() and time.monotonic() < until_s:
            time.sleep(_TICK_S)
