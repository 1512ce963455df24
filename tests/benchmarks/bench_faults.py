"""The fault table: what a rover does, says and covers while something goes wrong (tests/faulty_rover.py).

Target: no stretch of wall counts as inspected that was never seen, and a base gets everything once. `--short` is the
whole of it.
"""

import logging
import re
import sys
import tempfile
from pathlib import Path

from harness import arguments, show

# What the tests share lies beside this folder.
sys.path.insert(0, str(Path(__file__).parents[1]))
from faulty_base import BaseOutcome, away_for_a_day, dies_in_an_upload
from faulty_rover import Outcome, drive_all

from edge.skips import ENDED, OVERTAKEN

EVERYDAY = (OVERTAKEN, ENDED)


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    logging.disable(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        rows = [row(outcome) for outcome in drive_all(Path(folder) / "drives")]
        rows += [base_row(faulty(Path(folder) / faulty.__name__)) for faulty in (away_for_a_day, dies_in_an_upload)]
    show(
        "Faults on a drive past 40 stretches of wall",
        rows,
        args,
        disk="a library before libc that fails or waits (tests/broken_disk.c)",
        camera="simulated, restarted as the Pi's",
    )


def row(outcome: Outcome) -> dict[str, object]:
    told = [f"{reason}: {n}" for reason, n in outcome.skipped.items() if reason not in EVERYDAY]
    return {
        "fault": outcome.fault,
        "the rover": "goes on" if outcome.starts == 1 else f"ends, and goes on after {outcome.starts - 1} restarts",
        "says, of frames": "; ".join(told) or "nothing",
        "says, as it ends": _without_folders(outcome.said[0]) if outcome.said else "nothing",
        "stretches inspected": outcome.covered,
        "not covered": outcome.not_covered,
        "covered, never seen": outcome.falsely_covered,
    }


def _without_folders(text: str) -> str:
    """The words without the folders of this machine."""
    return re.sub(r"/\S*/", "", text)


def base_row(outcome: BaseOutcome) -> dict[str, object]:
    return {
        "fault": outcome.fault,
        "the rover": f"goes on; tries {outcome.tries} times",
        "says, of frames": f"{outcome.sent_pictures} pictures sent of {outcome.pictures}, {outcome.missing} missing",
        "says, as it ends": outcome.said,
        "stretches inspected": "-",
        "not covered": "-",
        "covered, never seen": "-",
    }


if __name__ == "__main__":
    main()
