"""Which kernel computes an operator on which processor."""

from typing import Any

from firmware_export.graph import Conv, Depthwise, Graph, Lookup, Mean, Operator, Pool
from firmware_export.kernels.kernel import Kernel
from firmware_export.kernels.plain import PlainConv, PlainDepthwise, PlainLookup, PlainMean, PlainPool

# What the C is packed for, and the preprocessor's test that it is compiled for it.
CPUS = {
    "generic": "",
    "armv6m": "",
    "armv7em": "defined(__ARM_FEATURE_DSP)",
    "helium": "defined(__ARM_FEATURE_MVE)",
}


def choose(op: Operator, graph: Graph, cpu: str) -> Kernel:
    """The kernel for `op`. Every operator but Reshape, which needs no code, has one."""
    kernel: Any
    match op:
        case Conv():
            kernel = PlainConv()
        case Depthwise():
            kernel = PlainDepthwise()
        case Pool():
            kernel = PlainPool(op.kind)
        case Mean():
            kernel = PlainMean()
        case Lookup():
            kernel = PlainLookup()
        case _:
            raise TypeError(f"no kernel for {type(op).__name__}")
    return kernel
