"""Makes `tiny_bundle/` and `tiny_networks/`: random networks of a few KB that test the edge without Keras.

Run by `make golden` from the repository's root; needs the extra `train`. What it writes is committed.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from edge.bundle import write_bundle
from edge.classifier import make_classifier, make_golden
from edge.manifest import (
    SCHEMA_VERSION,
    ClassifierSpec,
    ImagePooling,
    Manifest,
    Metric,
    TrainingData,
)
from edge.operating_point import OperatingPoint
from edge.runtime import Network

HERE = Path(__file__).parent
TILE_PX, STRIDE_PX, SMALL_PX = 64, 32, 32
CARD = """# Tiny bundle

Random weights, trained on nothing: it finds noise, never cracks. For tests only; made by `make golden`.
"""
Tiles = npt.NDArray[np.uint8]


def tiles(n: int, side_px: int, grain_px: int, seed: int) -> Tiles:
    """uint8 (n, side, side, 3): noise in square grains; coarse grains compress well."""
    fine = np.random.default_rng(seed).integers(0, 256, (n, *[-(-side_px // grain_px)] * 2, 3), np.uint8)
    return fine.repeat(grain_px, axis=1).repeat(grain_px, axis=2)[:, :side_px, :side_px]


def convolutional(padding: str) -> keras.Model:
    """(64, 64, 3) -> (1, 1, 1), stride 32, receptive field 61 px; with padding "same" it is not dense."""
    layer = keras.layers
    return keras.Sequential(
        [
            keras.Input((TILE_PX, TILE_PX, 3), batch_size=1),
            layer.Conv2D(4, 5, strides=2, padding=padding, activation="relu"),
            layer.Conv2D(8, 3, strides=2, padding=padding, activation="relu"),
            layer.MaxPooling2D(2),
            layer.Conv2D(8, 3, strides=2, padding=padding, activation="relu"),
            layer.Conv2D(1, 3, strides=2, padding="valid"),
        ]
    )


def fixed_batch(scores: int) -> keras.Model:
    """(32, 32, 3) -> (scores,), with a RESHAPE that holds the batch at one tile."""
    layer = keras.layers
    return keras.Sequential(
        [
            keras.Input((SMALL_PX, SMALL_PX, 3), batch_size=1),
            layer.Conv2D(4, 5, strides=4, activation="relu"),
            layer.Reshape((7 * 7 * 4,)),
            layer.Dense(scores),
        ]
    )


def with_random_weights(model: keras.Model, seed: int) -> keras.Model:
    """Weights of a spread that keeps noise alive, the last layer scaled to logits of 0 +- 4 or so."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(0, 1 / np.sqrt(max(np.prod(w.shape[:-1]), 1)), w.shape) for w in model.get_weights()])
    noise = np.concatenate([tiles(64, model.input_shape[1], grain, seed) for grain in (1, 4)]).astype(np.float32)
    logits = np.concatenate([np.ravel(model(noise[i : i + 1])) for i in range(len(noise))])
    *head, kernel, bias = model.get_weights()
    gain = 4 / logits.std()
    model.set_weights([*head, kernel * gain, (bias - logits.mean()) * gain])
    return model


def int8_tflite(model: keras.Model) -> bytes:
    """Full int8, ranges taken from noise of every grain that the tests use."""
    noise = np.concatenate([tiles(64, model.input_shape[1], grain, 7) for grain in (1, 2, 4, 8)])

    def representative() -> Iterator[list[npt.NDArray[np.float32]]]:
        for tile in noise:
            yield [tile[np.newaxis].astype(np.float32)]

    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def spec_of(model: bytes, *, tile_px: int, dense: bool) -> ClassifierSpec:
    """The manifest's description, quantisation taken from the network itself."""
    network = Network(model)
    return ClassifierSpec(
        file="classifier.tflite",
        input_px=network.input_shape[1],
        tile_px=tile_px,
        stride_px=STRIDE_PX,
        dense=dense,
        colour_order="BGR",
        input=network.input,
        output=network.output,
        score="logit",
        temperature=1.0,
        labels=("uncracked", "cracked"),
        image_pooling=ImagePooling(kind="max", k=1),
        mm_per_px="unknown",
    )


def manifest_of(spec: ClassifierSpec, score: float) -> Manifest:
    """A complete manifest whose numbers are made up, except the threshold."""
    point = OperatingPoint(
        score=score,
        chosen_for="false_alarm_rate",
        target=0.1,
        recall=0.1,
        recall_ci95=(0.05, 0.15),
        false_alarm_rate=0.1,
        false_alarm_rate_ci95=None,
        examples_per_photo=None,
        chosen_on="noise",
    )
    return Manifest(
        schema_version=SCHEMA_VERSION,
        name="tiny",
        recipe="tiny",
        commit="none",
        command="make golden",
        created_utc="2026-01-01T00:00:00+00:00",
        files={},
        float_files={},
        classifier=spec,
        window_threshold=point,
        image_threshold=point,
        metrics=(Metric(name="share of noise found", set="noise", value=0.1, ci95=(0.05, 0.15), n=256),),
        split_sha256="0" * 64,
        training_data=(TrainingData(name="none", licence="MIT", citation="Random weights.", items=0),),
    )


def write_networks(folder: Path) -> None:
    """Networks that the edge must refuse, or use in another way than the bundle's."""
    folder.mkdir(exist_ok=True)
    makers: dict[str, Callable[[], keras.Model]] = {
        "padded": lambda: convolutional("same"),
        "fixed_batch": lambda: fixed_batch(1),
        "two_scores": lambda: fixed_batch(2),
    }
    for name, make in makers.items():
        (folder / f"{name}.tflite").write_bytes(int8_tflite(with_random_weights(make(), seed=3)))
    unquantised = tf.lite.TFLiteConverter.from_keras_model(with_random_weights(fixed_batch(1), seed=3))
    (folder / "float32.tflite").write_bytes(bytes(unquantised.convert()))


def main() -> None:
    """Writes both folders."""
    model = int8_tflite(with_random_weights(convolutional("valid"), seed=1))
    spec = spec_of(model, tile_px=TILE_PX, dense=True)
    noise = np.concatenate([tiles(64, TILE_PX, grain, 11) for grain in (1, 2, 4, 8)])
    probabilities = spec.to_probability(make_classifier(spec, model, reference=True).score_tiles(noise))
    manifest = manifest_of(spec, score=float(np.quantile(probabilities, 0.9)))
    golden = make_golden(spec, model, np.concatenate([tiles(6, TILE_PX, grain, 5) for grain in (4, 8)]))
    write_bundle(HERE / "tiny_bundle", manifest, model=model, golden=golden, card=CARD, overwrite=True)
    write_networks(HERE / "tiny_networks")


if __name__ == "__main__":
    main()
