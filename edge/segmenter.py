"""The pixels of cracks: a mask of a frame, computed only where the classifier fired.

The network pads, so what a call says of its outermost `margin_px` depends on where the call lies; that margin is cut
off. Beyond the frame's edge calls see its mirror image. So every pixel has one value, wherever calls lie, and a mask
put together from many calls is, bit for bit under TFLite's reference kernels, that of one call on the whole picture.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edge.bundle import Bundle, SegmenterPart, read_bundle
from edge.errors import BundleError
from edge.frame import U8Image
from edge.manifest import Int8Array, SegmenterSpec
from edge.runtime import Network

# What a rover's runtime may differ from the reference kernels (docs/adr/0009-a-segmenter-is-held-to-its-mask.md): the
# mask counts; the scores' bound catches a runtime that is wrong where the golden pictures' masks do not show it.
MIN_GOLDEN_DICE = 0.99
MAX_STEPS = 16

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]


class Segmenter:
    """Fixed calls of one shape, prepared once. Not thread-safe: one thread uses one segmenter."""

    def __init__(self, spec: SegmenterSpec, model: bytes, *, threads: int = 1, reference: bool = False) -> None:
        self.spec = spec
        self._network = Network(model, threads=threads, reference=reference)
        self.runtime = self._network.name

    def mask(self, frame_bgr: U8Image, boxes_xywh: npt.ArrayLike) -> Mask:
        """Which pixels of a frame, uint8 (h, w, 3), belong to a crack: bool (h, w), False outside of the boxes.

        `boxes_xywh`: (n, 4) whole numbers in frame pixels, such as the windows that fired. Calls are laid over them
        one by one, so that long thin finds cost little more than their windows.
        """
        inside = _inside(frame_bgr, boxes_xywh)
        # What is not written to takes no memory: of a large frame only the calls' places do.
        mask = np.zeros_like(inside)
        for place, scores in self._calls(frame_bgr, inside):
            mask[place] = inside[place] & (scores >= self.spec.q_min)
        return mask

    def scores(self, frame_bgr: U8Image) -> Int8Array:
        """The network's int8 (h, w) for every pixel of a picture, uint8 (h, w, 3): real = scale * (q - zero_point)."""
        h, w = frame_bgr.shape[:2]
        found = np.empty((h, w), np.int8)
        for place, scores in self._calls(frame_bgr, _inside(frame_bgr, [(0, 0, w, h)])):
            found[place] = scores
        return found

    def _calls(self, frame_bgr: U8Image, wanted: Mask) -> Iterator[tuple[tuple[slice, slice], Int8Array]]:
        """Places in the frame, rows and columns, that cover all that is wanted, with the int8 scores there."""
        h, w = wanted.shape
        for x, y in _corners(wanted, self.spec.core_px, self.spec.step_px):
            scores = self._call(frame_bgr, x, y)[: h - y, : w - x]
            yield (slice(y, y + scores.shape[0]), slice(x, x + scores.shape[1])), scores

    def _call(self, frame_bgr: U8Image, x: int, y: int) -> Int8Array:
        """int8 (core_px, core_px) of the square whose corner is (x, y), a multiple of `step_px`."""
        m, side = self.spec.margin_px, self.spec.call_px
        rows, columns = mirrored(y - m, side, frame_bgr.shape[0]), mirrored(x - m, side, frame_bgr.shape[1])
        pixels = frame_bgr[rows[:, np.newaxis], columns]
        scores = _in_place(self._network.run_pixels(pixels[np.newaxis])[0])
        return scores[m : side - m, m : side - m]


def mirrored(start: int, count: int, length: int) -> Places:
    """Indices, (count,), from `start` on, of a line of `length` that goes on as its mirror image at both ends."""
    if length == 1:
        return np.zeros(count, np.intp)
    at = np.arange(start, start + count) % (2 * length - 2)
    return np.minimum(at, 2 * length - 2 - at)


def load_segmenter(path: Path, *, threads: int = 1) -> tuple[Bundle, Segmenter]:
    """The one way to a segmenter in normal use: reads and verifies the bundle, proves its runtime on it.

    Raises `BundleError`, also for a bundle without a segmenter.
    """
    bundle = read_bundle(path)
    return bundle, segmenter_of(bundle, threads=threads)


