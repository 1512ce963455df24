"""The networks by size and time, and what their seeds claim beside what they do here."""

import json

from training.datasets import metu
from training.results.claims import CLAIMS
from training.results.runs import SIZES, Row, classifiers
from training.results.sources import NOT_RUN, Sources, figure, table

HEAD = """## Networks
All are trained and judged on the split `{split}`: photos and near duplicates never on two sides. `hairline train
RECIPE` makes a bundle; the tables of test sets are made from `docs/results/RECIPE/evaluation.json`, which
`hairline evaluate --all --float --json --bundle BUNDLE` prints. A tile is the window that one score looks at: ours at
native pixels, in the seeds' recipes a whole picture, shrunk to what is fed. Times are of one tile a call, one thread,
int8 and float `.tflite`; a frame costs ours far less than its windows one by one (below).
Command: `python tests/benchmarks/bench_recipes.py`, {machine}.
"""

COLUMNS = (
    "network",
    "learns from",
    "parameters",
    "int8 kB",
    "tile px (fed)",
    "million MACs a tile",
    "ms a tile, int8",
    "ms a tile, float",
)

SEEDS = """### What the seeds claim
Each on its own split, most of them with near copies on both sides; ours on the test side, accuracy on METU, int8.
"""


def networks(sources: Sources) -> str:
    """Two tables: every network's size, and the seeds' claims."""
    rows = classifiers(sources)
    benchmark = sources.measured / SIZES
    head = HEAD.format(
        split=sources.bundle.manifest.split_sha256[:12],
        machine=_machine(sources) if benchmark.is_file() else NOT_RUN,
    )
    claimed = [
        [row.name, CLAIMS[row.name].figure, _ours(row), CLAIMS[row.name].ours_differs]
        for row in rows
        if row.name in CLAIMS
    ]
    return "\n".join(
        [
            head,
            table(COLUMNS, [[row.name, row.learnt_from, *size_cells(row)] for row in rows]),
            SEEDS,
            table(("recipe", "claimed", "ours", "ours differs in"), claimed),
        ]
    )


def size_cells(row: Row) -> list[str]:
    """Parameters, kB, tile, MACs and times of a network, or dashes."""
    if row.size is None:
        return ["-"] * 6
    size, part = row.size, row.recipe.bundle
    return [
        f"{size['parameters']:,}",
        f"{size['int8 B'] / 1000:.0f}",
        f"{part.tile_px}" + (f" ({part.input_px})" if part.input_px != part.tile_px else ""),
        f"{size['MACs'] / 1e6:,.1f}",
        f"{size['ms, int8']:.2f}",
        f"{size['ms, float']:.2f}",
    ]


def _ours(row: Row) -> str:
    if row.evaluation is None:
        return NOT_RUN
    report = row.evaluation.int8.sets[metu.NAME]
    return figure(report.accuracy, report.accuracy_ci95)


def _machine(sources: Sources) -> str:
    content: dict[str, str] = json.loads((sources.measured / SIZES).read_text(encoding="utf-8"))
    return content["machine"]
