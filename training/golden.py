"""The golden tiles of a bundle: rendered, so that no picture of others is in it, and spread over the scores."""

import numpy as np

from edge.bundle import Golden
from edge.classifier import make_golden
from edge.frame import U8Image
from edge.manifest import ClassifierSpec
from edge.render.concrete import concrete
from edge.render.cracks import CrackStyle, coverage, crack_path, darken

CANDIDATES = 160
KEPT = 24


def golden(spec: ClassifierSpec, model: bytes, *, seed: int) -> Golden:
    """`KEPT` rendered tiles whose scores are spread evenly over what `CANDIDATES` of them span."""
    tiles = np.stack([_tile(np.random.default_rng((seed, i)), spec.tile_px) for i in range(CANDIDATES)])
    scored = make_golden(spec, model, tiles)
    order = np.argsort(scored.outputs, kind="stable")
    targets = np.linspace(int(scored.outputs.min()), int(scored.outputs.max()), KEPT)
    outputs = scored.outputs[order].astype(np.int16)
    chosen = sorted({int(order[np.abs(outputs - target).argmin()]) for target in targets})
    return Golden(tiles=tiles[chosen], outputs=scored.outputs[chosen])


def _tile(rng: np.random.Generator, tile_px: int) -> U8Image:
    """Concrete with a crack of random width and depth, or, one time in four, without."""
    tile = concrete(rng, (tile_px, tile_px))
    if rng.random() < 0.25:
        return tile
    path = crack_path(
        rng,
        start_xy_px=(rng.uniform(-10, 10), rng.uniform(0, tile_px)),
        heading_rad=rng.uniform(-0.7, 0.7),
        length_px=1.5 * tile_px,
        width_px=float(np.exp(rng.uniform(np.log(0.3), np.log(8.0)))),
        style=CrackStyle(),
    )
    return darken(tile, coverage([path], (tile_px, tile_px)), depth=rng.uniform(0.1, 0.9))
