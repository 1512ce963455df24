"""ELCI, "Edge-based Labeled Crack Image", IEEE DataPort (a login is needed to get it).

https://ieee-dataport.org/documents/elci-edge-based-labeled-crack-image. Its folder layout is described
nowhere that we could read, so this reader takes any tree in which some folder names a class (`CLASSES`, in
any case). A folder between the class and the picture is taken as the source photo. Its licence is not known
to us either.
"""

from pathlib import Path

from training.datasets.folder import read_classes
from training.datasets.item import Item
from training.datasets.licences import RESEARCH_ONLY
from training.datasets.location import dataset_folder

NAME = "elci"
CLASSES = {
    **dict.fromkeys(("crack", "cracked", "cracks", "positive", "with_crack", "with crack", "1"), 1),
    **dict.fromkeys(
        (
            *(
                "uncracked",
                "uncrack",
                "non-crack",
                "non_crack",
                "noncrack",
                "non crack",
                "no_crack",
                "no crack",
            ),
            *("nocrack", "negative", "without_crack", "without crack", "intact", "normal", "0"),
        ),
        0,
    ),
}


def read(root: Path) -> list[Item]:
    """Every picture below `root`/elci, sorted by name. Raises DataError where no folder names a class."""
    return read_classes(dataset_folder(root, NAME), dataset=NAME, classes=CLASSES, licence=RESEARCH_ONLY)
