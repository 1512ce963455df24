"""Every tensor on the emulated processors: what the host does not show of assembly and of other compilers.

Every shape of convolution and pooling, and random networks of every operator; HAIRLINE_BOARD_EXAMPLES sets how many of
those a processor gets (the default keeps the file quick).
"""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from firmware_board import BOARDS, check_on_board, need_board
from firmware_host import check_parity
from firmware_networks import networks
from hypothesis import HealthCheck, Phase, given, settings
from tflite_models import ACTIVATIONS, OPS, ModelWriter

from firmware_export.read import read_graph

EXAMPLES = int(os.environ.get("HAIRLINE_BOARD_EXAMPLES", "3"))
OUT_SCALE = 6 / 255
STEPS = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
WINDOWS = [
    {"padding": 0},
    {"padding": 0, "strideH": 2, "strideW": 2},
    {"padding": 1, "dilationHFactor": 2, "dilationWFactor": 2},
    {"padding": 1, "strideH": 1, "strideW": 3},
]


class Branches:
    """Operators on one input, all outputs of one scale."""

    def __init__(
        self, shape_hwc: tuple[int, int, int], zero_point: int, *, out_zero: int, fused: int, wild: bool = True
    ) -> None:
        self.writer, self.rng = ModelWriter(), np.random.default_rng(sum(shape_hwc))
        self.out_zero, self.fused, self.wild = out_zero, fused, wild
        self.source = self.writer.tensor((1, *shape_hwc), 0.05, zero_point)
        self.ends: list[int] = []

    def output(self, shape: tuple[int, ...]) -> int:
        return self.writer.tensor(shape, OUT_SCALE, self.out_zero)

    def size(self, kernel: int, options: dict[str, int]) -> list[int]:
        length = []
        for n, axis in zip(self.writer.shape(self.source)[1:3], "HW", strict=True):
            stride, reach = options[f"stride{axis}"], (kernel - 1) * options.get(f"dilation{axis}Factor", 1) + 1
            length.append(-(-n // stride) if options["padding"] == 0 else (n - reach) // stride + 1)
        return length

    def scales(self, channels: int, fan_in: int) -> list[float]:
        """Sums in the output's range; a few channels far out of it, where shifts go to the left or to nothing."""
        usual = OUT_SCALE / 0.05 / (30 * fan_in**0.5) * self.rng.uniform(0.3, 3.0, channels)
        if self.wild:
            usual[::5] *= self.rng.choice([1e-6, 1.0, 40.0, 4000.0])
        return [float(np.float32(s)) for s in usual]

    def conv(self, kernel: int, channels: int, **options: int) -> None:
        options = STEPS | options
        in_c = self.writer.shape(self.source)[3]
        out = self.output((1, *self.size(kernel, options), channels))
        weights = self.rng.integers(-128, 128, (channels, kernel, kernel, in_c)).astype(np.int8)
        w = self.writer.constant(weights, self.scales(channels, kernel * kernel * in_c))
        self._finished(OPS.CONV_2D, w, channels, out, "Conv2DOptions", options)

    def depthwise(self, kernel: int, *, lowest: int = -127, **options: int) -> None:
        options = STEPS | options
        channels = self.writer.shape(self.source)[3]
        out = self.output((1, *self.size(kernel, options), channels))
        weights = self.rng.integers(lowest, 128, (1, kernel, kernel, channels)).astype(np.int8)
        weights[0, :, :, 0] = lowest
        w = self.writer.constant(weights, self.scales(channels, kernel * kernel), 3)
        self._finished(
            OPS.DEPTHWISE_CONV_2D, w, channels, out, "DepthwiseConv2DOptions", options | {"depthMultiplier": 1}
        )

    def _finished(self, code: int, w: int, channels: int, out: int, kind: str, options: dict[str, int]) -> None:
        bias = self.writer.constant(self.rng.integers(-20000, 20000, channels).astype(np.int32))
        self.writer.operator(code, [self.source, w, bias], out, kind, fusedActivationFunction=self.fused, **options)
        self.ends.append(out)

    def max_pool(self, kernel: int, **options: int) -> None:
        options = {"strideH": 1, "strideW": 1} | options
        scale, zero = self.writer.quantisation(self.source)
        pooled = self.writer.tensor((1, *self.size(kernel, options), self.writer.shape(self.source)[3]), scale, zero)
        self.writer.operator(
            OPS.MAX_POOL_2D, [self.source], pooled, "Pool2DOptions", filterHeight=kernel, filterWidth=kernel, **options
        )
        self.ends.append(self.writer.operator(OPS.QUANTIZE, [pooled], self.output(self.writer.shape(pooled))))

    def dense(self, channels: int, *, per_channel: bool = False) -> None:
        size = int(np.prod(self.writer.shape(self.source)))
        flat = self.writer.tensor((1, size), *self.writer.quantisation(self.source))
        self.writer.operator(OPS.RESHAPE, [self.source, self.writer.constant(np.array([1, size], np.int32))], flat)
        out = self.output((1, channels))
        scales = self.scales(channels, size)
        scales = scales if per_channel else scales[1:2]
        w = self.writer.constant(self.rng.integers(-128, 128, (channels, size)).astype(np.int8), scales)
        biases = self.rng.integers(-20000, 20000, channels).astype(np.int32)
        bias = self.writer.constant(biases, [scale * 0.05 for scale in scales])
        self.ends.append(self.writer.operator(OPS.FULLY_CONNECTED, [flat, w, bias], out, "FullyConnectedOptions"))

    def written(self) -> bytes:
        rows = []
        for end in self.ends:
            size = int(np.prod(self.writer.shape(end)))
            row = self.output((1, size))
            self.writer.operator(OPS.RESHAPE, [end, self.writer.constant(np.array([1, size], np.int32))], row)
            rows.append(row)
        joined = self.output((1, sum(self.writer.shape(row)[1] for row in rows)))
        return self.writer.write(
            self.source, self.writer.operator(OPS.CONCATENATION, rows, joined, "ConcatenationOptions", axis=1)
        )


def even_channels() -> bytes:
    """Sixteen channels and a rectified output: the quickest paths."""
    made = Branches((7, 9, 16), -128, out_zero=-128, fused=ACTIVATIONS.RELU6)
    for options in WINDOWS:
        made.conv(3, 8, **options)
        made.depthwise(3, **options)
    made.conv(1, 12, padding=1)
    made.max_pool(2, padding=1, strideH=2, strideW=2)
    made.max_pool(3, padding=0)
    made.dense(6)
    made.dense(8, per_channel=True)
    return made.written()


def odd_channels() -> bytes:
    """Channels that fill no word and no vector, a zero point inside the range, weights down to -128."""
    made = Branches((8, 6, 21), 5, out_zero=-7, fused=ACTIVATIONS.NONE)
    for options in WINDOWS:
        made.conv(3, 5, **options)
        made.depthwise(3, **options)
    made.conv(1, 3, padding=1, strideH=2, strideW=2)
    made.conv(2, 7, padding=0)
    made.depthwise(3, lowest=-128, padding=0)
    made.depthwise(2, padding=0)
    made.max_pool(3, padding=0, strideH=2, strideW=1)
    made.dense(5)
    made.dense(7, per_channel=True)
    return made.written()


@pytest.mark.parametrize("cpu", ["generic", "armv7em", "helium", "armv6m"])
@pytest.mark.parametrize("network", [even_channels, odd_channels])
def test_every_branch_is_exact_under_sanitizers(cpu: str, network: Callable[[], bytes], tmp_path: Path) -> None:
    content = network()
    size = int(np.prod(read_graph(content).tensors[0].shape_hwc))
    inputs = np.random.default_rng(5).integers(-128, 128, (2, size)).astype(np.int8)
    check_parity(content, inputs, tmp_path, cpu=cpu)


@pytest.mark.parametrize("network", [even_channels, odd_channels])
@pytest.mark.parametrize("name", ["mps2-an386", "mps2-an500", "mps3-an547", "rp2040"])
def test_every_branch_is_exact_on_the_processor(name: str, network: Callable[[], bytes], tmp_path: Path) -> None:
    need_board(name)
    check_on_board(network(), name, tmp_path)


@pytest.mark.parametrize("name", BOARDS)
def test_random_networks_of_every_operator_are_exact_on_the_processor(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    need_board(name)

    # The first network has the simplest of everything; from the second on they are drawn, the same ones every time.
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(networks(every=True))
    def check(network: tuple[bytes, np.ndarray]) -> None:
        check_on_board(network[0], name, tmp_path_factory.mktemp("network"))

    check()
