"""A window's score depends on its window alone, and the article's layers add up."""

from dataclasses import dataclass

import keras
import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from training.architectures import article_cnn as article_plan
from training.architectures import tilenet as plan
from training.models.article_cnn import INPUT_PX, article_cnn
from training.models.tilenet import (
    CELLS,
    JUMP_PX,
    SIZES,
    STRIDE_PX,
    WINDOWS,
    shipped,
    taught_tilenet,
    tilenet,
    windows_only,
)

TOLERANCE = 1e-4


def noise(n: int, h: int, w: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, h, w, 3)).astype(np.float32)


@dataclass(frozen=True)
class Weighted:
    """A size of tilenet with weights of some life: its normalisations are no identity and its ReLUs let through."""

    name: str
    weights: list[np.ndarray]

    @property
    def tile_px(self) -> int:
        return SIZES[self.name].tile_px

    def model(self, **options: int) -> keras.Model:
        model = tilenet(self.name, **options)
        model.set_weights(self.weights)
        return model


@pytest.fixture(scope="module", params=sorted(SIZES))
def net(request: pytest.FixtureRequest) -> Weighted:
    keras.utils.set_random_seed(1)
    model = tilenet(request.param, stride_px=JUMP_PX)
    for seed in range(30):
        model(noise(4, 112, 112, seed), training=True)
    *others, kernel, bias = model.get_weights()
    return Weighted(request.param, [*others, kernel * 20, bias])  # noise is all alike to a deep network


def scores(model: keras.Model, pixels: np.ndarray) -> np.ndarray:
    return np.asarray(model(pixels, training=False))[..., 0]


@pytest.mark.parametrize(("h", "w"), [(96, 96), (160, 224), (131, 203)])
@pytest.mark.parametrize("stride_px", [8, 24])
def test_dense_equals_cutting_every_window_out(net: Weighted, h: int, w: int, stride_px: int) -> None:
    frame, t = noise(1, h, w), net.tile_px
    dense = scores(net.model(stride_px=stride_px), frame)[0]
    ys, xs = range(0, h - t + 1, stride_px), range(0, w - t + 1, stride_px)
    assert dense.shape == (len(ys), len(xs))
    tiles = np.stack([frame[0, y : y + t, x : x + t] for y in ys for x in xs])
    alone = scores(net.model(input_px=t, stride_px=stride_px), tiles)
    np.testing.assert_allclose(dense.ravel(), alone.ravel(), atol=TOLERANCE)
    if dense.size > 1:
        assert np.ptp(dense) > 100 * TOLERANCE  # or the comparison says nothing


def test_strides_8_and_24_share_their_weights(net: Weighted) -> None:
    frame = noise(1, 192, 160)
    fine, coarse = (scores(net.model(stride_px=s), frame)[0] for s in (8, 24))
    np.testing.assert_allclose(fine[::3, ::3], coarse, atol=TOLERANCE)


