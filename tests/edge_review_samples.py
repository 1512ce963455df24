"""What the tests of the review page share: logs with pictures, a server in a process of its own, a client."""

import asyncio
import json
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread
from typing import Any

import cv2
import numpy as np
import uvicorn
from edge_log_samples import CLOCK, DB, FIND, START, child, frame, raw, skipped

from edge.clock import SystemClock
from edge.log import FindRecord, InspectionLog, RunState
from edge.review.access import Doors
from edge.review.app import Settings, make_app
from edge.review.guard import Rules
from edge.review.server import LOOPBACK_NAMES, Address

WH = (320, 240)
OWN = {"X-Hairline": "1", "Content-Type": "application/json"}


def jpeg(seed: int, wh: tuple[int, int] = WH) -> bytes:
    """A grey picture with a dark line; each seed its own."""
    rng = np.random.default_rng(seed)
    picture = np.full((wh[1], wh[0], 3), 150 + seed % 40, np.uint8)
    picture += rng.integers(0, 20, picture.shape, np.uint8)
    cv2.line(picture, (10, 20 + seed % 100), (wh[0] - 10, wh[1] - 30), (40, 40, 40), 2)
    return cv2.imencode(".jpg", picture)[1].tobytes()


def make_log(folder: Path, *, frames: int = 4, finds: int = 3, start: Any = START) -> str:
    """A finished run: `frames` with `finds` each, of scores that fall, and one skipped; returns its id."""
    with InspectionLog.open(folder, clock=CLOCK) as log:
        run_id = log.start_run(start)
        for seq in range(frames):
            records = [
                replace(FIND, box_xywh_px=(10 + 60 * n, 20, 64, 96), score=score(seq * finds + n)) for n in range(finds)
            ]
            log.log_frame(run_id, frame(seq, frame_wh=WH, name=f"<b>{seq}</b>.png"), records, jpeg(seq))
        log.log_frame(run_id, skipped(frames, "too dark"), [], None)
        log.end_run(run_id, RunState.FINISHED, None)
    return run_id


def score(n: int) -> float:
    """The score of the nth find of `make_log`."""
    return 0.99 - 0.03 * (n % 30)


def damage_finds(folder: Path) -> None:
    """Overwrites six pages near the end of a large log's file: finds and their index, a page each in turn."""
    with closing(sqlite3.connect(folder / DB)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page, pages = (db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count"))
    with (folder / DB).open("r+b") as file:
        file.seek(int(pages * 0.8) * page)
        file.write(b"\xff" * 6 * page)


def make_large_log(folder: Path, finds: int) -> None:
    """Many finds in frames of ten, written as fast as SQLite takes them; all show one picture."""
    run_id = make_log(folder, frames=1, finds=1)
    record = FindRecord(box_xywh_px=(1, 2, 64, 96), score=0.5, q=1, windows=3).write()
    columns, places = ", ".join(record), ", ".join("?" * len(record))
    rng = np.random.default_rng(0)
    scores = (0.5 + 0.5 * rng.random(finds)).tolist()
    with raw(folder) as db:
        db.execute("BEGIN")
        path = db.execute("SELECT overlay_path FROM frames WHERE seq = 0").fetchone()[0]
        for seq in range(100, 100 + -(-finds // 10)):
            values = {**frame(seq, frame_wh=WH, score_map_q=None, image_score=None).write(), "overlay_path": path}
            names, marks = ", ".join(values), ", ".join("?" * len(values))
            db.execute(f"INSERT INTO frames (run_id, {names}) VALUES (?, {marks})", (run_id, *values.values()))
        db.executemany(
            f"INSERT INTO finds (run_id, seq, n, {columns}) VALUES (?, ?, ?, {places})",
            ((run_id, 100 + i // 10, i % 10, *{**record, "score": scores[i]}.values()) for i in range(finds)),
        )
        db.execute("COMMIT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(self, path: str, method: str = "GET", body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """One request. A body that is not bytes goes as JSON with the page's own header."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body)
        try:
            connection.request(method, path, sent, headers if headers is not None else OWN)
            answer = connection.getresponse()
            return Answer(
                status=answer.status,
                headers={name.lower(): value for name, value in answer.getheaders()},
                body=answer.read(),
            )
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        answer = self.ask(path)
        assert answer.status == 200, answer.body
        return answer.json

    def say(self, **fields: Any) -> Answer:
        return self.ask("/api/reviews", "POST", fields)


@contextmanager
def serving(folder: Path, *, doors: Doors | None = None, hosts: frozenset[str] = LOOPBACK_NAMES) -> Iterator[Server]:
    """The page over a log, at a free port, on a thread of this process."""
    settings = Settings(
        folder=folder,
        clock=SystemClock(),
        rules=Rules(hosts=hosts, doors=doors, nobody="Ann"),
        address="http://127.0.0.1",
    )
    bound = Address(host="127.0.0.1", port=0).listen()
    config = uvicorn.Config(make_app(settings), log_level="warning", server_header=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = Thread(target=lambda: asyncio.run(server.serve(sockets=[bound])), daemon=True)
    thread.start()
    while thread.is_alive() and not server.started:
        time.sleep(0.01)
    try:
        yield Server(port=bound.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        bound.close()


@contextmanager
def serving_process(folder: Path, *words: str) -> "Iterator[tuple[Server, subprocess.Popen[str]]]":
    """`hairline review` as a person starts it."""
    code = "import sys; from edge.cli import main; sys.exit(main(['review', *sys.argv[1:]]))"
    process = child(code, str(folder), "--port", "0", *words)
    try:
        assert process.stdout is not None
        said = process.stdout.readline()
        if not said:
            raise AssertionError(process.communicate()[1])
        yield Server(port=int(said.rsplit(":", 1)[1])), process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)
