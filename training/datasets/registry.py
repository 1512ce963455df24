"""The data sets by name, and the reader of each."""

from collections.abc import Callable, Iterable
from pathlib import Path

from edge.errors import DataError
from training.datasets import concrete, deepcrack, elci, folder, metu, sdnet
from training.datasets.item import Item
from training.datasets.location import FOLDERS

READERS: dict[str, Callable[[Path], list[Item]]] = {
    metu.NAME: metu.read,
    sdnet.NAME: sdnet.read,
    sdnet.FRAMES_NAME: sdnet.read_frames,
    deepcrack.NAME: deepcrack.read,
    elci.NAME: elci.read,
    concrete.NAME: concrete.read,
    folder.NAME: folder.read,
}


def read_all(names: Iterable[str], root: Path) -> list[Item]:
    """The items of several data sets, one after another. Raises DataError for a name that nothing reads."""
    items = []
    for name in names:
        if name not in READERS:
            raise DataError(f"a data set is one of {', '.join(READERS)}, not {name!r}")
        items += READERS[name](root)
    return items


def present(root: Path) -> list[str]:
    """The data sets that have a folder below `root`."""
    return [name for name in READERS if (root / FOLDERS[name]).is_dir()]
