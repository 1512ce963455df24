"""METU: 227x227 tiles of concrete on the METU campus, half of them cracked.

Özgenel, Ç.F. (2019), "Concrete Crack Images for Classification", Mendeley Data V2, doi:10.17632/5y9wdsg2zt.2.
Paper: Özgenel & Gönenç Sorguç, ISARC 2018: 40,000 tiles cut from 458 photos. Neighbouring numbers of the
positives come from the same photo; the negatives are shuffled, so that nothing says which of them belong
together.
"""

import re
from pathlib import Path

from edge.errors import DataError
from training.datasets.item import Item
from training.datasets.licences import CC_BY_4
from training.datasets.location import dataset_folder, pictures

NAME = "metu"
TILE_WH = (227, 227)
BLOCK = 100
"""Consecutive positives taken as one photo: 20,000 positives of 458 photos are 44 to a photo."""

_STEM = re.compile(r"(\d+)(_\d+)?")


def read(root: Path) -> list[Item]:
    """Every tile below `root`/metu, sorted by name. Raises DataError where the layout is another."""
    folder = dataset_folder(root, NAME)
    items = []
    for class_name, label in (("Positive", 1), ("Negative", 0)):
        if not (folder / class_name).is_dir():
            raise DataError(f"METU has the folders Positive and Negative: {folder} has no {class_name}")
        items += [
            Item(
                name=f"metu/{class_name}/{path.name}",
                path=path,
                dataset=NAME,
                label=label,
                group=_group(path, label),
                licence=CC_BY_4,
            )
            for path in pictures(folder / class_name)
        ]
    return sorted(items, key=lambda item: item.name)


def _group(path: Path, label: int) -> str | None:
    match = _STEM.fullmatch(path.stem)
    if match is None:
        raise DataError(f"a METU tile is named by its number (00001.jpg, 14965_1.jpg), not {path.name}: {path}")
    return f"metu/P/{int(match[1]) // BLOCK}" if label else None