def segmenter_of(bundle: Bundle, *, threads: int = 1) -> Segmenter:
    """The segmenter of a bundle that was read already, proven. Raises `BundleError`, also where there is none."""
    spec = bundle.manifest.segmenter
    if spec is None or bundle.segmenter is None:
        raise BundleError(
            f"{bundle.path}: the bundle has no segmenter: make one with 'hairline train masknet --bundle'"
        )
    segmenter = Segmenter(spec, bundle.segmenter.model, threads=threads)
    check_golden_masks(bundle.segmenter, segmenter, where=str(bundle.path / spec.file))
    return segmenter


def check_golden_masks(part: SegmenterPart, segmenter: Segmenter, *, where: str) -> float:
    """The Dice of the masks of all golden pictures, at the threshold, with what they should be.

    Raises `BundleError`, naming `where`, for less than `MIN_GOLDEN_DICE` or a score that is more than `MAX_STEPS` off.
    """
    outputs = np.stack([segmenter.scores(picture) for picture in part.pictures])
    worst = int(np.abs(outputs.astype(np.int16) - part.masks).max())
    found, true = (scores >= segmenter.spec.q_min for scores in (outputs, part.masks))
    both, either = int((found & true).sum()), int(found.sum()) + int(true.sum())
    dice = 2 * both / either if either else 1.0
    if dice < MIN_GOLDEN_DICE or worst > MAX_STEPS:
        raise BundleError(
            f"{where}: a runtime must give the golden masks to a Dice of {MIN_GOLDEN_DICE}, no score more than "
            f"{MAX_STEPS} steps off; {segmenter.runtime} gives them to {dice:.4f}, and is up to {worst} steps off: "
            "install another runtime"
        )
    return dice


def golden_masks(spec: SegmenterSpec, model: bytes, pictures: U8Image) -> SegmenterPart:
    """Pictures, uint8 BGR (n, s, s, 3), with their scores under TFLite's reference kernels."""
    exact = Segmenter(spec, model, reference=True)
    return SegmenterPart(model=model, pictures=pictures, masks=np.stack([exact.scores(one) for one in pictures]))


def _in_place(scores: Int8Array) -> Int8Array:
    """(h, w) of a network's (h / k, w / k, k * k): the values of a position are a square of pixels, row by row."""
    rows, columns, values = scores.shape
    k = math.isqrt(values)
    return scores.reshape(rows, columns, k, k).transpose(0, 2, 1, 3).reshape(rows * k, columns * k)


def _inside(frame_bgr: U8Image, boxes_xywh: npt.ArrayLike) -> Mask:
    """bool (h, w): the pixels of the frame that lie in a box."""
    if frame_bgr.dtype != np.uint8 or frame_bgr.ndim != 3 or frame_bgr.shape[2] != 3 or not frame_bgr.size:
        raise ValueError(f"a frame is uint8 (h, w, 3); got {frame_bgr.dtype} {frame_bgr.shape}")
    inside = np.zeros(frame_bgr.shape[:2], bool)
    for x, y, w, h in np.asarray(boxes_xywh, np.int64).reshape(-1, 4):
        inside[max(0, y) : max(0, y + h), max(0, x) : max(0, x + w)] = True
    return inside


def _corners(wanted: Mask, core_px: int, step_px: int) -> list[tuple[int, int]]:
    """Corners (x, y), multiples of `step_px`, of squares of `core_px` that cover all that is wanted.

    Strip by strip from the left: what is left of a strip is covered from above.
    """
    h, w = wanted.shape
    by_rows = np.logical_or.reduceat(wanted, np.arange(0, h, step_px), axis=0)
    left: Mask = np.logical_or.reduceat(by_rows, np.arange(0, w, step_px), axis=1)
    reach = core_px // step_px
    corners = []
    while left.any():
        column = int(left.any(axis=0).argmax())
        strip = left[:, column : column + reach]
        while strip.any():
            row = int(strip.any(axis=1).argmax())
            strip[row : row + reach] = False
            corners.append((column * step_px, row * step_px))
    return corners
