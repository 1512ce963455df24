"""A mask thinned to lines one pixel wide.

Own code, because OpenCV's thinning is in the contributed modules that the headless wheel lacks, and scikit-image would
bring scipy and five packages more to every rover for this one function.
"""

import functools

import numpy as np
import numpy.typing as npt

BoolImage = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
# Clockwise from the pixel above, as (row, column): the bits of a neighbourhood's code, p2 to p9 of the paper.
NEIGHBOURS = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))


def thin(mask: BoolImage) -> tuple[Index, Index]:
    """The skeleton of a mask, bool (h, w): rows and columns (n, 2), sorted, and how deep each lies in the mask (n,).

    The depth counts the layers of pixels that were peeled off before, so it is about half of the mask's width there.
    Guo, Z. and Hall, R. W., "Parallel thinning with two-subiteration algorithms", Communications of the ACM 32 (1989),
    algorithm A1. Only pixels at the border are looked at, so a large frame costs what its crack costs.
    """
    width = mask.shape[1] + 2
    alive = np.pad(mask, 1).ravel()
    offsets = np.array([row * width + column for row, column in NEIGHBOURS])
    order = np.empty(len(alive), np.int32)
    depth = np.zeros(len(alive), np.int16)
    pixels = np.flatnonzero(alive)
    border = pixels[_codes(alive, pixels, offsets) != 255]
    depth[border] = 1
    still = 0
    for turn in range(len(alive)):
        gone = _removable()[turn % 2][_codes(alive, border, offsets)]
        removed = border[gone]
        still = 0 if removed.size else still + 1
        if still == 2:
            break
        alive[removed] = False
        bared = (removed[:, np.newaxis] + offsets).ravel()
        bared = bared[alive[bared] & (depth[bared] == 0)]
        depth[bared] = turn // 2 + 2
        reached = np.concatenate([border[~gone], bared])
        # Each pixel once: of those that are named twice, the one whose number was written last.
        order[reached] = np.arange(len(reached))
        border = reached[order[reached] == np.arange(len(reached))]
    left = pixels[alive[pixels]]
    rows, columns = np.divmod(left, width)
    return np.stack([rows - 1, columns - 1], axis=1), depth[left].astype(np.intp)


def _codes(alive: BoolImage, pixels: Index, offsets: Index) -> npt.NDArray[np.uint8]:
    """uint8 (n,): which of its eight neighbours each pixel has."""
    codes = np.zeros(len(pixels), np.uint8)
    for bit, offset in enumerate(offsets):
        codes |= alive[pixels + offset].view(np.uint8) << np.uint8(bit)
    return codes


@functools.cache
def _removable() -> tuple[BoolImage, BoolImage]:
    """bool (256,) for either turn: whether a pixel with these neighbours may go."""
    p = ((np.arange(256)[:, np.newaxis] >> np.arange(8)) & 1).astype(bool).T
    after = np.roll(p, -1, axis=0)
    pairs = p | after  # p2|p3, p3|p4, ..., p9|p2
    crossings = (~p[::2] & (after[::2] | np.roll(p, -2, axis=0)[::2])).sum(axis=0)
    neighbours = np.minimum(pairs[::2].sum(axis=0), pairs[1::2].sum(axis=0))
    simple = (crossings == 1) & (neighbours >= 2) & (neighbours <= 3)
    p2, p3, p4, p5, p6, p7, p8, p9 = p
    return simple & ~((p6 | p7 | ~p9) & p8), simple & ~((p2 | p3 | ~p5) & p4)
