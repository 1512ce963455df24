"""A network to go on training with, from the float weights beside a bundle.

While it is trained, a layer that does not ship answers for single cells (see `training.models.tilenet`). Its weights
lie there in a file of their own, so that training which goes on does not have to teach it anew at the cost of the rest.
"""

import io
import logging
from pathlib import Path

import keras
import numpy as np

from edge.bundle import FLOAT_FOLDER, read_bundle
from edge.errors import BundleError, RecipeError
from training.architectures.tilenet import TILE_PX
from training.models.tilenet import CELLS, taught_tilenet
from training.recipe import Recipe

CELLS_SUFFIX = ".cells.npz"

_log = logging.getLogger(__name__)


def cells_file(name: str, trained: keras.Model) -> dict[str, bytes]:
    """What answers for single cells, as a file for a bundle's float folder; none where a network has no such layer."""
    if CELLS not in {layer.name for layer in trained.layers}:
        return {}
    kernel, bias = trained.get_layer(CELLS).get_weights()
    content = io.BytesIO()
    np.savez(content, kernel=kernel, bias=bias)
    return {name + CELLS_SUFFIX: content.getvalue()}


def from_bundle(folder: Path, recipe: Recipe) -> keras.Model:
    """The recipe's network with the weights of a bundle.

    Where the bundle is older than the file of what answers for single cells, that begins at zero: it moves the other
    layers only as far as it has learnt something itself.

    Raises `RecipeError` for a recipe that cannot begin so, `BundleError` where the bundle has no float weights, or
    those of another network.
    """
    if recipe.model not in TILE_PX:
        raise RecipeError(f"{recipe.name}: only a dense tile network starts from a bundle; got '{recipe.model}'")
    if recipe.teacher:
        raise RecipeError(f"{recipe.name}: a recipe that starts from a bundle has no teacher; got '{recipe.teacher}'")
    names = read_bundle(folder).manifest.float_files
    path = folder / FLOAT_FOLDER / next((name for name in names if name.endswith(".keras")), "none")
    if not path.is_file():
        raise BundleError(
            f"{folder}: to go on training takes the float weights that lie beside a bundle in {FLOAT_FOLDER}/, and "
            "this one has none"
        )
    shipped: keras.Model = keras.saving.load_model(path, compile=False)
    weights = {layer.name: layer.get_weights() for layer in shipped.layers}
    cells = next((name for name in names if name.endswith(CELLS_SUFFIX)), None)
    if cells is not None:
        with np.load(folder / FLOAT_FOLDER / cells, allow_pickle=False) as arrays:
            weights[CELLS] = [arrays["kernel"], arrays["bias"]]
    elif recipe.data.place_cracks:
        raise RecipeError(
            f"{recipe.name}: data.place_cracks needs what answers for single cells, and {folder} is an older bundle "
            f"without its file (*{CELLS_SUFFIX})"
        )
    else:
        _log.warning("%s: an older bundle, without *%s: what answers for cells begins anew", folder, CELLS_SUFFIX)
    return _with_weights(taught_tilenet(recipe.model), weights, recipe, path)


def _with_weights(model: keras.Model, weights: dict[str, list[np.ndarray]], recipe: Recipe, path: Path) -> keras.Model:
    for layer in model.layers:
        own = layer.get_weights()
        if layer.name == CELLS and CELLS not in weights:
            layer.set_weights([np.zeros_like(w) for w in own])
            continue
        theirs = weights.get(layer.name)
        if theirs is None or [w.shape for w in theirs] != [w.shape for w in own]:
            raise BundleError(
                f"{path}: its network must have the layers of today's '{recipe.model}'; '{layer.name}' differs: train "
                "it anew with `hairline train`, without --start"
            )
        layer.set_weights(theirs)
    return model
