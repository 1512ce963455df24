"""Memory of an epoch over 1,000 and 8,000 pictures: read batch by batch, as training does, and all read beforehand.

A process each, since the most that one has had in memory never falls again. All pictures are one file under many names:
what is measured is what the pipeline keeps.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from harness import arguments, show

SIDE_PX, INPUT_PX, BATCH = 227, 64, 32
COUNTS = (1000, 8000)
WAYS = ("batch by batch", "all beforehand")


def grown_mib(way: str, count: int, path: Path) -> float:
    """By how much the most memory that this process has had grows over one epoch."""
    from training.datasets.item import Item
    from training.distributed import ahead
    from training.resized import ResizedBatches

    items = [
        Item(name=f"{i}.jpg", path=path, dataset="own", label=i % 2, group=None, licence="own") for i in range(count)
    ]
    batches = ResizedBatches(items, input_px=INPUT_PX, batch_size=BATCH, seed=0, shuffle=True)
    list(ahead(batches, range(4)))  # what the first batches alone take
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if way == WAYS[0]:
        for _ in ahead(batches, range(len(batches))):
            pass
    else:
        np.concatenate([pictures for pictures, _ in ahead(batches, range(len(batches)))])
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def main() -> None:
    if len(sys.argv) == 5 and sys.argv[1] == "child":
        sys.stdout.write(f"{grown_mib(sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))}\n")
        return
    args = arguments(__doc__ or "")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.jpg"
        cv2.imwrite(str(path), np.random.default_rng(0).integers(90, 160, (SIDE_PX, SIDE_PX, 3), np.uint8))
        for way in WAYS:
            for count in COUNTS:
                command = [sys.executable, __file__, "child", way, str(count), str(path)]
                done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
                rows.append({"way": way, "pictures": count, "grown, MiB": float(done.stdout.split()[-1])})
    show("Memory that an epoch adds", rows, args, input_px=INPUT_PX, batch=BATCH)


if __name__ == "__main__":
    main()
