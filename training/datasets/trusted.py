"""The trusted lists: tiles of SDNET2018's walls, each looked at by eye at native resolution.

SDNET2018's own labels are noisy: many tiles called cracked show no crack. A mark says what one reader saw:
`visible` (a crack is plainly visible), `blurred` (one is there, but only guessed because of focus or
faintness), `not_visible`. There is a list for the
test side, which only judges, and one for the validation side, on which networks and thresholds are chosen. How
they were made: trusted/README.md.
"""

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from edge.errors import DataError
from edge.frame import U8Image
from edge.imagefile import read_bgr
from training.datasets import sdnet
from training.datasets.split import Split

VISIBLE, BLURRED, NOT_VISIBLE = MARKS = ("visible", "blurred", "not_visible")
TILE, FRAME = SOURCES = ("tile", "frame")
HEADER = ("photo", "tile", "source", "label", "mark")
FOLDER = Path(__file__).parent / "trusted"
LISTS = {side: FOLDER / f"sdnet_{side}.csv" for side in ("test", "validation")}
SECOND_READINGS = {side: FOLDER / f"sdnet_{side}_second_reading.csv" for side in LISTS}
# Of the training side only what SDNET2018 calls cracked was marked, by readers who knew that.
TRAIN_CRACKED = FOLDER / "sdnet_train_cracked.csv"
TRAIN_CRACKED_SECOND_READING = FOLDER / "sdnet_train_cracked_second_reading.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class WallTile:
    """A 256x256 tile of a wall photo: a file of SDNET2018 (`source` tile) or a part of a full frame.

    `tile` is what stands after the dash of SDNET2018's name (`101`, `100_2`) or the tile's number in the frame;
    `label` is SDNET2018's own: 1 cracked, 0 uncracked.
    """

    photo: int
    tile: str
    source: str
    label: int

    @property
    def name(self) -> str:
        return f"{self.photo}-{self.tile}"

    @property
    def group(self) -> str:
        """The source photo, as the items of `training.datasets.sdnet` name it."""
        return f"{sdnet.NAME}/W/{self.photo}"

    @property
    def picture_name(self) -> str:
        """The picture that holds it, as the split names it."""
        if self.source == FRAME:
            return f"frames/sdnet_walls/{self.photo}.jpg"
        return f"{sdnet.NAME}/W/{'cracked' if self.label else 'uncracked'}/{self.name}.jpg"


