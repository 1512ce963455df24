"""Rover and base killed (SIGKILL) at random moments: in the end everything is at the base, once, and whole.

`HAIRLINE_KILLS` says how often (20); `HAIRLINE_KILL_SEED` replays a seed.
"""

import json
import os
import random
import signal
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from edge_base_samples import FORK, base_in_a_thread, base_process, expected, free_port, make_log, wait_for_port

from edge.base.pictures import PictureStore
from edge.base.serve import open_store
from edge.base.tokens import add_token
from edge.errors import UploadError
from edge.outbox import LogRows, Outbox
from edge.upload import Uploader
from edge.upload_client import BaseClient
from edge.upload_protocol import FILES

pytest_plugins = ("edge_base_fixtures",)

KILLS = int(os.environ.get("HAIRLINE_KILLS", "20"))
SEED = int(os.environ.get("HAIRLINE_KILL_SEED", "5"))
LONGEST_WAIT_S = 0.05
LONGEST_UPLOAD_S = 300


def stored_bytes(data: Path) -> int:
    """How much of pictures the base has, whole ones and pieces."""
    total = 0
    for path in (data / "pictures").rglob("*"):
        with suppress(FileNotFoundError):  # renamed as we look
            total += path.stat().st_size if path.is_file() else 0
    return total


def wait_until_stored(data: Path, count: float) -> None:
    until = time.monotonic() + LONGEST_UPLOAD_S
    while stored_bytes(data) < count:
        assert time.monotonic() < until, "the upload does not get on"
        time.sleep(0.005)


def upload(log: Path, port: int, token: str, *, until_done: bool) -> None:
    """What `hairline upload` does, without its waiting between two tries."""
    with Outbox.open(log) as outbox, BaseClient(f"http://127.0.0.1:{port}", token=token) as client:
        uploader = Uploader(log, outbox, client, stop=lambda: False)
        while True:
            try:
                uploader.run_once()
            except UploadError:
                time.sleep(0.005)
                continue
            if until_done:
                return


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_killed_at_any_moment_nothing_is_lost_or_stored_twice(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    database = request.getfixturevalue("postgres") if kind == "postgres" else None
    log, data, port = tmp_path / "log", tmp_path / "base", free_port()
    dice = random.Random(SEED)
    make_log(log, 150, seed=SEED, picture_bytes=400_000)
    token = add_token(data / "tokens", "rover")
    base = base_process(data, port, database)
    rover = FORK.Process(target=upload, args=(log, port, token), kwargs={"until_done": False})
    rover.start()
    whole = sum(map(len, expected(log)[1].values()))
    # A quarter of the kills while records are sent, the others spread over the pictures.
    points = [0.0] * (KILLS // 4) + sorted(dice.uniform(0, whole) for _ in range(KILLS - KILLS // 4))
    in_work = 0
    for point in points:
        wait_until_stored(data, point)
        time.sleep(dice.uniform(0, LONGEST_WAIT_S))
        in_work += stored_bytes(data) < whole
        victims = dice.choice([("rover",), ("base",), ("rover", "base")])
        for name in victims:
            victim = rover if name == "rover" else base
            assert victim.is_alive(), f"{name} died by itself with {victim.exitcode}"
            os.kill(victim.pid or 0, signal.SIGKILL)
            victim.join()
        if "base" in victims:
            base = base_process(data, port, database)
        if "rover" in victims:
            rover = FORK.Process(target=upload, args=(log, port, token), kwargs={"until_done": False})
            rover.start()
    os.kill(rover.pid or 0, signal.SIGKILL)
    rover.join()
    wait_for_port(port)
    upload(log, port, token, until_done=True)
    base.kill()
    base.join()
    assert in_work > KILLS // 2, "most kills are to hit a base that has not got everything"

    rows, pictures = expected(log)
    log_id = LogRows(log).log_id()
    assert log_id is not None
    store = open_store(data, database)
    contents = store.contents("rover", log_id)
    store.close()
    files = {key.removeprefix(FILES): json.loads(contents.pop(key)) for key in list(contents) if key.startswith(FILES)}
    assert contents == rows
    stored = {p.name for p in (data / "pictures").rglob("*") if p.is_file()}
    assert stored == {file["sha256"] for file in files.values()}, "no half picture lies about"
    assert {
        path: PictureStore(data / "pictures").path("rover", file["sha256"]).read_bytes() for path, file in files.items()
    } == pictures
    if database is None:
        with sqlite3.connect(data / "base.db") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


class DiedError(BaseException):
    """Stands for SIGKILL: nothing on the rover's side catches it."""


class Dying(BaseClient):
    """Dies at a request: before it is sent, or when the base has done it and its answer is on the way."""

    def __init__(self, url: str, *, token: str, requests: int, answered: bool, stored: list[str]) -> None:
        super().__init__(url, token=token)
        self._left, self._answered, self._stored = requests, answered, stored

    def _ask(self, method: str, path: str, body: bytes | None = None, **options: Any) -> Any:
        self._left -= 1
        if self._left < 0 and not self._answered:
            raise DiedError
        answer = super()._ask(method, path, body, **options)
        if path.endswith("/records"):
            self._stored += [record["key"] for record in json.loads(body or b"")["records"]]
        elif method == "PUT":
            self._stored.append(path)
        if self._left < 0:
            raise DiedError
        return answer


@pytest.mark.parametrize("answered", [False, True])
def test_dying_at_every_request_nothing_is_lost_or_sent_twice(answered: bool, tmp_path: Path) -> None:
    """Every life of the rover ends at its n-th request, n going round; what the base takes in all is the log, once."""
    log, data = tmp_path / "log", tmp_path / "base"
    make_log(log, 8, picture_bytes=300_000)
    token, store = add_token(data / "tokens", "rover"), open_store(data, None)
    stored: list[str] = []
    with base_in_a_thread(data, store) as port:
        for life in range(200):
            client = Dying(
                f"http://127.0.0.1:{port}", token=token, requests=1 + life % 7, answered=answered, stored=stored
            )
            with suppress(DiedError), Outbox.open(log) as outbox, client:
                Uploader(log, outbox, client, stop=lambda: False).run_once()
                break
    rows, pictures = expected(log)
    assert 5 < life < 199
    assert len(stored) == len(set(stored)), "something was sent twice"
    assert {key for key in stored if not key.startswith("/v1")} == set(rows) | {FILES + path for path in pictures}
    log_id = LogRows(log).log_id()
    assert log_id is not None
    contents = store.contents("rover", log_id)
    store.close()
    assert {key: content for key, content in contents.items() if not key.startswith(FILES)} == rows
    assert sum(key.startswith(FILES) for key in contents) == len(pictures)
