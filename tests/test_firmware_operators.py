"""Random networks of every operator against TFLite's reference kernels: shapes, strides, paddings, scales, zero points.

HAIRLINE_EXAMPLES sets how many networks a processor gets (the default keeps the file quick).
"""

import os
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from firmware_host import check_parity
from firmware_networks import networks
from hypothesis import HealthCheck, given, settings
from tflite_models import OPS, ModelWriter

from firmware_export.graph import Conv, Depthwise, GroupedConv

EXAMPLES = int(os.environ.get("HAIRLINE_EXAMPLES", "6"))


@pytest.mark.parametrize("cpu", ["generic", "armv7em", "helium", "armv6m"])
def test_random_networks(cpu: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=EXAMPLES < 50,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(networks())
    def check(network: tuple[bytes, np.ndarray]) -> None:
        check_parity(*network, tmp_path_factory.mktemp("network"), cpu=cpu)

    check()


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(6).integers(-128, 128, shape).astype(np.int8)


def test_a_mean_over_every_set_of_dimensions_kept_or_dropped(tmp_path: Path) -> None:
    writer = ModelWriter()
    shape = (1, 5, 4, 6)
    x = y = writer.tensor(shape, 0.1, -7)
    for count in (1, 2, 3, 4):
        for axes in combinations(range(4), count):
            for keep in (True, False):
                inputs = [x, writer.constant(np.array(axes[::-1], np.int32))]
                out = tuple(1 if d in axes else n for d, n in enumerate(shape) if keep or d not in axes)
                if out:
                    y = writer.operator(OPS.MEAN, inputs, writer.tensor(out, 0.03, 5), "ReducerOptions", keepDims=keep)
    program = check_parity(writer.write(x, y), noise(3, *shape), tmp_path)
    assert len(program.made.graph.operators) == 29


@pytest.mark.parametrize("cpu", ["generic", "armv7em", "helium", "armv6m"])
def test_convolutions_in_groups(cpu: str, tmp_path: Path) -> None:
    writer, rng = ModelWriter(), np.random.default_rng(8)
    shape = (1, 7, 6, 12)
    x = y = writer.tensor(shape, 0.05, 11)
    step = {"strideH": 1, "strideW": 2, "dilationHFactor": 2, "dilationWFactor": 1}
    for groups in (1, 2, 3, 4, 6, 12):
        for times in (1, 3):
            out_c = groups * times
            weights = rng.integers(-128, 128, (out_c, 2, 3, 12 // groups)).astype(np.int8)
            w = writer.constant(weights, rng.uniform(1e-4, 1e-3, out_c).astype(np.float32).tolist())
            b = writer.constant(rng.integers(-20000, 20000, out_c).astype(np.int32))
            out = writer.tensor((1, 7, 3, out_c), 0.02, -30)
            y = writer.operator(OPS.CONV_2D, [x, w, b], out, "Conv2DOptions", padding=0, **step)
    program = check_parity(writer.write(x, y), noise(3, *shape), tmp_path, cpu=cpu)
    kinds = [type(op) for op in program.made.graph.operators]
    assert kinds == [Conv] * 2 + [GroupedConv] * 8 + [Depthwise] * 2