Marks = Mapping[WallTile, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedItem:
    """A tile with its mark; `picture` is uint8 BGR (256, 256, 3)."""

    tile: WallTile
    mark: str
    picture: U8Image


def trusted_items(root: Path, split: Split, marks: Marks, side: str = "test") -> Iterator[TrustedItem]:
    """Every marked tile of a side's list with its pixels. Raises DataError for a tile that the split puts elsewhere."""
    for tile in marks:
        found = split.sides.get(tile.picture_name)
        if found != side:
            raise DataError(
                f"every tile of a trusted list lies on its side of the split, {side}, and {tile.picture_name} lies on "
                f"{found or 'none'}: mark tiles of the split that is in use"
            )
    for tile, picture in tile_pictures(marks, root):
        yield TrustedItem(tile=tile, mark=marks[tile], picture=picture)


def tile_pictures(tiles: Iterable[WallTile], root: Path) -> Iterator[tuple[WallTile, U8Image]]:
    """The tiles with their pixels, uint8 BGR (256, 256, 3), in the order given; one frame is held at a time.

    Raises DataError for a tile that is not below `root`, SourceError for a picture that cannot be read.
    """
    paths = {item.name: item.path for item in sdnet.read(root)}
    paths |= {item.name: item.path for item in sdnet.read_frames(root)}
    boxes = {(Path(label.frame).stem, str(label.tile)): label.box_xywh for label in sdnet.tile_labels(root)}
    held_name, held = "", None
    for tile in tiles:
        box = boxes.get((str(tile.photo), tile.tile)) if tile.source == FRAME else (0, 0, *sdnet.TILE_WH)
        if box is None or tile.picture_name not in paths:
            raise DataError(f"every trusted tile lies below {root}, and {tile.name} of {tile.picture_name} does not")
        if held is None or held_name != tile.picture_name:
            held_name, held = tile.picture_name, read_bgr(paths[tile.picture_name])
        x, y, w, h = box
        yield tile, held[y : y + h, x : x + w]


def read_marks(path: Path = LISTS["test"]) -> dict[WallTile, str]:
    """The marks of a list, in its order. Raises DataError, naming file and line, for anything but such a list."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"the trusted list cannot be read ({error}): {path}") from error
    rows = csv.reader(io.StringIO(text))
    if tuple(next(rows, ())) != HEADER:
        raise DataError(f"a trusted list begins with the line {','.join(HEADER)}: restore {path}, line 1")
    marks: dict[WallTile, str] = {}
    names: set[str] = set()
    for row in rows:
        try:
            tile, mark = _parse(row)
            if tile.name in names:
                raise ValueError("a tile is marked once")
        except ValueError as error:
            raise DataError(f"{error}, not {','.join(row)!r}: restore {path}, line {rows.line_num}") from error
        marks[tile] = mark
        names.add(tile.name)
    if not marks:
        raise DataError(f"a trusted list holds at least one tile: restore {path}")
    return marks


@cache
def seen_cracks() -> frozenset[str]:
    """Names of pictures of the training and validation side that SDNET2018 calls cracked and that show a crack."""
    return frozenset(
        tile.picture_name
        for path in (TRAIN_CRACKED, LISTS["validation"])
        for tile, mark in read_marks(path).items()
        if tile.label == 1 and mark == VISIBLE
    )


def marks_text(marks: Marks) -> str:
    """A list as it is stored, sorted by photo and tile."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(HEADER)
    for tile in sorted(marks, key=lambda tile: (tile.photo, [int(part) for part in tile.tile.split("_")])):
        rows.writerow([tile.photo, tile.tile, tile.source, tile.label, marks[tile]])
    return text.getvalue()


def agreement(first: Marks, second: Marks) -> tuple[int, int]:
    """How many tiles of the second reading have the mark of the first, of how many.

    Raises DataError where the second holds a tile that the first lacks.
    """
    strange = second.keys() - first.keys()
    if strange:
        raise DataError(f"a second reading is of tiles of the first, which lacks {min(t.name for t in strange)}")
    return sum(first[tile] == mark for tile, mark in second.items()), len(second)


def summary(first: Marks, second: Marks) -> str:
    """The counts of a list and how far its reader agreed with the first reading, as Markdown."""
    columns = [(label, mark) for label in (1, 0) for mark in MARKS]
    counts = Counter((tile.photo, tile.label, mark) for tile, mark in first.items())
    called = {1: "called cracked", 0: "called uncracked"}
    lines = [
        "| photo | " + " | ".join(f"{called[label]}: {mark}" for label, mark in columns) + " |",
        "|---|" + "---:|" * len(columns),
    ]
    photos = sorted({tile.photo for tile in first})
    lines += [
        f"| {photo} | " + " | ".join(str(counts[photo, *column]) for column in columns) + " |" for photo in photos
    ]
    totals = [sum(counts[photo, *column] for photo in photos) for column in columns]
    lines.append("| all | " + " | ".join(map(str, totals)) + " |")
    same, of = agreement(first, second)
    return "\n".join(lines) + f"\n\nSecond reading: {same} of {of} marks the same ({same / of:.1%}).\n"


def _parse(row: list[str]) -> tuple[WallTile, str]:
    if len(row) != len(HEADER):
        raise ValueError(f"a line has {len(HEADER)} fields")
    photo, tile, source, label, mark = row
    if not photo.isdecimal() or not all(part.isdecimal() for part in tile.split("_")):
        raise ValueError("a photo is a number, a tile a number or number_number")
    if source not in SOURCES or label not in ("0", "1") or mark not in MARKS:
        raise ValueError(f"a source is {' or '.join(SOURCES)}, a label 0 or 1, a mark one of {', '.join(MARKS)}")
    return WallTile(photo=int(photo), tile=tile, source=source, label=int(label)), mark


def counts() -> str:
    """The summary of every list under its side's name, as Markdown."""
    readings = {side: (path, SECOND_READINGS[side]) for side, path in LISTS.items()}
    readings["train, called cracked"] = (TRAIN_CRACKED, TRAIN_CRACKED_SECOND_READING)
    return "\n".join(
        f"### {name}\n{summary(read_marks(first), read_marks(second))}" for name, (first, second) in readings.items()
    )


if __name__ == "__main__":
    sys.stdout.write(counts())
