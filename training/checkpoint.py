"""A run that was interrupted goes on from its last epoch; a crash in the middle of saving leaves the last good one."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras

from edge.errors import CheckpointError
from training.recipe import trained_part

STATE, LAST, BEST = "state.json", "last.keras", "best.keras"
SCHEMA_VERSION = 1


@dataclass(slots=True, kw_only=True)
class Progress:
    """Where a run stands: epochs done, its curves (one entry an epoch), and its best validation loss.

    `feedback_sha256` is empty where nobody's verdicts were learnt from.
    """

    recipe: dict[str, Any]
    split_sha256: str
    feedback_sha256: str = ""
    epoch: int = 0
    best_epoch: int = 0
    best_loss: float = float("inf")
    history: dict[str, list[float]] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION


def load_progress(folder: Path, recipe: dict[str, Any], split_sha256: str, feedback_sha256: str = "") -> Progress:
    """What `folder` holds, or a fresh start. Raises `CheckpointError` for another run's or a damaged one."""
    path = folder / STATE
    if not path.exists():
        return Progress(recipe=recipe, split_sha256=split_sha256, feedback_sha256=feedback_sha256)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        schema_version = content["schema_version"]
        # Another schema may have other keys: they are not looked at before its version.
        progress = Progress(**content) if schema_version == SCHEMA_VERSION else None
        trained = trained_part(progress.recipe) if progress else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as damaged:
        raise CheckpointError(f"{path}: the run's state is damaged ({damaged!r}); use another --out") from damaged
    if progress is None:
        raise CheckpointError(f"{path}: this version reads schema {SCHEMA_VERSION}, not {schema_version}")
    learnt_from = (trained, progress.split_sha256, progress.feedback_sha256)
    if learnt_from != (trained_part(recipe), split_sha256, feedback_sha256):
        raise CheckpointError(f"{path}: the run there has another recipe, split or feedback; use another --out")
    return progress


def load_model(path: Path, custom_objects: Mapping[str, Any] | None = None) -> keras.Model:
    """A model with its optimiser as saved. Raises `CheckpointError` for a missing or damaged file.

    `custom_objects`: the losses of our own by name, see `Setup`.
    """
    try:
        return keras.saving.load_model(path, custom_objects=dict(custom_objects or {}))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as damaged:
        raise CheckpointError(f"{path}: the checkpoint cannot be read: {damaged}") from damaged


class Checkpoint(keras.callbacks.Callback):  # type: ignore[misc]
    """After every epoch: saves the model, keeps the best, stops when `patience` epochs brought nothing better."""

    def __init__(self, folder: Path, progress: Progress, *, patience: int) -> None:
        super().__init__()
        self.folder, self.progress, self.patience = folder, progress, patience

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        progress = self.progress
        for name, value in (logs or {}).items():
            progress.history.setdefault(name, []).append(float(value))
        progress.epoch = epoch + 1
        loss = float((logs or {}).get("val_loss", float("inf")))
        better = loss < progress.best_loss
        if better:
            progress.best_loss, progress.best_epoch = loss, progress.epoch
        self._save([BEST, LAST] if better else [LAST])
        if self.patience and progress.epoch - progress.best_epoch >= self.patience:
            self.model.stop_training = True

    def _save(self, models: Sequence[str]) -> None:
        """Writes everything before any of it takes the place of the last epoch's: a full disk costs nothing."""
        unfinished = {name: self.folder / f"unfinished-{name}" for name in (*models, STATE)}
        try:
            for name in models:
                self.model.save(unfinished[name])
            unfinished[STATE].write_text(json.dumps(asdict(self.progress)), encoding="utf-8")
            for name, path in unfinished.items():
                path.replace(self.folder / name)
        except OSError as failed:
            raise CheckpointError(
                f"{self.folder}: epoch {self.progress.epoch} could not be saved ({failed}); the last good "
                "checkpoint is still there"
            ) from failed
