"""What a step of training sees. Every picture is drawn from (seed, epoch, index), so a run repeats, however resumed."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import keras
import numpy as np
import numpy.typing as npt

from edge.errors import DataError
from edge.feedback import Example
from edge.frame import U8Image
from edge.imagefile import read_bgr
from training.architectures.tilenet import JUMP_PX
from training.datasets import metu, sdnet
from training.datasets.derived_masks import derived_mask
from training.datasets.distractors import render_distractor
from training.datasets.feedback import FeedbackSet
from training.datasets.item import Item
from training.datasets.label_quality import trust, trusted_positives
from training.datasets.rendered import (
    CELL_PX,
    FAINTEST,
    WindowTargets,
    cell_targets,
    render_crack,
    window_targets,
)
from training.datasets.trusted import seen_cracks
from training.distillation import taught
from training.losses import HIGHEST, HIGHEST_CELLS, LABEL, SOMEWHERE, WEIGHT
from training.models.tilenet import CELLS, SIZES, WINDOWS
from training.recipe import Recipe

F32 = npt.NDArray[np.float32]

DISTRACTOR_SHARE = 0.45
CRACKED_CELL_WEIGHT = 4.0  # they are few
WHOLE = 0.7  # METU's pictures of 227 pixels fit a square of 160
# Of the pictures of a batch, where people have judged finds; of these, the rejected ones.
FEEDBACK_SHARE, REJECTED_SHARE = 0.35, 0.7


class TileBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Crops for the dense tile network: pixels (n, c, c, 3) float32 and, by `WINDOWS` and `CELLS`, their targets.

    Float32 (n, rows, cols, 3) of the windows at every `JUMP_PX`, (n, more, more, 3) of the cells (see `losses`).

    `negatives` are uncracked pictures, a sequence a set, and drawn upon; `positives` show a crack somewhere. None may
    hold a picture of another side of the split. What a network at hand says of them may be added: `hard_negatives`,
    those that it takes for cracks; `likeliest_xyxy`, where in a cracked picture it sees the crack, or `courses`, where
    the crack runs (see `mining`); and a `teacher`, whose word is then added to the targets (see `distillation`).
    What people have said of a network's finds (`learn_from`) takes the place of a share of all pictures.
    """

    def __init__(
        self,
        negatives: Sequence[Sequence[Item]],
        positives: Sequence[Sequence[Item]],
        *,
        recipe: Recipe,
        batches: int,
        seed: int,
        workers: int = 2,
    ) -> None:
        super().__init__(workers=workers, use_multiprocessing=False, max_queue_size=8)
        self.negatives, self.positives = negatives, positives
        self.hard_negatives: Sequence[Item] = ()
        self.likeliest_xyxy: Mapping[Path, tuple[int, int, int, int]] = {}
        self.courses: Mapping[Path, npt.NDArray[np.uint8]] = {}
        self.teacher: keras.Model | None = None
        self.feedback: FeedbackSet | None = None
        self.rejected: Sequence[Example] = ()
        self.accepted: Sequence[Example] = ()
        self.data, self.size, self.batch_size = recipe.data, SIZES[recipe.model], recipe.batch_size
        self.batches, self.seed = batches, seed
        self.shares = {
            "rendered": self.data.rendered_share,
            "real_crack": self.data.real_crack_share,
            "uncracked": 1 - self.data.rendered_share - self.data.real_crack_share,
        }
        self.epoch = 0
        self.advance = True  # a validation set is the same every epoch

    @classmethod
    def of_side(cls, side: Sequence[Item], recipe: Recipe, *, batches: int, seed: int) -> "TileBatches":
        """Batches from the pictures of one side of the split."""
        learnt = learnt_from(recipe, side)
        negatives, positives = (
            [[item for item in learnt if item.label == label and item.dataset == name] for name in recipe.data.sets]
            for label in (0, 1)
        )
        if not any(positives) or not any(negatives):
            raise DataError(
                "the tile network learns from cracked and uncracked pictures, of SDNET2018's cracked ones only from "
                f"those whose labels were judged; got {sum(map(len, positives))} and {sum(map(len, negatives))} from "
                f"{', '.join(recipe.data.sets)}: add another data set to the recipe's data.sets"
            )
        return cls(
            [items for items in negatives if items],
            [items for items in positives if items],
            recipe=recipe,
            batches=batches,
            seed=seed,
        )

    def learn_from(self, feedback: FeedbackSet) -> None:
        """Reviewed finds, too. Raises `DataError` where none of them is of use."""
        self.feedback, self.rejected = feedback, feedback.rejected
        # Where a wide one is cracked nobody has said: a crop of it may show none.
        side_px = self.data.crop_px
        self.accepted = [one for one in feedback.accepted if one.placed or max(one.box_xywh_px[2:]) <= side_px]
        if not self.rejected and not self.accepted:
            raise DataError(
                f"{feedback.folder}: a find to learn from is rejected, or has a measured course, or is no larger than "
                f"the {side_px} px that are shown at a time; none of these is: run with a bundle that has a segmenter"
            )

    def __len__(self) -> int:
        return self.batches

    def __getitem__(self, index: int) -> tuple[F32, dict[str, F32]]:
        rng = np.random.default_rng((self.seed, self.epoch, index))
        samples = [self._sample(rng) for _ in range(self.batch_size)]
        pictures, windows, cells = (np.stack(parts) for parts in zip(*samples, strict=True))
        if self.teacher is not None:
            windows = taught(windows, self.teacher.predict_on_batch(pictures)[..., 0])
        return pictures, {WINDOWS: windows, CELLS: cells}

    def on_epoch_end(self) -> None:
        self.epoch += self.advance

    def _sample(self, rng: np.random.Generator) -> tuple[F32, F32, F32]:
        """A picture with the targets of its windows and of its cells."""
        if self.feedback is not None and rng.random() < FEEDBACK_SHARE:
            return self._judged(rng, self.feedback)
        kind = rng.choice(list(self.shares), p=list(self.shares.values()))
        if kind == "real_crack":
            return self._real_crack(rng)
        windows, cells = self._no_targets()
        windows[..., WEIGHT] = cells[..., WEIGHT] = 1
        picture = crop(rng, read_bgr(self._pick_negative(rng).path), self.data.crop_px, 1.35)
        if rng.random() < DISTRACTOR_SHARE:
            picture = render_distractor(rng, picture, fixtures=self.data.fixtures)
        if kind == "rendered":
            picture, covered, centreline, visibility = render_crack(rng, picture, faint=self.data.faint_cracks)
            self._supervise(windows, cells, covered, centreline, visible=visibility >= FAINTEST)
        return photometric(rng, picture), windows, cells

    def _real_crack(self, rng: np.random.Generator) -> tuple[F32, F32, F32]:
        """A picture with a real crack somewhere, as likely as its label is right; of METU's, also where.

        On a mask of METU's, windows and cells are cracked; of the others nobody knows. Where there is no mask the
        picture is shown around where a network sees the crack, else as much of it as fits.
        """
        (windows, cells), side_px = self._no_targets(), self.data.crop_px
        item = _pick_of_any(rng, self.positives)
        picture = read_bgr(item.path)
        if item.path in self.courses:
            return self._placed_crack(rng, picture, self.courses[item.path])
        believed = trust(item) if self.data.cracked_walls == "likely" else 1.0
        windows[..., SOMEWHERE] = cells[..., SOMEWHERE] = self.data.real_crack_weight * believed
        mask = derived_mask(picture) if item.dataset == metu.NAME else None
        if mask is None:
            if item.path in self.likeliest_xyxy:
                picture = _around(picture, self.likeliest_xyxy[item.path], side_px, rng)
            return photometric(rng, crop(rng, picture, side_px, WHOLE, least=WHOLE)), windows, cells
        both = crop(rng, np.dstack([picture, mask * np.uint8(255)]), side_px, 1.6, least=WHOLE)
        mask = (both[..., 3] >= 128).astype(np.uint8)
        self._supervise(windows, cells, mask.astype(np.float32), ridge(mask))
        for target in (windows, cells):
            target[..., WEIGHT] *= target[..., LABEL]
        windows[..., SOMEWHERE] *= windows[..., LABEL].sum() >= HIGHEST  # or the crop has lost the crack
        cells[..., SOMEWHERE] *= cells[..., LABEL].sum() >= HIGHEST_CELLS
        return photometric(rng, np.ascontiguousarray(both[..., :3])), windows, cells

    def _placed_crack(
        self, rng: np.random.Generator, picture: U8Image, course: npt.NDArray[np.uint8]
    ) -> tuple[F32, F32, F32]:
        """A picture with a real crack whose course a network has seen."""
        return self._marked(rng, picture, np.array([0, 255, 128], np.uint8)[course])  # in the order of their names

    def _judged(self, rng: np.random.Generator, feedback: FeedbackSet) -> tuple[F32, F32, F32]:
        """A find that a person has judged. On a rejected one as often a crack is drawn as on other concrete."""
        if self.rejected and (not self.accepted or rng.random() < REJECTED_SHARE):
            one = self.rejected[int(rng.integers(len(self.rejected)))]
            return self._marked(
                rng, feedback.picture(one), feedback.marks(one), drawn=rng.random() < self.data.rendered_share
            )
        one = self.accepted[int(rng.integers(len(self.accepted)))]
        if one.placed:
            return self._marked(rng, feedback.picture(one), feedback.marks(one))
        (windows, cells), side_px, (x, y, w, h) = self._no_targets(), self.data.crop_px, one.box_xywh_px
        windows[..., SOMEWHERE] = cells[..., SOMEWHERE] = 1
        around = _around(feedback.picture(one), (x, y, x + w, y + h), side_px, rng)
        return photometric(rng, crop(rng, around, side_px, WHOLE, least=WHOLE)), windows, cells

    def _marked(
        self, rng: np.random.Generator, picture: U8Image, marks: npt.NDArray[np.uint8], *, drawn: bool = False
    ) -> tuple[F32, F32, F32]:
        """A picture of every pixel of which is known: 0 concrete, 255 a crack's course, between them doubt.

        What is doubtful teaches nothing. `drawn`: with a rendered crack, where it has no course.
        """
        windows, cells = self._no_targets()
        both = crop(rng, np.dstack([picture, marks]), self.data.crop_px, 1.35, least=WHOLE)
        shown, marks = np.ascontiguousarray(both[..., :3]), both[..., 3]
        line = (marks >= 192).astype(np.uint8)
        if drawn:
            shown, covered, centreline, visibility = render_crack(rng, shown, faint=self.data.faint_cracks)
            self._supervise(windows, cells, covered, centreline, visible=visibility >= FAINTEST)
        else:
            self._supervise(windows, cells, line.astype(np.float32), ridge(line))
        self._leave_open(windows, cells, ((marks >= 64) & (line == 0)).astype(np.float32))
        return photometric(rng, shown), windows, cells

    def _leave_open(self, windows: F32, cells: F32, doubtful: F32) -> None:
        """Takes the weight of what is not cracked and touches a doubtful pixel."""
        nothing = np.zeros(doubtful.shape, np.uint8)
        for target, touched in zip((windows, cells), self._known(doubtful, nothing, len(cells)), strict=True):
            target[..., WEIGHT] *= np.maximum(target[..., LABEL], touched.weight)

    def _supervise(
        self, windows: F32, cells: F32, covered: F32, centreline: npt.NDArray[np.uint8], *, visible: bool = True
    ) -> None:
        """Writes labels and weights of a crack whose place is known into the targets of one picture."""
        for target, found in zip((windows, cells), self._known(covered, centreline, len(cells), visible), strict=True):
            target[..., LABEL], target[..., WEIGHT] = found.label, found.weight
        cells[..., WEIGHT] *= 1 + (CRACKED_CELL_WEIGHT - 1) * cells[..., LABEL]

    def _known(
        self, covered: F32, centreline: npt.NDArray[np.uint8], cells: int, visible: bool = True
    ) -> tuple[WindowTargets, WindowTargets]:
        """What is known of the windows and of the cells, `cells` x `cells` of them."""
        first_px = (self.size.evidence_px - CELL_PX) // 2
        return (
            window_targets(covered, centreline, tile_px=self.size.tile_px, stride_px=JUMP_PX, visible=visible),
            cell_targets(covered, centreline, first_px=first_px, side=cells, visible=visible),
        )

    def _pick_negative(self, rng: np.random.Generator) -> Item:
        if self.hard_negatives and rng.random() < self.data.hard_negative_share:
            return _pick(rng, self.hard_negatives)
        return _pick_of_any(rng, self.negatives)

    def _no_targets(self) -> tuple[F32, F32]:
        windows, cells = ((self.data.crop_px - px) // JUMP_PX + 1 for px in (self.size.tile_px, self.size.evidence_px))
        return np.zeros((windows, windows, 3), np.float32), np.zeros((cells, cells, 3), np.float32)


def learnt_from(recipe: Recipe, side: Sequence[Item]) -> list[Item]:
    """The pictures of a side that the network of a recipe learns from.

    SDNET2018's cracked labels are noisy (the data's README): tilenet leaves them out, or at least the likely errors.
    """
    if not recipe.bundle.dense:
        return list(side)
    if recipe.data.cracked_walls == "likely":
        return trusted_positives(side)
    seen = seen_cracks() if recipe.data.cracked_walls == "seen" else frozenset()
    return [item for item in side if item.dataset != sdnet.NAME or item.label != 1 or item.name in seen]


def _pick(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    return items[int(rng.integers(len(items)))]


def _pick_of_any(rng: np.random.Generator, sets: Sequence[Sequence[Item]]) -> Item:
    """Every set as often as the others, however large it is."""
    return _pick(rng, sets[int(rng.integers(len(sets)))])


def _around(picture: U8Image, box_xyxy: tuple[int, int, int, int], side_px: int, rng: np.random.Generator) -> U8Image:
    """A square of `side_px`, or less at a small picture's edges, that holds the box, at a random place in it."""
    x0, y0, x1, y1 = box_xyxy
    y, x = (
        int(rng.integers(max(0, high - side_px), max(0, min(low, length - side_px)) + 1))
        for low, high, length in ((y0, y1, picture.shape[0]), (x0, x1, picture.shape[1]))
    )
    return picture[y : y + side_px, x : x + side_px]


def crop(rng: np.random.Generator, image: U8Image, side_px: int, most: float, *, least: float = 0.85) -> U8Image:
    """A random square of `side_px`, (side, side, c), magnified `least` to `most` times, turned and mirrored at random.

    Nothing is shrunk so far that the square would not be filled.
    """
    least = max(least, side_px / min(image.shape[:2]))
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


def ridge(mask: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The middle of what a mask, uint8 (h, w) of 0 and 1, covers: where nothing beside is deeper inside it."""
    depth = cv2.distanceTransform(np.pad(mask, 1, mode="edge"), cv2.DIST_L2, 5)
    middle: npt.NDArray[np.uint8] = ((depth > 0) & (depth >= cv2.dilate(depth, np.ones((3, 3))))).astype(np.uint8)
    return middle[1:-1, 1:-1]


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
