"""Power cuts of a guest whose disk loses what was not flushed; its log looked at after each: tests/power_cuts.py.

Targets: 50 cuts, no fault. HAIRLINE_GUEST_KERNEL names an unpacked package linux-image-*-cloud-amd64 (`make soak`
fetches it); without it, or without qemu and nbdkit, nothing is measured. The last line is the counter-check: a drive
that only pretends to flush, with which faults must be found.
"""

import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path

from harness import arguments, show

# What the tests share lies beside this folder.
sys.path.insert(0, str(Path(__file__).parents[1]))
from power_cuts import PROGRAMS, Tally, build, cut_many

CUTS = 50
SEED = 5


def main() -> int:
    args = arguments(__doc__.splitlines()[0])
    kernel = os.environ.get("HAIRLINE_GUEST_KERNEL")
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if kernel is None or missing:
        sys.stderr.write(f"nothing measured: {', '.join(missing) or 'HAIRLINE_GUEST_KERNEL'} is missing\n")
        return 0
    logging.disable(logging.WARNING)
    folder = Path(tempfile.mkdtemp(prefix="hairline-cuts-"))
    machine = build(Path(kernel), folder)
    honest = cut_many(machine, folder, 2 if args.short else CUTS, SEED)
    lying = cut_many(machine, folder, 2 if args.short else 10, SEED, lies=True)
    rows = [row("flushes", honest), row("only pretends to (must find faults)", lying)]
    show("Power cuts while the log is written", rows, args, seed=SEED, guest="qemu, TCG, ext4")
    sys.stderr.writelines(f"{fault}\n" for fault in honest.faults)
    return bool(honest.faults)


def row(drive: str, tally: Tally) -> dict[str, object]:
    return {
        "the drive": drive,
        "cuts": tally.cuts,
        "of them with unflushed sectors lost": tally.cuts_that_lost,
        "sectors lost": tally.sectors_lost,
        "faults": len(tally.faults),
    }


if __name__ == "__main__":
    sys.exit(main())
