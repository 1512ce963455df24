"""Which kernel computes an operator on which processor."""

from firmware_export.graph import (
    Add,
    Concat,
    Conv,
    Depthwise,
    GroupedConv,
    Lookup,
    Mean,
    Mul,
    Operator,
    Pad,
    Pool,
    ResizeBilinear,
    ResizeNearest,
    Softmax,
)
from firmware_export.kernels.dsp import dsp_kernel
from firmware_export.kernels.kernel import Ends, Kernel
from firmware_export.kernels.moves import PlainConcat, PlainPad, PlainPair, PlainResize, PlainSoftmax
from firmware_export.kernels.mve import mve_kernel
from firmware_export.kernels.plain import PlainConv, PlainDepthwise, PlainGroupedConv, PlainLookup, PlainMean, PlainPool
from firmware_export.kernels.v6m import v6m_kernel
from firmware_export.kernels.winograd import WinogradConv

# What the C is packed for, and the preprocessor's test that it is compiled for it.
CPUS = {
    "generic": "",
    "armv6m": "",
    "armv7em": "defined(__ARM_FEATURE_DSP)",
    "armv7em-winograd": "defined(__ARM_FEATURE_DSP)",
    "helium": "defined(__ARM_FEATURE_MVE)",
}


_TUNED = {
    "armv7em": dsp_kernel,
    "armv7em-winograd": dsp_kernel,
    "helium": mve_kernel,
    "armv6m": v6m_kernel,
}


def choose(op: Operator, ends: Ends, cpu: str, *, winograd: bool) -> Kernel:
    """The kernel for `op`. Every operator but Reshape, which needs no code, has one.

    `winograd`: by Winograd's kernel, which `choose_winograd` says for this operator."""
    if winograd:
        return WinogradConv()
    tuned = _TUNED[cpu](op, ends) if cpu in _TUNED else None
    return tuned or _plain(op)


def _plain(op: Operator) -> Kernel:
    match op:
        case Conv():
            return PlainConv()
        case Depthwise():
            return PlainDepthwise()
        case GroupedConv():
            return PlainGroupedConv()
        case Pool():
            return PlainPool(op.kind)
        case Mean():
            return PlainMean()
        case Lookup():
            return PlainLookup()
        case Add():
            return PlainPair("add")
        case Mul():
            return PlainPair("mul")
        case Pad():
            return PlainPad()
        case Concat():
            return PlainConcat()
        case ResizeNearest():
            return PlainResize("nearest")
        case ResizeBilinear():
            return PlainResize("bilinear")
        case Softmax():
            return PlainSoftmax()
    raise TypeError(f"no kernel for {type(op).__name__}")
