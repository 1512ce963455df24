"""The loss of a segmenter: every pixel for itself, and the mask as a whole."""

from typing import Any

from keras import ops

LABEL, WEIGHT = 0, 1
SMOOTHING = 1.0


def mask_loss(target: Any, logits: Any) -> Any:
    """Binary cross-entropy plus one minus soft Dice over the batch (Milletari et al. 2016, arXiv:1606.04797).

    `target` (n, h, w, 2): label 0 or 1, and weight, 0 where the label is not known. `logits` (n, h, w, 1).
    Cracks cover few pixels: cross-entropy alone would leave thin ones out, Dice alone says nothing without a crack.
    """
    label, weight, logit = target[..., LABEL], target[..., WEIGHT], logits[..., 0]
    entropy = ops.maximum(logit, 0.0) - logit * label + ops.log1p(ops.exp(-ops.abs(logit)))
    pixels = ops.sum(weight) + 1e-6
    probability = ops.sigmoid(logit) * weight
    both = 2.0 * ops.sum(probability * label) + SMOOTHING
    dice = both / (ops.sum(probability) + ops.sum(label * weight) + SMOOTHING)
    return ops.sum(entropy * weight) / pixels + (1.0 - dice)
