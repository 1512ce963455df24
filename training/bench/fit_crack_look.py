"""Fits what cracks look like to photographs of the training side: METU's positives and SDNET2018's visible cracks.

`python -m training.bench.fit_crack_look` writes `edge/render/crack_look.json`. Both sets state no scale; their pixels
are taken as `MM_PER_PX`, what the SDNET2018 paper's 60 mm a tile of 256 px comes to (Data in Brief 21 (2018) 1664).
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import curve_fit
from scipy.special import logit

from edge.durable import write_durably
from edge.imagefile import read_bgr
from edge.manifest_json import dumps
from edge.render.crack_look import DEFAULT, SCHEMA_VERSION, CrackLook
from training.bench.crack_profiles import Profile, profiles
from training.datasets import metu, sdnet
from training.datasets.derived_masks import derived_mask
from training.datasets.item import Item
from training.datasets.label_quality import read_quality
from training.datasets.location import data_root
from training.datasets.split import Split, load_split

MM_PER_PX = 0.235
PICTURES_A_SET = 600
SEED = 1
CLEAR = 0.8  # of SDNET2018's cracked tiles those of at least this label quality
NARROWEST_PX = 2.0  # below, depth and width of a slit cannot be told apart
LEAST_SHARPNESS = 2.5  # width over sigma: the same
WIDEST_SDNET_PX = 5.0  # wider dark bands of SDNET2018 are mostly shadows and edges, not cracks

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spread:
    between: float
    along: float
    fading_px: float


def main() -> int:
    """Fits and writes the look. The exit status."""
    split = load_split()
    found = [list(_of_picture(item)) for item in chosen(split, data_root())]
    groups = [kept for kept in found if kept]
    look = fit(groups, split.sha256)
    write_durably(DEFAULT, dumps(look).encode())
    sys.stdout.write(dumps(look))
    return 0


def chosen(split: Split, root: Path) -> list[Item]:
    """The photographs that are fitted, all of the training side."""
    quality = read_quality()
    wide = [item for item in split.items("train", metu.read(root)) if item.label == 1]
    fine = [
        item
        for item in split.items("train", sdnet.read(root))
        if item.label == 1 and item.name in quality and not quality[item.name].likely_error
    ]
    fine = [item for item in fine if quality[item.name].quality >= CLEAR]
    rng = np.random.default_rng(SEED)
    return [items[k] for items in (wide, fine) for k in sorted(rng.permutation(len(items))[:PICTURES_A_SET])]


def _of_picture(item: Item) -> Iterator[Profile]:
    picture = read_bgr(item.path)
    mask = derived_mask(picture)
    if mask is None:
        return
    widest = WIDEST_SDNET_PX if item.dataset == sdnet.NAME else np.inf
    for one in profiles(picture, mask, np.random.default_rng(SEED)):
        told_apart = NARROWEST_PX <= one.width_px <= widest and one.width_px >= LEAST_SHARPNESS * one.sigma_px
        # A slit that takes all light or none is a fit that ran to its bound.
        if told_apart and 0.05 < one.depth < 0.98:
            yield one


def fit(groups: Sequence[Sequence[Profile]], split_sha256: str) -> CrackLook:
    """The look from the profiles of each picture."""
    flat = [one for group in groups for one in group]
    of = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    width = np.array([one.width_px for one in flat])
    target = logit(np.array([one.depth for one in flat]))
    mm = np.log(width * MM_PER_PX)
    slope, level = np.polyfit(mm, target, 1)
    spread = _spread(target - (level + slope * mm), of, np.array([one.at_xy_px for one in flat]))
    optics, share = _softness(width, np.array([one.sigma_px for one in flat]))
    bgr = np.array([one.depth_bgr for one in flat])
    blue, green, red = (_short(v) for v in np.median(bgr / bgr.mean(axis=1, keepdims=True), axis=0))
    return CrackLook(
        schema_version=SCHEMA_VERSION,
        made_by="python -m training.bench.fit_crack_look",
        split_sha256=split_sha256,
        pictures=len(groups),
        profiles=len(flat),
        mm_per_px_assumed=MM_PER_PX,
        narrowest_mm=_short(NARROWEST_PX * MM_PER_PX),
        depth_at_1mm=_short(level),
        depth_per_ln_mm=_short(slope),
        depth_sd_between=_short(spread.between),
        depth_sd_along=_short(spread.along),
        fading_mm=_short(spread.fading_px * MM_PER_PX),
        edge_share=_short(share),
        optics_px=_short(optics),
        floor_noise=_short(min(1.0, float(np.nanmedian([one.noise for one in flat])))),
        tint_bgr=(blue, green, red),
        sha256="",
    ).with_sha256()


def _spread(residual: F64, of: npt.NDArray[np.intp], at: F64) -> _Spread:
    """Between cracks and along one: semivariances of pairs in one picture rise to the variance along a crack.

    Matheron's estimator with an exponential model (Cressie, Statistics for Spatial Data, 1993, 2.4 and 2.3).
    """
    pairs = [(i, j) for g in np.unique(of) for i in np.flatnonzero(of == g) for j in np.flatnonzero(of == g) if j < i]
    i, j = np.array(pairs).T
    distance = np.linalg.norm(at[i] - at[j], axis=1)
    semivariance = (residual[i] - residual[j]) ** 2 / 2
    bins = np.digitize(distance, np.geomspace(4, 200, 12))
    used = [b for b in np.unique(bins) if (bins == b).sum() >= 20]
    lags = np.array([distance[bins == b].mean() for b in used])
    means = np.array([semivariance[bins == b].mean() for b in used])
    (sill, reach), _ = curve_fit(lambda d, s, r: s * (1 - np.exp(-d / r)), lags, means, p0=(means.max(), 25.0))
    return _Spread(
        between=float(np.sqrt(max(residual.var() - sill, 0.0))), along=float(np.sqrt(sill)), fading_px=float(reach)
    )


def _softness(width_px: F64, sigma_px: F64) -> tuple[float, float]:
    """`optics_px` and `edge_share`: sigma² = optics² + (share * width)², through the medians of bins of width."""
    edges = np.geomspace(NARROWEST_PX, 30, 9)
    bins = np.digitize(width_px, edges)
    used = [b for b in np.unique(bins) if (bins == b).sum() >= 20]
    w = np.array([np.median(width_px[bins == b]) for b in used])
    s = np.array([np.median(sigma_px[bins == b]) for b in used])
    (optics, share), _ = curve_fit(lambda x, o, e: np.hypot(o, e * x), w, s, p0=(0.5, 0.07))
    return abs(float(optics)), abs(float(share))


def _short(value: float) -> float:
    return float(f"{value:.4g}")


if __name__ == "__main__":
    sys.exit(main())
