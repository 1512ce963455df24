"""Power cuts: a guest writes a log to a disk with a volatile cache, and its power goes at random moments.

The guest is qemu with Debian's cloud kernel, its log on ext4. The disk is `tests/power_cut_disk.py`: what the guest had
not flushed when qemu is killed is lost in part, sector by sector. After each cut the disk is repaired and looked at as
tests/killed_runs.py looks at a log, and the next guest starts on it. Needs qemu-system-x86_64, nbdkit with its Python
plugin, busybox, cpio and e2fsprogs; a kernel's package is unpacked where `--kernel` says:

    python tests/power_cuts.py --kernel FOLDER --cuts 50 --seed 5
"""

import json
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from log_faults import Fault, Kind, Say, sayer
from power_cut_guest import finds_of, picture
from power_cut_machine import DISK_MB, Machine, build, make_disk
from power_cut_machine import PROGRAMS as MACHINE_PROGRAMS

from edge.clock import SystemClock
from edge.log import InspectionLog, RunState, read_log

TESTS = Path(__file__).parent
PROGRAMS = (*MACHINE_PROGRAMS, "nbdkit", "e2fsck", "debugfs")
# The power goes after at most so many flushes, and so many writes after the last of them.
MOST_FLUSHES, MOST_WRITES = 150, 12
CUTS_A_DISK = 10
LONGEST_LIFE_S = 600


@dataclass(slots=True, kw_only=True)
class Tally:
    """What the cuts came to. Sectors are of 512 bytes; `sectors_lost` were written and never flushed. `frames` were
    acknowledged; `pictures` were compared, some of them after several cuts of their disk."""

    cuts: int = 0
    frames: int = 0
    pictures: int = 0
    sectors_lost: int = 0
    cuts_that_lost: int = 0
    faults: list[Fault] = field(default_factory=list)


def cut_many(machine: Machine, folder: Path, cuts: int, seed: int, *, lies: bool = False) -> Tally:
    """Cuts the power `cuts` times, one disk for ten of them, and looks at the disk after each, until a fault is found.

    `folder`, made here, keeps the disk.
    """
    folder.mkdir()
    tally = Tally()
    acknowledged: dict[str, tuple[int, int]] = {}
    disk = folder / "disk.img"
    for life in range(cuts):
        if life % CUTS_A_DISK == 0:
            acknowledged = {}
            make_disk(disk, DISK_MB)
        say = sayer(tally.faults, f"cut {life} of seed {seed}; the disk: {disk}")
        heard = _one_life(machine, disk, folder, life, random.Random(f"{seed} {life}"), lies=lies)
        if isinstance(heard, str):
            say(Kind.OTHER, heard)
            break
        acknowledged |= heard
        tally.frames += sum(frames for _, frames in heard.values())
        lost = json.loads((folder / "cut.json").read_text())["sectors_lost"]
        tally.cuts += 1
        tally.sectors_lost += lost
        tally.cuts_that_lost += lost > 0
        _look_at(disk, folder, acknowledged, tally, say)
        sys.stderr.write(f"{tally}\n")
        if tally.faults:
            break
    return tally


def _one_life(
    machine: Machine, disk: Path, folder: Path, life: int, dice: random.Random, *, lies: bool
) -> dict[str, tuple[int, int]] | str:
    """A guest that writes until its power goes; its life and how many frames of which run it had acknowledged by then.

    A text says what a guest said that ended by itself, or did not come up.
    """
    report, said = folder / "cut.json", folder / "said"
    with _served(disk, folder, dice, lies=lies) as address, said.open("wb") as stream:
        guest = subprocess.Popen(machine.awake(address, life), stdin=subprocess.DEVNULL, stdout=stream)
        until = time.monotonic() + LONGEST_LIFE_S
        while not report.exists() and guest.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        was_cut = report.exists()
        guest.kill()
        guest.wait()
    heard = said.read_text(encoding="ascii", errors="replace")
    if not was_cut:
        return f"the guest ended by itself; it said: {heard[-1000:]}"
    lines = re.findall(r"LOGGED (\S{36}) (\d+)\r?\n", heard)
    # None where the power went while the log was opened.
    return {lines[-1][0]: (life, int(lines[-1][1]))} if lines else {}


