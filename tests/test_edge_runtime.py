"""The runtime: which one is used, what it refuses, and that it returns copies."""

import sys
from pathlib import Path

import numpy as np
import pytest

from edge.bundle import read_bundle
from edge.errors import BundleError, MissingExtraError
from edge.runtime import RUNTIMES, Network, installed_runtime

GOLDEN = Path(__file__).parent / "golden"
MODEL = (GOLDEN / "tiny_bundle" / "classifier.tflite").read_bytes()


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(-128, 128, shape, np.int8)


def test_the_reference_kernels_give_the_golden_outputs_tile_by_tile() -> None:
    golden = read_bundle(GOLDEN / "tiny_bundle").golden
    network = Network(MODEL, reference=True)
    outputs = [network.run((tile.astype(int) - 128).astype(np.int8)[np.newaxis]).item() for tile in golden.tiles]
    assert outputs == golden.outputs.tolist()
    assert np.ptp(np.array(outputs)) >= 50


def test_the_input_takes_the_shape_that_was_asked_for() -> None:
    network = Network(MODEL, input_shape=(1, 128, 160, 3))
    assert network.input_shape == (1, 128, 160, 3)
    assert network.output_shape == (1, 3, 4, 1)
    assert network.run(noise(1, 128, 160, 3)).shape == (1, 3, 4, 1)


def test_a_result_is_not_overwritten_by_the_next_call() -> None:
    network = Network(MODEL)
    first = network.run(noise(1, 64, 64, 3))
    kept = first.copy()
    network.run(np.zeros((1, 64, 64, 3), np.int8))
    np.testing.assert_array_equal(first, kept)


def test_names_say_runtime_version_and_kernels() -> None:
    name = Network(MODEL).name
    assert name.startswith(installed_runtime().name)
    assert name.endswith(")")
    assert Network(MODEL, reference=True).name == f"{installed_runtime().name} (reference kernels)"


@pytest.mark.parametrize("model", [b"", b"no network"])
def test_what_is_no_network_is_refused(model: bytes) -> None:
    with pytest.raises(BundleError):
        Network(model)


def test_a_float_network_is_refused() -> None:
    with pytest.raises(BundleError, match="float32"):
        Network((GOLDEN / "tiny_networks" / "float32.tflite").read_bytes())


@pytest.mark.parametrize("shape", [(1, 8, 8, 3), (1, 64, 64, 4)])
def test_a_shape_that_the_network_cannot_take_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(BundleError, match="input"):
        Network(MODEL, input_shape=shape)


def test_no_runtime_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    for _, module, _ in RUNTIMES:
        monkeypatch.setitem(sys.modules, module, None)
        monkeypatch.delitem(sys.modules, module.partition(".")[0], raising=False)
    with pytest.raises(MissingExtraError, match=r"hairline\[edge\]"):
        Network(MODEL)
