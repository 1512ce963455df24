"""`metrics.json`: what a finished run was measured at. Reader and writer side by side."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from edge.durable import write_durably
from edge.errors import CheckpointError
from edge.manifest import Metric
from training.metrics import Confusion

METRICS = "metrics.json"
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMetrics:
    """One run's figures.

    `what`: the sentence of the model card, which says where a network differs from its seed's. `epochs` were run, the
    weights are those after `best_epoch`. `file_bytes`: size of the network's `.tflite`. `confusions`: set -> counts at
    the bundle's image threshold.
    """

    recipe: str
    model: str
    task: str
    what: str
    split_sha256: str
    commit: str
    command: str
    parameters: int
    file_bytes: int
    epochs: int
    best_epoch: int
    metrics: tuple[Metric, ...]
    confusions: Mapping[str, Confusion] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION


def write_metrics(folder: Path, run: RunMetrics) -> None:
    """Writes `folder`/metrics.json."""
    text = json.dumps(asdict(run), indent=1, allow_nan=False) + "\n"
    write_durably(folder / METRICS, text.encode())


def read_metrics(path: Path) -> RunMetrics:
    """What `write_metrics` wrote. Raises `CheckpointError`, naming the file, for a damaged one or another schema."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content["schema_version"] != SCHEMA_VERSION:
            raise CheckpointError(
                f"{path}: this version reads schema {SCHEMA_VERSION}, not {content['schema_version']}"
            )
        content["metrics"] = tuple(
            Metric(**{**one, "ci95": one["ci95"] and tuple(one["ci95"])}) for one in content["metrics"]
        )
        content["confusions"] = {name: Confusion(**counts) for name, counts in content["confusions"].items()}
        return RunMetrics(**content)
    except CheckpointError:
        raise
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as damaged:
        raise CheckpointError(
            f"{path}: the run's figures are damaged ({damaged!r}); make the bundle again"
        ) from damaged
