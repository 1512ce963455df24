"""The seeds' classifiers: layers, what is frozen, what the bundle holds of them, where ImageNet weights come from."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from synthetic_pictures import split_over, tiny, write_pictures

from edge.errors import DataError, RecipeError
from training import pretrained
from training.architectures import cnn_80 as cnn_plan
from training.architectures import mobilenetv2 as mobilenet_plan
from training.architectures.registry import ARCHITECTURES
from training.checkpoint import load_progress
from training.datasets.item import Item
from training.models.cnn_80 import INPUT_PX, cnn_80
from training.models.mobilenetv2 import BASE, HEAD, LAYERS, load_imagenet, mobilenetv2
from training.pretrained import imagenet_weights
from training.recipe import Recipe, load_recipe
from training.train import train

SEEDS = ("cnn-80", "mobilenetv2-80", "mobilenetv2-partial", "mobilenetv2-frozen", "mobilenetv2-two-phase")
SIDE_PX = 32
CONV1 = 1  # the place of MobileNetV2's first convolution, after its input


def small(name: str) -> Recipe:
    recipe = tiny(name, epochs=1, batch_size=6)
    if recipe.model == "mobilenetv2":
        return replace(recipe, bundle=replace(recipe.bundle, input_px=SIDE_PX), learning_rate=0.01)
    return recipe


def plain_base(side_px: int = SIDE_PX) -> keras.Model:
    """MobileNetV2 as Keras has it, for R, G, B from -1 to 1."""
    return keras.applications.MobileNetV2(
        input_shape=(side_px, side_px, 3), alpha=0.35, include_top=False, weights=None
    )


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    return write_pictures(tmp_path_factory.mktemp("own"), count=24)


@pytest.fixture(scope="module")
def imagenet() -> list[np.ndarray]:
    """Arrays of the right shapes."""
    keras.utils.set_random_seed(3)
    base = keras.applications.MobileNetV2(
        input_shape=(SIDE_PX, SIDE_PX, 3), alpha=0.35, include_top=False, weights=None
    )
    return list(base.get_weights())


@pytest.fixture
def eager() -> Iterator[None]:
    """A few steps cost less than tracing the graph of 154 layers."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("name", SEEDS)
def test_a_recipe_trains_and_its_bundle_holds_the_same_probability(
    name: str, items: list[Item], imagenet: list[np.ndarray], tmp_path: Path
) -> None:
    recipe, split = small(name), split_over(items)
    model = train(recipe, items, split, tmp_path, verbose=0, imagenet=imagenet)
    progress = load_progress(tmp_path, asdict(recipe), split.sha256)
    assert progress.epoch == 1
    assert np.isfinite(progress.history["val_loss"]).all()
    pixels = np.random.default_rng(1).integers(0, 256, (5, *model.input_shape[1:])).astype(np.float32)
    probability = np.asarray(model(pixels, training=False))[:, -1]
    tile_model = ARCHITECTURES[recipe.model].tile_model(recipe, model)
    logits = np.asarray(tile_model(pixels, training=False))
    assert logits.shape == (5, 1)
    np.testing.assert_allclose(1 / (1 + np.exp(-logits[:, 0])), probability, atol=1e-5)
    assert not any(isinstance(layer, keras.layers.Dropout) for layer in tile_model.layers)
    if recipe.model == "mobilenetv2":
        frozen = changed_layers(model.get_layer(BASE), imagenet)
        assert frozen[0] == CONV1  # its input channels were turned round
        assert all(at >= recipe.network.frozen_layers for at in frozen[1:])
        assert (len(frozen) > 1) == (recipe.network.frozen_layers < LAYERS)


def changed_layers(base: keras.Model, imagenet: list[np.ndarray]) -> list[int]:
    """The layers of a trained MobileNetV2 whose weights are not those that it began with."""
    untouched = plain_base()
    untouched.set_weights(imagenet)
    return [
        at
        for at, (one, other) in enumerate(zip(base.layers, untouched.layers, strict=True))
        if any((a != b).any() for a, b in zip(one.get_weights(), other.get_weights(), strict=True))
    ]


def test_the_second_seed_s_table_of_layers() -> None:
    """Its totals: 2,260,546 parameters, 415,362 of them trainable (MobileNetV2 at width 1.00, 150 layers frozen)."""
    recipe = load_recipe("mobilenetv2-partial")
    model = mobilenetv2(
        input_px=227, width=1.0, frozen_layers=recipe.network.frozen_layers, dropout=0.2, outputs=2, pretrained=True
    )
    assert model.count_params() == 2_260_546
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == 415_362
    assert model.get_layer(BASE).output_shape[1:] == (8, 8, 1280)
    assert model.get_layer(HEAD).activation.__name__ == "softmax"


