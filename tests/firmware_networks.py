"""Random int8 networks of every operator: shapes, strides, paddings, scales and zero points at their extremes."""

import numpy as np
from hypothesis import strategies as st
from tflite_models import ACTIVATIONS, OPS, ModelWriter

SCALES = st.sampled_from([1.2e-6, 3e-4, 1 / 256, 0.0235, 0.1, 1.0, 3.7, 900.0])
ZERO_POINTS = st.sampled_from([-128, -127, -5, 0, 1, 64, 127])
FUSED = st.sampled_from([ACTIVATIONS.NONE, ACTIVATIONS.RELU, ACTIVATIONS.RELU6, ACTIVATIONS.RELU_N1_TO_1])


def out_size(n: int, kernel: int, stride: int, dilation: int, same: bool) -> int:
    reach = (kernel - 1) * dilation + 1
    return -(-n // stride) if same else (n - reach) // stride + 1


def within(scale: float) -> float:
    """A scale no further out than those that are drawn: a file whose scales lie apart by 2**30 is refused."""
    return min(max(scale, 1.2e-6), 900.0)


class Maker:
    """Draws one operator after another onto a writer."""

    def __init__(self, draw, rng: np.random.Generator) -> None:
        self.draw, self.rng, self.writer = draw, rng, ModelWriter()

    def output(self, shape: tuple[int, ...], like: int | None = None) -> int:
        if like is not None:
            return self.writer.tensor(shape, *self.writer.quantisation(like))
        # Often as a converter would choose after a ReLU6.
        usual = self.draw(st.booleans())
        scale, zero = (6 / 255, -128) if usual else (self.draw(SCALES), self.draw(ZERO_POINTS))
        return self.writer.tensor(shape, scale, zero)

    def windows(self, shape: tuple[int, ...], *, dilated: bool):
        """Kernel, stride, dilation, padding and the output's height and width."""
        _, h, w, _ = shape
        same = self.draw(st.booleans())
        d = [self.draw(st.sampled_from([1, 1, 1, 2])) if dilated else 1 for _ in range(2)]
        limit = [7, 7] if same else [1 + (n - 1) // k for n, k in zip((h, w), d, strict=True)]
        usual = self.draw(st.booleans()) and min(limit) >= 3
        k = [3, 3] if usual else [self.draw(st.integers(1, min(5, m))) for m in limit]
        s = [self.draw(st.integers(1, 3)) for _ in range(2)]
        size = [out_size(n, *rest, same) for n, *rest in zip((h, w), k, s, d, strict=True)]
        options = {"padding": 0 if same else 1, "strideH": s[0], "strideW": s[1]}
        if dilated:
            options |= {"dilationHFactor": d[0], "dilationWFactor": d[1]}
        return k, size, options

    def filters(self, source: int, target: int, channels: int, fan_in: int) -> list[float]:
        """Weight scales that put the sums in the output's range, give or take; one in four at an extreme."""
        (s_in, _), (s_out, _) = self.writer.quantisation(source), self.writer.quantisation(target)
        usual = s_out / s_in / (30.0 * fan_in**0.5)
        many = self.draw(st.booleans())
        wild = self.draw(st.sampled_from([1.0, 1.0, 1.0, 1e-6, 300.0]))
        return [float(np.float32(usual * wild * f)) for f in self.rng.uniform(0.3, 3.0, channels if many else 1)]

    def weights(self, *shape: int) -> np.ndarray:
        return self.rng.integers(-128, 128, shape).astype(np.int8)

    def bias(self, n: int) -> np.ndarray:
        return self.rng.integers(-20000, 20000, n).astype(np.int32)

    def conv(self, x: int) -> int:
        shape = self.writer.shape(x)
        whole = [n for n in (1, 2, 3, 4, 8) if shape[3] % n == 0]
        groups = self.draw(st.sampled_from([1, 1, *whole]))
        out_c = self.draw(st.integers(1, 9)) if groups == 1 else groups * self.draw(st.integers(1, 3))
        k, size, options = self.windows(shape, dilated=True)
        out = self.output((1, *size, out_c))
        scales = self.filters(x, out, out_c, k[0] * k[1] * shape[3] // groups)
        w = self.writer.constant(self.weights(out_c, *k, shape[3] // groups), scales)
        b = self.writer.constant(self.bias(out_c))
        return self.writer.operator(
            OPS.CONV_2D, [x, w, b], out, "Conv2DOptions", fusedActivationFunction=self.draw(FUSED), **options
        )

    def depthwise(self, x: int) -> int:
        shape, times = self.writer.shape(x), self.draw(st.sampled_from([1, 1, 2, 3]))
        k, size, options = self.windows(shape, dilated=True)
        out_c = shape[3] * times
        out = self.output((1, *size, out_c))
        w = self.writer.constant(self.weights(1, *k, out_c), self.filters(x, out, out_c, k[0] * k[1]), 3)
        b = self.writer.constant(self.bias(out_c))
        fused = self.draw(FUSED)
        return self.writer.operator(
            OPS.DEPTHWISE_CONV_2D,
            [x, w, b],
            out,
            "DepthwiseConv2DOptions",
            depthMultiplier=times,
            fusedActivationFunction=fused,
            **options,
        )

    def pool(self, x: int) -> int:
        shape = self.writer.shape(x)
        k, size, options = self.windows(shape, dilated=False)
        out = self.output((1, *size, shape[3]), like=x)
        code = self.draw(st.sampled_from([OPS.MAX_POOL_2D, OPS.AVERAGE_POOL_2D]))
        fused = self.draw(FUSED)
        return self.writer.operator(
            code,
            [x],
            out,
            "Pool2DOptions",
            filterHeight=k[0],
            filterWidth=k[1],
            fusedActivationFunction=fused,
            **options,
        )

    def one_value(self, x: int) -> int:
        code = self.draw(st.sampled_from([OPS.RELU, OPS.RELU6, OPS.RELU_N1_TO_1, OPS.QUANTIZE, OPS.LOGISTIC]))
        if code == OPS.LOGISTIC:
            return self.writer.operator(code, [x], self.writer.tensor(self.writer.shape(x), 1 / 256, -128))
        return self.writer.operator(code, [x], self.output(self.writer.shape(x)))

    def pair(self, x: int) -> tuple[list[int], float, float]:
        """`x` and a number, a constant a channel, or a tensor, in either order; the scales of both."""
        shape = self.writer.shape(x)
        kind = self.draw(st.sampled_from(["number", "channels", "tensor"]))
        if kind == "tensor":
            y = self.writer.operator(OPS.RELU, [x], self.output(shape))
        else:
            size = () if kind == "number" else (1, 1, 1, shape[3])
            y = self.writer.constant(self.weights(*size), [self.draw(SCALES)], zero_point=self.draw(ZERO_POINTS))
        scales = (self.writer.quantisation(x)[0], self.writer.quantisation(y)[0])
        return [x, y] if self.draw(st.booleans()) else [y, x], *scales

    def add(self, x: int) -> int:
        inputs, a, b = self.pair(x)
        scale = max(a, b) * self.draw(st.sampled_from([0.5, 1.0, 1.9]))
        out = self.writer.tensor(self.writer.shape(x), within(scale), self.draw(ZERO_POINTS))
        fused = self.draw(FUSED)
        return self.writer.operator(OPS.ADD, inputs, out, "AddOptions", fusedActivationFunction=fused)

    def mul(self, x: int) -> int:
        inputs, a, b = self.pair(x)
        scale = a * b * self.draw(st.sampled_from([0.1, 1.0, 16.0, 127.0]))
        out = self.writer.tensor(self.writer.shape(x), within(scale), self.draw(ZERO_POINTS))
        fused = self.draw(FUSED)
        return self.writer.operator(OPS.MUL, inputs, out, "MulOptions", fusedActivationFunction=fused)

    def pad(self, x: int) -> int:
        amounts = np.array([[0, 0], *([self.draw(st.integers(0, 2)) for _ in range(2)] for _ in range(3))], np.int32)
        shape = tuple(int(n + a + b) for n, (a, b) in zip(self.writer.shape(x), amounts, strict=True))
        return self.writer.operator(
            OPS.PAD, [x, self.writer.constant(amounts)], self.output(shape, like=x), "PadOptions"
        )

    def concat(self, x: int) -> int:
        shape = self.writer.shape(x)
        axis = self.draw(st.integers(1, 3))
        scale, zero = self.writer.quantisation(x)
        parts = [x, self.writer.operator(OPS.RELU, [x], self.output(shape, like=x))]
        if self.draw(st.booleans()):
            parts[1] = self.writer.constant(self.weights(*shape), [scale], zero_point=zero)
        joined = tuple(2 * n if k == axis else n for k, n in enumerate(shape))
        given = axis - 4 if self.draw(st.booleans()) else axis
        if self.draw(st.booleans()):
            parts.reverse()
        return self.writer.operator(
            OPS.CONCATENATION, parts, self.output(joined, like=x), "ConcatenationOptions", axis=given
        )

    def resize(self, x: int) -> int:
        size = np.array([self.draw(st.integers(1, 14)) for _ in range(2)], np.int32)
        kind = self.draw(st.sampled_from(["Bilinear", "NearestNeighbor"]))
        align, half = self.draw(st.sampled_from([(False, False), (True, False), (False, True)]))
        out = self.output((1, *size.tolist(), self.writer.shape(x)[3]), like=x)
        code = OPS.RESIZE_BILINEAR if kind == "Bilinear" else OPS.RESIZE_NEAREST_NEIGHBOR
        inputs = [x, self.writer.constant(size)]
        return self.writer.operator(
            code, inputs, out, f"Resize{kind}Options", alignCorners=align, halfPixelCenters=half
        )

    def softmax(self, x: int) -> int:
        out = self.writer.tensor(self.writer.shape(x), 1 / 256, -128)
        return self.writer.operator(OPS.SOFTMAX, [x], out, "SoftmaxOptions", beta=1.0)

    def mean(self, x: int) -> int:
        """Over any dimensions in any order; where they are dropped, a reshape puts the ones back."""
        shape, usual = self.writer.shape(x), st.sampled_from([[1, 2], [2, 1], [1], [3]])
        subset = st.lists(st.sampled_from([0, 1, 2, 3, -1, -2]), min_size=1, max_size=4)
        axes = self.draw(st.one_of(usual, subset))
        kept = tuple(1 if d in axes or d - 4 in axes else n for d, n in enumerate(shape))
        dropped = tuple(n for d, n in enumerate(shape) if d not in axes and d - 4 not in axes)
        keep = self.draw(st.booleans()) or not dropped
        s_in, _ = self.writer.quantisation(x)
        scale = within(s_in * self.draw(st.sampled_from([0.4, 1.0, 1.7])))
        out = self.writer.tensor(kept if keep else dropped, scale, self.draw(ZERO_POINTS))
        inputs = [x, self.writer.constant(np.array(axes, np.int32))]
        self.writer.operator(OPS.MEAN, inputs, out, "ReducerOptions", keepDims=keep)
        if keep:
            return out
        inputs = [out, self.writer.constant(np.array(kept, np.int32))]
        return self.writer.operator(OPS.RESHAPE, inputs, self.output(kept, like=out))

    def dense(self, x: int) -> int:
        size, out_c = int(np.prod(self.writer.shape(x))), self.draw(st.integers(1, 7))
        flat = self.output((1, size), like=x)
        self.writer.operator(OPS.RESHAPE, [x, self.writer.constant(np.array([1, size], np.int32))], flat)
        out = self.output((1, out_c))
        scales = self.filters(flat, out, out_c, size)
        w = self.writer.constant(self.weights(out_c, size), scales)
        # TFLite asks that the bias has the product's scale.
        b = self.writer.constant(self.bias(out_c), [s * self.writer.quantisation(flat)[0] for s in scales])
        fused = self.draw(FUSED)
        return self.writer.operator(
            OPS.FULLY_CONNECTED, [flat, w, b], out, "FullyConnectedOptions", fusedActivationFunction=fused
        )


KINDS = (
    "conv",
    "depthwise",
    "pool",
    "one_value",
    "add",
    "mul",
    "pad",
    "concat",
    "resize",
    "softmax",
    "mean",
)


@st.composite
def networks(draw, *, every: bool = False) -> tuple[bytes, np.ndarray]:
    """A network, and three inputs, int8 (3, h, w, c). `every`: of each operator one at least.

    Most operators read what the one before made, some an older tensor; what nothing reads is compared, too.
    """
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    made = Maker(draw, rng)
    shape = (1, draw(st.integers(3, 13)), draw(st.integers(3, 13)), draw(st.sampled_from([1, 3, 4, 8])))
    source = made.writer.tensor(shape, draw(SCALES), draw(ZERO_POINTS))
    tensors = [source]
    some = st.lists(st.sampled_from([*KINDS, "conv", "depthwise"]), min_size=3, max_size=8)
    for kind in draw(st.permutations(KINDS) if every else some):
        x = tensors[-1] if draw(st.integers(0, 2)) else draw(st.sampled_from(tensors))
        tensors.append(getattr(made, kind)(x))
    if every or draw(st.booleans()):
        tensors.append(made.dense(tensors[-1]))
    inputs = rng.integers(-128, 128, (3, *shape)).astype(np.int8)
    inputs[0] = 127
    return made.writer.write(source, tensors[-1]), inputs
