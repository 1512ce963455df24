"""`hairline run` killed at random moments (SIGKILL), life after life on the same log, and what must be true after each.

Every life is a process of its own, forked from this one, which has imported everything and opened nothing. In it runs
the command line's own `run`; the only addition tells a pipe of every frame that `InspectionLog.log_frames` has returned
for. That is what was acknowledged. The moments come from a seed, so a failure is played again by it:

    python tests/killed_runs.py --kills 1000 --seed 5
"""

import hashlib
import logging
import os
import random
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from log_faults import Fault, Kind, Say, sayer

import edge.cameras.images
import edge.cameras.resumed
import edge.inspect
import edge.segmenter
import edge.verbs.run
import edge.verbs.run_parts
import edge.verbs.run_report  # noqa: F401  # what a life needs is imported once, before it is forked
from edge.cli import main as hairline
from edge.clock import SystemClock
from edge.log import Entry, InspectionLog, LoggedFrame, RunRecord, RunState, read_log
from edge.log.database import DATABASE_FILE
from edge.log.pictures import frames_name

TINY = Path(__file__).parent / "golden" / "tiny_bundle"
FRAMES = 400
MOST_FRAMES_A_LIFE = 36
LIVES_A_LOG = 25
LONGEST_LIFE_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """A frame that the loop was told is logged: its finds, and its picture below the log's folder with its SHA-256."""

    run_id: str
    seq: int
    finds: int
    picture: str
    sha256: str


@dataclass(slots=True, kw_only=True)
class Tally:
    """What the lives came to."""

    kills: int = 0
    before_first_frame: int = 0
    ended_before: int = 0
    frames: int = 0
    finds: int = 0
    pictures: int = 0
    left_behind: int = 0
    faults: list[Fault] = field(default_factory=list)


def make_pictures(folder: Path, *, count: int = FRAMES) -> Path:
    """A folder of small pictures that the tiny network finds something in."""
    folder.mkdir(parents=True)
    for n in range(count):
        pixels = np.random.default_rng(n).integers(0, 256, (128, 160, 3), np.uint8)
        cv2.imwrite(str(folder / f"{n:03d}.png"), pixels)
    return folder


def kill_many(folder: Path, kills: int, seed: int) -> Tally:
    """Kills `kills` runs and looks at the log after each. `folder` keeps the log of a fault."""
    tally = Tally()
    source = make_pictures(folder / "pictures")
    life = 0
    while tally.kills < kills and not tally.faults:
        log = folder / f"log-{life // LIVES_A_LOG}"
        if life % LIVES_A_LOG == 0 and life:
            shutil.rmtree(folder / f"log-{life // LIVES_A_LOG - 1}")
        dice = random.Random(f"{seed} {life}")
        acknowledged, status = _one_life(source, log, dice)
        say = sayer(tally.faults, f"life {life} of seed {seed}, in {log}")
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if not killed and status:
            # SIGALRM is that of a life that hung.
            say(Kind.OTHER, f"a run that was not killed ended with {os.waitstatus_to_exitcode(status)}")
        tally.kills += killed
        tally.ended_before += not killed
        tally.before_first_frame += killed and not acknowledged
        _look_after(log, acknowledged, killed, tally, say)
        life += 1
        if life % 50 == 0:
            sys.stderr.write(f"{tally}\n")
    return tally


def _one_life(source: Path, log: Path, dice: random.Random) -> tuple[list[Acknowledged], int]:
    """One run and its end; what it acknowledged, and its status as `os.waitpid` gives it."""
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(told)
        _live(source, log, tell)
    os.close(tell)
    # A tenth of them dies before its first frame; the others after so many frames and a little.
    if dice.random() < 0.1:
        after_frames, more_s = 0, dice.uniform(0, 0.3)
    else:
        after_frames, more_s = dice.randint(1, MOST_FRAMES_A_LIFE), dice.expovariate(300)
    lines = _read_lines(told, after_frames)
    time.sleep(more_s)
    os.kill(pid, signal.SIGKILL)
    with os.fdopen(told, "rb") as rest:
        # A last line may be torn: only whole ones were acknowledged.
        whole, _, _ = (lines + rest.read()).rpartition(b"\n")
    _, status = os.waitpid(pid, 0)
    rows = [line.split(" ") for line in whole.decode().splitlines()]
    acknowledged = [
        Acknowledged(run_id=run_id, seq=int(seq), finds=int(finds), picture=picture, sha256=sha256)
        for run_id, seq, finds, picture, sha256 in rows
    ]
    return acknowledged, status


def _read_lines(told: int, count: int) -> bytes:
    """What comes through a pipe until there are `count` lines or its writer is gone."""
    content = b""
    while content.count(b"\n") < count:
        piece = os.read(told, 65536)
        if not piece:
            break
        content += piece
    return content


