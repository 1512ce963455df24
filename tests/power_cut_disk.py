"""A disk with a volatile cache, as a plugin of nbdkit: what was not flushed is lost in part when its power goes.

    nbdkit --unix SOCKET python tests/power_cut_disk.py file=disk.img seed=5 report=cut.json cut=20,3 [lies=1]

Writes go into a cache and reach the medium at a flush, with a write that demands it (FUA), or at any time before, in
any order, for that is what a drive may do. The power goes at the third write after the twentieth flush (`cut=20,3`), or
when the twenty-first is asked for: some of the cache's sectors of 512 bytes are written, the others are lost, and from
then on the disk answers nothing but errors. With `lies`, a flush does nothing, as on a drive that only pretends: the
check must notice.
"""

import json
import random
from pathlib import Path

import nbdkit

API_VERSION = 2
SECTOR = 512
EVICTED_SHARE = 0.05
options: dict[str, str] = {}


class Disk:
    """The medium and its cache, sector by sector."""

    def __init__(self) -> None:
        self.medium = Path(options["file"]).open("r+b", buffering=0)  # noqa: SIM115  # closed with the connection
        self.cache: dict[int, bytes] = {}
        self.dice = random.Random(options["seed"])
        self.flushes = self.writes_since = 0
        self.last_flush, self.last_write = map(int, options["cut"].split(","))
        self.is_dead = False

    def read(self, offset: int, count: int) -> bytearray:
        self.refuse_if_dead()
        self.medium.seek(offset)
        content = bytearray(self.medium.read(count))
        for at in range(0, count, SECTOR):
            if (kept := self.cache.get((offset + at) // SECTOR)) is not None:
                content[at : at + SECTOR] = kept
        return content

    def write(self, offset: int, content: bytes) -> None:
        self.refuse_if_dead()
        for at in range(0, len(content), SECTOR):
            self.cache[(offset + at) // SECTOR] = content[at : at + SECTOR]
        if self.dice.random() < EVICTED_SHARE:
            self.evict(self.dice.random())
        if self.flushes >= self.last_flush:
            self.writes_since += 1
            if self.writes_since >= self.last_write:
                self.cut()

    def evict(self, share: float) -> int:
        """Writes a share of the cache's sectors, whichever; returns how many stay behind."""
        for sector in [s for s in self.cache if self.dice.random() < share]:
            self.put(sector, self.cache.pop(sector))
        return len(self.cache)

    def refuse_if_dead(self) -> None:
        if self.is_dead:
            raise OSError(5, "the disk has no power")

    def flush(self) -> None:
        self.refuse_if_dead()
        if self.flushes >= self.last_flush and self.cache:
            self.cut()
            self.refuse_if_dead()
        self.flushes += 1
        if "lies" not in options:
            for sector, content in self.cache.items():
                self.put(sector, content)
            self.cache.clear()

    def put(self, sector: int, content: bytes) -> None:
        self.medium.seek(sector * SECTOR)
        self.medium.write(content)

    def cut(self) -> None:
        self.is_dead = True
        cached = len(self.cache)
        lost = self.evict(self.dice.choice((0.0, self.dice.random(), 1.0)))
        self.medium.close()
        report = {"sectors_cached": cached, "sectors_lost": lost, "flushes": self.flushes}
        part = Path(options["report"] + ".part")
        part.write_text(json.dumps(report))
        part.rename(options["report"])


def config(key: str, value: str) -> None:
    options[key] = value


def open(readonly: bool) -> Disk:
    return Disk()


def close(disk: Disk) -> None:
    if not disk.is_dead:
        disk.cut()


def get_size(disk: Disk) -> int:
    return Path(options["file"]).stat().st_size


def block_size(disk: Disk) -> tuple[int, int, int]:
    return (SECTOR, 4096, 0xFFFFFFFF)


def can_write(disk: Disk) -> bool:
    return True


def can_flush(disk: Disk) -> bool:
    return True


def can_fua(disk: Disk) -> int:
    return nbdkit.FUA_EMULATE


def pread(disk: Disk, buffer: bytearray, offset: int, flags: int) -> None:
    buffer[:] = disk.read(offset, len(buffer))


def pwrite(disk: Disk, buffer: bytes, offset: int, flags: int) -> None:
    disk.write(offset, bytes(buffer))


def flush(disk: Disk, flags: int) -> None:
    disk.flush()