def test_what_the_seeds_say_stands_in_their_recipes() -> None:
    for name in ("cnn-80", "mobilenetv2-80"):
        recipe = load_recipe(name)
        assert (recipe.bundle.input_px, recipe.batch_size, recipe.epochs) == (80, 128, 30)
        assert recipe.data.sets == ("metu", "sdnet2018")
        assert recipe.augment.rotation_deg > 0
        assert recipe.augment.zoom > 0
        assert recipe.network.dropout > 0
    partial = load_recipe("mobilenetv2-partial")
    assert (partial.bundle.input_px, partial.epochs, partial.patience) == (227, 10, 5)
    assert (partial.network.frozen_layers, partial.network.softmax) == (150, True)
    assert partial.augment.rotation_deg > 0
    assert partial.augment.flips != "none"
    first, second = load_recipe("mobilenetv2-frozen"), load_recipe("mobilenetv2-two-phase")
    assert second.start_from == first.name
    assert first.network.frozen_layers == LAYERS > second.network.frozen_layers > 0
    assert second.learning_rate < first.learning_rate


def test_another_width_than_the_seed_s_is_said() -> None:
    recipe = load_recipe("mobilenetv2-partial")
    what = ARCHITECTURES["mobilenetv2"].what
    assert "width 0.35 (its seed's: 1.00)" in what(recipe)
    assert "seed's" not in what(replace(recipe, network=replace(recipe.network, width=1.0)))
    assert "from scratch" in what(replace(recipe, network=replace(recipe.network, weights="random")))


def test_what_recipes_check_without_keras_is_what_the_networks_have() -> None:
    assert cnn_plan.INPUT_PX == INPUT_PX == cnn_80(dropout=0.1).input_shape[1]
    assert mobilenet_plan.LAYERS == LAYERS
    base = keras.applications.MobileNetV2(
        input_shape=(SIDE_PX, SIDE_PX, 3), alpha=0.35, include_top=False, weights=None
    )
    assert len(base.layers) == LAYERS


def test_bgr_pixels_give_the_features_that_keras_gives_for_rgb(imagenet: list[np.ndarray]) -> None:
    model = mobilenetv2(input_px=SIDE_PX, width=0.35, frozen_layers=0, dropout=0, outputs=1, pretrained=True)
    load_imagenet(model, imagenet)
    base = keras.applications.MobileNetV2(
        input_shape=(SIDE_PX, SIDE_PX, 3), alpha=0.35, include_top=False, weights=None
    )
    base.set_weights(imagenet)
    bgr = np.random.default_rng(4).integers(0, 256, (3, SIDE_PX, SIDE_PX, 3)).astype(np.float32)
    rgb = keras.applications.mobilenet_v2.preprocess_input(bgr[..., ::-1].copy())
    expected = np.asarray(base(rgb, training=False)).mean(axis=(1, 2))
    features = keras.Model(model.input, model.get_layer(HEAD).input)
    np.testing.assert_allclose(np.asarray(features(bgr, training=False)), expected, atol=1e-4)


def test_weights_come_from_a_file_and_another_file_is_named(imagenet: list[np.ndarray], tmp_path: Path) -> None:
    base = plain_base(224)
    base.set_weights(imagenet)
    path = tmp_path / "mine.weights.h5"
    base.save_weights(path)
    found = imagenet_weights(0.35, tmp_path, path)
    assert all((a == b).all() for a, b in zip(found, imagenet, strict=True))
    for name, content in (("broken.weights.h5", b"half"), ("wide.weights.h5", path.read_bytes())):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match=rf"{name}: ImageNet weights are those of"):
            imagenet_weights(0.5, tmp_path, tmp_path / name)


def test_changed_weights_in_the_data_folder_are_refused(tmp_path: Path) -> None:
    path = tmp_path / pretrained.KNOWN[0.35][0]
    path.parent.mkdir()
    path.write_bytes(b"changed")
    with pytest.raises(DataError, match=r"repacked\.h5: the weights have SHA-256 458aa9.*get it again"):
        imagenet_weights(0.35, tmp_path)


def test_the_data_folder_s_weights_are_those_that_were_trained(data_root: Path) -> None:
    arrays = imagenet_weights(0.35, data_root)
    assert (len(arrays), sum(a.size for a in arrays)) == (260, 410_208)  # the data's README
    assert arrays[0].shape == (3, 3, 3, 16)


def test_without_file_and_network_the_recipe_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, items: list[Item]
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise Exception("URL fetch failure")  # what Keras raises

    monkeypatch.setattr(pretrained, "_base", unreachable)
    with pytest.raises(RecipeError, match=r"could not download.*--weights FILE, or --from-scratch"):
        imagenet_weights(0.35, tmp_path)
    with pytest.raises(RecipeError, match="starts from ImageNet weights, and none were given"):
        train(small("mobilenetv2-80"), items, split_over(items), tmp_path, verbose=0)
