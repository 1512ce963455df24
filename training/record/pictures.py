"""The confusion matrices of a run and a grid of its predictions, as pictures."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from edge.imagefile import read_bgr
from training.evaluate import Scored
from training.metrics import Confusion

SHOWN = 24
COLUMNS = 6


def draw_confusions(confusions: Mapping[str, Confusion], path: Path, *, title: str) -> None:
    """One panel a set: counts of what was cracked and what was called so; written as PNG to `path`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.6 * max(1, len(confusions)), 3.8), layout="constrained")
    for i, (name, counts) in enumerate(confusions.items()):
        table = np.array([[counts.true_negative, counts.false_positive], [counts.false_negative, counts.true_positive]])
        axes = figure.add_subplot(1, len(confusions), i + 1)
        axes.imshow(table / np.maximum(table.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
        for row in range(2):
            for column in range(2):
                axes.text(column, row, f"{table[row, column]:,}", ha="center", va="center", color="darkorange")
        axes.set(
            xticks=[0, 1],
            yticks=[0, 1],
            xticklabels=["uncracked", "cracked"],
            yticklabels=["uncracked", "cracked"],
            xlabel="called (pictures)",
            ylabel="labelled (pictures)",
            title=f"{title}: {name}",
        )
    figure.savefig(path, dpi=110)


def worst_first(scored: Scored, threshold: float) -> list[int]:
    """Indices of the pictures: the most wrong first, then those that were right by least."""
    wrongness = np.where(scored.cracked, threshold - scored.scores, scored.scores - threshold)
    return [int(i) for i in np.argsort(-wrongness, kind="stable")]


def draw_samples(sets: Mapping[str, Scored], threshold: float, path: Path) -> None:
    """A grid of pictures with label and score, the worst mistakes of each set first; written as PNG to `path`.

    It shows pictures of others: it stays in the run's folder.
    """
    from matplotlib.figure import Figure

    rows = -(-SHOWN // COLUMNS)
    figure = Figure(figsize=(2.0 * COLUMNS, 2.4 * rows * max(1, len(sets))), layout="constrained")
    parts = figure.subfigures(len(sets), 1, squeeze=False)[:, 0]
    for part, (name, scored) in zip(parts, sets.items(), strict=True):
        part.suptitle(f"{name}: the most wrong first; threshold {threshold:.4f}")
        for place, index in enumerate(worst_first(scored, threshold)[:SHOWN]):
            item, score = scored.items[index], float(scored.scores[index])
            wrong = (score >= threshold) != (item.label == 1)
            axes = part.add_subplot(rows, COLUMNS, place + 1)
            axes.imshow(read_bgr(item.path)[:, :, ::-1])
            axes.set_axis_off()
            axes.set_title(
                f"{item.path.stem}\n{'cracked' if item.label else 'uncracked'}, score {score:.3f}",
                fontsize=7,
                color="red" if wrong else "black",
            )
    figure.savefig(path, dpi=110)
