"""What classifiers share that score one tile at a time, elsewhere: on a board, in another process."""

from collections.abc import Callable

import numpy as np

from edge.frame import U8Image
from edge.manifest import ClassifierSpec, Int8Array
from edge.preprocess import resize_tile
from edge.tiling import ScoreMap, window_origins


def score_frame(frame_bgr: U8Image, spec: ClassifierSpec, score_tiles: Callable[[U8Image], Int8Array]) -> ScoreMap:
    """The score map of a frame, uint8 (h, w, 3), a row of windows at a time. Raises `SourceError` where none fits."""
    if frame_bgr.dtype != np.uint8 or frame_bgr.ndim != 3 or frame_bgr.shape[2] != 3:
        raise ValueError(f"a frame is uint8 (h, w, 3); got {frame_bgr.dtype} {frame_bgr.shape}")
    (h, w), t = frame_bgr.shape[:2], spec.tile_px
    xs, ys = (window_origins(length, t, spec.stride_px) for length in (w, h))
    q = np.stack([score_tiles(np.stack([frame_bgr[y : y + t, x : x + t] for x in xs])) for y in ys])
    return ScoreMap(q=q, xs=xs, ys=ys, spec=spec)


def network_inputs(tiles: U8Image, spec: ClassifierSpec) -> list[U8Image]:
    """Tiles, uint8 BGR (n, tile_px, tile_px, 3), each at the size that the network takes."""
    t = spec.tile_px
    if tiles.dtype != np.uint8 or tiles.ndim != 4 or tiles.shape[1:] != (t, t, 3):
        raise ValueError(f"tiles are uint8 (n, {t}, {t}, 3); got {tiles.dtype} {tiles.shape}")
    return [resize_tile(tile, spec.input_px) for tile in tiles]
