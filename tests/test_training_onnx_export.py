"""The float networks as ONNX: onnxruntime gives what Keras gives, for every architecture that ships."""

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
from keras import layers

from training import onnx_export
from training.models.article_cnn import article_cnn
from training.models.cnn_80 import cnn_80
from training.models.mobilenetv2 import as_logit, mobilenetv2
from training.models.tilenet import tilenet
from training.onnx_export import OnnxError, to_onnx


def small_mobilenet() -> keras.Model:
    trained = mobilenetv2(input_px=32, width=0.35, frozen_layers=0, dropout=0.2, outputs=2, pretrained=False)
    return as_logit(trained, input_px=32, width=0.35)


def odd_paddings() -> keras.Model:
    """'same' on odd sides with strides, zeros of another number on each side, and a scale that no convolution takes."""
    pixels = keras.Input((37, 37, 3))
    x = layers.Rescaling(1 / 128.0, -1.0)(pixels)
    x = layers.Conv2D(4, 4, strides=3, padding="same", activation="relu")(x)
    x = layers.ZeroPadding2D(((0, 1), (2, 1)))(x)
    x = layers.DepthwiseConv2D((3, 2), depth_multiplier=2, strides=2, activation="relu6")(x)
    x = layers.BatchNormalization(scale=False)(x)
    side = layers.Conv2D(8, 1, use_bias=False)(x)
    x = layers.BatchNormalization(center=False)(layers.Add()([x, side]))
    x = layers.MaxPooling2D((2, 3), strides=(1, 2))(x)
    return keras.Model(pixels, layers.Dense(1, activation="sigmoid")(layers.Dense(5)(layers.Flatten()(x))))


MODELS = {
    "article-cnn": lambda: article_cnn(logits=True),
    "cnn-80": lambda: cnn_80(dropout=0.3, logits=True),
    "mobilenetv2": small_mobilenet,
    "tilenet-s": lambda: tilenet("tilenet-s", input_px=64),
    "tilenet-m": lambda: tilenet("tilenet-m", input_px=96),
    "odd paddings": odd_paddings,
}


def with_lively_weights(model: keras.Model, seed: int) -> keras.Model:
    """Statistics and biases away from the 0 and 1 that they begin with."""
    rng = np.random.default_rng(seed)
    values = []
    for weight in model.weights:
        value = weight.numpy()
        if weight.path.endswith(("gamma", "moving_variance")):
            value = rng.uniform(0.5, 1.5, value.shape)
        elif weight.path.endswith(("beta", "moving_mean", "bias")):
            value = rng.normal(0, 0.2, value.shape)
        values.append(value.astype(np.float32))
    model.set_weights(values)
    return model


@pytest.mark.parametrize("name", MODELS)
def test_onnxruntime_gives_the_scores_of_keras(name):
    keras.utils.set_random_seed(1)
    model = with_lively_weights(MODELS[name](), seed=2)
    before = [weight.copy() for weight in model.get_weights()]
    content = to_onnx(model)
    session = onnxruntime.InferenceSession(content)
    for seed in range(4):
        tile = np.random.default_rng(seed).integers(0, 256, (1, *model.input_shape[1:])).astype(np.float32)
        (score,) = session.run(None, {"pixels": tile.transpose(0, 3, 1, 2)})
        np.testing.assert_allclose(score, np.asarray(model(tile)).reshape(1, 1), rtol=1e-5, atol=1e-5)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert len(model.layers[-1]._inbound_nodes) == 1, "exporting left a trace in the model"


def test_its_form_is_what_deepc_takes():
    model = onnx.load_from_string(to_onnx(tilenet("tilenet-s", input_px=64)))
    onnx.checker.check_model(model, full_check=True)
    assert (model.ir_version, model.opset_import[0].version) == (3, 9)
    assert [node.op_type for node in model.graph.node if node.op_type not in ("Conv", "Clip", "Flatten")] == []
    assert all(node.name for node in model.graph.node)
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    for node in convolutions:
        assert len(node.input) == 3, "a bias"
        assert "auto_pad" not in {attribute.name for attribute in node.attribute}
    listed = {value.name for value in model.graph.input}
    assert {weight.name for weight in model.graph.initializer} < listed


def test_the_same_network_gives_the_same_file():
    model = tilenet("tilenet-s", input_px=64)
    assert to_onnx(model) == to_onnx(model)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        (layers.Conv2DTranspose(1, 2, name="up"), "'up' is Conv2DTranspose"),
        (layers.Conv2D(1, 2, dilation_rate=2, name="wide"), "without dilation and groups; 'wide'"),
        (layers.Conv2D(1, 2, activation="gelu", name="odd"), "'odd' has gelu"),
        (layers.MaxPooling2D(5, padding="same", name="pool"), "'pool' pads"),
        (layers.ReLU(negative_slope=0.1, name="leak"), "'leak' has one"),
    ],
)
def test_what_has_no_form_is_refused_by_name(layer, expected):
    model = keras.Sequential([keras.Input((8, 8, 3)), layer, layers.Flatten(), layers.Dense(1)])
    with pytest.raises(OnnxError, match=expected):
        to_onnx(model)


def test_a_layer_that_follows_flattening_must_know_the_order():
    model = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Flatten(), layers.BatchNormalization(name="norm"), layers.Dense(1)]
    )
    with pytest.raises(OnnxError, match="Dense or Dropout; 'norm' is BatchNormalization"):
        to_onnx(model)


def test_a_layer_that_is_written_wrong_is_found_out(monkeypatch):
    monkeypatch.setitem(onnx_export._WRITERS, layers.Rescaling, lambda graph, layer, x, shape: x)
    with pytest.raises(OnnxError, match="must give the same score"):
        to_onnx(with_lively_weights(tilenet("tilenet-s", input_px=64), seed=0))
