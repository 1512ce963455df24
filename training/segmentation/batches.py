"""What a step of a segmenter's training sees: crops with the label of every pixel.

Every picture is drawn from (seed, epoch, index), so a run repeats, however resumed.
"""

from collections.abc import Sequence
from typing import TypeVar

import cv2
import keras
import numpy as np
import numpy.typing as npt

from edge.errors import DataError
from edge.frame import U8Image
from edge.imagefile import read_bgr
from training.batches import crop, photometric
from training.datasets.derived_masks import Mask, derived_mask
from training.datasets.distractors import render_distractor
from training.datasets.item import Item
from training.datasets.rendered import FAINTEST, render_crack
from training.recipe import Recipe
from training.segmentation.losses import LABEL, WEIGHT

F32 = npt.NDArray[np.float32]
T = TypeVar("T")

DISTRACTOR_SHARE = 0.45
LEAST_SCALE, MOST_SCALE = 0.6, 1.6
DRAWS = 8  # pictures tried for one whose mask can be derived: one in thirteen cannot


class MaskBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Crops for a segmenter: pixels (n, c, c, 3) float32 and targets (n, c, c, 2) float32 (see `mask_loss`).

    `uncracked`: pictures of every set to render cracks onto. `cracked`: pictures whose mask is given, or can be derived
    where they are METU's. None may hold a picture of another side of the split.
    """

    def __init__(
        self,
        uncracked: Sequence[Sequence[Item]],
        cracked: Sequence[Item],
        *,
        recipe: Recipe,
        batches: int,
        seed: int,
    ) -> None:
        super().__init__(workers=2, use_multiprocessing=False, max_queue_size=8)
        self.uncracked, self.cracked = uncracked, cracked
        self.data, self.batch_size = recipe.data, recipe.batch_size
        self.batches, self.seed = batches, seed
        self.epoch = 0
        self.advance = True  # a validation set is the same every epoch

    @classmethod
    def of_side(cls, side: Sequence[Item], recipe: Recipe, *, batches: int, seed: int) -> "MaskBatches":
        """Batches from one side of the split. Raises `DataError` where the recipe's shares need what is not there."""
        uncracked = [[item for item in side if item.label == 0 and item.dataset == name] for name in recipe.data.sets]
        cracked = [item for item in side if item.mask_path is not None or (item.dataset == "metu" and item.label == 1)]
        if (recipe.data.real_crack_share > 0 and not cracked) or (
            recipe.data.real_crack_share < 1 and not any(uncracked)
        ):
            raise DataError(
                "a segmenter learns from pictures with masks, or METU's cracked ones, and uncracked ones to render "
                f"cracks onto; got {len(cracked)} and {sum(map(len, uncracked))} from {', '.join(recipe.data.sets)}"
            )
        return cls([items for items in uncracked if items], cracked, recipe=recipe, batches=batches, seed=seed)

    def __len__(self) -> int:
        return self.batches

    def __getitem__(self, index: int) -> tuple[F32, F32]:
        rng = np.random.default_rng((self.seed, self.epoch, index))
        samples = [self._sample(rng) for _ in range(self.batch_size)]
        return np.stack([picture for picture, _ in samples]), np.stack([target for _, target in samples])

    def on_epoch_end(self) -> None:
        self.epoch += self.advance

    def _sample(self, rng: np.random.Generator) -> tuple[F32, F32]:
        kind = rng.random()
        if kind < self.data.real_crack_share:
            picture, mask = self._real_crack(rng)
            return photometric(rng, picture), _target(mask, np.ones(mask.shape, bool))
        picture = crop(rng, read_bgr(_pick(rng, _pick(rng, self.uncracked)).path), self.data.crop_px, 1.35)
        if rng.random() < DISTRACTOR_SHARE:
            picture = render_distractor(rng, picture, fixtures=self.data.fixtures)
        if kind >= self.data.real_crack_share + self.data.rendered_share:
            shape = picture.shape[:2]
            return photometric(rng, picture), _target(np.zeros(shape, np.uint8), np.ones(shape, bool))
        picture, covered, centreline, visibility = render_crack(rng, picture)
        # The centreline keeps a hairline in one piece that covers less than half of every pixel.
        mask = ((covered >= 0.5) | (centreline == 1)).astype(np.uint8)
        known = np.ones(mask.shape, bool) if visibility >= FAINTEST else (covered <= 0.02) & (mask == 0)
        return photometric(rng, picture), _target(mask, known)

    def _real_crack(self, rng: np.random.Generator) -> tuple[U8Image, Mask]:
        """A crop, uint8 (c, c, 3), and its mask, uint8 (c, c) of 0 and 1."""
        for _ in range(DRAWS):
            item = _pick(rng, self.cracked)
            picture = read_bgr(item.path)
            mask = item_mask(item, picture)
            if mask is not None:
                both = np.dstack([picture, mask * np.uint8(255)])
                both = crop(rng, both, self.data.crop_px, MOST_SCALE, least=LEAST_SCALE)
                return np.ascontiguousarray(both[..., :3]), (both[..., 3] >= 128).astype(np.uint8)
        raise DataError(f"no mask can be derived from {DRAWS} pictures of cracks in a row, the last {item.path}")


def item_mask(item: Item, picture: U8Image) -> Mask | None:
    """The mask of a picture with a crack, uint8 (h, w) of 0 and 1: the data set's own, or derived, or None.

    Raises `DataError` for a mask file that cannot be read or has another size than its picture.
    """
    if item.mask_path is None:
        return derived_mask(picture)
    stored = cv2.imread(str(item.mask_path), cv2.IMREAD_GRAYSCALE)
    if stored is None or stored.shape != picture.shape[:2]:
        got = "nothing that can be read" if stored is None else f"{stored.shape}"
        raise DataError(f"a mask has its picture's height and width, {picture.shape[:2]}; got {got}: {item.mask_path}")
    mask: Mask = (stored >= 128).astype(np.uint8)
    return mask


def _target(mask: Mask, known: npt.NDArray[np.bool_]) -> F32:
    target = np.empty((*mask.shape, 2), np.float32)
    target[..., LABEL], target[..., WEIGHT] = mask, known
    return target


def _pick(rng: np.random.Generator, items: Sequence[T]) -> T:
    return items[int(rng.integers(len(items)))]
