"""Mends the `Concrete` set into a new folder: `Mask` becomes `Masks`, pairs are made, masks become one
channel 0/255.

The source is never written to.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from edge.errors import DataError
from training.datasets.cleaning import (
    MASK_CHANNELS,
    MASK_MISSING,
    MASK_SIZE,
    MASK_UNDECODABLE,
    MASK_VALUES,
    UNDECODABLE,
    UNREADABLE,
    CleaningReport,
    Dropped,
    decode,
    mask_fault,
)
from training.datasets.concrete import CLASSES, MASK_FOLDERS, read_folder
from training.datasets.item import Item

MENDABLE = (MASK_CHANNELS, MASK_VALUES)
LEFT_BEHIND = (MASK_MISSING, MASK_UNDECODABLE, MASK_SIZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class FixReport:
    """Pairs written, masks rewritten by reason, class folders whose masks lay in `Mask`, and the rest."""

    written: int
    rewritten: dict[str, int]
    renamed: tuple[str, ...]
    left_behind: CleaningReport


def fix_dataset(source: Path, target: Path) -> FixReport:
    """Writes every sound pair of `source` to `target`, pictures byte for byte, masks as 8-bit PNG of 0 and
    255.

    A grey level of 128 or more is crack. Raises DataError where `target` is there and not empty, or lies in
    `source`.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise DataError(f"a mended data set goes to a new or empty folder, and this one is not: {target}")
    if target.resolve().is_relative_to(source.resolve()):
        raise DataError(f"a mended data set goes outside the one it is made from ({source}), not into it: {target}")
    items = read_folder(source)
    written, dropped = 0, []
    rewritten = dict.fromkeys(MENDABLE, 0)
    for item in items:
        reason, detail = _write_pair(item, target)
        if reason in (UNDECODABLE, *LEFT_BEHIND):
            dropped.append(Dropped(name=item.name, reason=reason, detail=detail))
            continue
        written += 1
        if reason:
            rewritten[reason] += 1
    return FixReport(
        written=written,
        rewritten=rewritten,
        renamed=tuple(name for name in CLASSES if (source / name / MASK_FOLDERS[1]).is_dir()),
        left_behind=CleaningReport(checked=len(items), dropped=tuple(dropped)),
    )


def _write_pair(item: Item, target: Path) -> tuple[str, str]:
    """Writes a picture and its mask, or neither; returns what was wrong (reason, detail), or two ""."""
    if item.mask_path is None:
        return MASK_MISSING, "no path"
    try:
        wh = decode(item.path).size
    except UNREADABLE as error:
        return UNDECODABLE, str(error)
    reason, detail = mask_fault(item.mask_path, wh) or ("", "")
    if reason in LEFT_BEHIND:
        return reason, detail
    try:
        _write(item, item.mask_path, target / item.path.parent.parent.name)
    except OSError as error:
        raise DataError(f"the mended data set cannot be written ({error.strerror or error}): {target}") from error
    return reason, detail


def _write(item: Item, mask_path: Path, class_folder: Path) -> None:
    for folder in ("Images", MASK_FOLDERS[0]):
        (class_folder / folder).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(item.path, class_folder / "Images" / item.path.name)
    grey = np.asarray(decode(mask_path).convert("L"))
    mask = np.where(grey >= 128, 255, 0).astype(np.uint8)
    Image.fromarray(mask).save(class_folder / MASK_FOLDERS[0] / f"{item.path.stem}.png")
