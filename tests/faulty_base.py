"""A base that is away for a day, or dies in the middle of an upload: what the rover does, and what arrives."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from edge_base_samples import base_in_a_thread, base_process, expected, free_port, make_log, wait_for_port

from edge import upload as upload_module
from edge.base.serve import open_store
from edge.base.tokens import add_token
from edge.errors import UploadError
from edge.outbox import LogRows, Outbox
from edge.upload import Uploader, keep_uploading
from edge.upload_client import BaseClient
from edge.upload_protocol import FILES

DAY_S = 24 * 3600
LONGEST_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseOutcome:
    """What came of it. `missing`: records and pictures of the log that the base lacks in the end, or has otherwise.

    `sent_pictures` counts those that were sent whole, `said` is what the rover said last of its trouble.
    """

    fault: str
    tries: int
    said: str
    records: int
    pictures: int
    sent_pictures: int
    missing: int


class _OneDay:
    """A day passes in no time."""

    def __init__(self) -> None:
        self.now_s, self.tries = 0.0, 0

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, duration_s: float) -> None:
        self.now_s += duration_s

    def tried(self) -> None:
        self.tries += 1


def away_for_a_day(folder: Path) -> BaseOutcome:
    """The day is simulated; the tries, the log and the upload at its end are real."""
    log, data, day = folder / "log", folder / "base", _OneDay()
    make_log(log, 12)
    token, store = add_token(data / "tokens", "rover"), open_store(data, None)
    said = ""
    with Outbox.open(log) as outbox:
        with (
            BaseClient(f"http://127.0.0.1:{free_port()}", token=token) as away,
            patch.object(upload_module, "time", day),
        ):
            uploader = Uploader(log, outbox, away, stop=lambda: False)
            keep_uploading(uploader, every_s=10.0, stop=lambda: day.now_s > DAY_S, watch=day.tried)
            try:
                uploader.run_once()
            except UploadError as failed:
                said = str(failed)
        with base_in_a_thread(data, store) as port, BaseClient(f"http://127.0.0.1:{port}", token=token) as there:
            uploader = Uploader(log, outbox, there, stop=lambda: False)
            # The second time there is nothing to send.
            uploader.run_once()
            uploader.run_once()
    store.close()
    return _judged("base unreachable for a day", log, data, day.tries, said, uploader.sent.pictures)


def dies_in_an_upload(folder: Path) -> BaseOutcome:
    """The base is killed (SIGKILL) as soon as it has got a part of the pictures, and started again."""
    log, data, port = folder / "log", folder / "base", free_port()
    make_log(log, 12, picture_bytes=600_000)
    token = add_token(data / "tokens", "rover")
    base = base_process(data, port, None)
    wait_for_port(port)
    tries, said, killed = 0, "", False

    def stop() -> bool:
        """Asked between two requests."""
        nonlocal killed
        if not killed and any((data / "pictures").rglob("*")):
            os.kill(base.pid or 0, signal.SIGKILL)
            base.join()
            killed = True
        return False

    until = time.monotonic() + LONGEST_S
    with Outbox.open(log) as outbox, BaseClient(f"http://127.0.0.1:{port}", token=token) as client:
        uploader = Uploader(log, outbox, client, stop=stop)
        while time.monotonic() < until:
            tries += 1
            try:
                uploader.run_once()
                break
            except UploadError as failed:
                said = str(failed)
                base = base_process(data, port, None)
                wait_for_port(port)
    base.kill()
    base.join()
    return _judged("base dies in the middle of an upload", log, data, tries, said, uploader.sent.pictures)


def _judged(fault: str, log: Path, data: Path, tries: int, said: str, sent_pictures: int) -> BaseOutcome:
    rows, pictures = expected(log)
    log_id = LogRows(log).log_id()
    assert log_id is not None
    store = open_store(data, None)
    contents = store.contents("rover", log_id)
    store.close()
    there = {key: content for key, content in contents.items() if not key.startswith(FILES)}
    files = {key.removeprefix(FILES) for key in contents if key.startswith(FILES)}
    return BaseOutcome(
        fault=fault,
        tries=tries,
        said=said,
        records=len(rows),
        pictures=len(pictures),
        sent_pictures=sent_pictures,
        missing=len(rows.items() ^ there.items()) + len(pictures.keys() ^ files),
    )
