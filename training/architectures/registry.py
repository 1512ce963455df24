"""The architectures by the name that a recipe's `model` gives. No Keras is imported here."""

from collections.abc import Mapping

from training.architectures.architecture import Architecture
from training.architectures.article_cnn import ARTICLE_CNN
from training.architectures.cnn_80 import CNN_80
from training.architectures.mobilenetv2 import MOBILENETV2
from training.architectures.segmenters import STEP_PX, segmenter
from training.architectures.tilenet import TILE_PX, tilenet_of_size

ARCHITECTURES: Mapping[str, Architecture] = {
    **{name: tilenet_of_size(name) for name in TILE_PX},
    **{name: segmenter(name) for name in STEP_PX},
    "article-cnn": ARTICLE_CNN,
    "cnn-80": CNN_80,
    "mobilenetv2": MOBILENETV2,
}
