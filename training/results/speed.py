"""Speed beside what a user would otherwise pick, and memory: the JSON of their benchmarks, beside what was wanted."""

import json
from pathlib import Path
from typing import Any

from training.results.sources import NOT_RUN, Sources, table

DENSE, RATE = "bench_dense.json", "bench_rate.json"
FRAME, SOAK = "bench_frame.json", "bench_soak_memory.json"
SAME_WINDOWS, SAHI = "batched tiles, the same windows", "sahi, batches, the same windows"
OTHER_RUNTIME = "against_the_fastest_other_runtime_{threads}_threads"
HEAD = "## Speed and memory\n"


def speed(sources: Sources) -> str:
    """What was wanted beside what was measured, then every way's figures."""
    found = {name: _read(sources.measured / name) for name in (DENSE, RATE, FRAME, SOAK)}
    figures = [*_dense_figures(found[DENSE]), *_frame_figures(found[FRAME]), *_soak_figures(found[SOAK])]
    parts = [HEAD, table(("figure", "measured", "wanted"), figures)]
    for name, content in found.items():
        parts.append(f"`{Path(name).stem}`: {NOT_RUN}\n" if content is None else _all_of(content))
    return "\n".join(parts)


def _read(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def _dense_figures(content: dict[str, Any] | None) -> list[list[str]]:
    if content is None:
        return []
    times = {row["way"]: row["times dense"] for row in content["rows"] if row.get("threads", 1) == 1}
    figures = [
        ["times as fast as batches of the same windows", _times(times.get(SAME_WINDOWS)), "at least 4"],
        ["times as fast as `sahi` slicing the frame", _times(times.get(SAHI)), "at least 5"],
    ]
    for threads in sorted({row.get("threads", 1) for row in content["rows"]}):
        ratio = content.get(OTHER_RUNTIME.format(threads=threads))
        threads_text = "one thread" if threads == 1 else f"{threads} threads"
        name = f"times the fastest of ONNX Runtime and OpenVINO, int8, whole frame, {threads_text}"
        figures.append([name, _times(ratio), "at most 1.1"])
    return figures


def _frame_figures(content: dict[str, Any] | None) -> list[list[str]]:
    if content is None:
        return []
    (loop,) = (row for row in content["rows"] if row["part"] == "the loop without its network")
    return [
        ["processor ms a 1080p frame beside the network", f"{loop['processor ms']:.1f}", "at most 5"],
        ["s from start to the end of a picture from a file", str(content["from_a_file_s"]), "at most 1.5"],
        ["most MB resident, 1080p", str(content["rover_peak_MB"]), "at most 150"],
        ["most MB resident, 12 megapixels", str(content.get("rover_peak_12_megapixels_MB", "-")), "at most 250"],
    ]


def _soak_figures(content: dict[str, Any] | None) -> list[list[str]]:
    if content is None:
        return []
    frames = content["rows"][-1]["frames"]
    what = f"MB that memory grows by, second to last tenth of {frames:,} frames"
    return [[what, str(content["grown_MB"]), "below 1 over 100,000"]]


def _times(ratio: object) -> str:
    return f"{ratio:.2f}" if isinstance(ratio, float | int) else "not run"


def _all_of(content: dict[str, Any]) -> str:
    rows = content["rows"]
    facts = {name: value for name, value in content.items() if name not in ("rows", "title", "command")}
    cells = [[f"{v:,.2f}" if isinstance(v, float) else str(v) for v in row.values()] for row in rows]
    told = "; ".join(f"{name}: {value}" for name, value in facts.items())
    head = f"### {content['title']}\nCommand: `{content['command']}`. {told}.\n"
    return f"{head}\n{table(list(rows[0]), cells)}"
