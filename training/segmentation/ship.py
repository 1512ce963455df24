"""A measured segmenter -> the bundle that gets it, and the record of its run."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from edge.bundle import FLOAT_FOLDER, Bundle, SegmenterPart, read_bundle, write_bundle
from edge.errors import BundleError
from edge.frame import U8Image
from edge.manifest import CARD_FILE, SegmenterSpec
from edge.render.concrete import concrete
from edge.render.cracks import CrackStyle, coverage, crack_path, darken
from edge.segmenter import Segmenter, check_golden_masks, golden_masks
from training.architectures.registry import ARCHITECTURES
from training.checkpoint import Progress
from training.record.board import log_figures
from training.record.metrics import RunMetrics, write_metrics
from training.segmentation.measure import MeasuredSegmenter, TrainedSegmenter

GOLDEN_PICTURES = 6
GOLDEN_PX = 128
HEADING = "\n## Segmenter\n"


def refuse_unasked(folder: Path, *, overwrite: bool) -> None:
    """Raises `BundleError` where `folder` is no bundle, or has a segmenter already and nobody said `overwrite`."""
    if read_bundle(folder).manifest.segmenter is not None and not overwrite:
        raise BundleError(f"{folder}: the bundle has a segmenter already; give --overwrite or another --bundle")


def add_segmenter(folder: Path, trained: TrainedSegmenter, measured: MeasuredSegmenter) -> Bundle:
    """The bundle at `folder` with this segmenter, written anew and verified; the classifier's files stay as they are.

    Raises `BundleError` where this machine's runtime does not reproduce the golden masks.
    """
    spec = measured.spec
    part = golden_masks(spec, measured.model, golden_pictures(trained.recipe.seed))
    check_golden_masks(part, Segmenter(spec, measured.model), where=spec.file)  # or nobody could run it
    return _put(folder, spec, part, _card(trained, spec))


def carry_segmenter(source: Path, folder: Path) -> None:
    """The segmenter of the bundle `source`, where it has one, for the bundle at `folder` as well."""
    bundle = read_bundle(source)
    if bundle.segmenter is not None and bundle.manifest.segmenter is not None:
        card = (source / CARD_FILE).read_text(encoding="utf-8").partition(HEADING)[2]
        _put(folder, bundle.manifest.segmenter, bundle.segmenter, card)


def _put(folder: Path, spec: SegmenterSpec, part: SegmenterPart, told: str) -> Bundle:
    bundle = read_bundle(folder)
    floats = folder / FLOAT_FOLDER
    kept = [name for name in bundle.manifest.float_files if (floats / name).is_file()]
    card = (folder / CARD_FILE).read_text(encoding="utf-8").partition(HEADING)[0]
    return write_bundle(
        folder,
        replace(bundle.manifest, segmenter=spec),
        model=bundle.model,
        golden=bundle.golden,
        card=card + HEADING + told,
        segmenter=part,
        float_files={name: (floats / name).read_bytes() for name in kept},
        overwrite=True,
    )


def record(folder: Path, trained: TrainedSegmenter, measured: MeasuredSegmenter, progress: Progress) -> None:
    """Writes `metrics.json` to the run's folder, and the figures to its TensorBoard logs."""
    recipe = trained.recipe
    run = RunMetrics(
        recipe=recipe.name,
        model=recipe.model,
        task="segment",
        what=ARCHITECTURES[recipe.model].what(recipe),
        split_sha256=measured.spec.split_sha256,
        commit=measured.spec.commit,
        command=measured.spec.command,
        parameters=trained.model.count_params(),
        file_bytes=len(measured.model),
        epochs=progress.epoch,
        best_epoch=progress.best_epoch if recipe.patience else progress.epoch,
        metrics=measured.spec.metrics,
    )
    write_metrics(folder, run)
    log_figures(folder, measured.spec.metrics)


def golden_pictures(seed: int) -> U8Image:
    """Rendered pictures, uint8 BGR (n, s, s, 3): concrete with a crack each, but for the last."""
    pictures = []
    for index in range(GOLDEN_PICTURES):
        rng = np.random.default_rng((seed, index))
        picture = concrete(rng, (GOLDEN_PX, GOLDEN_PX))
        path = crack_path(
            rng,
            start_xy_px=(-5.0, rng.uniform(0.2, 0.8) * GOLDEN_PX),
            heading_rad=rng.uniform(-0.6, 0.6),
            length_px=1.5 * GOLDEN_PX,
            width_px=float(np.exp(rng.uniform(np.log(0.7), np.log(8.0)))),
            style=CrackStyle(),
        )
        if index < GOLDEN_PICTURES - 1:
            picture = darken(picture, coverage([path], (GOLDEN_PX, GOLDEN_PX)), depth=rng.uniform(0.3, 0.9))
        pictures.append(picture)
    return np.stack(pictures)


def _card(trained: TrainedSegmenter, spec: SegmenterSpec) -> str:
    """The model card's part about it, Markdown."""
    figures = "\n".join(
        f"| {metric.name} | {metric.set} | {metric.value:.4f} | "
        + (f"{metric.ci95[0]:.4f} to {metric.ci95[1]:.4f}" if metric.ci95 else "")
        + f" | {metric.n} |"
        for metric in spec.metrics
    )
    data = "\n".join(f"* {one.name}, {one.items} pictures, {one.licence}: {one.citation}" for one in spec.training_data)
    return f"""{ARCHITECTURES[trained.recipe.model].what(trained.recipe)}

Made by `{spec.command}` at commit `{spec.commit}`. A pixel is crack from a probability of {spec.threshold:.4f} on,
chosen for the highest Dice on the {spec.threshold_chosen_on}. Calls of {spec.call_px} pixels, of which the outermost
{spec.margin_px} are cut off.

| figure | set | value | 95 % | pictures |
|---|---|---|---|---|
{figures}

Trained on cracks rendered onto uncracked pictures, and on METU's cracks with masks derived from their grey values:
{data}
"""
