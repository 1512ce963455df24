"""What the benchmarks share: timing, the machine's name, a table on the screen and the same as JSON."""

import json
import os
import platform
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

WH = (1920, 1080)


def arguments(description: str) -> Namespace:
    parser = ArgumentParser(description=description)
    parser.add_argument("--bundle", type=Path, help="the bundle to measure (default: the one that ships)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--short", action="store_true", help="fewer repetitions, for a look")
    return parser.parse_args()


def machine() -> str:
    """The processor and the number of its cores that this process may use."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
        cpu = names[0] if names else cpu
    return f"{cpu}, {len(os.sched_getaffinity(0))} cores, {platform.system()}"


def median_ms(work: Callable[[], object], *, repeat: int, clock: Callable[[], int] = time.perf_counter_ns) -> float:
    """The median of `repeat` runs after one that is not counted, in milliseconds of `clock`."""
    work()
    times = []
    for _ in range(repeat):
        begun = clock()
        work()
        times.append(clock() - begun)
    return median(times) / 1e6


def show(title: str, rows: Sequence[Mapping[str, object]], args: Namespace, **facts: object) -> None:
    """Prints the rows as a table and, where asked, writes them with the facts as JSON."""
    table = Table(title=title, caption=f"{machine()}; {', '.join(f'{k} {v}' for k, v in facts.items())}")
    for column in rows[0]:
        table.add_column(column, justify="left" if isinstance(rows[0][column], str) else "right")
    for row in rows:
        table.add_row(
            *(f"{v:,.2f}" if isinstance(v, float) else f"{v:,}" if isinstance(v, int) else str(v) for v in row.values())
        )
    console = Console()
    # As wide as its cells ask: a figure cut short is another figure.
    needed = console.measure(table, options=console.options.update(max_width=10_000)).maximum
    Console(width=max(100, console.width, needed)).print(table)
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "title": title,
            "command": f"python tests/benchmarks/{Path(sys.argv[0]).name}" + " --short" * args.short,
            "machine": machine(),
            "python": sys.version.split()[0],
            **facts,
            "rows": list(rows),
        }
        args.json.write_text(json.dumps(content, indent=1, default=str) + "\n")
