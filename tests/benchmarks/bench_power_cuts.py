"""Power cuts of a guest whose disk loses what was not flushed; its log looked at after each: tests/power_cuts.py.

Targets: 50 cuts, no fault. Needs qemu, nbdkit and the unpacked package of a kernel, which `make soak-tools` fetches;
without them nothing is measured, which in CI (CI=true) is a failure. The last line is the counter-check: a drive that
only pretends to flush, with which faults must be found.
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
from log_faults import counted
from power_cut_machine import build
from power_cuts import PROGRAMS, Tally, cut_many

from edge.log.start import checkout_commit

CUTS, LYING_CUTS = 50, 10
KERNEL = Path(__file__).parents[2] / "out" / "guest-kernel"
SEED = 5


def main() -> int:
    args = arguments(__doc__.splitlines()[0])
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    missing += [] if (KERNEL / "boot").is_dir() else [str(KERNEL)]
    if missing:
        sys.stderr.write(f"nothing measured: {', '.join(missing)} missing; `make soak-tools` fetches them\n")
        return int(os.environ.get("CI") == "true")
    logging.disable(logging.WARNING)
    folder = Path(tempfile.mkdtemp(prefix="hairline-cuts-"))
    machine = build(KERNEL, folder)
    honest = cut_many(machine, folder / "honest", 2 if args.short else CUTS, SEED)
    lying = cut_many(machine, folder / "lying", 2 if args.short else LYING_CUTS, SEED, lies=True)
    rows = [row("flushes", honest), row("only pretends to (must find faults)", lying)]
    show(
        "Power cuts while the log is written", rows, args, seed=SEED, guest="qemu, TCG, ext4", commit=checkout_commit()
    )
    sys.stderr.writelines(f"{fault}\n" for fault in honest.faults)
    # Two cuts need not hit what was never flushed.
    blind = not lying.faults and not args.short
    if blind:
        sys.stderr.write("a drive that only pretends to flush was not found out: the check proves nothing\n")
    if not honest.faults:
        shutil.rmtree(folder)
    return int(bool(honest.faults) or blind)


def row(drive: str, tally: Tally) -> dict[str, object]:
    return {
        "the drive": drive,
        "cuts": tally.cuts,
        "of them with unflushed sectors lost": tally.cuts_that_lost,
        "sectors lost": tally.sectors_lost,
        "frames acknowledged": tally.frames,
        "pictures compared": tally.pictures,
        **counted(tally.faults),
    }


if __name__ == "__main__":
    sys.exit(main())
