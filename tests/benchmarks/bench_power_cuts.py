"""Power cuts of a guest whose disk loses what was not flushed; its log looked at after each: tests/power_cuts.py.

Targets: 50 cuts, no fault. Needs qemu, nbdkit and the unpacked package of a kernel, which `make soak` fetches; without
them nothing is measured. The last line is the counter-check: a drive
that only pretends to flush, with which faults must be found.
"""

import logging
import shutil
import sys
import tempfile
from pathlib import Path

from harness import arguments, show

# What the tests share lies beside this folder.
sys.path.insert(0, str(Path(__file__).parents[1]))
from power_cuts import PROGRAMS, Tally, build, cut_many

CUTS = 50
KERNEL = Path(__file__).parents[2] / "out" / "guest-kernel"
SEED = 5


def main() -> int:
    args = arguments(__doc__.splitlines()[0])
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    missing += [] if (KERNEL / "boot").is_dir() else [str(KERNEL)]
    if missing:
        sys.stderr.write(f"nothing measured: {', '.join(missing)} missing; `make soak` fetches them\n")
        return 0
    logging.disable(logging.WARNING)
    folder = Path(tempfile.mkdtemp(prefix="hairline-cuts-"))
    machine = build(KERNEL, folder)
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
