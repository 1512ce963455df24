"""Parameters, size, multiplications and time a tile of every recipe, with drawn weights, and of what ships.

None of these depends on the weights. One thread, one tile a call, on the runtime that the rover uses: the int8
`.tflite` as a bundle has it, and the float network converted without quantising.
"""

import tempfile

import keras
import numpy as np
from harness import arguments, median_ms, show

from edge.bundle import FLOAT_FOLDER, default_bundle_path, read_bundle
from edge.runtime import installed_runtime
from training.architectures.registry import ARCHITECTURES
from training.architectures.segmenters import build
from training.cost import macs
from training.models.article_cnn import article_cnn
from training.models.cnn_80 import cnn_80
from training.models.mobilenetv2 import mobilenetv2
from training.models.tilenet import taught_tilenet
from training.quantise import quantise
from training.recipe import Recipe
from training.results.runs import SHIPPED, recipes


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    repeat = 5 if args.short else 50
    rows = []
    bundle = read_bundle(args.bundle or default_bundle_path())
    floats = sorted((bundle.path / FLOAT_FOLDER).glob("*.keras"))
    if floats:
        rows.append(row(SHIPPED, keras.saving.load_model(floats[0], compile=False), bundle.model, repeat))
    for recipe in recipes():
        keras.utils.set_random_seed(recipe.seed)
        model = ARCHITECTURES[recipe.model].tile_model(recipe, untrained(recipe))
        side = recipe.bundle.input_px
        tiles = np.random.default_rng(recipe.seed).integers(0, 256, (8, side, side, 3), np.uint8)
        rows.append(row(recipe.name, model, quantise(model, tiles, logit_range=recipe.bundle.logit_range), repeat))
        keras.backend.clear_session()
    show("Networks: size, multiplications and time a tile", rows, args, runtime=installed_runtime().name)


def untrained(recipe: Recipe) -> keras.Model:
    """The network as its training begins."""
    part = recipe.network
    if recipe.model == "article-cnn":
        return article_cnn()
    if recipe.model == "cnn-80":
        return cnn_80(dropout=part.dropout)
    if recipe.model == "mobilenetv2":
        return mobilenetv2(
            input_px=recipe.bundle.input_px,
            width=part.width,
            frozen_layers=part.frozen_layers,
            dropout=part.dropout,
            outputs=2 if part.softmax else 1,
            pretrained=True,
        )
    return taught_tilenet(recipe.model) if ARCHITECTURES[recipe.model].task == "classify" else build(recipe.model)


def row(name: str, model: keras.Model, int8: bytes, repeat: int) -> dict[str, object]:
    floating = as_float(model)
    return {
        "recipe": name,
        "parameters": model.count_params(),
        "int8 B": len(int8),
        "float B": len(floating),
        "MACs": macs(model),
        "ms, int8": tile_ms(int8, repeat),
        "ms, float": tile_ms(floating, repeat),
    }


def as_float(model: keras.Model) -> bytes:
    """The float `.tflite`."""
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        shape = model.input_shape[1:]
        keras.Sequential([keras.Input(shape, batch_size=1), model]).export(folder, verbose=False)
        return bytes(tf.lite.TFLiteConverter.from_saved_model(folder).convert())


def tile_ms(model: bytes, repeat: int) -> float:
    interpreter = installed_runtime().interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    (entry,) = interpreter.get_input_details()
    tile = np.random.default_rng(0).integers(-128, 128, entry["shape"]).astype(entry["dtype"])
    interpreter.set_tensor(entry["index"], tile)
    return median_ms(interpreter.invoke, repeat=repeat)


if __name__ == "__main__":
    main()
