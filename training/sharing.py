"""A batch's loss where several workers hold parts of the batch: the parts add up to what one worker would have."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import keras
from keras import ops

Summed = Callable[[Any], Any]


def loss_share(loss: Any, targets: Any, outputs: Any, *, size: Any, summed: Summed) -> Any:
    """This worker's part of the loss, a scalar. `size`: pictures of the whole batch; `summed` adds over the workers.

    `loss` is what the model was compiled with; of several, by the names of outputs and targets, the sum. One that
    takes `total` normalises by itself, by sums over the whole batch (`training.losses`); any other gives a value a
    picture (and place), whose mean over the batch Keras takes. Raises `ValueError` for one that does neither: it cannot
    be divided.
    """
    if isinstance(loss, Mapping):
        return sum(loss_share(loss[n], targets[n], outputs[n], size=size, summed=summed) for n in loss)
    function = keras.losses.get(loss)
    if "total" in inspect.signature(function).parameters:
        return function(targets, outputs, total=summed)
    values = function(targets, outputs)
    if not len(values.shape):
        raise ValueError(f"a loss that is one number a batch must take 'total' to be divided among workers; {loss}")
    return ops.sum(ops.mean(values, axis=tuple(range(1, len(values.shape))))) / ops.cast(size, values.dtype)


def mean_loss(loss: Any, targets: Any, outputs: Any) -> Any:
    """The loss of a whole batch, a scalar."""
    size = len(keras.tree.flatten(targets)[0])
    return loss_share(loss, targets, outputs, size=size, summed=lambda value: value)
