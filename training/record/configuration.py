"""`configuration.json`: everything that decided a run."""

import json
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from edge.durable import write_durably
from edge.log.start import checkout_commit
from training.datasets.feedback import FeedbackSet
from training.datasets.split import Split
from training.recipe import Recipe

CONFIGURATION = "configuration.json"
SCHEMA_VERSION = 1
PACKAGES = ("keras", "tensorflow-cpu", "tensorflow", "numpy", "opencv-python-headless")


def write_configuration(
    folder: Path, recipe: Recipe, split: Split, *, command: str, feedback: FeedbackSet | None = None
) -> None:
    """The recipe with the command, the commit and the hashes of split and feedback.

    `command` is empty where a program called.
    """
    content: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "recipe": asdict(recipe),
        "command": command,
        "commit": checkout_commit() or "unknown",
        "split_sha256": split.sha256,
        "feedback_sha256": None if feedback is None else feedback.sha256,
        "python": platform.python_version(),
        "packages": _versions(),
    }
    write_durably(folder / CONFIGURATION, json.dumps(content, indent=1).encode())


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # tensorflow has another name on x86-64
            continue
    return found
