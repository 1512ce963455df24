"""Whole labelled pictures, resized, as the seeds' recipes train on them."""

from collections.abc import Sequence

import cv2
import keras
import numpy as np
import numpy.typing as npt

from edge.errors import DataError
from edge.frame import U8Image
from edge.imagefile import read_bgr
from edge.preprocess import resize_tile
from training.datasets.cleaning import decode
from training.datasets.item import Item
from training.recipe import AugmentPart

F32 = npt.NDArray[np.float32]


class ResizedBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Pictures (n, s, s, 3) float32, 0..255 BGR, and labels (n, 1) float32; drawn from (seed, epoch, index)."""

    def __init__(
        self,
        items: Sequence[Item],
        *,
        input_px: int,
        batch_size: int,
        seed: int,
        shuffle: bool,
        augment: AugmentPart | None = None,
    ) -> None:
        super().__init__(workers=1)
        self.items, self.input_px, self.batch_size = items, input_px, batch_size
        self.seed, self.shuffle, self.epoch = seed, shuffle, 0
        self.augment = None if augment == AugmentPart() else augment

    def __len__(self) -> int:
        return -(-len(self.items) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[F32, F32]:
        order = np.arange(len(self.items))
        if self.shuffle:
            order = np.random.default_rng((self.seed, self.epoch)).permutation(order)
        chosen = [self.items[i] for i in order[index * self.batch_size : (index + 1) * self.batch_size]]
        pictures = [resize_tile(read_bgr(item.path), self.input_px) for item in chosen]
        if self.augment is not None:
            rng = np.random.default_rng((self.seed, self.epoch, index))
            pictures = [augmented(rng, picture, self.augment) for picture in pictures]
        labels = np.array([[item.label] for item in chosen], np.float32)
        return np.stack(pictures).astype(np.float32), labels

    def on_epoch_end(self) -> None:
        self.epoch += 1


def augmented(rng: np.random.Generator, picture: U8Image, part: AugmentPart) -> U8Image:
    """The picture, uint8 (s, s, 3), turned, magnified and mirrored about its middle; its edge is mirrored outwards."""
    turn_deg = rng.uniform(-part.rotation_deg, part.rotation_deg)
    scale = rng.uniform(1 - part.zoom, 1 + part.zoom)
    if part.flips != "none" and rng.random() < 0.5:
        picture = picture[:, ::-1]
    if part.flips == "both" and rng.random() < 0.5:
        picture = picture[::-1]
    h, w = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D(((w - 1) / 2, (h - 1) / 2), turn_deg, scale)
    return cv2.warpAffine(np.ascontiguousarray(picture), matrix, (w, h), borderMode=cv2.BORDER_REFLECT)


def check_sizes(items: Sequence[Item], side_px: int) -> None:
    """Raises `DataError` for the first picture that is not `side_px` by `side_px`.

    The network would learn its cracks at another magnification than the tiles of the bundle have.
    """
    for item in items:
        w, h = decode(item.path).size
        if (w, h) != (side_px, side_px):
            raise DataError(
                f"{item.path}: a recipe that resizes whole pictures has bundle.tile_px as their size, {side_px} x "
                f"{side_px} pixels; got {w} x {h}. Leave the picture out, or say data.mixed_sizes = true in the recipe"
            )
