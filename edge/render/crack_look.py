"""What cracks look like on photographs: how dark for their width, how soft at their edges, how they fade along.

`crack_look.json` is fitted to photographs of the training side by `python -m training.bench.fit_crack_look` and frozen:
a figure of the test bench holds for one look, and its hash is part of the figure.
"""

import hashlib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Self

import numpy as np

from edge.errors import DataError
from edge.manifest_json import dumps, from_plain, loads
from edge.render.course import F64

SCHEMA_VERSION = 1
DEFAULT = Path(__file__).parent / "crack_look.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class CrackLook:
    """The laws of a crack's look. A crack's *depth* is the share of light that is missing where it fills a pixel.

    logit(depth) = `depth_at_1mm` + `depth_per_ln_mm` * ln(width_mm), plus a normal of `depth_sd_between` for every
    crack and one of `depth_sd_along` that changes along it with the correlation exp(-distance / `fading_mm`). Below
    `narrowest_mm`, the narrowest that was fitted, the law is held constant: the photographs say nothing there.

    Edges: a Gaussian of `edge_share` of the width for what broke away, and of `optics_px` for lens and demosaicing.
    `floor_noise`: grain on the floor of a crack over that of the concrete. `tint_bgr`: depth in each colour over its
    mean. Photographs state no scale; `mm_per_px_assumed` is what turned their pixels into mm.
    """

    schema_version: int
    made_by: str
    split_sha256: str
    pictures: int
    profiles: int
    mm_per_px_assumed: float
    narrowest_mm: float
    depth_at_1mm: float
    depth_per_ln_mm: float
    depth_sd_between: float
    depth_sd_along: float
    fading_mm: float
    edge_share: float
    optics_px: float
    floor_noise: float
    tint_bgr: tuple[float, float, float]
    sha256: str

    def __post_init__(self) -> None:
        positive = (self.narrowest_mm, self.fading_mm, self.optics_px, self.mm_per_px_assumed, *self.tint_bgr)
        if min(positive) <= 0 or min(self.depth_sd_between, self.depth_sd_along, self.edge_share) < 0:
            raise ValueError("a look of cracks has positive lengths and tints and no negative spread; this has not")

    def median_depth(self, width_mm: float) -> float:
        """The depth of the middle one of the cracks of this width."""
        return float(_logistic(np.array(self._logit(width_mm))))

    def depths(self, rng: np.random.Generator, width_mm: float, points_mm: F64) -> F64:
        """Depths, float64 (n,) in 0..1, along a crack through `points_mm` (n, 2), drawn from the law."""
        steps = np.linalg.norm(np.diff(points_mm, axis=0), axis=1)
        kept = np.exp(-steps / self.fading_mm)
        fading = np.empty(len(points_mm))
        fading[0] = rng.normal()
        # An Ornstein-Uhlenbeck process, exactly at any spacing.
        fresh = rng.normal(size=len(steps)) * np.sqrt(1 - kept**2)
        for i in range(len(steps)):
            fading[i + 1] = kept[i] * fading[i] + fresh[i]
        spread = rng.normal() * self.depth_sd_between + fading * self.depth_sd_along
        return _logistic(self._logit(width_mm) + spread)

    def with_sha256(self) -> Self:
        """The same with the hash that belongs to its content."""
        return replace(self, sha256=_digest(self))

    def _logit(self, width_mm: float) -> float:
        return self.depth_at_1mm + self.depth_per_ln_mm * float(np.log(max(width_mm, self.narrowest_mm)))


@cache
def read_crack_look(path: Path = DEFAULT) -> CrackLook:
    """Raises `DataError`, naming the file, for one that is missing, damaged, or changed since it was fitted."""
    try:
        look = from_plain(CrackLook, loads(path.read_text(encoding="utf-8")), "the look of cracks")
    except (OSError, ValueError) as wrong:
        raise DataError(f"the look of cracks cannot be read ({wrong}): restore {path}") from wrong
    if look.schema_version != SCHEMA_VERSION or look.sha256 != _digest(look):
        raise DataError(
            f"the look of cracks is frozen: schema {SCHEMA_VERSION} with the hash of its content, "
            f"not schema {look.schema_version} with {look.sha256[:12]}…: restore {path}"
        )
    return look


def _digest(look: CrackLook) -> str:
    return hashlib.sha256(dumps(replace(look, sha256="")).encode()).hexdigest()


def _logistic(x: F64) -> F64:
    return 1 / (1 + np.exp(-x))
