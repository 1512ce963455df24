"""What the tests of rover and base share: a log with pictures, a base in a process or a thread."""

import contextlib
import multiprocessing
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import uvicorn
from edge_log_samples import CLOCK, FIND, START, frame

from edge.base.app import base_app
from edge.base.pictures import PictureStore
from edge.base.serve import BasePlan, serve
from edge.base.store import Store
from edge.log import InspectionLog, RunState
from edge.outbox import LogRows

FORK = multiprocessing.get_context("fork")
STARTED_S = 60


def make_log(folder: Path, frames: int, *, seed: int = 0, picture_bytes: int = 3000) -> None:
    """A log with a run that ended; every second frame has finds and a picture of random bytes."""
    rng = np.random.default_rng(seed)
    with InspectionLog.open(folder, clock=CLOCK) as log:
        run_id = log.start_run(START)
        for seq in range(frames):
            picture = rng.bytes(int(rng.integers(1, picture_bytes))) if seq % 2 else None
            log.log_frame(run_id, frame(seq), [FIND] * (seq % 3) if seq % 2 else [], picture)
        log.end_run(run_id, RunState.FINISHED, None)


def expected(folder: Path) -> tuple[dict[str, str], dict[str, bytes]]:
    """Every row of a log by key, and every picture by path."""
    rows = LogRows(folder)
    contents = {row.key: row.content for table, key in rows.tables().items() for row in rows.all_rows(table, key)}
    pictures = {str(p.relative_to(folder)): p.read_bytes() for p in (folder / "images").rglob("*.jpg")}
    return contents, pictures


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for_port(port: int) -> None:
    until = time.monotonic() + STARTED_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


@contextlib.contextmanager
def base_in_a_thread(data: Path, store: Store, **tls: str) -> Iterator[int]:
    """A base that answers at the port yielded."""
    server = uvicorn.Server(
        uvicorn.Config(
            base_app(store, PictureStore(data / "pictures"), data / "tokens"),
            host="127.0.0.1",
            port=0,
            log_level="warning",
            **tls,
        )
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until = time.monotonic() + STARTED_S
        while not server.started and time.monotonic() < until:
            time.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(STARTED_S)


def base_process(data: Path, port: int, database: str | None = None) -> multiprocessing.process.BaseProcess:
    """A base in a process of its own, to be killed."""
    process = FORK.Process(target=serve, args=(BasePlan(data=data, port=port, database=database),))
    process.start()
    return process
