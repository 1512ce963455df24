"""A small network learns what a large one says of the same picture (Hinton et al., arXiv:1503.02531).

Their windows differ in size: one of the large network's holds a square of the small one's, all at the same jump. There
is a crack in the large window where one of those has one, so the highest of them is compared.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from keras import ops

from training.losses import dense_crack_loss

F32 = npt.NDArray[np.float32]

SAID, KNOWN = 3, 4  # channels of the target map after those of the loss: the teacher's probability, and 1 where it is


def taught(target: F32, teacher_logits: F32) -> F32:
    """`target` (n, rows, cols, 3) with what the teacher says, (n, fewer, fewer), about the same middle: (n, .., 5)."""
    said = np.zeros((*target.shape[:3], 2), np.float32)
    reach_y, reach_x = ((target.shape[axis] - teacher_logits.shape[axis]) // 2 for axis in (1, 2))
    inside = said[:, reach_y : target.shape[1] - reach_y, reach_x : target.shape[2] - reach_x]
    inside[..., 0] = 1 / (1 + np.exp(-teacher_logits))
    inside[..., 1] = 1
    return np.concatenate([target, said], axis=-1)


def distilled_crack_loss(target: Any, logits: Any, *, reach: int = 2) -> Any:
    """The dense loss plus the cross-entropy of the teacher's probability and the highest of the windows inside its own.

    `target`: as `taught` gives it. `reach`: by how many positions the teacher's window is larger on every side; 2 for a
    tile of 96 pixels over one of 64 at a jump of 8.
    """
    highest = ops.max_pool(logits, 2 * reach + 1, strides=1, padding="same")[..., 0]
    said, known = target[..., SAID], target[..., KNOWN]
    entropy = ops.softplus(highest) - said * highest
    return dense_crack_loss(target, logits) + ops.sum(known * entropy) / (ops.sum(known) + 1.0)
