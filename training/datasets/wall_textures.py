"""Pictures of real bare concrete for rendered walls: those of one photograph, or ones that look alike.

Training walls take the training side of the split, test walls the test side; the pictures stay in the data folder.
Without a data folder the concrete is procedural. No network chooses: what one leaves out, it would not be judged on.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from edge.frame import U8Image
from edge.imagefile import read_bgr
from edge.render.concrete import concrete, random_look
from training.datasets import metu, sdnet
from training.datasets.item import Item
from training.datasets.split import Split

_log = logging.getLogger(__name__)

SIDE_PX = 224
PICTURES = 24  # on one wall
LEAST_PICTURES = 8
CANDIDATES = 150  # of METU's negatives, among which alike ones are looked for
_BANDS_PX = (1.0, 2.0, 4.0, 8.0)
# A dark or light line through a third of a picture: a joint, an edge, a scratch, a crack without a label. A patch with
# one would end it in the middle of nowhere.
_LINE_SHARE = 0.33
_LINE_SIGMAS = 3.0
_SLOPE_LEVELS = 40.0  # a picture whose slow tones span more is lit from the side, or half of it is something else


def textures(root: Path | None, split: Split | None, side: str, seed: int) -> U8Image:
    """uint8 BGR (n, 224, 224, 3), the same for the same seed and data; procedural where `root` or `split` is None.

    Raises `DataError` where the data folder lacks a set.
    """
    rng = np.random.default_rng((seed, 31))
    if root is None or split is None:
        look = random_look(rng)
        return np.stack([concrete(rng, (SIDE_PX, SIDE_PX), look=look) for _ in range(PICTURES)])
    groups = _groups(root, split, side)
    # Every third wall from METU's photographs, the others each from one of SDNET2018's.
    if rng.random() >= 1 / 3:
        photos = sorted(name for name in groups if name != metu.NAME)
        for at in rng.permutation(len(photos)):
            kept = _bare(groups[photos[at]])
            if len(kept) >= LEAST_PICTURES:
                return _alike(rng, kept)
            _log.info("%s: only %d pictures without lines: another photograph is taken", photos[at], len(kept))
    chosen = groups[metu.NAME]
    return _alike(rng, _bare([chosen[k] for k in rng.permutation(len(chosen))[:CANDIDATES]]))


def _groups(root: Path, split: Split, side: str) -> dict[str, list[Item]]:
    groups: dict[str, list[Item]] = defaultdict(list)
    for item in split.items(side, [*metu.read(root), *sdnet.read(root)]):
        if item.label == 0:
            groups[item.group or metu.NAME].append(item)
    return groups


def _alike(rng: np.random.Generator, pictures: U8Image) -> U8Image:
    """A random one of `pictures` (n, s, s, 3) and those whose colour and grain are most like it."""
    looks = np.stack([_look(picture) for picture in pictures])
    looks /= looks.std(axis=0) + 1e-6
    far = np.linalg.norm(looks - looks[rng.integers(len(pictures))], axis=1)
    return pictures[np.argsort(far, kind="stable")[: min(PICTURES, max(LEAST_PICTURES, len(pictures) // 2))]]


def _bare(items: Sequence[Item]) -> U8Image:
    """Their middles, uint8 (n, 224, 224, 3), less those with a line or a strong slope of tone."""
    middles = []
    for item in items:
        picture = read_bgr(item.path)
        y, x = ((n - SIDE_PX) // 2 for n in picture.shape[:2])
        middle = picture[y : y + SIDE_PX, x : x + SIDE_PX]
        if not has_line(middle):
            middles.append(middle)
    return np.stack(middles) if middles else np.empty((0, SIDE_PX, SIDE_PX, 3), np.uint8)


def has_line(picture: U8Image) -> bool:
    """Whether something long and narrow, or a strong slope of tone, runs through a picture, uint8 (h, w, 3)."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    slow = cv2.GaussianBlur(grey, (0, 0), SIDE_PX / 12)
    if float(slow.max() - slow.min()) > _SLOPE_LEVELS:
        return True
    fine = cv2.GaussianBlur(grey, (0, 0), 1.5) - cv2.GaussianBlur(grey, (0, 0), 8.0)
    spread = 1.4826 * float(np.median(np.abs(fine - np.median(fine)))) + 0.5
    longest = _LINE_SHARE * min(grey.shape)
    for sign in (-1, 1):
        marked = (sign * fine > _LINE_SIGMAS * spread).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(marked, connectivity=8)
        extent = np.hypot(stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT])
        if (extent > longest).any():
            return True
    return False


def _look(picture: U8Image) -> npt.NDArray[np.float32]:
    """Mean colour, and the spread of each octave of grain."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32)
    blurred = [grey, *(cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in _BANDS_PX)]
    grains = [np.log((fine - rough).std() + 0.1) for fine, rough in pairwise(blurred)]
    return np.array([*picture.mean(axis=(0, 1)) / 40, *grains], np.float32)
