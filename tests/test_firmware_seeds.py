"""The networks of the seeds' classifiers as C: each as `hairline train` quantises it, every tensor TFLite's own."""

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from firmware_host import check_parity
from tflite_models import OPS, TYPES, ModelWriter

from firmware_export.errors import ModelError
from firmware_export.read import read_graph
from training.models.article_cnn import article_cnn
from training.models.cnn_80 import cnn_80
from training.models.mobilenetv2 import mobilenetv2
from training.quantise import quantise


def small_mobilenetv2() -> keras.Model:
    return mobilenetv2(input_px=32, width=0.35, frozen_layers=0, dropout=0.2, outputs=1, pretrained=False)


@pytest.mark.parametrize(
    "network",
    [lambda: article_cnn(logits=True), lambda: cnn_80(dropout=0.5, logits=True), small_mobilenetv2],
    ids=["article-cnn", "cnn-80", "mobilenetv2"],
)
def test_a_seed_s_network_gives_every_tensor(network: Callable[[], keras.Model], tmp_path: Path) -> None:
    keras.utils.set_random_seed(5)
    model = network()
    rng = np.random.default_rng(5)
    tiles = rng.integers(0, 256, (2, *model.input_shape[1:])).astype(np.uint8)
    content = quantise(model, tiles)
    inputs = rng.integers(-128, 128, (2, *tiles.shape[1:])).astype(np.int8)
    check_parity(content, inputs, tmp_path, cpu="armv7em")


def test_a_shape_that_more_than_a_reshape_reads_is_refused_by_name() -> None:
    writer = ModelWriter()
    x = writer.tensor((1, 4, 4, 2), 0.1, 0)
    shape = writer.operator(OPS.SHAPE, [x], writer.tensor((4,), 0.1, 0, TYPES.INT32), "ShapeOptions")
    flat = writer.operator(OPS.RESHAPE, [x, shape], writer.tensor((1, 32), 0.1, 0), "ReshapeOptions")
    assert [type(op).__name__ for op in read_graph(writer.write(x, flat)).operators] == ["Reshape"]
    y = writer.operator(OPS.ADD, [flat, shape], writer.tensor((1, 32), 0.1, 0), "AddOptions")
    with pytest.raises(ModelError, match="operator SHAPE, which makes tensor 1 't1', is not supported"):
        read_graph(writer.write(x, y))
