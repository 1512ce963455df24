"""What a trained network says of the pictures that the next part of the training draws upon, of the training side only.

Uncracked ones that it takes for cracks are shown more often (Shrivastava et al., arXiv:1604.03540). Of cracked ones of
which nobody knows where the crack lies, the part is shown where the network sees it, or the crack's course is taken
from the network's cells: single cells are often wrong, a chain of them across a picture with a crack seldom is.
"""

from collections.abc import Sequence

import cv2
import keras
import numpy as np
import numpy.typing as npt

from edge.imagefile import read_bgr
from training.architectures.tilenet import JUMP_PX
from training.datasets.item import Item
from training.datasets.rendered import CELL_PX
from training.models.tilenet import CELLS

SHARE = 0.05
HIGHEST = 4  # a single window may be chance
# Chains of cells, by how far they reach across or down:
SURE_CELLS = 10  # so many in a row are a crack, where an eye has seen one in the picture;
LEAST_CELLS = 6  # of shorter ones the longest may be it;
CHANCE_CELLS = 2  # and so few are chance.
DOUBT = -1.4  # a cell's logit, a probability of 0.2, from which it is not plain concrete
CONCRETE, COURSE, DOUBTFUL = 0, 1, 2


def hardest(model: keras.Model, negatives: Sequence[Item], *, share: float = SHARE) -> list[Item]:
    """The `share` of `negatives` with the highest mean of their four highest logits, hardest first; at least one.

    `model`: the dense network with open input, logits (n, rows, cols, 1), a row and column every `JUMP_PX`.
    """
    scores = [float(np.sort(_logits(model, item), axis=None)[-HIGHEST:].mean()) for item in negatives]
    order = np.argsort(scores, kind="stable")[::-1]
    return [negatives[i] for i in order[: max(1, round(share * len(negatives)))]]


def likeliest_xyxy(model: keras.Model, item: Item) -> tuple[int, int, int, int]:
    """The window of a picture that has the highest logit, in pixels; up to a jump larger than the network's tile."""
    logits = _logits(model, item)
    row, col = (int(at) for at in np.unravel_index(int(logits.argmax()), logits.shape))
    h, w = read_bgr(item.path).shape[:2]
    rows, cols = logits.shape
    return col * JUMP_PX, row * JUMP_PX, w - (cols - 1 - col) * JUMP_PX, h - (rows - 1 - row) * JUMP_PX


def crack_course(taught: keras.Model, item: Item) -> npt.NDArray[np.uint8]:
    """Where the crack of a cracked picture runs: uint8 (h, w) of `CONCRETE`, `COURSE` (3 px wide) and `DOUBTFUL`.

    The course runs through the darkest pixels of neighbouring cells that the network calls cracked. `taught`: a
    `taught_tilenet` of any size.
    """
    picture = read_bgr(item.path)
    h, w = picture.shape[:2]
    margin = (_cell_sees_px(taught) - CELL_PX) // 2
    down, right = margin + -h % CELL_PX, margin + -w % CELL_PX
    seen = cv2.copyMakeBorder(picture, margin, down, margin, right, cv2.BORDER_REFLECT_101)
    logits = np.asarray(taught.predict_on_batch(seen[np.newaxis].astype(np.float32))[CELLS])[0, ..., 0]
    reach = _reach(logits > 0)
    chain = reach >= min(SURE_CELLS, max(LEAST_CELLS, reach.max()))
    doubtful = ~chain & (_reach(logits > DOUBT) > CHANCE_CELLS)
    course = DOUBTFUL * np.kron(doubtful, np.ones((CELL_PX, CELL_PX), np.uint8))[:h, :w]
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), (0, 0), 1.0)
    _join(course, {(int(r), int(c)): _darkest(grey, int(r), int(c)) for r, c in np.argwhere(chain)})
    return course


def _cell_sees_px(taught: keras.Model) -> int:
    """The side of the square that a cell is judged by."""
    side_px = 40 * CELL_PX
    cells: int = taught.compute_output_shape((1, side_px, side_px, 3))[CELLS][1]
    return side_px - (cells - 1) * CELL_PX


def _reach(cells: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """How far the chain that a cell belongs to reaches across or down, in cells; 0 for those that belong to none."""
    _, chains, stats, _ = cv2.connectedComponentsWithStats(cells.astype(np.uint8), connectivity=8)
    reach = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    reach[0] = 0
    return reach[chains]


def _darkest(grey: npt.NDArray[np.uint8], row: int, col: int) -> tuple[int, int]:
    """The darkest pixel (x, y) of a cell."""
    y, x = row * CELL_PX, col * CELL_PX
    cell = grey[y : y + CELL_PX, x : x + CELL_PX]
    dy, dx = np.unravel_index(int(cell.argmin()), cell.shape)
    return x + int(dx), y + int(dy)


def _join(course: npt.NDArray[np.uint8], points: dict[tuple[int, int], tuple[int, int]]) -> None:
    """Draws a line between the points of cells side by side, and of those corner to corner that share no neighbour."""
    for (row, col), point in points.items():
        for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
            other = points.get((row + down, col + right))
            around = {(row + down, col), (row, col + right)} & points.keys() if down and right else set()
            if other is not None and not around:
                cv2.line(course, point, other, COURSE, 3)


def _logits(model: keras.Model, item: Item) -> npt.NDArray[np.float32]:
    """Float32 (rows, cols)."""
    return np.asarray(model.predict_on_batch(read_bgr(item.path)[np.newaxis].astype(np.float32)))[0, ..., 0]
