"""Winograd's convolution against TFLite's reference kernels, where every size and border of its tiles occurs."""

from pathlib import Path

import numpy as np
import pytest
from firmware_board import check_on_board, need_board
from firmware_host import check_parity
from test_firmware_processors import Branches
from tflite_models import ACTIVATIONS

from firmware_export.export import export_model
from firmware_export.kernels.winograd import transformed
from firmware_export.winograd_layers import KERNEL_BYTES, choose_winograd

CPU, SOURCE = "armv7em-winograd", "hairline_winograd_dsp.c"


def network(shape_hwc: tuple[int, int, int], zero_point: int, *, extreme: bool = False) -> bytes:
    """Two convolutions, with padding and without; `extreme`: every weight is -128."""
    made = Branches(shape_hwc, zero_point, out_zero=-128, fused=ACTIVATIONS.RELU, wild=False)
    if extreme:
        made.rng = _Extreme()
    made.conv(3, 4, padding=0)
    made.conv(3, 10, padding=1)
    return made.written()


class _Extreme:
    """Draws the lowest number, and no bias."""

    def integers(self, low: int, high: int, shape: object) -> np.ndarray:
        return np.full(shape, low if low == -128 else 0)

    def uniform(self, low: float, high: float, count: int) -> np.ndarray:
        return np.full(count, low)


@pytest.mark.parametrize(
    ("shape_hwc", "zero_point", "extreme"),
    [((8, 8, 8), -128, False), ((7, 15, 16), 7, False), ((6, 17, 16), 127, False), ((8, 8, 24), 0, True)],
)
def test_every_tensor_is_exact(shape_hwc: tuple[int, int, int], zero_point: int, extreme: bool, tmp_path: Path) -> None:
    content = network(shape_hwc, zero_point, extreme=extreme)
    inputs = np.random.default_rng(2).integers(-128, 128, (3, *shape_hwc)).astype(np.int8)
    inputs[0], inputs[1, ::2] = -128, 127
    program = check_parity(content, inputs, tmp_path, cpu=CPU)
    assert SOURCE in program.made.sources


def test_the_processor_is_exact(tmp_path: Path) -> None:
    need_board("mps2-an386")
    model = check_on_board(network((7, 15, 16), -3), "mps2-an386", tmp_path, cpu=CPU)
    assert SOURCE in model.made.sources


def test_it_is_taken_only_where_it_is_asked_for_and_saves_instructions() -> None:
    assert SOURCE not in export_model(network((8, 8, 8), -128), name="net", cpu="armv7em").sources
    single = Branches((3, 3, 8), -128, out_zero=-128, fused=ACTIVATIONS.RELU, wild=False)
    single.conv(3, 2, padding=1)  # one pixel, for which four tiles would be computed
    assert SOURCE not in export_model(single.written(), name="net", cpu=CPU).sources


def test_a_flash_limit_takes_first_what_saves_most_and_is_kept() -> None:
    content = network((7, 15, 16), -128)
    plain, everywhere = (export_model(content, name="net", cpu=cpu) for cpu in ("armv7em", CPU))
    between = (plain.weight_bytes + everywhere.weight_bytes + KERNEL_BYTES) // 2
    for limit, count in ((plain.weight_bytes, 0), (between, 1), (1 << 20, 2)):
        made = export_model(content, name="net", cpu="armv7em", flash_limit_bytes=limit)
        assert len(choose_winograd(made.graph, "armv7em", limit)) == count
        assert made.weight_bytes + KERNEL_BYTES * (count > 0) <= max(limit, plain.weight_bytes)
    assert made.weight_bytes == everywhere.weight_bytes
    small = export_model(
        content, name="net", cpu="armv7em", flash_limit_bytes=1 << 20, arena_limit_bytes=plain.arena_bytes
    )
    assert SOURCE not in small.sources
    assert choose_winograd(made.graph, "armv6m", None) == frozenset()


def test_transformed_weights_give_four_times_the_convolution() -> None:
    rng = np.random.default_rng(3)
    weights, tile = rng.integers(-128, 128, (2, 3, 3, 4)).astype(np.int8), rng.integers(-128, 128, (4, 4, 4))
    u = transformed(weights).view("<i2").reshape(16, 2, 2, 2).astype(np.int64)  # position, parity, output, element
    b = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]])
    v = np.einsum("ra,abc,kb->rkc", b, tile, b).reshape(16, 2, 2)  # position, element, parity
    sums = np.einsum("npoe,nep->on", u, v).reshape(2, 4, 4)
    a = np.array([[1, 1, 1, 0], [0, 1, -1, -1]])
    ours = np.einsum("ir,ork,jk->oij", a, sums, a)
    for y in range(2):
        for x in range(2):
            plain = np.einsum("oabc,abc->o", weights.astype(np.int64), tile[y : y + 3, x : x + 3])
            assert (ours[:, y, x] == 4 * plain).all()
