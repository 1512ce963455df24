"""A user's own pictures: a folder a class, and in it, where known, a folder a source photo or wall.

    own/cracked/*.jpg              own/uncracked/*.jpg
    own/cracked/north-wall/*.jpg   own/uncracked/north-wall/*.jpg

Positive and Negative are as good as cracked and uncracked, in any case. Pictures of one sub-folder are never
torn apart by a split, whatever their class.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from edge.errors import DataError
from training.datasets.item import Item
from training.datasets.licences import OWN
from training.datasets.location import dataset_folder, pictures

NAME = "own"
CLASSES = {"cracked": 1, "positive": 1, "uncracked": 0, "negative": 0}


def read(root: Path) -> list[Item]:
    """Every picture below `root`/own, sorted by name. Raises DataError where no folder names a class."""
    folder = dataset_folder(root, NAME)
    return read_classes(folder, dataset=NAME, classes=CLASSES, licence=OWN)


def read_classes(folder: Path, *, dataset: str, classes: Mapping[str, int], licence: str) -> list[Item]:
    """The pictures of every folder of a class, however deep, sorted by name.

    `classes`: folder name in lower case -> label. The path between a class folder and a picture names its
    group. Raises DataError where no folder has one of these names.
    """
    items = []
    found = list(_class_folders(folder, classes))
    for class_folder in found:
        label = classes[class_folder.name.lower()]
        for below in [class_folder, *(path for path in class_folder.rglob("*") if path.is_dir())]:
            inner = below.relative_to(class_folder).as_posix()
            items += [
                Item(
                    name=f"{dataset}/{path.relative_to(folder).as_posix()}",
                    path=path,
                    dataset=dataset,
                    label=label,
                    group=None if inner == "." else f"{dataset}/{inner}",
                    licence=licence,
                )
                for path in pictures(below)
            ]
    if not found:
        raise DataError(
            f"labelled pictures lie in a folder a class, named {', '.join(classes)} in any case, and there "
            f"is none: "
            f"{folder}"
        )
    return sorted(items, key=lambda item: item.name)


def _class_folders(folder: Path, classes: Mapping[str, int]) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name.lower() in classes:
                yield path
            else:
                yield from _class_folders(path, classes)
