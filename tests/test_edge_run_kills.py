"""`hairline run` killed (SIGKILL) at random moments, and its log after each. The long form: `make soak`.

`HAIRLINE_KILLS` says how often (12); `HAIRLINE_KILL_SEED` replays a seed.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

KILLS = int(os.environ.get("HAIRLINE_KILLS", "12"))
SEED = int(os.environ.get("HAIRLINE_KILL_SEED", "5"))
TESTS = Path(__file__).parent


def test_what_a_killed_run_had_acknowledged_is_there_and_the_next_starts() -> None:
    # In a process of its own: it forks, which pytest, with the threads of other tests, must not.
    done = subprocess.run(
        [sys.executable, TESTS / "killed_runs.py", "--kills", str(KILLS), "--seed", str(SEED)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])},
        capture_output=True,
        text=True,
        timeout=60 + 30 * KILLS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", done.stdout)}
    assert said["kills"] == KILLS
    assert said["frames"] > KILLS, "kills are to hit runs that log"
    assert said["pictures"] > 0
