"""The generated C against TFLite's reference kernels: every tensor of the networks that ship, under sanitizers."""

from pathlib import Path

import numpy as np
import pytest
from firmware_host import check_parity, reference
from tflite_models import resized

from edge.bundle import Bundle, default_bundle_path, read_bundle
from firmware_export.export import read_model

GOLDEN = Path(__file__).parent / "golden"
CPUS = ("generic", "armv7em", "armv7em-winograd", "helium", "armv6m")
TILE_PX = 64
Tensors = list[dict[int, np.ndarray]]
Expected = tuple[bytes, np.ndarray, Tensors]


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read_bundle(default_bundle_path())


@pytest.fixture(scope="module")
def classifier(bundle: Bundle) -> Expected:
    """The network, all golden tiles, and what TFLite's reference kernels make of each."""
    tiles = (bundle.golden.tiles.astype(np.int16) - 128).astype(np.int8)
    return bundle.model, tiles, reference(bundle.model, tiles)


@pytest.fixture(scope="module")
def segmenter(bundle: Bundle) -> Expected:
    """The network for one tile's size: a golden picture's corner, the extremes, and noise."""
    assert bundle.segmenter is not None
    content, _ = read_model(default_bundle_path(), "segmenter")
    assert content == bundle.segmenter.model
    small = resized(content, TILE_PX)
    inputs = np.random.default_rng(1).integers(-128, 128, (3, TILE_PX, TILE_PX, 3)).astype(np.int8)
    inputs[0] = bundle.segmenter.pictures[0][:TILE_PX, :TILE_PX].astype(np.int16) - 128
    inputs[1, ::2], inputs[1, 1::2] = -128, 127
    return small, inputs, reference(small, inputs)


@pytest.mark.parametrize("cpu", CPUS)
def test_the_shipped_classifier_gives_its_golden_outputs_and_every_tensor_between(
    cpu: str, bundle: Bundle, classifier: Expected, tmp_path: Path
) -> None:
    content, tiles, expected = classifier
    program = check_parity(content, tiles, tmp_path, cpu=cpu, expected=expected)
    assert [int(made[-1][0]) for made in program.run(tiles)] == bundle.golden.outputs.tolist()


@pytest.mark.parametrize("cpu", CPUS)
def test_the_shipped_segmenter_gives_every_tensor(cpu: str, segmenter: Expected, tmp_path: Path) -> None:
    content, inputs, expected = segmenter
    assert len(np.unique(expected[0][max(expected[0])])) > 10
    check_parity(content, inputs, tmp_path, cpu=cpu, expected=expected)


def test_random_input_gives_every_tensor(tmp_path: Path) -> None:
    bundle = read_bundle(GOLDEN / "tiny_bundle")
    noise = np.random.default_rng(1).integers(-128, 128, (6, bundle.golden.tiles[0].size), np.int8)
    check_parity(bundle.model, noise, tmp_path)