@contextmanager
def _served(disk: Path, folder: Path, dice: random.Random, *, lies: bool) -> Iterator[str]:
    """The disk behind a socket, while the block lasts; at its end the disk's own power has gone as well."""
    socket, report = folder / "disk.socket", folder / "cut.json"
    for path in (socket, report):
        path.unlink(missing_ok=True)
    cut = f"cut={dice.randint(3, MOST_FLUSHES)},{dice.randint(1, MOST_WRITES)}"
    plugin = [f"file={disk}", f"seed={dice.random()}", f"report={report}", cut, *(["lies=1"] if lies else [])]
    command = ["nbdkit", "--foreground", "--unix", str(socket), "python", str(TESTS / "power_cut_disk.py"), *plugin]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # our own words
    try:
        _wait_for(socket)
        yield f"nbd:unix:{socket}"
        _wait_for(report)
    finally:
        server.terminate()
        server.wait()


def _wait_for(path: Path) -> None:
    until = time.monotonic() + LONGEST_LIFE_S
    while not path.exists():
        if time.monotonic() > until:
            raise RuntimeError(f"{path} does not appear")
        time.sleep(0.05)


def _look_at(disk: Path, folder: Path, acknowledged: dict[str, tuple[int, int]], tally: Tally, say: Say) -> None:
    """What must be true of a disk whose power has just gone, looked at on a copy: the next guest repairs its own."""
    copy, files = folder / "copy.img", folder / "files"
    shutil.copy(disk, copy)
    shutil.rmtree(files, ignore_errors=True)
    files.mkdir()
    # 1: the journal was replayed, as at the next mount. More would be damage.
    repaired = subprocess.run(["e2fsck", "-fp", copy], capture_output=True, text=True, check=False)
    if repaired.returncode not in (0, 1):
        say(Kind.OTHER, f"the file system is damaged: {repaired.stdout[-300:]}")
        return
    _run("debugfs", "-R", f"rdump /log {files}", copy, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        # The next start: quick_check, the WAL taken in, lost runs closed and tidied up.
        InspectionLog.open(files / "log", clock=SystemClock()).close()
    except OSError as failed:
        say(Kind.START, f"the next start fails: {failed}")
        return
    _look_at_log(files / "log", acknowledged, tally, say)


def _look_at_log(log: Path, acknowledged: dict[str, tuple[int, int]], tally: Tally, say: Say) -> None:
    with read_log(log) as reader:
        if (found := reader._connection.execute("PRAGMA integrity_check").fetchall()[0][0]) != "ok":
            say(Kind.INTEGRITY, f"integrity_check: {found}")
        runs = {run.id: run for run in reader.runs()}
        for run_id, (life, frames) in acknowledged.items():
            if run_id not in runs or runs[run_id].state is not RunState.LOST:
                say(Kind.LOST, f"run {run_id} of life {life} is {runs.get(run_id)}")
                continue
            logged = list(reader.frames(run_id))
            finds = [found.seq for found in reader.finds(run_id)]
            if len(logged) < frames or [f.frame.seq for f in logged] != list(range(len(logged))):
                say(Kind.LOST, f"run {run_id}, life {life}: {frames} frames acknowledged; there are {len(logged)}")
            for one in logged:
                seq = one.frame.seq
                if finds.count(seq) != finds_of(seq):
                    say(
                        Kind.LOST, f"frame {seq} of life {life} has {finds.count(seq)} finds instead of {finds_of(seq)}"
                    )
                content = None if one.overlay_path is None else (log / one.overlay_path).read_bytes()
                if content != picture(life, seq):
                    say(Kind.PICTURE, f"the picture of frame {seq}, life {life}, is not whole")
                tally.pictures += content is not None
    if list(log.rglob("*.part")):
        say(Kind.OTHER, "temporary files were left")


def _run(*words: object, **options: object) -> None:
    subprocess.run([str(word) for word in words], check=True, **options)  # type: ignore[call-overload]


def main(argv: Sequence[str] | None = None) -> int:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel", type=Path, required=True, help="an unpacked package linux-image-*-cloud-amd64")
    parser.add_argument("--cuts", type=int, default=50)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--lies", action="store_true", help="a drive that only pretends to flush: must find faults")
    args = parser.parse_args(argv)
    folder = Path(tempfile.mkdtemp(prefix="hairline-cuts-"))
    tally = cut_many(build(args.kernel, folder), folder / "cuts", args.cuts, args.seed, lies=args.lies)
    sys.stdout.write(f"{tally}\n")
    if not tally.faults:
        shutil.rmtree(folder)
    return bool(tally.faults)


if __name__ == "__main__":
    sys.exit(main())
