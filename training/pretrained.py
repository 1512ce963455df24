"""ImageNet weights of MobileNetV2: from a file, from the data folder, or, with a network, from Keras."""

import logging
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt

from edge.errors import DataError, RecipeError
from training.datasets.checksums import sha256_of

KNOWN = {
    0.35: (
        "weights/mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.repacked.h5",
        "458aa9b263633637ce1117b1401ccdf3b9b33c6f7ba945e55851a38f6000b987",
    )
}
"""Width -> the file below the data folder, and its SHA-256."""

_log = logging.getLogger(__name__)


def imagenet_weights(width: float, root: Path, given: Path | None = None) -> list[npt.NDArray[np.float32]]:
    """The arrays of MobileNetV2 without its top, as Keras orders them, for R, G, B.

    `given`: a file in Keras' HDF5 layout, taken as it is; else the data folder's, whose SHA-256 is verified; else Keras
    downloads them. Raises `DataError` for a file that does not do, `RecipeError` where there are none.
    """
    path = given or _of_data_folder(width, root)
    if path is not None:
        base = _base(width, None)
        try:
            base.load_weights(path)
        except (OSError, ValueError, KeyError) as unfit:
            raise DataError(
                f"{path}: ImageNet weights are those of Keras' MobileNetV2 at width {width}, without its top, in HDF5; "
                f"{unfit}"
            ) from unfit
        _log.info("ImageNet weights from %s", path)
        return list(base.get_weights())
    try:
        return list(_base(width, "imagenet").get_weights())
    except Exception as unreachable:  # Keras raises nothing more particular where a download fails
        raise RecipeError(
            f"the recipe starts from ImageNet weights of MobileNetV2 at width {width}: the data folder has none, and "
            f"Keras could not download them ({unreachable}). Give --weights FILE, or --from-scratch to do without"
        ) from unreachable


def _of_data_folder(width: float, root: Path) -> Path | None:
    name, sha256 = KNOWN.get(width, ("", ""))
    path = root / name
    if not path.is_file():
        return None
    if (found := sha256_of(path)) != sha256:
        raise DataError(f"{path}: the weights have SHA-256 {sha256}; this file's is {found}: get it again")
    return path


def _base(width: float, weights: str | None) -> keras.Model:
    return keras.applications.MobileNetV2(
        input_shape=(224, 224, 3), alpha=width, include_top=False, weights=weights, name="imagenet"
    )
