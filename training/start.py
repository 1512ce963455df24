"""A network to go on training with, from the float weights beside a bundle."""

from pathlib import Path

import keras

from edge.bundle import FLOAT_FOLDER, read_bundle
from edge.errors import BundleError, RecipeError
from training.architectures.tilenet import TILE_PX
from training.models.tilenet import CELLS, taught_tilenet
from training.recipe import Recipe


def from_bundle(folder: Path, recipe: Recipe) -> keras.Model:
    """The recipe's network with the weights of a bundle. What answers for single cells does not ship and begins anew.

    Raises `RecipeError` for a recipe that cannot begin so, `BundleError` where the bundle has no float weights, or
    those of another network.
    """
    if recipe.model not in TILE_PX:
        raise RecipeError(f"{recipe.name}: only a dense tile network starts from a bundle; got '{recipe.model}'")
    if recipe.data.place_cracks or recipe.teacher:
        raise RecipeError(
            f"{recipe.name}: a recipe that starts from a bundle has no teacher, and data.place_cracks is off, which "
            "needs the cells that do not ship"
        )
    manifest = read_bundle(folder).manifest
    path = folder / FLOAT_FOLDER / next((name for name in manifest.float_files if name.endswith(".keras")), "none")
    if not path.is_file():
        raise BundleError(
            f"{folder}: to go on training takes the float weights that lie beside a bundle in {FLOAT_FOLDER}/, and "
            "this one has none"
        )
    shipped: keras.Model = keras.saving.load_model(path, compile=False)
    model = taught_tilenet(recipe.model)
    theirs = {layer.name: layer.get_weights() for layer in shipped.layers}
    for layer in model.layers:
        if layer.name == CELLS:
            continue
        weights = theirs.get(layer.name)
        if weights is None or [w.shape for w in weights] != [w.shape for w in layer.get_weights()]:
            raise BundleError(
                f"{path}: its network must have the layers of today's '{recipe.model}'; '{layer.name}' differs: train "
                "it anew with `hairline train`, without --start"
            )
        layer.set_weights(weights)
    return model
