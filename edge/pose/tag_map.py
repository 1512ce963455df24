"""Where the tags of a wall are: a TOML file that a person writes after measuring.

    schema_version = 1
    side_mm = 60.0        # of the black square
    sd_mm = 2.0           # standard deviation of each coordinate below
    turn_sd_deg = 2.0     # and of how upright a tag was glued

    [[tag]]
    id = 3
    x_mm = 500.0          # its middle on the wall, x right and y up
    y_mm = 120.0

A tag may have a `side_mm`, `sd_mm` and `turn_sd_deg` of its own, and `turn_deg`, counter-clockwise, where it does not
stand upright.
"""

import math
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import CalibrationError
from edge.pose.plane import Planar
from edge.tags import TAGS_IN_FAMILY

SCHEMA_VERSION = 1
_SHARED = ("side_mm", "sd_mm", "turn_sd_deg")
_OF_A_TAG = ("id", "x_mm", "y_mm", "turn_deg", *_SHARED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTag:
    """A tag on the wall, by its middle. `turn_deg` is counter-clockwise; the sds are of coordinates and of the turn."""

    id: int
    x_mm: float
    y_mm: float
    side_mm: float
    sd_mm: float
    turn_sd_deg: float
    turn_deg: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.id < TAGS_IN_FAMILY:
            raise ValueError(f"AprilTag 36h11 has the ids 0 to {TAGS_IN_FAMILY - 1}; got {self.id}")
        numbers = (self.x_mm, self.y_mm, self.side_mm, self.sd_mm, self.turn_sd_deg, self.turn_deg)
        if not all(map(math.isfinite, numbers)) or min(self.side_mm, self.sd_mm, self.turn_sd_deg) <= 0:
            raise ValueError(
                f"tag {self.id} has a finite place, and a side and standard deviations above 0; it has {numbers}"
            )

    @property
    def place(self) -> Planar:
        """Its middle and turn on the wall."""
        sd = np.array([self.sd_mm, self.sd_mm, math.radians(self.turn_sd_deg)])
        return Planar(values=np.array([self.x_mm, self.y_mm, math.radians(self.turn_deg)]), covariance=np.diag(sd**2))


@dataclass(frozen=True, slots=True, kw_only=True)
class TagMap:
    """The tags of one wall. Raises `ValueError` for ids that repeat and for tags that lie on one another."""

    tags: tuple[PlacedTag, ...]

    def __post_init__(self) -> None:
        repeated = sorted(number for number, count in Counter(tag.id for tag in self.tags).items() if count > 1)
        if repeated:
            raise ValueError(f"every tag is there once; there more than once: {', '.join(map(str, repeated))}")
        for tag, other in combinations(self.tags, 2):
            apart = math.hypot(tag.x_mm - other.x_mm, tag.y_mm - other.y_mm)
            if apart < (tag.side_mm + other.side_mm) / 2:
                raise ValueError(
                    f"two tags cannot lie on one another; tags {tag.id} and {other.id} are {apart:.0f} mm apart"
                )

    def __getitem__(self, number: int) -> PlacedTag:
        return next(tag for tag in self.tags if tag.id == number)

    def __contains__(self, number: object) -> bool:
        return any(tag.id == number for tag in self.tags)


def read_tag_map(path: Path) -> TagMap:
    """Raises `CalibrationError` for a file that is missing or is no tag map; it says why."""
    try:
        return _tag_map(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as failed:
        raise CalibrationError(f"{path}: cannot be read: {failed.strerror or failed}") from failed
    except ValueError as wrong:  # also what tomllib and UTF-8 raise
        raise CalibrationError(f"{path}: {wrong}; measure again, or mend the file") from wrong


def _tag_map(content: Mapping[str, Any]) -> TagMap:
    if content.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(f"a tag map has schema_version {SCHEMA_VERSION}; got {content.get('schema_version')}")
    unknown = sorted(content.keys() - {"schema_version", "tag", *_SHARED})
    entries = content.get("tag")
    if unknown or not isinstance(entries, list) or not entries or not all(isinstance(e, dict) for e in entries):
        raise ValueError(f"a tag map has {', '.join(_SHARED)} and one [[tag]] or more; unknown: {unknown or 'nothing'}")
    shared = {key: content[key] for key in _SHARED if key in content}
    return TagMap(tags=tuple(_tag(shared | entry) for entry in entries))


def _tag(entry: Mapping[str, Any]) -> PlacedTag:
    name = f"tag {entry.get('id', 'without id')}"
    unknown = sorted(entry.keys() - set(_OF_A_TAG))
    missing = sorted(set(_OF_A_TAG) - {"turn_deg"} - entry.keys())
    if unknown or missing:
        raise ValueError(f"{name} has the keys {', '.join(_OF_A_TAG)}; unknown: {unknown}, missing: {missing}")
    for key, value in entry.items():
        if isinstance(value, bool) or not isinstance(value, int if key == "id" else (int, float)):
            raise ValueError(f"{name}: {key} is a {'whole ' if key == 'id' else ''}number; got {value!r}")
    return PlacedTag(**entry)
