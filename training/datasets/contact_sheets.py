"""Contact sheets for marking tiles by eye: `python -m training.datasets.contact_sheets --photo 7096 --out DIR`.

Every tile of the photo that SDNET2018 calls cracked and as many called uncracked, drawn with a fixed seed, at
native size in random order. A sheet shows no label, so that a mark says what was seen and no more.
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from edge.errors import DataError, HairlineError
from edge.frame import U8Image
from training.datasets import sdnet
from training.datasets.location import data_root
from training.datasets.split import Split, load_split
from training.datasets.trusted import FRAME, LISTS, TILE, WallTile, read_marks, tile_pictures

SEED = 2018
ACROSS = 4
CAPTION_PX = 18
GAP_PX = 4


def drawn_tiles(photo: int, root: Path, split: Split, side: str) -> list[WallTile]:
    """The tiles of a photo of that side to mark, in random order: all called cracked, as many called uncracked.

    Raises DataError where that side of the split lacks tiles of that photo.
    """
    tiles = sorted(_tiles_of(photo, root, split, side), key=lambda tile: tile.name)
    cracked = [tile for tile in tiles if tile.label]
    uncracked = [tile for tile in tiles if not tile.label]
    if not cracked or not uncracked:
        raise DataError(f"a photo to mark has tiles of both labels on the {side} side, and {photo} has none of one")
    rng = np.random.default_rng([SEED, photo])
    chosen = rng.choice(len(uncracked), size=min(len(cracked), len(uncracked)), replace=False)
    mixed = cracked + [uncracked[i] for i in chosen]
    return [mixed[i] for i in rng.permutation(len(mixed))]


def _tiles_of(photo: int, root: Path, split: Split, side: str) -> Iterator[WallTile]:
    for label in sdnet.tile_labels(root):
        tile = WallTile(photo=photo, tile=str(label.tile), source=FRAME, label=label.label)
        if label.frame == f"{photo}.jpg" and split.sides.get(tile.picture_name) == side:
            yield tile
    for item in split.items(side, sdnet.read(root)):
        if item.group == f"{sdnet.NAME}/W/{photo}":
            number = item.path.stem.split("-", 1)[1]
            yield WallTile(photo=photo, tile=number, source=TILE, label=int(item.label == 1))


def sheet(tiles: Sequence[tuple[str, U8Image]], *, zoom: int = 1) -> U8Image:
    """Tiles with a caption each, `ACROSS // zoom` a row: uint8 BGR. `zoom` enlarges each by cubic interpolation."""
    side = sdnet.TILE_WH[0] * zoom
    pitch_x, pitch_y = side + GAP_PX, side + CAPTION_PX
    columns = ACROSS // zoom
    rows = -(-len(tiles) // columns)
    page = np.full((rows * pitch_y, min(len(tiles), columns) * pitch_x, 3), 255, np.uint8)
    for n, (caption, picture) in enumerate(tiles):
        y, x = n // columns * pitch_y, n % columns * pitch_x
        enlarged = picture if zoom == 1 else cv2.resize(picture, (side, side), interpolation=cv2.INTER_CUBIC)
        page[y : y + side, x : x + side] = enlarged
        cv2.putText(page, caption, (x + 4, y + side + 14), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return page


def stretched(picture: U8Image) -> U8Image:
    """Grey, its 0.5th to 99.5th percentile spread over 0..255, after the slow change of light is taken away.

    An aid to finding faint lines; a mark is of the picture as it is.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    flat = grey - cv2.GaussianBlur(grey, (0, 0), 24)
    low, high = np.percentile(flat, [0.5, 99.5])
    spread = np.clip((flat - low) * (255 / max(high - low, 1e-6)), 0, 255).round().astype(np.uint8)
    return cv2.cvtColor(spread, cv2.COLOR_GRAY2BGR)


def write_sheets(tiles: Iterable[WallTile], out: Path, prefix: str, *, named: bool = True, zoom: int = 1) -> int:
    """Sheets as `prefix-NN.png`, each with a stretched copy `prefix-NN-stretched.png`; returns how many.

    Where not `named`, a tile's caption is its number in the order given, and `prefix-key.csv` says which it is.
    """
    out.mkdir(parents=True, exist_ok=True)
    shown = list(tile_pictures(tiles, data_root()))
    captioned = [(tile.name if named else str(n), picture) for n, (tile, picture) in enumerate(shown, 1)]
    if not named:
        with (out / f"{prefix}-key.csv").open("w", newline="", encoding="utf-8") as lines:
            csv.writer(lines).writerows((n, tile.name) for n, (tile, _) in enumerate(shown, 1))
    on_one = (ACROSS // zoom) ** 2
    parts = [captioned[start : start + on_one] for start in range(0, len(captioned), on_one)]
    for count, part in enumerate(parts, 1):
        views = {"": part, "-stretched": [(caption, stretched(picture)) for caption, picture in part]}
        for suffix, view in views.items():
            path = out / f"{prefix}-{count:02}{suffix}.png"
            if not cv2.imwrite(str(path), sheet(view, zoom=zoom)):
                raise DataError(f"a contact sheet is written where one may write, and it cannot be: {path}")
    return len(parts)


def drawn_again(marks_path: Path, count: int) -> list[WallTile]:
    """`count` tiles of a list of marks, drawn at random over all its photos, for a second reading."""
    tiles = list(read_marks(marks_path))
    rng = np.random.default_rng([SEED, 2])
    return [tiles[i] for i in rng.choice(len(tiles), size=min(count, len(tiles)), replace=False)]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training.datasets.contact_sheets", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--photo", type=int, action="append", help="a photo of that side; may be repeated")
    what.add_argument("--again", type=int, metavar="N", help="N marked tiles without their names, to mark once more")
    parser.add_argument("--side", choices=tuple(LISTS), default="test", help="the side of the split (default: test)")
    parser.add_argument("--marks", type=Path, help="the list that --again draws from (default: that side's)")
    parser.add_argument("--tile", action="append", default=[], help="only this tile of the photo; may be repeated")
    parser.add_argument("--zoom", type=int, choices=(1, 2, 3), default=1)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    args = parser.parse_args(arguments)
    try:
        if args.again:
            write_sheets(drawn_again(args.marks or LISTS[args.side], args.again), args.out, "again", named=False)
        for photo in args.photo or ():
            tiles = drawn_tiles(photo, data_root(), load_split(), args.side)
            chosen = [tile for tile in tiles if not args.tile or tile.tile in args.tile]
            write_sheets(chosen, args.out, f"{photo}-zoom" if args.zoom > 1 else str(photo), zoom=args.zoom)
    except HairlineError as error:
        sys.stderr.write(f"hairline: error: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
