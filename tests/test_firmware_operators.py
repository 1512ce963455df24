"""Random networks of every operator against TFLite's reference kernels: shapes, strides, paddings, scales, zero points.

HAIRLINE_EXAMPLES sets how many networks a processor gets (the default keeps the file quick).
"""

import os

import numpy as np
import pytest
from firmware_host import check_parity
from firmware_networks import networks
from hypothesis import HealthCheck, given, settings

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
