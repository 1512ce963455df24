"""Rendered pictures with labels, a split over them and a small recipe: what the tests of training share."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from edge.render.concrete import concrete
from edge.render.cracks import CrackPath, coverage, darken
from training.datasets.folder import CLASSES, read_classes
from training.datasets.item import Item
from training.datasets.licences import OWN
from training.datasets.split import Split, load_recipe, split_of
from training.recipe import Recipe
from training.recipe import load_recipe as load_training_recipe

FRACTIONS = {"train": 0.5, "validation": 0.25, "test": 0.25}


def picture(seed: int, *, cracked: bool, side_px: int = 128) -> np.ndarray:
    """uint8 BGR (side, side, 3): concrete, with a dark crack right across it or without."""
    rng = np.random.default_rng(seed)
    image = concrete(rng, (side_px, side_px))
    if not cracked:
        return image
    xs = np.linspace(-8, side_px + 8, 30)
    ys = side_px / 2 + np.cumsum(rng.normal(0, 1.5, 30))
    path = CrackPath(
        points_xy_px=np.stack([xs, ys], axis=1).astype(np.float32),
        widths_px=np.full(30, rng.uniform(3, 6), np.float32),
    )
    return darken(image, coverage([path], (side_px, side_px)), depth=0.8)


def write_pictures(folder: Path, *, dataset: str = "own", count: int = 40, side_px: int = 128) -> list[Item]:
    """`count` pictures as PNG in folder/cracked and folder/uncracked, half of each."""
    for n in range(count):
        cracked = n % 2 == 0
        path = folder / ("cracked" if cracked else "uncracked") / f"{n:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), picture(n, cracked=cracked, side_px=side_px))
    return read_classes(folder, dataset=dataset, classes=CLASSES, licence=OWN)


def split_over(items: list[Item]) -> Split:
    """A seeded split of these pictures."""
    datasets = {item.dataset: {"rule": "random_units", "fractions": FRACTIONS} for item in items}
    return split_of(items, [], {**load_recipe(), "datasets": datasets})


def tiny(name: str, **changes: object) -> Recipe:
    """The shipped recipe `name` over own pictures, made so small that a run takes seconds."""
    recipe = load_training_recipe(name)
    small = replace(
        recipe,
        epochs=2,
        steps_per_epoch=2,
        batch_size=2,
        data=replace(recipe.data, sets=("own",), crop_px=120, mixed_sizes=True),
    )
    return replace(small, **changes)  # type: ignore[arg-type]
