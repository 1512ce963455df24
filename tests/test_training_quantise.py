"""The int8 network: whole numbers throughout, pixels as they are, and close to the float one."""

import keras
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from synthetic_pictures import picture

from training.models.article_cnn import article_cnn
from training.models.tilenet import tilenet
from training.quantise import quantise


def tiles(n: int, px: int, seed: int = 0) -> np.ndarray:
    """uint8 (n, px, px, 3): rendered, every other one with a crack."""
    return np.stack([picture(seed * 1000 + i, cracked=i % 2 == 0, side_px=px) for i in range(n)])


@pytest.fixture(scope="module", params=["tilenet-m", "article-cnn"])
def networks(request: pytest.FixtureRequest) -> tuple[keras.Model, bytes]:
    """A float network that has been fitted for a moment, and its int8 one."""
    keras.utils.set_random_seed(3)
    model = tilenet("tilenet-m", input_px=96) if request.param == "tilenet-m" else article_cnn()
    px = model.input_shape[1]
    x, y = tiles(32, px).astype(np.float32), (np.arange(32) % 2 == 0).astype(np.float32)
    logit = request.param == "tilenet-m"
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.5  # a moment is short for the means of training
    model.compile(keras.optimizers.Adam(3e-3), keras.losses.BinaryCrossentropy(from_logits=logit))
    model.fit(x, y.reshape((-1,) + (1,) * (len(model.output_shape) - 1)), epochs=12, batch_size=16, verbose=0)
    return model, quantise(model, tiles(60, px, seed=1), logit_range=12.8 if logit else None)


def interpreter(content: bytes) -> Interpreter:
    # As it is stored: a delegate would hide operators and tensors.
    found = Interpreter(
        model_content=content,
        num_threads=1,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    found.allocate_tensors()
    return found


def test_every_tensor_is_of_whole_numbers_and_no_operator_turns_them_to_float(
    networks: tuple[keras.Model, bytes],
) -> None:
    found = interpreter(networks[1])
    kinds = {np.dtype(tensor["dtype"]).name for tensor in found.get_tensor_details() if tensor["name"]}
    assert kinds <= {"int8", "int32"}
    operators = {operator["op_name"] for operator in found._get_ops_details()}
    assert "CONV_2D" in operators
    assert not operators & {"DEQUANTIZE", "QUANTIZE", "CAST"}


def test_the_input_is_the_pixel_with_its_top_bit_flipped(networks: tuple[keras.Model, bytes]) -> None:
    (end,) = interpreter(networks[1]).get_input_details()
    assert end["dtype"] == np.int8
    assert end["quantization"] == (1.0, -128)
    assert end["shape"].tolist() == [1, *networks[0].input_shape[1:]]


def test_the_output_is_one_int8(networks: tuple[keras.Model, bytes]) -> None:
    (end,) = interpreter(networks[1]).get_output_details()
    assert end["dtype"] == np.int8
    assert end["shape"].prod() == 1
    scale, zero_point = end["quantization"]
    if networks[0].name == "tilenet_m":
        assert (scale, zero_point) == (pytest.approx(12.8 / 128, rel=1e-6), 0)
    else:
        assert (scale, zero_point) == (1 / 256, -128)  # a probability


def test_every_convolution_has_a_scale_a_channel(networks: tuple[keras.Model, bytes]) -> None:
    found = interpreter(networks[1])
    details = {tensor["index"]: tensor for tensor in found.get_tensor_details()}
    channels_last = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3}
    seen = 0
    for operator in found._get_ops_details():
        if operator["op_name"] not in channels_last:
            continue
        weights, axis = details[operator["inputs"][1]], channels_last[operator["op_name"]]
        parameters = weights["quantization_parameters"]
        assert len(parameters["scales"]) == weights["shape"][axis]
        assert parameters["quantized_dimension"] == axis or weights["shape"][axis] == 1
        assert not parameters["zero_points"].any()
        seen += 1
    assert seen == sum("Conv2D" in type(layer).__name__ for layer in networks[0].layers)


def test_int8_is_close_to_float_on_tiles_that_it_has_not_seen(networks: tuple[keras.Model, bytes]) -> None:
    model, content = networks
    found = interpreter(content)
    (start,), (end,) = found.get_input_details(), found.get_output_details()
    scale, zero_point = end["quantization"]
    fresh = tiles(40, model.input_shape[1], seed=2)
    real = []
    for tile in fresh:
        found.set_tensor(start["index"], (tile.astype(np.int16) - 128).astype(np.int8)[np.newaxis])
        found.invoke()
        real.append(scale * (int(found.get_tensor(end["index"]).item()) - zero_point))
    floating = np.ravel(model.predict_on_batch(fresh.astype(np.float32)))
    span = np.ptp(floating)
    assert span > 10 * scale  # or the comparison says nothing
    assert np.corrcoef(real, floating)[0, 1] > 0.99
    assert np.abs(np.array(real) - floating).mean() < 0.05 * span
