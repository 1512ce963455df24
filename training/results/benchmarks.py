"""The tables of the benchmarks, from the JSON that they wrote."""

import json
from typing import Any

from training.results.measuring import MEASURING
from training.results.runs import SIZES
from training.results.sources import Sources
from training.results.speed import DENSE, FRAME, RATE, SOAK
from training.results.unattended import UNATTENDED
from training.results.wall import WALL


def benchmarks(sources: Sources) -> str:
    """A table a benchmark, in the order of their names, but for those that have parts of their own."""
    told = (SIZES, MEASURING, WALL, DENSE, RATE, FRAME, SOAK, *UNATTENDED)
    paths = [path for path in sorted(sources.measured.glob("bench_*.json")) if path.name not in told]
    return "\n".join(_table(json.loads(path.read_text(encoding="utf-8"))) for path in paths)


def _table(content: dict[str, Any]) -> str:
    rows = content["rows"]
    facts = {k: v for k, v in content.items() if k not in ("rows", "title", "command")}
    lines = [
        f"## {content['title']}",
        f"Command: `{content['command']}`. " + "; ".join(f"{k}: {v}" for k, v in facts.items()) + ".",
        "",
        "| " + " | ".join(rows[0]) + " |",
        "|" + "---|" * len(rows[0]),
    ]
    lines += [
        "| " + " | ".join(f"{v:,.2f}" if isinstance(v, float) else str(v) for v in row.values()) + " |" for row in rows
    ]
    return "\n".join([*lines, ""])
