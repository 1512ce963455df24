"""The representative set: the tiles over which the converter observes the ranges of every int8 tensor."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.errors import SourceError
from edge.frame import U8Image
from edge.imagefile import read_bgr
from edge.preprocess import resize_tile


def representative_tiles(pictures: Sequence[Path], *, tile_px: int, input_px: int, count: int, seed: int) -> U8Image:
    """`count` tiles cut at random from `pictures`, uint8 BGR (count, input_px, input_px, 3).

    The caller hands in pictures of the recorded training side only. Raises `ValueError` where there are none,
    `SourceError` for one that is smaller than a tile.
    """
    if not pictures:
        raise ValueError("a representative set needs at least one picture of the training side")
    rng = np.random.default_rng(seed)
    tiles = []
    for index in rng.choice(len(pictures), count, replace=count > len(pictures)):
        picture = read_bgr(pictures[index])
        if min(picture.shape[:2]) < tile_px:
            raise SourceError(
                f"{pictures[index]}: a picture must be at least one tile, {tile_px} px, wide and high; got "
                f"{picture.shape[1]} x {picture.shape[0]}"
            )
        y, x = (int(rng.integers(0, length - tile_px + 1)) for length in picture.shape[:2])
        tiles.append(resize_tile(picture[y : y + tile_px, x : x + tile_px], input_px))
    return np.stack(tiles)
