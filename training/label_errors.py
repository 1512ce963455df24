"""Finds SDNET2018's training tiles that are called cracked and probably show no crack (confident learning).

    python -m training.label_errors --bundle B # makes training/datasets/label_quality/sdnet_train.csv again
    python -m training.label_errors --report   # what looking at them by eye says of it

Northcutt, Jiang and Chuang, "Confident Learning", JAIR 70 (2021) 1373-1411, as the library cleanlab has it. Every tile
gets a probability from a logistic regression that has seen no tile of its photo. Its features are taken at native
pixels, since a tile shrunk loses its hairlines: the last layer of a tilenet, over the tile's windows. That network is
to be one that was trained on no tile called cracked, as `tilenet-m-rendered` gives; it has seen the uncracked ones of
these photos, as negatives.
"""

import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge.errors import DataError
from edge.imagefile import read_bgr
from training.datasets import sdnet
from training.datasets.item import Item
from training.datasets.label_quality import DEFAULT, LOOKED_AT, quality_text, read_looked_at, read_quality
from training.datasets.location import data_root
from training.datasets.split import load_split
from training.datasets.trusted import TRAIN_CRACKED, read_marks

F32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

FOLDS = 5
HIGHEST = 3  # windows whose activations are averaged: as many as the image score takes
INVERSE_REGULARISATION = 0.01  # of 0.01, 0.1 and 1 the best at telling the labels of unseen photos
BATCH = 32


def window_features(model_path: Path, items: Sequence[Item]) -> F32:
    """Float32 (n, 2 + 2 c): of each picture's windows at native pixels the highest logits' mean, the mean logit, and
    the activations of the c channels before the logit, averaged over the highest windows and over all."""
    import keras

    tile_model = keras.saving.load_model(model_path, compile=False)
    # The saved network takes one tile; its weights do not depend on the picture's size.
    whole = keras.models.clone_model(tile_model, input_tensors=keras.Input((None, None, 3)))
    whole.set_weights(tile_model.get_weights())
    network = keras.Model(whole.inputs, [whole.layers[-1].input, whole.output])
    rows = []
    for start in range(0, len(items), BATCH):
        pictures = np.stack([read_bgr(item.path) for item in items[start : start + BATCH]]).astype(np.float32)
        activations, logits = (
            np.reshape(output, (len(pictures), -1, output.shape[-1])) for output in network.predict_on_batch(pictures)
        )
        highest = np.argsort(logits, axis=1)[:, -HIGHEST:]
        parts = [
            np.take_along_axis(logits, highest, 1),
            logits,
            np.take_along_axis(activations, highest, 1),
            activations,
        ]
        rows.append(np.concatenate([part.mean(axis=1) for part in parts], axis=1))
    return np.concatenate(rows).astype(np.float32)


def out_of_photo_probabilities(features: F32, cracked: Bools, groups: Sequence[str]) -> npt.NDArray[np.float64]:
    """Float64 (n, 2), uncracked and cracked: each row from a regression fitted without any row of its group."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if len(set(groups)) < FOLDS:
        raise DataError(f"label errors are looked for across at least {FOLDS} photos; got {len(set(groups))}")
    regression = make_pipeline(StandardScaler(), LogisticRegression(C=INVERSE_REGULARISATION, max_iter=2000))
    folds = StratifiedGroupKFold(n_splits=FOLDS, shuffle=True, random_state=0)
    probabilities: npt.NDArray[np.float64] = cross_val_predict(
        regression, features, cracked.astype(int), groups=np.asarray(groups), cv=folds, method="predict_proba"
    )
    return probabilities


def find_errors(probabilities: npt.NDArray[np.float64], cracked: Bools) -> Bools:
    """Which labels cleanlab takes for errors, bool (n,): its default rule, pruning by the estimated noise rate."""
    from cleanlab.filter import find_label_issues

    errors: Bools = find_label_issues(cracked.astype(int), probabilities, n_jobs=1)
    return errors


def make_table(items: Sequence[Item], model_path: Path) -> str:
    """The table of the tiles called cracked among `items`, all of them of the training side.

    Tiles called uncracked take part in the estimate, but what is flagged of them is not used: looked at, nearly all are
    joints, holes and shadows without a crack, the very negatives that training needs.
    """
    cracked = np.array([item.label == 1 for item in items])
    groups = [item.group or item.name for item in items]
    probabilities = out_of_photo_probabilities(window_features(model_path, items), cracked, groups)
    errors = find_errors(probabilities, cracked)
    called = np.flatnonzero(cracked).tolist()
    return quality_text([items[i].name for i in called], probabilities[called, 1].tolist(), errors[called].tolist())


def report(looked_at: Sequence[tuple[str, bool, str]]) -> str:
    """A Markdown table of the marks, with the share that plainly shows a crack and its 95 % interval."""
    from scipy.stats import binomtest

    lines = ["| label | likely error | looked at | visible | blurred | not visible | plainly cracked (95 %) |"]
    lines.append("|---" * 7 + "|")
    for label in ("cracked", "uncracked"):
        for flagged in (True, False):
            marks = Counter(mark for name, error, mark in looked_at if f"/{label}/" in name and error == flagged)
            if not (n := marks.total()):
                continue
            share = binomtest(marks["visible"], n).proportion_ci(method="exact")
            counts = " | ".join(str(marks[mark]) for mark in ("visible", "blurred", "not_visible"))
            lines.append(
                f"| {label} | {'yes' if flagged else 'no'} | {n} | {counts} | {marks['visible'] / n:.0%} "
                f"({share.low:.0%} to {share.high:.0%}) |"
            )
    return "\n".join(lines)


def marked() -> list[tuple[str, bool, str]]:
    """Name, likely error and mark of every tile of the training side called cracked."""
    quality = read_quality()
    names = ((tile.picture_name, mark) for tile, mark in read_marks(TRAIN_CRACKED).items())
    return [(name, quality[name].likely_error, mark) for name, mark in names]


def main(argv: Sequence[str] | None = None) -> int:
    """Makes the table of likely label errors on SDNET2018's training side; the exit status."""
    parser = ArgumentParser(prog="python -m training.label_errors", description=main.__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--report", action="store_true", help="only say what the tiles that were looked at show")
    what.add_argument("--bundle", type=Path, metavar="DIR", help="a dense network that has seen no tile called cracked")
    parser.add_argument("--out", type=Path, default=DEFAULT, metavar="FILE")
    args = parser.parse_args(argv)
    if args.report:
        sys.stdout.write(f"{report(read_looked_at(LOOKED_AT))}\n\n{report(marked())}\n")
        return 0
    items = load_split().items("train", sdnet.read(data_root()))
    text = make_table(items, next((args.bundle / "float").glob("*.keras")))
    args.out.write_text(text, encoding="utf-8")
    sys.stdout.write(
        f"{args.out}: {text.count(',yes')} of {text.count(',yes') + text.count(',no')} are likely errors\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
