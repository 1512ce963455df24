"""The architectures by the name that a recipe's `model` gives. No Keras is imported here."""

from collections.abc import Mapping

from training.architectures.architecture import Architecture
from training.architectures.article_cnn import ARTICLE_CNN
from training.architectures.tilenet import TILE_PX, tilenet_of_size

ARCHITECTURES: Mapping[str, Architecture] = {
    "tilenet": tilenet_of_size("tilenet-m"),  # as it was called before it had three sizes
    **{name: tilenet_of_size(name) for name in TILE_PX},
    "article-cnn": ARTICLE_CNN,
}