def test_what_is_trained_ships_without_its_cells(net: Weighted) -> None:
    keras.utils.set_random_seed(2)
    taught = taught_tilenet(net.name)
    model = shipped(net.name, taught, input_px=net.tile_px, stride_px=24)
    assert [w.shape for w in model.get_weights()] == [w.shape for w in net.weights]
    frame = noise(2, 160, 128)
    both = taught(frame, training=False)
    windows = tilenet(net.name, stride_px=24)
    windows.set_weights(model.get_weights())
    np.testing.assert_allclose(both[WINDOWS][:, ::3, ::3, 0], scores(windows, frame), atol=TOLERANCE)
    np.testing.assert_array_equal(windows_only(taught)(frame, training=False), both[WINDOWS])
    size = SIZES[net.name]
    assert both[CELLS].shape == (2, *((length - size.evidence_px) // JUMP_PX + 1 for length in (160, 128)), 1)


def test_a_cell_sees_the_square_around_it_and_no_more(net: Weighted) -> None:
    keras.utils.set_random_seed(3)
    taught, px = taught_tilenet(net.name), SIZES[net.name].evidence_px
    frame = noise(1, 112, 112)
    around = noise(1, 112, 112, seed=9)
    at = slice(2 * JUMP_PX, 2 * JUMP_PX + px)
    around[:, at, at] = frame[:, at, at]
    before, after = (np.asarray(taught(x, training=False)[CELLS])[0, 2, 2, 0] for x in (frame, around))
    assert abs(before - after) < TOLERANCE


def test_the_receptive_field_is_exactly_the_tile(net: Weighted) -> None:
    """A frame with one window well inside it: outside pixels never matter, and each corner pixel does."""
    model, t = net.model(stride_px=24), net.tile_px
    frame = noise(1, t + 48, t + 48)  # windows at 0, 24, 48: the middle one is looked at
    before = scores(model, frame)[0, 1, 1]
    around = noise(1, t + 48, t + 48, seed=9)
    around[:, 24 : 24 + t, 24 : 24 + t] = frame[:, 24 : 24 + t, 24 : 24 + t]
    after = scores(model, around)[0]
    assert abs(after[1, 1] - before) < TOLERANCE
    assert np.abs(after - scores(model, frame)[0]).max() > TOLERANCE
    for y in (24, 23 + t):
        for x in (24, 23 + t):
            changes = []
            for seed in range(4):  # a single ReLU may hide a single pixel once
                base = noise(1, t + 48, t + 48, seed)
                other = base.copy()
                other[0, y, x] = 255 - other[0, y, x].round(-2)
                changes.append(scores(model, other)[0, 1, 1] != scores(model, base)[0, 1, 1])
            assert any(changes), (y, x)


def test_a_stride_between_positions_of_the_last_map_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 8"):
        tilenet("tilenet-m", stride_px=12)


def test_the_smallest_fits_a_cortex_m4() -> None:
    """Weights of int8 and biases of int32 in at most 40 KB, at most 3 million multiplications a tile."""
    model = tilenet("tilenet-s", input_px=SIZES["tilenet-s"].tile_px)
    weight_bytes, macs = 0, 0
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D):
            kernel = layer.get_weights()[0]
            _, rows, cols, filters = layer.output.shape
            weight_bytes += kernel.size + 4 * filters
            macs += rows * cols * kernel.size
    assert weight_bytes <= 40 * 1024
    assert macs <= 3_000_000


def test_what_recipes_check_without_keras_is_what_the_networks_have() -> None:
    assert {name: size.tile_px for name, size in SIZES.items()} == plan.TILE_PX
    assert (plan.JUMP_PX, article_plan.INPUT_PX) == (JUMP_PX, INPUT_PX)
    assert (plan.LEAST_JUMPS + 1) ** 2 == 16
    assert STRIDE_PX % JUMP_PX == 0


def test_the_article_s_network_has_its_layers_and_parameters() -> None:
    model = article_cnn()
    kinds = [type(layer).__name__ for layer in model.layers]
    block = ["Conv2D", "Conv2D", "MaxPooling2D"]
    assert kinds == ["Rescaling", *block, *block, "Flatten", "Dense", "Dense", "Dense"]
    assert [layer.activation.__name__ for layer in model.layers[-3:]] == ["relu", "relu", "sigmoid"]
    assert model.input_shape == (None, 64, 64, 3)
    # Kernels times inputs times outputs, plus a bias an output; two poolings leave 16x16x32.
    convolutions = (9 * 3 + 1) * 16 + (9 * 16 + 1) * 16 + (9 * 16 + 1) * 32 + (9 * 32 + 1) * 32
    dense = (16 * 16 * 32 + 1) * 64 + (64 + 1) * 16 + (16 + 1) * 1
    assert model.count_params() == convolutions + dense == 542_065


def test_the_article_s_network_computes_what_numpy_computes() -> None:
    keras.utils.set_random_seed(2)
    model = article_cnn()
    pixels = noise(2, 64, 64)
    kernels = model.get_weights()
    x = pixels.astype(np.float64) / 255
    for block in (0, 4):
        for kernel, bias in (kernels[block : block + 2], kernels[block + 2 : block + 4]):
            padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
            windows = sliding_window_view(padded, (3, 3), axis=(1, 2))  # n, h, w, c, 3, 3
            x = np.maximum(np.einsum("nhwcij,ijco->nhwo", windows, kernel, optimize=True) + bias, 0)
        n, h, w, c = x.shape
        x = x.reshape(n, h // 2, 2, w // 2, 2, c).max(axis=(2, 4))
    x = x.reshape(len(x), -1)
    for kernel, bias in (kernels[8:10], kernels[10:12]):
        x = np.maximum(x @ kernel + bias, 0)
    expected = 1 / (1 + np.exp(-(x @ kernels[12] + kernels[13])))
    np.testing.assert_allclose(np.asarray(model(pixels)), expected, atol=1e-5)
