"""One process of `test_training_distributed.py`: trains small networks, alone or with others as TF_CONFIG says."""

import os
import sys
from pathlib import Path

import keras
import numpy as np
from synthetic_pictures import split_over, tiny

from training.datasets.folder import CLASSES, read_classes
from training.datasets.licences import OWN
from training.distributed import join_workers
from training.losses import LABEL, SOMEWHERE, WEIGHT, cell_loss, dense_crack_loss
from training.models.article_cnn import article_cnn
from training.train import train

STEPS, BATCH, LAST = 25, 8, 3  # two epochs; the last batch is smaller, and one worker's share of it smaller still


class Whole(keras.utils.PyDataset):
    """Pictures of 64 pixels, each in one of two tones with noise, and their labels (n, 1).

    The same in every epoch: before its first, `fit` calls `on_epoch_end` once more than there are epochs.
    """

    def __init__(self, steps: int = STEPS, seed: int = 0) -> None:
        super().__init__(workers=2)
        self.steps, self.seed = steps, seed

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng((self.seed, index))
        n = LAST if index == self.steps - 1 else BATCH
        labels = rng.integers(0, 2, (n, 1)).astype(np.float32)
        noise = rng.normal(0, 40, (n, 64, 64, 3))
        return np.clip(100 + 60 * labels[:, :, None, None] + noise, 0, 255).astype(np.float32), labels


class Dense(Whole):
    """Crops of 40 pixels with a target a window, (n, 5, 5, 3), and pictures that show a crack somewhere; and cells."""

    def __getitem__(self, index: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        pictures, labels = super().__getitem__(index)
        rng = np.random.default_rng((self.seed, index, 1))
        targets = np.zeros((len(pictures), 5, 5, 3), np.float32)
        targets[..., LABEL] = labels[:, :, None]
        targets[..., WEIGHT] = rng.random(targets.shape[:3]) < 0.6
        targets[::3, ..., SOMEWHERE], targets[::3, ..., WEIGHT] = 1, 0
        return pictures[:, :40, :40], {"windows": targets, "cells": targets}


def normalised() -> keras.Model:
    """A dense network with batch normalisation and two answers, (n, 40, 40, 3) -> (n, 5, 5, 1) each."""
    layers = keras.layers
    pixels = keras.Input((40, 40, 3))
    x = layers.Rescaling(1 / 128, -1)(pixels)
    x = layers.Conv2D(6, 8, strides=4, padding="same", use_bias=False)(x)
    x = layers.ReLU(6)(layers.BatchNormalization(momentum=0.9)(x))
    x = layers.Conv2D(8, 2, strides=2, use_bias=False, kernel_regularizer=keras.regularizers.L2(1e-3))(x)
    x = layers.ReLU(6)(layers.BatchNormalization(momentum=0.9)(x))
    return keras.Model(pixels, {name: layers.Conv2D(1, 1, name=name)(x) for name in ("windows", "cells")})


class Losses(keras.callbacks.Callback):
    """Keeps the losses of every epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[list[float]] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.seen.append([logs["loss"], logs["val_loss"]])


def main(folder: Path, alike: bool) -> None:
    workers = join_workers(os.environ)
    fit = workers.fit if workers else keras.Model.fit
    saved = {}
    for name, make, loss, batches, precision in (
        # Adam divides by the size of a gradient: where that is nearly 0, as of many of this network's 500,000 weights,
        # float32's rounding decides the step, and the order of a sum is enough to change it.
        ("article-cnn", article_cnn, "binary_crossentropy", Whole, "float64"),
        ("normalised", normalised, {"windows": dense_crack_loss, "cells": cell_loss}, Dense, "float32"),
    ):
        keras.utils.set_random_seed(1)
        keras.config.set_floatx(precision)
        keras.config.set_dtype_policy(precision)
        with workers.scope() if workers else keras.name_scope("alone"):
            model = make()
            model.compile(keras.optimizers.Adam(1e-3 if name == "normalised" else 1e-4), loss)
        if workers and workers.index and not alike:
            model.set_weights([weight + 1 for weight in model.get_weights()])
        losses = Losses()
        fit(
            model,
            batches(),
            validation_data=batches(steps=3, seed=1),
            epochs=2,
            shuffle=False,
            verbose=0,
            callbacks=[losses],
        )
        saved |= {f"{name}/{i}": weight for i, weight in enumerate(model.get_weights())}
        saved[f"{name}/losses"] = np.array(losses.seen)
        model.save(folder / f"{name}.keras")
    if workers:
        items = read_classes(folder.parent / "own", dataset="own", classes=CLASSES, licence=OWN)
        run = workers.folder(folder.parent / "run")
        trained = train(tiny("article-cnn", seed=3), items, split_over(items), run, verbose=0, workers=workers)
        saved |= {f"recipe/{i}": weight for i, weight in enumerate(trained.get_weights())}
        trained.predict_on_batch(np.zeros((1, 64, 64, 3), np.float32))  # by each for itself, as a bundle is made
    np.savez(folder / "saved.npz", **saved)


if __name__ == "__main__":
    main(Path(sys.argv[1]), alike=sys.argv[2:] != ["unlike"])
