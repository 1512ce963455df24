"""SDNET2018: 256x256 tiles of bridge decks (D), walls (W) and pavements (P).

Maguire, M., Dorafshan, S., Thomas, R.J. (2018), Utah State University, doi:10.15142/T3TD19; Data in Brief 21
(2018) 1664-1668. A tile is named `<photo>-<tile>.jpg`; tiles 1..252 of a photo are row-major, 18 columns by
14 rows.
"""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from edge.errors import DataError
from training.datasets.item import Item
from training.datasets.licences import CC_BY_4
from training.datasets.location import dataset_folder, pictures

NAME = "sdnet2018"
FRAMES_NAME = "sdnet_walls"
TILE_WH = (256, 256)
FRAME_WH = (4608, 3584)
TILE_COLUMNS, TILE_ROWS = 18, 14

_STEM = re.compile(r"(\d+)-(\d+)(_\d+)?")
_CLASS_FOLDERS = {"cracked": 1, "uncracked": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class TileLabel:
    """What the folders of SDNET2018 say of one tile of a full frame; `box_xywh` in pixels of the frame."""

    frame: str
    tile: int
    box_xywh: tuple[int, int, int, int]
    label: int


def read(root: Path) -> list[Item]:
    """Every tile below `root`/sdnet2018, sorted by name, in this project's layout or in the official one.

    This project's: W/cracked, W/uncracked. The official one: W/CW, W/UW and so on for D and P. Both give the
    names of the first. Raises DataError where neither is there.
    """
    folder = dataset_folder(root, NAME)
    items: dict[str, Item] = {}
    for surface in "DPW":
        for class_name, label in _CLASS_FOLDERS.items():
            for below in (class_name, f"{class_name[0].upper()}{surface}"):
                for path in pictures(folder / surface / below) if (folder / surface / below).is_dir() else ():
                    item = _item(path, surface, class_name, label)
                    items.setdefault(item.name, item)
    if not items:
        raise DataError(
            f"SDNET2018 has the folders D, P and W, and in W the folders cracked and uncracked (or CW and "
            f"UW): "
            f"{folder} has no picture in any of them"
        )
    return [items[name] for name in sorted(items)]


def read_frames(root: Path) -> list[Item]:
    """The full frames below `root`/frames/sdnet_walls; a frame is cracked where any tile of it is."""
    folder = dataset_folder(root, FRAMES_NAME)
    cracked = {tile.frame for tile in tile_labels(root) if tile.label}
    return [
        Item(
            name=f"frames/sdnet_walls/{path.name}",
            path=path,
            dataset=FRAMES_NAME,
            label=int(path.name in cracked),
            group=f"{NAME}/W/{path.stem}",
            licence=CC_BY_4,
        )
        for path in pictures(folder)
    ]


def tile_labels(root: Path) -> list[TileLabel]:
    """The labels of every tile of the full frames, in the order of tiles.csv."""
    return read_tile_labels(dataset_folder(root, FRAMES_NAME) / "tiles.csv")


def read_tile_labels(path: Path) -> list[TileLabel]:
    """The labels in a `tiles.csv`, in its order. Raises DataError, naming the file, for any other table."""
    try:
        with path.open(newline="") as lines:
            return [_tile_label(row) for row in csv.DictReader(lines)]
    except FileNotFoundError as error:
        raise DataError(f"the labels of the full frames must lie in {path}, and there is no such file") from error
    except OSError as error:
        raise DataError(f"the labels of the full frames cannot be read ({error.strerror}): {path}") from error
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise DataError(f"tiles.csv has the columns frame,tile,row,col,x,y,w,h,label ({error}): {path}") from error


def _tile_label(row: dict[str, str]) -> TileLabel:
    return TileLabel(
        frame=row["frame"],
        tile=int(row["tile"]),
        box_xywh=(int(row["x"]), int(row["y"]), int(row["w"]), int(row["h"])),
        label=int(row["label"]),
    )


def _item(path: Path, surface: str, class_name: str, label: int) -> Item:
    match = _STEM.fullmatch(path.stem)
    if match is None:
        raise DataError(f"an SDNET2018 tile is named <photo>-<tile>.jpg (7069-101.jpg), not {path.name}: {path}")
    return Item(
        name=f"{NAME}/{surface}/{class_name}/{path.name}",
        path=path,
        dataset=NAME,
        label=label,
        group=f"{NAME}/{surface}/{int(match[1])}",
        licence=CC_BY_4,
    )
