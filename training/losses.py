"""Losses of the dense tile network, in backend-neutral Keras operations."""

from collections.abc import Callable
from typing import Any

from keras import ops

LABEL, WEIGHT, SOMEWHERE = 0, 1, 2  # channels of the target map
HIGHEST = 16  # windows of a picture that answer for a crack somewhere
HIGHEST_CELLS = 12  # and of its cells: as many as a crack of 100 pixels runs through


def dense_crack_loss(
    target: Any,
    logits: Any,
    *,
    highest: int = HIGHEST,
    somewhere_weight: float = 0.3,
    focus: float = 1.0,
    total: Callable[[Any], Any] = lambda count: count,
) -> Any:
    """Focal cross-entropy of every window whose label is known, plus one term a picture where only the picture's is.

    Nearly all windows of bare concrete are easy; `focus` (gamma of Lin et al., arXiv:1708.02002) lets the few that are
    not, pores and joints, weigh.

    `target`: (n, rows, cols, 3): the window's label, its weight (0: not known), and in the third channel the weight
    of a picture that shows a crack *somewhere* (a METU positive), else 0. For those, the mean of the `highest` logits
    is pushed up: multiple-instance learning, as the picture's score at run time is a pooling of its windows too.
    `total` adds a count over all parts of a batch that several workers share (`training.sharing`).
    """
    logits = logits[..., 0]
    label, weight = target[..., LABEL], target[..., WEIGHT]
    entropy = ops.softplus(logits) - label * logits
    if focus:
        miss = ops.sigmoid(logits * (1.0 - 2.0 * label))  # 1 - the probability given to the true label
        entropy *= miss**focus
    dense = ops.sum(weight * entropy) / (total(ops.sum(weight)) + 1.0)
    flat = ops.reshape(logits, (ops.shape(logits)[0], -1))
    top = ops.mean(ops.top_k(flat, highest)[0], axis=-1)
    somewhere = ops.max(target[..., SOMEWHERE], axis=(1, 2))
    count = ops.sum(ops.cast(somewhere > 0, somewhere.dtype))
    picture = ops.sum(somewhere * ops.softplus(-top)) / (total(count) + 1.0)
    return dense + somewhere_weight * picture


def cell_loss(target: Any, logits: Any, *, total: Callable[[Any], Any] = lambda count: count) -> Any:
    """The same of the cells, a cracked one among them not the less for being easy."""
    return dense_crack_loss(target, logits, highest=HIGHEST_CELLS, focus=0.0, total=total)
