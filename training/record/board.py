"""TensorBoard logs of a run, with its hyperparameters, so that `tensorboard --logdir runs` shows runs side by side."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.recipe import Recipe

if TYPE_CHECKING:
    import keras

    from edge.manifest import Metric

BOARD = "tensorboard"

_log = logging.getLogger(__name__)


def board_callbacks(folder: Path, recipe: Recipe) -> "list[keras.callbacks.Callback]":
    """Logs losses and metrics an epoch below `folder`; writes the hyperparameters at once."""
    if not _available():
        return []
    import keras

    _write(folder, hyperparameters=hyperparameters(recipe))
    return [keras.callbacks.TensorBoard(folder / BOARD, write_graph=False, update_freq="epoch")]


def log_figures(folder: Path, metrics: "Sequence[Metric]") -> None:
    """Adds what the finished network was measured at, beside the hyperparameters."""
    if _available():
        _write(folder, figures={f"{metric.set}/{metric.name}": metric.value for metric in metrics})


def hyperparameters(recipe: Recipe) -> dict[str, bool | float | str]:
    """A recipe as one level of plain values: `data.crop_px` and so on."""
    flat: dict[str, bool | float | str] = {}
    for name, value in asdict(recipe).items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for key, one in parts:
            plain = one if isinstance(one, bool | int | float | str) else str(one)
            flat[f"{name}.{key}" if key else name] = plain
    return flat


def _available() -> bool:
    there = all(find_spec(name) is not None for name in ("tensorflow", "tensorboard"))
    if not there:
        _log.warning("TensorBoard logs need tensorflow and tensorboard, which are not installed: none are written")
    return there


def _write(folder: Path, *, hyperparameters: Mapping[str, Any] | None = None, figures: Any = None) -> None:
    import tensorflow as tf
    from tensorboard.plugins.hparams import api

    writer = tf.summary.create_file_writer(str(folder / BOARD))
    with writer.as_default():
        if hyperparameters is not None:
            api.hparams(dict(hyperparameters), trial_id=folder.name)
        for name, value in (figures or {}).items():
            tf.summary.scalar(name, value, step=0)
    writer.close()
