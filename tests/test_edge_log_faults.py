"""Faults: two writers, files that are no log, full disks, kills at any moment."""

import os
import random
import signal
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from edge_log_samples import CLOCK, DB, FIND, START, assert_same_frame, child, frame, picture, raw

from edge.errors import LogError
from edge.log import InspectionLog, RunState, read_log


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def log(folder: Path) -> Iterator[InspectionLog]:
    with InspectionLog.open(folder, clock=CLOCK) as opened:
        yield opened


# One writer, any readers.


HOLD = """
import sys, time
from pathlib import Path
from edge.clock import ManualClock
from edge.log import InspectionLog
with InspectionLog.open(Path(sys.argv[1]), clock=ManualClock()):
    print("open", flush=True)
    time.sleep(60)
"""


def test_a_second_writer_is_refused_until_the_first_is_gone(folder: Path) -> None:
    holder = child(HOLD, str(folder))
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        with pytest.raises(LogError, match=f"in use by process {holder.pid}"):
            InspectionLog.open(folder, clock=CLOCK)
        with read_log(folder) as reader:
            assert reader.runs() == []
    finally:
        holder.kill()
        holder.communicate()
    InspectionLog.open(folder, clock=CLOCK).close()


def test_a_second_writer_in_the_same_process_is_refused_too(log: InspectionLog, folder: Path) -> None:
    with pytest.raises(LogError, match="in use"):
        InspectionLog.open(folder, clock=CLOCK)


def test_readers_read_while_a_run_is_writing(log: InspectionLog, folder: Path) -> None:
    run_id = log.start_run(START)
    with read_log(folder) as reader:
        for seq in range(5):
            log.log_frame(run_id, frame(seq), [FIND], None)
            walk = reader.frames(run_id)
            next(walk)  # a query that is under way does not hold the writer up
            assert reader.counts(run_id).inspected == seq + 1
            assert reader.runs()[0].state is RunState.RUNNING
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader._connection.execute("DELETE FROM finds")


# Logs that cannot be used.


@pytest.mark.parametrize(("version", "words"), [(4, "newer.*upgrade hairline"), (0, "no Hairline has written")])
def test_another_schema_is_refused(folder: Path, version: int, words: str) -> None:
    InspectionLog.open(folder, clock=CLOCK).close()
    with raw(folder) as db:
        db.execute(f"PRAGMA user_version = {version}")
    before = (folder / DB).read_bytes()
    for open_it in (lambda: InspectionLog.open(folder, clock=CLOCK), lambda: read_log(folder)):
        with pytest.raises(LogError, match=f"{DB}.*{words}"):
            open_it()
    assert (folder / DB).read_bytes() == before


@pytest.mark.parametrize("kind", ["a text", "another database"])
def test_what_is_no_log_is_refused_and_left_alone(folder: Path, kind: str) -> None:
    folder.mkdir()
    if kind == "a text":
        (folder / DB).write_text("shopping list " * 100, encoding="utf-8")
    else:
        with raw(folder) as db:
            db.execute("CREATE TABLE shopping (item TEXT)")
    before = (folder / DB).read_bytes()
    for open_it in (lambda: InspectionLog.open(folder, clock=CLOCK), lambda: read_log(folder)):
        with pytest.raises(LogError, match=r"not a database|no inspection log"):
            open_it()
    assert (folder / DB).read_bytes() == before


