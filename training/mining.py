"""What a trained network says of the pictures that the next part of the training draws upon, of the training side only.

Uncracked ones that it takes for cracks are shown more often (Shrivastava et al., arXiv:1604.03540); of cracked ones of
which nobody knows where the crack lies, the part is shown where the network sees it.
"""

from collections.abc import Sequence

import keras
import numpy as np
import numpy.typing as npt

from edge.imagefile import read_bgr
from training.architectures.tilenet import JUMP_PX
from training.datasets.item import Item

SHARE = 0.05
HIGHEST = 4  # a single window may be chance


def hardest(model: keras.Model, negatives: Sequence[Item], *, share: float = SHARE) -> list[Item]:
    """The `share` of `negatives` with the highest mean of their four highest logits, hardest first; at least one.

    `model`: the dense network with open input, logits (n, rows, cols, 1), a row and column every `JUMP_PX`.
    """
    scores = [float(np.sort(_logits(model, item), axis=None)[-HIGHEST:].mean()) for item in negatives]
    order = np.argsort(scores, kind="stable")[::-1]
    return [negatives[i] for i in order[: max(1, round(share * len(negatives)))]]


def likeliest_xyxy(model: keras.Model, item: Item) -> tuple[int, int, int, int]:
    """The window of a picture that has the highest logit, in pixels; up to a jump larger than the network's tile."""
    logits = _logits(model, item)
    row, col = (int(at) for at in np.unravel_index(int(logits.argmax()), logits.shape))
    h, w = read_bgr(item.path).shape[:2]
    rows, cols = logits.shape
    return col * JUMP_PX, row * JUMP_PX, w - (cols - 1 - col) * JUMP_PX, h - (rows - 1 - row) * JUMP_PX


def _logits(model: keras.Model, item: Item) -> npt.NDArray[np.float32]:
    """Float32 (rows, cols)."""
    return np.asarray(model.predict_on_batch(read_bgr(item.path)[np.newaxis].astype(np.float32)))[0, ..., 0]
