"""What a step of training sees. Every picture is drawn from (seed, epoch, index), so a run repeats, however resumed."""

from collections.abc import Sequence

import cv2
import keras
import numpy as np
import numpy.typing as npt

from edge.errors import DataError
from edge.frame import U8Image
from edge.imagefile import read_bgr
from edge.preprocess import resize_tile
from training.datasets.item import Item
from training.datasets.rendered import FAINTEST, render_crack, render_distractor, window_targets
from training.losses import LABEL, SOMEWHERE, WEIGHT
from training.models.tilenet import JUMP_PX, TILE_PX
from training.recipe import DataPart, Recipe

F32 = npt.NDArray[np.float32]

DISTRACTOR_SHARE = 0.45


class TileBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Crops for the dense tile network: pixels (n, c, c, 3) float32 and targets (n, rows, cols, 3) float32.

    `negatives` are uncracked pictures of every set, drawn upon; `positives` show a crack somewhere. Neither may hold
    a picture of another side of the split.
    """

    def __init__(
        self,
        negatives: Sequence[Sequence[Item]],
        positives: Sequence[Item],
        *,
        data: DataPart,
        batch_size: int,
        batches: int,
        seed: int,
        workers: int = 2,
    ) -> None:
        super().__init__(workers=workers, use_multiprocessing=False, max_queue_size=8)
        self.negatives, self.positives = negatives, positives
        self.data, self.batch_size, self.batches, self.seed = data, batch_size, batches, seed
        self.shares = {
            "rendered": data.rendered_share,
            "real_crack": data.real_crack_share,
            "uncracked": 1 - data.rendered_share - data.real_crack_share,
        }
        self.epoch = 0
        self.advance = True  # a validation set is the same every epoch

    @classmethod
    def of_side(cls, side: Sequence[Item], recipe: Recipe, *, batches: int, seed: int) -> "TileBatches":
        """Batches from the pictures of one side of the split."""
        negatives = [[item for item in side if item.label == 0 and item.dataset == name] for name in recipe.data.sets]
        positives = [item for item in learnt_from(recipe, side) if item.label == 1]
        if not positives or not any(negatives):
            raise DataError(
                "the tile network learns from cracked and uncracked pictures, and SDNET2018's cracked ones do not "
                f"count, since many show no crack; got {len(positives)} and {sum(map(len, negatives))} from "
                f"{', '.join(recipe.data.sets)}: add another data set to the recipe's data.sets"
            )
        return cls(
            [items for items in negatives if items],
            positives,
            data=recipe.data,
            batch_size=recipe.batch_size,
            batches=batches,
            seed=seed,
        )

    def __len__(self) -> int:
        return self.batches

    def __getitem__(self, index: int) -> tuple[F32, F32]:
        rng = np.random.default_rng((self.seed, self.epoch, index))
        samples = [self._sample(rng) for _ in range(self.batch_size)]
        return np.stack([picture for picture, _ in samples]), np.stack([target for _, target in samples])

    def on_epoch_end(self) -> None:
        self.epoch += self.advance

    def _sample(self, rng: np.random.Generator) -> tuple[F32, F32]:
        side = (self.data.crop_px - TILE_PX) // JUMP_PX + 1
        target = np.zeros((side, side, 3), np.float32)
        kind = rng.choice(list(self.shares), p=list(self.shares.values()))
        if kind == "real_crack":
            picture = crop(rng, read_bgr(_pick(rng, self.positives).path), self.data.crop_px, 1.1)
            target[..., SOMEWHERE] = self.data.real_crack_weight
            return photometric(rng, picture), target
        source = self.negatives[int(rng.integers(len(self.negatives)))]
        picture = crop(rng, read_bgr(_pick(rng, source).path), self.data.crop_px, 1.35)
        if rng.random() < DISTRACTOR_SHARE:
            picture = render_distractor(rng, picture)
        target[..., WEIGHT] = 1
        if kind == "rendered":
            picture, covered, centreline, visibility = render_crack(rng, picture)
            windows = window_targets(
                covered, centreline, tile_px=TILE_PX, stride_px=JUMP_PX, visible=visibility >= FAINTEST
            )
            target[..., LABEL], target[..., WEIGHT] = windows.label, windows.weight
        return photometric(rng, picture), target


class ResizedBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Whole labelled pictures, resized as the seeds' recipes do: (n, s, s, 3) float32 and labels (n, 1) float32."""

    def __init__(self, items: Sequence[Item], *, input_px: int, batch_size: int, seed: int, shuffle: bool) -> None:
        super().__init__(workers=1)
        self.items, self.input_px, self.batch_size = items, input_px, batch_size
        self.seed, self.shuffle, self.epoch = seed, shuffle, 0

    def __len__(self) -> int:
        return -(-len(self.items) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[F32, F32]:
        order = np.arange(len(self.items))
        if self.shuffle:
            order = np.random.default_rng((self.seed, self.epoch)).permutation(order)
        chosen = [self.items[i] for i in order[index * self.batch_size : (index + 1) * self.batch_size]]
        pictures = [resize_tile(read_bgr(item.path), self.input_px) for item in chosen]
        labels = np.array([[item.label] for item in chosen], np.float32)
        return np.stack(pictures).astype(np.float32), labels

    def on_epoch_end(self) -> None:
        self.epoch += 1


def learnt_from(recipe: Recipe, side: Sequence[Item]) -> list[Item]:
    """The pictures of a side that the network of a recipe learns from.

    SDNET2018's cracked labels are too noisy to say "a crack somewhere" (the data's README), so tilenet leaves them out.
    """
    dense = recipe.model == "tilenet"
    return [item for item in side if not (dense and item.dataset == "sdnet2018" and item.label == 1)]


def _pick(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    return items[int(rng.integers(len(items)))]


def crop(rng: np.random.Generator, image: U8Image, side_px: int, most: float) -> U8Image:
    """A random square of `side_px`, (side, side, 3), magnified up to `most` times, turned and mirrored at random."""
    least = max(0.85, side_px / min(image.shape[:2]))
    scale = rng.uniform(least, max(least, most))
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    elif scale > 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    image = cv2.copyMakeBorder(
        image, 0, max(0, side_px - image.shape[0]), 0, max(0, side_px - image.shape[1]), cv2.BORDER_REFLECT
    )
    y, x = (int(rng.integers(0, length - side_px + 1)) for length in image.shape[:2])
    image = np.rot90(image[y : y + side_px, x : x + side_px], int(rng.integers(4)))
    return np.ascontiguousarray(image[:, ::-1] if rng.random() < 0.5 else image)


def photometric(rng: np.random.Generator, image: U8Image) -> F32:
    """Exposure, contrast, colour, blur, noise and JPEG as cameras differ in them; float32 of whole levels, 0..255."""
    picture = image.astype(np.float32)
    if rng.random() < 0.35:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 1.2))
    mean = picture.mean()
    picture = (picture - mean) * rng.uniform(0.6, 1.5) + mean * rng.uniform(0.65, 1.25)
    if rng.random() < 0.15:
        picture[:] = picture.mean(axis=2, keepdims=True)
    picture *= rng.uniform(0.92, 1.08, 3).astype(np.float32)
    noise = rng.uniform(0, 6)
    if rng.random() < 0.6:
        picture += noise * rng.standard_normal(picture.shape, np.float32)
    levels = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        quality = int(rng.integers(60, 96))
        levels = cv2.imdecode(cv2.imencode(".jpg", levels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return levels.astype(np.float32)
