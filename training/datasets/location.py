"""Where the labelled data lies on this machine: one folder, a sub-folder a data set."""

import os
from pathlib import Path

from edge.errors import DataError

ENVIRONMENT = "HAIRLINE_DATA"
DEFAULT = Path("data")

FOLDERS = {
    "metu": "metu",
    "sdnet2018": "sdnet2018",
    "sdnet_walls": "frames/sdnet_walls",
    "deepcrack": "deepcrack",
    "elci": "elci",
    "concrete": "Concrete",
    "own": "own",
}
"""The folder of each data set below the data folder."""


def data_root() -> Path:
    """The data folder: the environment variable HAIRLINE_DATA, or `data/` below the working directory."""
    return Path(os.environ.get(ENVIRONMENT) or DEFAULT)


def dataset_folder(root: Path, dataset: str) -> Path:
    """The folder of one data set; raises DataError, saying how to get it, where there is none."""
    folder = root / FOLDERS[dataset]
    if not folder.is_dir():
        raise DataError(
            f"the data set '{dataset}' must lie in {folder}, and there is no such folder: get it with "
            f"`hairline data fetch {dataset}`, or set {ENVIRONMENT} to the folder that holds "
            f"{FOLDERS[dataset]}/"
        )
    return folder


def pictures(folder: Path) -> list[Path]:
    """The pictures directly in a folder, sorted by name, of the kinds that an inspection takes; no hidden files."""
    # Imported here since it brings numpy, and `hairline data --help` needs none.
    from edge.cameras.sources import PICTURE_SUFFIXES

    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".") and path.is_file()
    )