def test_a_damaged_log_is_refused(folder: Path) -> None:
    with InspectionLog.open(folder, clock=CLOCK) as log:
        run_id = log.start_run(START)
        for seq in range(100):
            log.log_frame(run_id, frame(seq), [FIND] * 3, None)
    content = bytearray((folder / DB).read_bytes())
    content[len(content) // 2 : len(content) // 2 + 6000] = b"\x55" * 6000
    (folder / DB).write_bytes(content)
    with pytest.raises(LogError, match=r"damaged|malformed"):
        InspectionLog.open(folder, clock=CLOCK)


def test_a_log_whose_database_is_gone_is_not_begun_anew(folder: Path) -> None:
    with InspectionLog.open(folder, clock=CLOCK) as log:
        log.start_run(START)
    (folder / DB).unlink()
    with pytest.raises(LogError, match="pictures of its runs"):
        InspectionLog.open(folder, clock=CLOCK)


def test_a_log_cut_off_while_it_was_made_is_made_again(folder: Path) -> None:
    folder.mkdir()
    with raw(folder) as db:
        db.execute("PRAGMA journal_mode = WAL")
    with InspectionLog.open(folder, clock=CLOCK) as log:
        log.start_run(START)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    # Tests may run as root, whom permissions do not stop; a file in the way and /proc stop everybody.
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file", tmp_path / "file" / "log", Path("/proc/hairline-log")):
        with pytest.raises(LogError, match=f"log {path}"):
            InspectionLog.open(path, clock=CLOCK)


def test_a_log_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(LogError, match=r"no file .*nowhere"):
        read_log(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """This process may read the folder but not write to it, also where root runs the tests."""
    folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o755)


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """pytest's own folders are closed to other users, which `unwritable` becomes."""
    with tempfile.TemporaryDirectory() as above:
        Path(above).chmod(0o755)
        yield Path(above) / "log"


@pytest.mark.parametrize("read_before", [False, True], ids=["just written", "with the empty WAL of a reader"])
def test_a_closed_log_on_a_medium_that_cannot_be_written_is_readable(open_to_all: Path, read_before: bool) -> None:
    with InspectionLog.open(open_to_all, clock=CLOCK) as log:
        log.log_frame(log.start_run(START), frame(0), [FIND], None)
    if read_before:
        with read_log(open_to_all) as reader:
            reader.runs()
    with unwritable(open_to_all):
        with read_log(open_to_all) as reader:
            (run,) = reader.runs()
            assert reader.counts(run.id).finds == 1
        with pytest.raises(LogError, match=f"{open_to_all}.*denied"):
            InspectionLog.open(open_to_all, clock=CLOCK)


def test_a_log_that_was_never_closed_is_read_whole_or_not(open_to_all: Path) -> None:
    victim = child(KILLED, str(open_to_all))
    assert victim.stdout is not None
    for _ in range(4):
        victim.stdout.readline()
    victim.kill()
    victim.communicate()
    (open_to_all / f"{DB}-shm").unlink()  # shared memory does not outlive a power cut
    with unwritable(open_to_all), pytest.raises(LogError, match="copy the whole folder"):
        read_log(open_to_all)
    with read_log(open_to_all) as reader:
        assert reader.counts(reader.runs()[0].id).inspected >= 3


FILL = """
import resource, sys
from pathlib import Path
import edge_log_samples as t
from edge.errors import LogError
from edge.log import InspectionLog
with InspectionLog.open(Path(sys.argv[1]), clock=t.CLOCK) as log:
    run_id = log.start_run(t.START)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    try:
        for seq in range(10_000):
            log.log_frame(run_id, t.frame(seq), [t.FIND], bytes(int(sys.argv[2])) or None)
            print(seq, flush=True)
    except LogError as full:
        print(full, flush=True)
"""


@pytest.mark.parametrize("jpeg_bytes", [0, 1000], ids=["rows", "rows and pictures"])
def test_a_full_disk_is_told_and_takes_nothing_back(folder: Path, jpeg_bytes: int) -> None:
    # A limit on the size of a file stands in for the disk: the same calls fail in the same places.
    filler = child(FILL, str(folder), str(jpeg_bytes))
    out, err = filler.communicate(timeout=60)
    *acknowledged, message = out.splitlines()
    assert f"log {folder}: frame {len(acknowledged)} could not be logged: " in message, err
    with read_log(folder) as reader:
        (run,) = reader.runs()
        assert [f.seq for f in reader.finds(run.id)] == list(range(len(acknowledged)))
    with InspectionLog.open(folder, clock=CLOCK) as log:
        log.log_frame(log.start_run(START), frame(0), [FIND], b"jpeg")


# Killed at any moment.

KILLED = """
import sys
from pathlib import Path
import edge_log_samples as t
from edge.log import InspectionLog
with InspectionLog.open(Path(sys.argv[1]), clock=t.CLOCK) as log:
    run_id = log.start_run(t.START)
    print(run_id, flush=True)
    for seq in range(1_000_000):
        log.log_frame(run_id, t.frame(seq), [t.FIND] * (seq % 3), t.picture(seq) if seq % 2 else None)
        print(seq, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(folder: Path) -> None:
    moments = random.Random(7)
    acknowledged: dict[str, int] = {}
    for _ in range(int(os.environ.get("HAIRLINE_KILLS", "15"))):
        victim = child(KILLED, str(folder))
        assert victim.stdout is not None
        assert victim.stderr is not None
        run_id = victim.stdout.readline().strip()
        seen = moments.randint(0, 12)
        for _ in range(seen):
            victim.stdout.readline()
        time.sleep(moments.uniform(0, 0.01))
        victim.send_signal(signal.SIGKILL)
        # Not communicate(): it loses what readline() has buffered.
        rest, errors = victim.stdout.read(), victim.stderr.read()
        assert victim.wait() == -signal.SIGKILL, errors
        # A last line may be torn: only whole ones were acknowledged.
        acknowledged[run_id] = seen + rest.count("\n")
    with read_log(folder) as reader:
        assert {run.state for run in reader.runs()} == {RunState.LOST}  # nobody has opened it since
    with InspectionLog.open(folder, clock=CLOCK), raw(folder) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    with read_log(folder) as reader:
        assert {run.id for run in reader.runs()} == acknowledged.keys()
        for run in reader.runs():
            frames = {logged.frame.seq: logged for logged in reader.frames(run.id)}
            # One more may have been logged and not yet acknowledged.
            assert list(frames) == list(range(len(frames)))
            assert len(frames) in (acknowledged[run.id], acknowledged[run.id] + 1)
            assert (run.state, run.reason) == (
                RunState.LOST,
                f"ended without a word (power cut or killed); frames logged: {len(frames)}"
                + (f", the last {len(frames) - 1}.png at 2026-05-04 03:02:01 UTC" if frames else ""),
            )
            found = [f.seq for f in reader.finds(run.id)]
            for seq, logged in frames.items():
                assert_same_frame(logged.frame, frame(seq))
                assert found.count(seq) == seq % 3
                assert (logged.overlay_path is not None) == bool(seq % 2)
                if logged.overlay_path is not None:
                    assert (folder / logged.overlay_path).read_bytes() == picture(seq)
    assert not list(folder.rglob("*.part"))
