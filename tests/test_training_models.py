"""A window's score depends on its window alone, and the article's layers add up."""

import keras
import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from training.architectures import article_cnn as article_plan
from training.architectures import tilenet as plan
from training.models.article_cnn import INPUT_PX, article_cnn
from training.models.tilenet import JUMP_PX, SIZES, STRIDE_PX, tilenet

TOLERANCE = 1e-4


def noise(n: int, h: int, w: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, h, w, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def weights() -> list[np.ndarray]:
    """Those of a network that has seen some data: its normalisations are no identity and its ReLUs live."""
    keras.utils.set_random_seed(1)
    model = tilenet(stride_px=JUMP_PX)
    for seed in range(30):
        model(noise(4, 112, 112, seed), training=True)
    return model.get_weights()


def loaded(weights: list[np.ndarray], **options: int) -> keras.Model:
    model = tilenet(**options)
    model.set_weights(weights)
    return model


def scores(model: keras.Model, pixels: np.ndarray) -> np.ndarray:
    return np.asarray(model(pixels, training=False))[..., 0]


@pytest.mark.parametrize(("h", "w"), [(96, 96), (160, 224), (131, 203)])
@pytest.mark.parametrize("stride_px", [8, 32])
def test_dense_equals_cutting_every_window_out(weights: list[np.ndarray], h: int, w: int, stride_px: int) -> None:
    frame = noise(1, h, w)
    dense = scores(loaded(weights, stride_px=stride_px), frame)[0]
    ys, xs = range(0, h - 96 + 1, stride_px), range(0, w - 96 + 1, stride_px)
    assert dense.shape == (len(ys), len(xs))
    tiles = np.stack([frame[0, y : y + 96, x : x + 96] for y in ys for x in xs])
    alone = scores(loaded(weights, input_px=96, stride_px=stride_px), tiles)
    np.testing.assert_allclose(dense.ravel(), alone.ravel(), atol=TOLERANCE)
    if dense.size > 1:
        assert np.ptp(dense) > 100 * TOLERANCE  # or the comparison says nothing


def test_strides_8_and_32_share_their_weights(weights: list[np.ndarray]) -> None:
    frame = noise(1, 192, 160)
    fine, coarse = (scores(loaded(weights, stride_px=s), frame)[0] for s in (8, 32))
    np.testing.assert_allclose(fine[::4, ::4], coarse, atol=TOLERANCE)


def test_the_receptive_field_is_exactly_the_tile(weights: list[np.ndarray]) -> None:
    """A frame with one window well inside it: outside pixels never matter, and each corner pixel does."""
    model = loaded(weights, stride_px=32)
    frame = noise(1, 160, 160)  # windows at 0, 32, 64: the middle one spans 32..127
    before = scores(model, frame)[0, 1, 1]
    around = noise(1, 160, 160, seed=9)
    around[:, 32:128, 32:128] = frame[:, 32:128, 32:128]
    after = scores(model, around)[0]
    assert abs(after[1, 1] - before) < TOLERANCE
    assert np.abs(after - scores(model, frame)[0]).max() > TOLERANCE
    for y in (32, 127):
        for x in (32, 127):
            changes = []
            for seed in range(4):  # a single ReLU may hide a single pixel once
                base = noise(1, 160, 160, seed)
                other = base.copy()
                other[0, y, x] = 255 - other[0, y, x].round(-2)
                changes.append(scores(model, other)[0, 1, 1] != scores(model, base)[0, 1, 1])
            assert any(changes), (y, x)


def test_a_stride_between_positions_of_the_last_map_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 8"):
        tilenet(stride_px=12)


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
