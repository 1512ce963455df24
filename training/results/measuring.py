"""How well cracks are measured beside what was to be reached, from the JSON of `tests/benchmarks/bench_measure.py`."""

import json

from training.results.sources import NOT_RUN, Sources, table

MEASURING = "bench_measure.json"
WANTED = {
    "width_MAE_mm": "at most 0.05",
    "median_held_percent": "93 to 97",
    "p95_held_percent": "93 to 97",
    "maximum_held_percent": "93 to 97",
    "length_mean_abs_percent": "at most 3",
    "width_repeats_sd_mm": "at most 0.03",
    "falsely_grown_percent": "at most 1",
    "0.3_mm_wider_found_percent": "at least 90",
    "median_abs_px_from_mask": "at most 1",
    "its_share_percent": "at most 50",
    "share_with_segmenter_percent": "at most 50",
}
HEAD = """## Measuring
Rendered cracks at 0.10 mm per pixel, each on concrete of its own that no constant was set on; masks drawn true, too
wide, too narrow, shifted, ragged and broken. `held`: how often the stated 95 % interval holds the truth. In brackets:
95 %, by bootstrap over walls. Command:
`python tests/benchmarks/bench_measure.py --json docs/results/bench_measure.json`.
"""


def measuring(sources: Sources) -> str:
    """The figures beside those wanted, then a row a width, direction and kind of mask."""
    path = sources.measured / MEASURING
    if not path.is_file():
        return f"{HEAD}\n{NOT_RUN}\n"
    content = json.loads(path.read_text(encoding="utf-8"))
    rows = content.pop("rows")
    facts = {name: value for name, value in content.items() if name not in ("title", "command")}
    figures = [[name.replace("_", " "), str(value), WANTED.get(name, "")] for name, value in facts.items()]
    cells = [[f"{v:.2f}" if isinstance(v, float) else str(v) for v in row.values()] for row in rows]
    return "\n".join([HEAD, table(("figure", "measured", "wanted"), figures), table(list(rows[0]), cells)])
