"""What is wrong with labelled pictures: which are kept, which are dropped, and why. It changes no file."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from edge.imagefile import FORMATS, check_one_page
from training.datasets import metu, sdnet
from training.datasets.item import Item

UNDECODABLE, WRONG_SIZE = "undecodable", "wrong size"
COPY, CONFLICT = "copy", "copies with different labels"
MASK_MISSING, MASK_UNDECODABLE, MASK_SIZE = "mask missing", "mask undecodable", "mask of another size"
MASK_CHANNELS, MASK_VALUES = "mask with several channels", "mask not 0/255"

EXPECTED_WH: Mapping[str, tuple[int, int]] = {
    metu.NAME: metu.TILE_WH,
    sdnet.NAME: sdnet.TILE_WH,
    sdnet.FRAMES_NAME: sdnet.FRAME_WH,
}
"""The size that every picture of a data set has; any size will do in the others."""

UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
"""What Pillow raises for damaged files: SyntaxError comes from broken PNG chunks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """One picture that is not to be used; `detail` says what was found in it."""

    name: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CleaningReport:
    """What cleaning found among `checked` pictures."""

    checked: int
    dropped: tuple[Dropped, ...]

    def by_reason(self) -> dict[str, list[Dropped]]:
        """The dropped pictures of each reason, in order of the reasons' names."""
        reasons: dict[str, list[Dropped]] = defaultdict(list)
        for one in sorted(self.dropped, key=lambda one: (one.reason, one.name)):
            reasons[one.reason].append(one)
        return dict(reasons)


def clean(
    items: Iterable[Item], expected_wh: Mapping[str, tuple[int, int]] = EXPECTED_WH
) -> tuple[list[Item], CleaningReport]:
    """Decodes every picture and mask in full. Returns the good items, in order, and the report on the others.

    Of byte-identical copies the first by name stays; where copies carry different labels, none does.
    """
    checked, sound, dropped = 0, [], []
    for item in items:
        checked += 1
        fault = _fault(item, expected_wh.get(item.dataset))
        if fault is None:
            sound.append(item)
        else:
            dropped.append(fault)
    copies = _copies(sound)
    kept = [item for item in sound if item.name not in copies]
    return kept, CleaningReport(checked=checked, dropped=(*dropped, *copies.values()))


def decode(path: Path) -> Image.Image:
    """The picture, every byte of it decoded; raises one of UNREADABLE for a damaged or truncated file."""
    # Pillow would hand an EPS, whatever its name, to Ghostscript.
    with Image.open(path, formats=FORMATS) as picture:
        check_one_page(picture, name=path.name)
        picture.load()
        return picture


def mask_fault(path: Path, wh: tuple[int, int]) -> tuple[str, str] | None:
    """What is wrong with a mask (reason, detail), or None: one channel, 0 and 255 only, of size `wh`."""
    if not path.is_file():
        return MASK_MISSING, f"no {path.name}"
    try:
        mask = decode(path)
    except UNREADABLE as error:
        return MASK_UNDECODABLE, str(error)
    if mask.size != wh:
        return MASK_SIZE, f"{mask.size[0]}x{mask.size[1]} px, the picture {wh[0]}x{wh[1]}"
    if mask.mode not in ("1", "L"):
        return MASK_CHANNELS, f"Pillow mode {mask.mode}"
    others = sorted(set(np.unique(np.asarray(mask.convert("L"))).tolist()) - {0, 255})
    return (MASK_VALUES, f"{len(others)} other values, the first {others[0]}") if others else None


def _fault(item: Item, expected_wh: tuple[int, int] | None) -> Dropped | None:
    found: tuple[str, str] | None = None
    try:
        wh = decode(item.path).size
    except UNREADABLE as error:
        # Pillow puts the file's path into some of its messages; the name says enough.
        return Dropped(name=item.name, reason=UNDECODABLE, detail=str(error).replace(str(item.path), item.path.name))
    if expected_wh is not None and wh != expected_wh:
        found = WRONG_SIZE, f"{wh[0]}x{wh[1]} px, not {expected_wh[0]}x{expected_wh[1]}"
    elif item.mask_path is not None:
        found = mask_fault(item.mask_path, wh)
    return None if found is None else Dropped(name=item.name, reason=found[0], detail=found[1])


def _copies(items: list[Item]) -> dict[str, Dropped]:
    """The superfluous copies by name."""
    same: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        same[hashlib.sha256(item.path.read_bytes()).hexdigest()].append(item)
    found = {}
    for group in same.values():
        first, *others = sorted(group, key=lambda item: item.name)
        conflict = len({item.label for item in group}) > 1
        for item in [first, *others] if conflict else others:
            twin = others[0] if item is first else first
            reason = CONFLICT if conflict else COPY
            found[item.name] = Dropped(name=item.name, reason=reason, detail=f"the same bytes as {twin.name}")
    return found
