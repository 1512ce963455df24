"""What runs inside the guest of tests/power_cuts.py: a log's writer that tells the serial line what is logged.

Says READY when everything is imported, and reads the number of its life from standard input.

    python power_cut_guest.py FOLDER
"""

import fcntl
import hashlib
import itertools
import random
import struct
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from edge.clock import SystemClock
from edge.log import Entry, FindRecord, FrameRecord, InspectionLog, RunStart

FIND = FindRecord(box_xywh_px=(1, 2, 64, 96), score=0.75, q=40, windows=3)
START = RunStart(
    started_utc=datetime(2026, 1, 1, tzinfo=UTC),
    started_mono_ns=0,
    boot_id=None,
    clock_synchronised=None,
    hairline_version=None,
    hairline_commit=None,
    command=("power", "cuts"),
    source="a guest",
    bundle_name="none",
    bundle_sha256="a" * 64,
    classifier_sha256="b" * 64,
    runtime="none",
    threads=1,
    window_threshold=0.5,
    tile_px=64,
    stride_px=32,
    output_scale=0.1,
    output_zero_point=3,
    score_kind="logit",
)


def finds_of(seq: int) -> int:
    """How many finds a frame has; with none it has no picture."""
    return seq * 7 % 4


def picture(life: int, seq: int) -> bytes | None:
    """Stands for a JPEG: 3 to 60 kB that follow from life and frame."""
    if not finds_of(seq):
        return None
    digest = hashlib.sha256(f"{life} {seq}".encode()).digest()
    return digest * (100 + 60 * digest[0] // 8)


def entry(life: int, seq: int) -> Entry:
    record = FrameRecord(
        seq=seq,
        name=f"{life}#{seq}",
        t_mono_ns=seq,
        t_utc=datetime(2026, 1, 1, tzinfo=UTC),
        frame_wh=(1920, 1080),
        score_map_q=np.full((33, 59), seq % 100, np.int8),
        image_score=0.5,
    )
    return Entry(frame=record, finds=[FIND] * finds_of(seq), overlay_jpeg=picture(life, seq))


def stir(life: int) -> None:
    """Every life starts from the same memory, and its run must have a name of its own: random(4), ioctls."""
    add_entropy, reseed = 0x40085203, 0x5207
    with Path("/dev/urandom").open("wb") as pool:
        fcntl.ioctl(pool, add_entropy, struct.pack("ii32s", 256, 32, hashlib.sha256(str(life).encode()).digest()))
        fcntl.ioctl(pool, reseed)


def main() -> None:
    folder = Path(sys.argv[1])
    sys.stdout.write("READY\n")
    sys.stdout.flush()
    life = int(sys.stdin.readline())
    stir(life)
    dice = random.Random(life)
    with InspectionLog.open(folder, clock=SystemClock()) as log:
        run_id = log.start_run(START)
        begin = 0
        for _ in itertools.count():
            end = begin + dice.randint(1, 6)
            log.log_frames(run_id, [entry(life, seq) for seq in range(begin, end)])
            begin = end
            sys.stdout.write(f"LOGGED {run_id} {end}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
