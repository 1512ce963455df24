"""What a rover left alone has been through: kills, power cuts, faults, another processor; from the benchmarks' JSON."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training.results.sources import NOT_RUN, Sources, table

KILLS, CUTS, FAULTS, ARM64 = "bench_kills.json", "bench_power_cuts.json", "bench_faults.json", "arm64_finds.json"
UNATTENDED = (KILLS, CUTS, FAULTS, ARM64)
HEAD = """## A rover left alone
What was aimed at: 1,000 kills and 50 power cuts without one acknowledged find lost, one half-written picture, or one
start that fails; no stretch of wall that counts as inspected and was never seen, whatever breaks; the same finds on the
processor of a Raspberry Pi.
"""
TEXTS = {
    KILLS: """### Killed at random moments
`hairline run` gets SIGKILL at a seed's moments, life after life on the same logs; each log is then looked at, opened by
the next start, and looked at again.
""",
    CUTS: """### Power cuts
A guest of qemu writes a log to ext4 on a disk with a volatile cache, and is killed while it writes; of what was not
flushed, the disk keeps some sectors and loses the others. Every guest starts from the same memory, in which Python has
imported everything. Its disk is then repaired by its journal and looked at as after a kill. The second row proves that
the check can fail: a drive that only pretends to flush is given up at the first fault.
""",
    FAULTS: """### Faults on a drive
One at a time, then all of those of the rover together, on a drive past 40 stretches of wall; whatever ends a run is
answered as systemd would. How many stretches are inspected depends on how fast the machine is while it is measured.
""",
    ARM64: """### On arm64
The wheel with the locked packages of `[edge]` in a Debian bookworm for arm64 (Raspberry Pi OS's base), emulated, over
the same pictures as here. TFLite's reference kernels give the same scores on both; XNNPACK's, which a run uses, round
otherwise on another processor, by as many steps as the table says, and a crack's course may end elsewhere for it.
""",
}


def unattended(sources: Sources) -> str:
    """A table a benchmark; those with few rows stand on end."""
    return "\n".join([HEAD, *(_part(sources.measured / name) for name in UNATTENDED)])


def _part(path: Path) -> str:
    head = TEXTS[path.name]
    if not path.is_file():
        return f"{head}\n{NOT_RUN}\n"
    content = json.loads(path.read_text(encoding="utf-8"))
    rows: Sequence[Mapping[str, Any]] = content.pop("rows")
    title, command = content.pop("title"), content.pop("command")
    facts = "; ".join(f"{name}: {value}" for name, value in content.items())
    if path.name == FAULTS:
        shown = table(list(rows[0]), [[_cell(value) for value in row.values()] for row in rows])
    else:
        first, *names = rows[0]
        if isinstance(rows[0][first], str):
            heads = [first, *(_cell(row[first]) for row in rows)]
        else:
            heads, names = [title, ""], [first, *names]
        shown = table(heads, [[name, *(_cell(row[name]) for row in rows)] for name in names])
    return f"{head}\nCommand: `{command}`. {facts}.\n\n{shown}"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|")
