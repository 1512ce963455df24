"""Runs side by side: what `hairline train compare` prints."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from edge.errors import CheckpointError
from training.record.metrics import METRICS, RunMetrics, read_metrics

SHOWN = ("accuracy, int8", "AUROC, int8", "Dice, int8", "IoU, int8")
"""The figures of the printed tables; the CSV has all."""


def read_runs(folders: Sequence[Path]) -> dict[str, RunMetrics]:
    """Folder -> figures, in the order given. Raises `CheckpointError` for a folder without them."""
    for folder in folders:
        if not (folder / METRICS).is_file():
            raise CheckpointError(
                f"{folder}: a finished run has a file {METRICS}; there is none. `hairline train RECIPE` goes on with "
                "an interrupted run"
            )
    return {folder.as_posix(): read_metrics(folder / METRICS) for folder in folders}


def finished_runs(folder: Path) -> list[Path]:
    """The finished runs directly below `folder`. Raises `CheckpointError` where there is none."""
    found = sorted(path.parent for path in folder.glob(f"*/{METRICS}"))
    if not found:
        raise CheckpointError(f"{folder}: there is no finished run below it; name the folders of runs to compare")
    return found


def figure_names(runs: dict[str, RunMetrics]) -> list[tuple[str, str]]:
    """(set, figure) of all runs, each once, in the order in which they come."""
    return list(dict.fromkeys((metric.set, metric.name) for run in runs.values() for metric in run.metrics))


def write_csv(runs: dict[str, RunMetrics], file: TextIO) -> None:
    """A row a run, all figures with the ends of their 95 % intervals."""
    names = figure_names(runs)
    writer = csv.writer(file, lineterminator="\n")
    head = ["run", "recipe", "model", "parameters", "file_bytes", "epochs", "best_epoch", "split_sha256", "commit"]
    writer.writerow(
        [*head, *(f"{where}: {name}{part}" for where, name in names for part in ("", " low", " high")), "what"]
    )
    for folder, run in runs.items():
        values = {(metric.set, metric.name): metric for metric in run.metrics}
        cells: list[object] = []
        for name in names:
            metric = values.get(name)
            cells += [metric.value, *(metric.ci95 or ("", ""))] if metric else ["", "", ""]
        writer.writerow([folder, *(getattr(run, name) for name in head[1:]), *cells, run.what])


def tables(runs: dict[str, RunMetrics]) -> dict[str, list[list[str]]]:
    """What is printed: the runs, then every set by those that were measured on it. Title -> rows, the head first."""
    head = ["run", "model", "parameters", "int8 kB", "weights of epoch"]
    found = {"finished runs": [head, *([Path(folder).name, *_about(run)] for folder, run in runs.items())]}
    names = [(where, name) for where, name in figure_names(runs) if name in SHOWN]
    for where in dict.fromkeys(where for where, _ in names):
        columns = [name for other, name in names if other == where]
        found[where] = [["run", *columns]]
        for folder, run in runs.items():
            values = {metric.name: f"{metric.value:.4f}" for metric in run.metrics if metric.set == where}
            if values:
                found[where].append([Path(folder).name, *(values.get(name, "") for name in columns)])
    return found


def _about(run: RunMetrics) -> list[str]:
    return [run.model, f"{run.parameters:,}", f"{run.file_bytes / 1000:.0f}", f"{run.best_epoch} of {run.epochs}"]
