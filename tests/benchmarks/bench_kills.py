"""`hairline run` killed at random moments (SIGKILL), its log looked at after each: tests/killed_runs.py.

Targets: 1,000 kills, no fault. A fault is played again with the same seed.
"""

import logging
import shutil
import sys
import tempfile
from pathlib import Path

from harness import arguments, show

# What the tests share lies beside this folder.
sys.path.insert(0, str(Path(__file__).parents[1]))
from killed_runs import kill_many
from log_faults import counted

from edge.log.start import checkout_commit

KILLS = 1000
SEED = 5


def main() -> int:
    args = arguments(__doc__.splitlines()[0])
    logging.disable(logging.WARNING)
    folder = Path(tempfile.mkdtemp(prefix="hairline-kills-"))
    tally = kill_many(folder, 20 if args.short else KILLS, SEED)
    row = {
        "kills": tally.kills,
        "of them before the first frame": tally.before_first_frame,
        "frames acknowledged": tally.frames,
        "finds": tally.finds,
        "pictures": tally.pictures,
        "pictures without a row, removed": tally.left_behind,
        **counted(tally.faults),
    }
    show("hairline run, killed", [row], args, seed=SEED, commit=checkout_commit())
    sys.stderr.writelines(f"{fault}\n" for fault in tally.faults)
    if not tally.faults:
        shutil.rmtree(folder)
    return bool(tally.faults)


if __name__ == "__main__":
    sys.exit(main())
