"""What a run leaves once its bundle is measured: figures, confusion matrices, a grid of predictions."""

from pathlib import Path

import keras

from training.architectures.registry import ARCHITECTURES
from training.checkpoint import Progress
from training.recipe import Recipe
from training.record.board import log_figures
from training.record.metrics import RunMetrics, write_metrics
from training.record.pictures import draw_confusions, draw_samples
from training.ship import Shipped


def record_results(folder: Path, recipe: Recipe, model: keras.Model, progress: Progress, shipped: Shipped) -> None:
    """Writes `metrics.json`, `confusion.png` and `samples.png` to `folder`, and the figures to its TensorBoard logs."""
    manifest = shipped.bundle.manifest
    point = manifest.image_threshold
    confusions = {one.set: one.int8.report(point).confusion for one in shipped.measured}
    architecture = ARCHITECTURES[recipe.model]
    run = RunMetrics(
        recipe=recipe.name,
        model=recipe.model,
        task=architecture.task,
        what=architecture.what(recipe),
        split_sha256=manifest.split_sha256,
        commit=manifest.commit,
        command=manifest.command,
        parameters=model.count_params(),
        file_bytes=len(shipped.bundle.model),
        epochs=progress.epoch,
        best_epoch=progress.best_epoch if recipe.patience else progress.epoch,
        metrics=manifest.metrics,
        confusions=confusions,
    )
    write_metrics(folder, run)
    log_figures(folder, manifest.metrics)
    if not confusions:  # the split has no test side: there is nothing to show
        return
    draw_confusions(confusions, folder / "confusion.png", title=recipe.name)
    draw_samples({one.set: one.int8 for one in shipped.measured}, point.score, folder / "samples.png")
