"""The `Concrete` part of a crack data set on Kaggle (yatata1/crack-dataset): pictures with masks in two
classes.

As it comes, the masks of one class lie in `Mask` instead of `Masks`, some pictures lack a mask and some masks
have three channels. The reader takes it as it is; `hairline data check` says what is wrong, `hairline data
fix` mends it (training/datasets/concrete_fix.py).
"""

from pathlib import Path

from edge.errors import DataError
from training.datasets.item import Item
from training.datasets.licences import RESEARCH_ONLY
from training.datasets.location import dataset_folder, pictures

NAME = "concrete"
CLASSES = {"Positive": 1, "Negative": 0}
MASK_FOLDERS = ("Masks", "Mask")
"""As it should be, and as one of them is misnamed."""


def read(root: Path) -> list[Item]:
    """Every picture below `root`/Concrete, sorted by name, with the path where its mask is or has to be.

    Raises DataError where Positive/Images or Negative/Images is missing.
    """
    return read_folder(dataset_folder(root, NAME))


def read_folder(folder: Path) -> list[Item]:
    """The same for a folder of any name and place."""
    items = []
    for class_name, label in CLASSES.items():
        images = folder / class_name / "Images"
        if not images.is_dir():
            raise DataError(f"Concrete has the folders Positive/Images and Negative/Images: there is no {images}")
        masks = {path.stem: path for path in reversed(_masks(folder / class_name))}
        items += [
            Item(
                name=f"{NAME}/{class_name}/Images/{path.name}",
                path=path,
                dataset=NAME,
                label=label,
                group=None,
                licence=RESEARCH_ONLY,
                mask_path=masks.get(path.stem, folder / class_name / MASK_FOLDERS[0] / f"{path.stem}.png"),
            )
            for path in pictures(images)
        ]
    return sorted(items, key=lambda item: item.name)


def _masks(class_folder: Path) -> list[Path]:
    """Every mask, those of the properly named folder first."""
    return [
        path for folder in MASK_FOLDERS if (class_folder / folder).is_dir() for path in pictures(class_folder / folder)
    ]