def _live(source: Path, log: Path, tell: int) -> None:
    """The forked process: `hairline run`, which tells what it was told is logged. Never returns."""
    signal.alarm(int(LONGEST_LIFE_S))
    log_frames = InspectionLog.log_frames

    def told(self: InspectionLog, run_id: str, entries: Sequence[Entry]) -> list[Path | None]:
        paths = log_frames(self, run_id, entries)
        for entry, path in zip(entries, paths, strict=True):
            digest = "-" if entry.overlay_jpeg is None else hashlib.sha256(entry.overlay_jpeg).hexdigest()
            os.write(tell, f"{run_id} {entry.frame.seq} {len(entry.finds)} {path or '-'} {digest}\n".encode())
        return paths

    status = 70
    try:
        setattr(InspectionLog, "log_frames", told)  # noqa: B010  # mypy, rightly, knows a method from a variable
        silent = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1):
            os.dup2(silent, descriptor)
        words = ["run", source, "--log", log, "--bundle", TINY, "--threads", 1, "--resume"]
        status = hairline([str(word) for word in words])
    finally:
        os._exit(status)


def _look_after(log: Path, acknowledged: Sequence[Acknowledged], killed: bool, tally: Tally, say: Say) -> None:
    """Everything that must be true of a log whose run has just died, before and after the next writer opened it."""
    if not (log / DATABASE_FILE).exists():
        if acknowledged:
            say(Kind.LOST, f"{len(acknowledged)} frames were acknowledged, and there is no database")
        return
    _look_at_rows(log, acknowledged, say)
    before = {path for path in (log / "images").rglob("*") if path.is_file()}
    try:
        InspectionLog.open(log, clock=SystemClock()).close()
    except OSError as refused:
        say(Kind.START, f"the next start fails: {refused}")
        return
    with read_log(log) as reader:
        runs = reader.runs()
        logged = [(run, list(reader.frames(run.id))) for run in runs]
    named = {log / f.overlay_path for _, frames in logged for f in frames if f.overlay_path is not None}
    _look_at_chain(logged, say)
    there = {path for path in (log / "images").rglob("*") if path.is_file()}
    tally.left_behind += len(before - there)
    nameless = {path for path in there if path.with_name(frames_name(path.name)) not in named}
    if nameless or named - there:
        missing = sorted(map(str, named - there))
        say(Kind.PICTURE, f"pictures without a row: {sorted(map(str, nameless))}; rows without one: {missing}")
    for path in there:
        if not _is_whole(path.read_bytes()):
            say(Kind.PICTURE, f"picture {path} is not whole")
    if killed and runs and runs[-1].state not in (RunState.LOST, RunState.FINISHED):
        say(Kind.OTHER, f"a run that was killed is {runs[-1].state}")
    tally.frames += len(acknowledged)
    tally.finds += sum(one.finds for one in acknowledged)
    tally.pictures += sum(one.picture != "-" for one in acknowledged)


def _look_at_chain(logged: Sequence[tuple[RunRecord, Sequence[LoggedFrame]]], say: Say) -> None:
    """Runs that go on with one another inspect every frame once, until one has come to the end."""
    seen: set[int] = set()
    for run, frames in logged:
        seqs = {one.frame.seq for one in frames}
        if seen & seqs:
            say(Kind.OTHER, f"run {run.id} inspected again what was logged: {sorted(seen & seqs)}")
        seen = set() if run.state is RunState.FINISHED else seen | seqs


def _look_at_rows(log: Path, acknowledged: Sequence[Acknowledged], say: Say) -> None:
    with closing(sqlite3.connect(log / DATABASE_FILE)) as db:
        for check, fine in (("integrity_check", [("ok",)]), ("foreign_key_check", [])):
            if (found := db.execute(f"PRAGMA {check}").fetchall()) != fine:
                say(Kind.INTEGRITY, f"{check}: {found[:3]}")
        ask = (
            "SELECT (SELECT count(*) FROM finds WHERE run_id = ? AND seq = ?), overlay_path"
            " FROM frames WHERE run_id = ? AND seq = ?"
        )
        for one in acknowledged:
            row = db.execute(ask, (one.run_id, one.seq) * 2).fetchone()
            if row != (one.finds, None if one.picture == "-" else one.picture):
                say(Kind.LOST, f"acknowledged {one}; the log has {row}")
        pictures = [path for (path,) in db.execute("SELECT overlay_path FROM frames WHERE overlay_path IS NOT NULL")]
    sums = {one.picture: one.sha256 for one in acknowledged}
    for path in pictures:
        content = (log / path).read_bytes() if (log / path).exists() else b""
        if path in sums and hashlib.sha256(content).hexdigest() != sums[path]:
            say(Kind.PICTURE, f"picture {path} is not the one that was acknowledged")


def _is_whole(jpeg: bytes) -> bool:
    """JFIF: from the marker of its start to that of its end."""
    return jpeg.startswith(b"\xff\xd8") and jpeg.endswith(b"\xff\xd9")


def main() -> int:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=5)
    args = parser.parse_args()
    logging.disable(logging.WARNING)
    folder = Path(tempfile.mkdtemp(prefix="hairline-kills-"))
    tally = kill_many(folder, args.kills, args.seed)
    sys.stdout.write(f"{tally}\n")
    if not tally.faults:
        shutil.rmtree(folder)
    return bool(tally.faults)


if __name__ == "__main__":
    sys.exit(main())
