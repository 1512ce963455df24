"""The generated C against TFLite's reference kernels: every tensor of whole networks, under sanitizers."""

from pathlib import Path

import numpy as np
import pytest
from firmware_host import check_parity

from edge.bundle import default_bundle_path, read_bundle

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("cpu", ["generic", "armv7em", "helium", "armv6m"])
def test_the_shipped_bundle_gives_its_golden_outputs_and_every_tensor_between(cpu: str, tmp_path: Path) -> None:
    bundle = read_bundle(default_bundle_path())
    tiles = (bundle.golden.tiles[:4].astype(np.int16) - 128).astype(np.int8)
    program = check_parity(bundle.model, tiles, tmp_path, cpu=cpu)
    assert [int(made[-1][0]) for made in program.run(tiles)] == bundle.golden.outputs[:4].tolist()


def test_random_input_gives_every_tensor(tmp_path: Path) -> None:
    bundle = read_bundle(GOLDEN / "tiny_bundle")
    noise = np.random.default_rng(1).integers(-128, 128, (6, bundle.golden.tiles[0].size), np.int8)
    check_parity(bundle.model, noise, tmp_path)
