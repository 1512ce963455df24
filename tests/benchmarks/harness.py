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
from textwrap import wrap

from rich.console import Console
from rich.markup import escape
from rich.table import Table

WH = (1920, 1080)
HEAD_WIDTH, SCREEN_WIDTH = 12, 120


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


def fastest_ms(
    ways: Mapping[str, Callable[[], object] | None], *, rounds: int, clock: Callable[[], int] = time.perf_counter_ns
) -> dict[str, float | None]:
    """The fastest of `rounds` turns of each, in milliseconds, after one that is not counted; None for what is None.

    They take turns: whatever else the machine does meets all of them.
    """
    there = {name: work for name, work in ways.items() if work is not None}
    fastest: dict[str, float | None] = dict.fromkeys(ways)
    for turn in range(rounds + 1):
        for name, work in there.items():
            begun = clock()
            work()
            took = (clock() - begun) / 1e6
            so_far = fastest[name]
            if turn:
                fastest[name] = took if so_far is None else min(so_far, took)
    return fastest


def show(title: str, rows: Sequence[Mapping[str, object]], args: Namespace, **facts: object) -> None:
    """Prints the rows as a table and, where asked, writes them with the facts as JSON."""
    table = Table(title=title, caption=f"{machine()}; {', '.join(f'{k} {v}' for k, v in facts.items())}")
    cells = [[_cell(value) for value in row.values()] for row in rows]
    for (column, first), written in zip(rows[0].items(), zip(*cells, strict=True), strict=True):
        head = wrap(column, HEAD_WIDTH, break_long_words=False)
        # Words may go on in the next line, figures may not: one cut short is another figure.
        words = isinstance(first, str)
        pieces = [*head, *(word for cell in written for word in cell.split())] if words else [*head, *written]
        table.add_column(
            "\n".join(head),
            justify="left" if words else "right",
            overflow="fold",
            min_width=min(HEAD_WIDTH, max(map(len, pieces))) if words else max(map(len, pieces)),
        )
    for one in cells:
        table.add_row(*map(escape, one))
    console = Console()
    needed = console.measure(table, options=console.options.update(max_width=10_000))
    width = max(SCREEN_WIDTH, console.width, needed.minimum)
    table.show_lines = needed.maximum > width
    Console(width=width).print(table, crop=False)
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


def _cell(value: object) -> str:
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)
