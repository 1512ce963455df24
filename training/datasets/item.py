"""One labelled picture, whatever data set it comes from."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A picture with what its data set says of it.

    `name` is unique and does not depend on where the data lies: the POSIX path below the data folder
    (`metu/Positive/00001.jpg`). `label` is 1 (cracked), 0 (uncracked) or None where only a mask is given.
    `mask_path` is 8-bit, 0 or 255. `group` names the source photo, or None where the set does not say.
    """

    name: str
    path: Path
    dataset: str
    label: int | None
    group: str | None
    licence: str
    mask_path: Path | None = None
