"""One recipe on several machines: the same command on each, with TF_CONFIG naming them all.

    TF_CONFIG='{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}, "task": {"type": "worker", "index": 0}}'

`index` is the machine's own place in the list. TensorFlow's MultiWorkerMirroredStrategy keeps the weights alike; Keras'
`fit` does not run under it (3.15 cannot read what the strategy hands it), so the loop is here. A step is what it would
be on one machine: every worker takes its share of the recipe's batch, losses are normalised by the whole batch,
gradients are summed, and batch normalisation takes its moments over the whole batch. Dropout is the exception: its
draws are not those of one machine.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from edge.errors import CheckpointError, RecipeError
from training.sharing import loss_share, mean_loss

RULE = (
    'TF_CONFIG is JSON such as {"cluster": {"worker": ["host:port", "host:port"]}, "task": {"type": "worker", '
    '"index": 0}}, index the place of this machine among the workers'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """This process as worker `index` of `count`. Models, optimisers included, are made within `scope()`."""

    strategy: Any
    index: int
    count: int

    def scope(self) -> Any:
        return self.strategy.scope()

    def folder(self, run: Path) -> Path:
        """Where this worker keeps its own checkpoints: the run's folder, or one in it."""
        return run / f"worker-{self.index}" if self.index else run

    def fit(
        self,
        model: keras.Model,
        batches: keras.utils.PyDataset,
        *,
        validation_data: keras.utils.PyDataset,
        epochs: int,
        initial_epoch: int = 0,
        callbacks: Sequence[keras.callbacks.Callback] = (),
        verbose: int = 0,
        shuffle: bool = False,
    ) -> None:
        """What `keras.Model.fit` does with a `PyDataset` and these arguments; the logs hold loss and val_loss only.

        Every worker reads the same batches and takes each `count`-th picture of them, so no batch is the same on two
        machines. Raises `CheckpointError` where the workers do not begin alike, or where one is lost on the way.
        """
        import tensorflow as tf

        if shuffle:
            raise ValueError("the batches say their own order: shuffle must be False")
        try:
            self._check_alike(model, initial_epoch)
            self._fit(model, batches, validation_data, range(initial_epoch, epochs), callbacks, verbose)
        except (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.DeadlineExceededError) as lost:
            raise CheckpointError(
                f"a run on {self.count} workers goes on as long as all of them do, and one was lost ({lost.message}): "
                "give the command again on every machine; it goes on from the last epoch"
            ) from lost

    def _fit(
        self,
        model: keras.Model,
        batches: keras.utils.PyDataset,
        validation: keras.utils.PyDataset,
        epochs: range,
        callbacks: Sequence[keras.callbacks.Callback],
        verbose: int,
    ) -> None:
        step = self._train_step(model)
        model.stop_training = False
        told = keras.callbacks.CallbackList(
            list(callbacks),
            add_progbar=bool(verbose),
            model=model,
            verbose=verbose,
            epochs=epochs.stop,
            steps=len(batches),
        )
        told.on_train_begin()
        for epoch in epochs:
            told.on_epoch_begin(epoch)
            total, seen = 0.0, 0
            for number, (pictures, targets) in enumerate(ahead(batches, range(len(batches)))):
                told.on_train_batch_begin(number)
                loss = step(*self._mine((pictures, targets)), np.float32(len(pictures)))
                total, seen = total + float(loss) * len(pictures), seen + len(pictures)
                told.on_train_batch_end(number, {"loss": total / seen})
            batches.on_epoch_end()
            told.on_epoch_end(epoch, {"loss": total / seen, "val_loss": self._validate(model, validation)})
            if model.stop_training:
                break
        told.on_train_end()

    def _train_step(self, model: keras.Model) -> Callable[..., Any]:
        """One step: this worker's pictures and targets, and how many pictures the whole batch has -> its loss."""
        import tensorflow as tf

        for layer in model._flatten_layers():
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.synchronized = True

        def summed(value: Any) -> Any:
            return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, value)

        def replica(pictures: Any, targets: Any, size: Any) -> Any:
            with tf.GradientTape() as tape:
                outputs = model(pictures, training=True)
                loss = loss_share(model.loss, targets, outputs, size=size, summed=summed)
                loss += sum(model.losses) / self.count
            # The optimiser sums the gradients over the workers.
            model.optimizer.apply(tape.gradient(loss, model.trainable_variables), model.trainable_variables)
            return loss

        @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
        def step(pictures: Any, targets: Any, size: Any) -> Any:
            return self.strategy.reduce("SUM", self.strategy.run(replica, (pictures, targets, size)), axis=None)

        return step

    def _validate(self, model: keras.Model, validation: keras.utils.PyDataset) -> float:
        """The mean loss over all pictures, each batch scored by one worker; the same number on every worker."""
        import tensorflow as tf

        score = tf.function(lambda pictures: model(pictures, training=False), reduce_retracing=True)
        total, seen = 0.0, 0
        for pictures, targets in ahead(validation, range(self.index, len(validation), self.count)):
            loss = mean_loss(model.loss, targets, score(tf.constant(pictures))) + sum(model.losses)
            total, seen = total + float(loss) * len(pictures), seen + len(pictures)
        validation.on_epoch_end()
        total, seen = self._sum(np.array([total, seen]))
        return float(total / seen)

    def _mine(self, batch: Any) -> Any:
        """This worker's pictures and targets of a whole batch."""
        return keras.tree.map_structure(lambda part: part[self.index :: self.count], batch)

    def _check_alike(self, model: keras.Model, epoch: int) -> None:
        """Raises `CheckpointError` where epoch or weights differ between the workers."""
        mine = np.zeros((self.count, 2))
        mine[self.index] = epoch, sum(float(np.abs(weight.astype(np.float64)).sum()) for weight in model.get_weights())
        found = self._sum(mine)
        if not np.allclose(found, found[0], rtol=1e-12):
            raise CheckpointError(
                f"all workers begin at the same epoch with the same weights; they stand at the epochs "
                f"{[int(e) for e in found[:, 0]]}: give every worker the run's folder of worker 0, or empty folders"
            )

    def _sum(self, values: np.ndarray[Any, np.dtype[np.float64]]) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The sum over the workers, float64 of the shape of `values`."""
        import tensorflow as tf

        per_worker = self.strategy.run(lambda: tf.constant(values, tf.float64))
        return np.asarray(self.strategy.reduce("SUM", per_worker, axis=None).numpy())


def join_workers(environment: Mapping[str, str]) -> Workers | None:
    """This process among the workers that `TF_CONFIG` names; None where there are none but itself.

    It waits for the others. Called before anything else of TensorFlow is. Raises `RecipeError` for a TF_CONFIG that
    says something else, or for a machine with several accelerators (each worker has one device).
    """
    place = _place(environment.get("TF_CONFIG", ""))
    if place is None:
        return None
    import tensorflow as tf

    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    index, count = place
    if strategy.num_replicas_in_sync != count:
        raise RecipeError(
            f"every worker has one device; {count} workers have {strategy.num_replicas_in_sync}: start a worker for "
            "each accelerator, and give each one by CUDA_VISIBLE_DEVICES"
        )
    return Workers(strategy=strategy, index=index, count=count)


def _place(config: str) -> tuple[int, int] | None:
    """Index and number of workers, None for one or none."""
    if not config:
        return None
    try:
        content = json.loads(config)
        workers, task = content["cluster"]["worker"], content["task"]
        others = set(content["cluster"]) - {"worker"}
        index = task["index"]
        fits = task["type"] == "worker" and not others and isinstance(workers, list) and type(index) is int
        if not fits or not 0 <= index < len(workers):
            raise ValueError(f"it names {content}")
    except (ValueError, KeyError, TypeError) as wrong:
        raise RecipeError(f"{RULE}; got {config!r} ({wrong!r})") from wrong
    return (index, len(workers)) if len(workers) > 1 else None


def ahead(batches: keras.utils.PyDataset, indices: Sequence[int]) -> Iterator[tuple[Any, Any]]:
    """The batches of these indices in order, a few of them read ahead: memory does not depend on how many there are."""
    threads = max(1, batches.workers)
    waiting: deque[Future[tuple[Any, Any]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for index in indices:
            waiting.append(pool.submit(batches.__getitem__, index))
            if len(waiting) > threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
