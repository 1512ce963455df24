"""Two workers on this machine against one process that trains with Keras' own `fit`."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import pytest
from distributed_worker import normalised
from synthetic_pictures import write_pictures

from edge.errors import RecipeError
from training.distributed import ahead, join_workers
from training.sharing import loss_share

HERE = Path(__file__).parent
NETWORKS = ("article-cnn", "normalised")


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def config(ports: Sequence[int], index: int) -> str:
    workers = [f"127.0.0.1:{port}" for port in ports]
    return json.dumps({"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}})


def start(folder: Path, tf_config: str | None, *words: str) -> subprocess.Popen[str]:
    folder.mkdir()
    environment = {key: value for key, value in os.environ.items() if key != "TF_CONFIG"}
    environment |= {"PYTHONPATH": str(HERE.parent), "CUDA_VISIBLE_DEVICES": ""}
    if tf_config:
        environment["TF_CONFIG"] = tf_config
    command = [sys.executable, str(HERE / "distributed_worker.py"), str(folder), *words]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def output(process: subprocess.Popen[str]) -> str:
    try:
        return process.communicate(timeout=900)[0]
    finally:
        process.kill()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, np.ndarray]]:
    """What one process alone, the first of two workers and the second of them saved."""
    folder, ports = tmp_path_factory.mktemp("workers"), free_ports(2)
    write_pictures(folder / "own", count=16)
    names = ("alone", "first", "second")
    processes = [start(folder / "alone", None), *(start(folder / names[1 + i], config(ports, i)) for i in (0, 1))]
    words = [output(process) for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], "\n".join(text[-2000:] for text in words)
    for name in ("run", "run/worker-1"):  # each worker leaves the whole record of the recipe's run
        state = json.loads((folder / name / "state.json").read_text())
        assert state["epoch"] == 2
        assert {key: len(values) for key, values in state["history"].items()} == {"loss": 2, "val_loss": 2}
        assert (folder / name / "float.keras").is_file()
    return [dict(np.load(folder / name / "saved.npz")) for name in names]


@pytest.mark.parametrize("network", NETWORKS)
def test_two_workers_make_the_weights_of_one_after_50_steps(network: str, saved: list[dict[str, np.ndarray]]) -> None:
    alone, first, second = saved
    names = [name for name in alone if name.startswith(network)]
    assert len(names) > 10
    for name in names:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)
        np.testing.assert_allclose(first[name], alone[name], atol=1e-4, rtol=0, err_msg=name)


def test_a_recipe_ends_with_the_same_weights_on_both_workers(saved: list[dict[str, np.ndarray]]) -> None:
    _, first, second = saved
    names = [name for name in first if name.startswith("recipe/")]
    assert len(names) > 10
    for name in names:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)


def test_workers_that_do_not_begin_alike_are_refused(tmp_path: Path) -> None:
    ports = free_ports(2)
    processes = [start(tmp_path / str(i), config(ports, i), "unlike") for i in (0, 1)]
    for process in processes:
        assert "CheckpointError: all workers begin at the same epoch with the same weights" in output(process)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        config([1, 2], 2),
        config([1, 2], -1),
        config([1, 2], 0).replace('"type": "worker"', '"type": "chief"'),
        config([1, 2], 0).replace('"cluster": {', '"cluster": {"ps": ["a:1"], '),
        config([1, 2], 0).replace('"index": 0', '"index": "0"'),
    ],
)
def test_a_wrong_tf_config_is_refused_in_words(text: str) -> None:
    with pytest.raises(RecipeError, match="TF_CONFIG is JSON such as"):
        join_workers({"TF_CONFIG": text})


def test_one_worker_is_no_company() -> None:
    assert join_workers({}) is None
    assert join_workers({"TF_CONFIG": config([1], 0)}) is None


class Counted(keras.utils.PyDataset):
    """Says how many batches were read and not yet asked for."""

    def __init__(self) -> None:
        super().__init__(workers=3)
        self.read = 0

    def __len__(self) -> int:
        return 200

    def __getitem__(self, index: int) -> tuple[int, int]:
        self.read += 1
        return index, -index


def test_a_few_batches_are_read_ahead_in_order_however_many_there_are() -> None:
    batches = Counted()
    for number, batch in enumerate(ahead(batches, range(0, 200, 2))):
        assert batch == (2 * number, -2 * number)
        assert batches.read <= number + 1 + batches.workers
    assert batches.read == 100
    assert list(ahead(batches, range(0))) == []


def test_shares_of_a_batch_add_up_to_its_loss() -> None:
    rng = np.random.default_rng(0)
    targets = rng.integers(0, 2, (7, 1)).astype(np.float32)
    outputs = rng.uniform(0.1, 0.9, (7, 1)).astype(np.float32)
    parts = [
        float(loss_share("binary_crossentropy", targets[i::3], outputs[i::3], size=7, summed=lambda x: x))
        for i in range(3)
    ]
    assert sum(parts) == pytest.approx(float(keras.losses.BinaryCrossentropy()(targets, outputs)), rel=1e-5)
    with pytest.raises(ValueError, match="must take 'total'"):
        loss_share(lambda t, y: keras.ops.sum(t * y), targets, outputs, size=7, summed=lambda x: x)


def test_the_network_of_the_proof_has_batch_normalisation() -> None:
    assert sum(isinstance(layer, keras.layers.BatchNormalization) for layer in normalised().layers) == 2
