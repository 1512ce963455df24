"""Frames and tiles to int8 scores: a whole frame in one call where the network allows it, else by windows."""

from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from edge.bundle import Bundle, Golden, read_bundle
from edge.errors import BundleError
from edge.frame import U8Image
from edge.manifest import ClassifierSpec, Int8Array
from edge.preprocess import resize_tile
from edge.runtime import Network
from edge.tiling import IntArray, ScoreMap, window_origins

BATCH = 64
GOLDEN_BATCH = 8  # a dense classifier scores single tiles only to be checked: no memory for more
# A stream of frames needs four shapes (block, right strip, bottom strip, corner) and two batch sizes.
MAX_NETWORKS = 8
# Pixels in one call. XNNPACK keeps a pointer for every kernel tap of every output: some 70 bytes a pixel.
MAX_CALL_PX = 420_000
STRIP_SHARE = 4
MAX_STEPS = 2  # what a rover's runtime may differ from the reference kernels (docs/adr/0010-evidence-a-cell.md)


class Classifier(Protocol):
    """What scores windows. Not thread-safe: one thread uses one classifier."""

    @property
    def spec(self) -> ClassifierSpec:
        """The manifest's description of the network."""

    @property
    def runtime(self) -> str:
        """What computes the scores, for the record: 'ai-edge-litert 2.3.0 (XNNPACK)'."""

    def score_map(self, frame_bgr: U8Image) -> ScoreMap:
        """The scores of every window of a frame, uint8 (h, w, 3). Raises `SourceError` where none fits."""

    def score_tiles(self, tiles: U8Image) -> Int8Array:
        """The scores, int8 (n,), of tiles, uint8 BGR (n, tile_px, tile_px, 3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    spec: ClassifierSpec
    model: bytes
    threads: int
    reference: bool


class _Networks:
    """The same network at several input shapes, the least recently used thrown away."""

    def __init__(self, settings: _Settings) -> None:
        self._settings = settings
        self._by_shape: OrderedDict[tuple[int, ...], Network] = OrderedDict()

    def at(self, n: int, h: int, w: int) -> Network:
        shape = (n, h, w, 3)
        network = self._by_shape.pop(shape, None) or Network(
            self._settings.model,
            input_shape=shape,
            threads=self._settings.threads,
            reference=self._settings.reference,
        )
        self._by_shape[shape] = network
        if len(self._by_shape) > MAX_NETWORKS:
            self._by_shape.popitem(last=False)
        return network

    def forget(self) -> None:
        """Gives the memory of every shape back; each is made again where it is needed."""
        self._by_shape.clear()

    def scores(self, pixels: U8Image, out_shape: tuple[int, int, int]) -> Int8Array:
        """int8 `out_shape` (n, rows, cols) for pixels, uint8 (n, h, w, 3), as the network takes them."""
        network = self.at(*pixels.shape[:3])
        if tuple(s for s in network.output_shape if s != 1) != tuple(s for s in out_shape if s != 1):
            raise BundleError(
                f"the network must give {out_shape} scores (n, rows, cols) for an input "
                f"of {network.input_shape}; it gives {network.output_shape}: "
                "the manifest's tile_px, stride_px or 'dense' are wrong"
            )
        return network.run_pixels(pixels).reshape(out_shape)


class TiledClassifier:
    """Cuts every window out, resizes it where the recipe says so, and runs them in batches."""

    def __init__(
        self,
        spec: ClassifierSpec,
        model: bytes,
        *,
        threads: int = 1,
        reference: bool = False,
        batch: int = BATCH,
    ) -> None:
        self.spec = spec
        self._networks = _Networks(_Settings(spec=spec, model=model, threads=threads, reference=reference))
        self.runtime = self._networks.at(1, spec.input_px, spec.input_px).name
        self._batch = batch if self._takes_batches() else 1

    def score_map(self, frame_bgr: U8Image) -> ScoreMap:
        xs, ys = _origins(frame_bgr, self.spec)
        t = self.spec.tile_px
        windows = np.lib.stride_tricks.sliding_window_view(frame_bgr, (t, t), axis=(0, 1))
        # A row of windows at a time would leave small batches; all at once copies the frame's overlaps.
        q = np.empty(len(ys) * len(xs), np.int8)
        rows, cols = (grid.ravel() for grid in np.meshgrid(ys, xs, indexing="ij"))
        for start in range(0, len(q), self._batch):
            part = slice(start, start + self._batch)
            q[part] = self._run(windows[rows[part], cols[part]].transpose(0, 2, 3, 1))
        return ScoreMap(q=q.reshape(len(ys), len(xs)), xs=xs, ys=ys, spec=self.spec)

    def score_tiles(self, tiles: U8Image) -> Int8Array:
        t = self.spec.tile_px
        if tiles.dtype != np.uint8 or tiles.ndim != 4 or tiles.shape[1:] != (t, t, 3):
            raise ValueError(f"tiles are uint8 (n, {t}, {t}, 3); got {tiles.dtype} {tiles.shape}")
        parts = [self._run(tiles[i : i + self._batch]) for i in range(0, len(tiles), self._batch)]
        return np.concatenate(parts) if parts else np.empty(0, np.int8)

    def forget(self) -> None:
        """Gives back the memory of the shapes scored so far; scoring them again allocates it again."""
        self._networks.forget()

    def _run(self, tiles: U8Image) -> Int8Array:
        """int8 (n,) for at most one batch of tiles."""
        if self.spec.input_px != self.spec.tile_px:
            tiles = np.stack([resize_tile(np.ascontiguousarray(tile), self.spec.input_px) for tile in tiles])
        return self._networks.scores(tiles, (len(tiles), 1, 1)).reshape(-1)

    def _takes_batches(self) -> bool:
        """A network whose stored shapes fix the batch (a RESHAPE to (1, n)) takes one tile at a time."""
        try:
            return self._networks.at(2, self.spec.input_px, self.spec.input_px).output_shape[0] == 2
        except BundleError:
            return False


class DenseClassifier:
    """One call on the frame, or on each of a few blocks of a large one, gives the windows on the grid; strips give
    those that end at its edges."""

    def __init__(
        self,
        spec: ClassifierSpec,
        model: bytes,
        *,
        threads: int = 1,
        reference: bool = False,
        call_px: int = MAX_CALL_PX,
    ) -> None:
        """`call_px`: how many pixels one call may take; fewer need less memory and, at the seams, more time.

        Raises `BundleError` for a network whose own tile or stride is not the manifest's.
        """
        self.spec = spec
        self._call_px = call_px
        self._networks = _Networks(_Settings(spec=spec, model=model, threads=threads, reference=reference))
        self._tiled = TiledClassifier(spec, model, threads=threads, reference=reference, batch=GOLDEN_BATCH)
        self.runtime = self._tiled.runtime
        self._probe()

    def score_map(self, frame_bgr: U8Image) -> ScoreMap:
        xs, ys = _origins(frame_bgr, self.spec)
        (h, w), t, s = frame_bgr.shape[:2], self.spec.tile_px, self.spec.stride_px
        cols, rows = (w - t) // s + 1, (h - t) // s + 1
        grid_w, grid_h = t + (cols - 1) * s, t + (rows - 1) * s
        q = np.empty((len(ys), len(xs)), np.int8)
        q[:rows, :cols] = self._grid(frame_bgr[:grid_h, :grid_w], rows, cols, self._call_px)
        # Strips are a small part of a frame: a small call does, and keeps little memory beside the block's.
        if len(xs) > cols:
            q[:rows, cols:] = self._grid(frame_bgr[:grid_h, w - t :], rows, 1, self._call_px // STRIP_SHARE)
        if len(ys) > rows:
            q[rows:, :cols] = self._grid(frame_bgr[h - t :, :grid_w], 1, cols, self._call_px // STRIP_SHARE)
        if len(xs) > cols and len(ys) > rows:
            q[rows:, cols:] = self._grid(frame_bgr[h - t :, w - t :], 1, 1, self._call_px // STRIP_SHARE)
        return ScoreMap(q=q, xs=xs, ys=ys, spec=self.spec)

    def score_tiles(self, tiles: U8Image) -> Int8Array:
        return self._tiled.score_tiles(tiles)

    def forget(self) -> None:
        """Gives back the memory of the shapes scored so far; scoring them again allocates it again."""
        self._networks.forget()
        self._tiled.forget()

    def _grid(self, part: U8Image, rows: int, cols: int, call_px: int) -> Int8Array:
        """int8 (rows, cols) of a part of the frame that the grid fills exactly, in equal blocks where one call would
        take too much memory."""
        t, s = self.spec.tile_px, self.spec.stride_px
        block_rows, block_cols = self._block(rows, cols, call_px)
        h, w = ((count - 1) * s + t for count in (block_rows, block_cols))
        q = np.empty((rows, cols), np.int8)
        for row in _starts(rows, block_rows):
            for col in _starts(cols, block_cols):
                block = part[row * s : row * s + h, col * s : col * s + w]
                scores = self._networks.scores(block[np.newaxis], (1, block_rows, block_cols))
                q[row : row + block_rows, col : col + block_cols] = scores[0]
        return q

    def _block(self, rows: int, cols: int, call_px: int) -> tuple[int, int]:
        """Rows and columns of windows in one call: what fewest pixels are computed with, seams counted twice."""
        t, s = self.spec.tile_px, self.spec.stride_px
        best = (1, 1)
        least = None
        for across in range(1, cols + 1):
            block_cols = -(-cols // across)
            w = (block_cols - 1) * s + t
            fit = (call_px // w - t) // s + 1
            if fit < 1:
                continue
            down = -(-rows // fit)
            block_rows = -(-rows // down)
            pixels = across * down * w * ((block_rows - 1) * s + t)
            if least is None or pixels < least:
                best, least = (block_rows, block_cols), pixels
        return best

    def _probe(self) -> None:
        """Four windows in one call must be the four windows one by one: a network that pads, or pools over
        its whole input, could give the right number of wrong scores."""
        side = self.spec.tile_px + self.spec.stride_px
        noise = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
        dense, tiled = self.score_map(noise).q, self._tiled.score_map(noise).q
        worst = int(np.abs(dense.astype(np.int16) - tiled).max())
        if worst > MAX_STEPS:
            raise BundleError(
                f"a dense network must give a window the same score in a frame as alone; off by {worst} "
                f"steps with {self.runtime}: it pads, or its stride is not {self.spec.stride_px} px; set "
                "'dense' to false"
            )


def make_classifier(
    spec: ClassifierSpec, model: bytes, *, threads: int = 1, reference: bool = False
) -> DenseClassifier | TiledClassifier:
    """The classifier for a network, unchecked: normal use goes through `load_classifier`."""
    kind = DenseClassifier if spec.dense else TiledClassifier
    return kind(spec, model, threads=threads, reference=reference)


def make_golden(spec: ClassifierSpec, model: bytes, tiles: U8Image) -> Golden:
    """Tiles, uint8 BGR (n, tile_px, tile_px, 3), with their outputs under TFLite's reference kernels."""
    return Golden(tiles=tiles, outputs=TiledClassifier(spec, model, reference=True).score_tiles(tiles))


def check_golden(bundle: Bundle, classifier: Classifier) -> int:
    """The most steps that a golden tile is off. Raises `BundleError` for more than `MAX_STEPS`."""
    outputs = classifier.score_tiles(bundle.golden.tiles).astype(np.int16)
    steps = np.abs(outputs - bundle.golden.outputs)
    worst = int(steps.max())
    if worst > MAX_STEPS:
        raise BundleError(
            f"{bundle.path / bundle.manifest.classifier.file}: a runtime must be within {MAX_STEPS} steps "
            f"of the golden outputs; {classifier.runtime} is {worst} steps off, "
            f"{int((steps > MAX_STEPS).sum())} of {len(steps)} tiles too far: install another runtime"
        )
    return worst


def load_classifier(path: Path, *, threads: int = 1) -> tuple[Bundle, Classifier]:
    """The one way to a classifier in normal use: reads the bundle, verifies it, proves its runtime on it."""
    bundle = read_bundle(path)
    try:
        classifier = make_classifier(bundle.manifest.classifier, bundle.model, threads=threads)
    except BundleError as refused:
        raise BundleError(f"{path / bundle.manifest.classifier.file}: {refused}") from refused
    check_golden(bundle, classifier)
    classifier.forget()
    return bundle, classifier


def _starts(count: int, block: int) -> list[int]:
    """Where blocks begin along an axis of `count` windows; the last ends where the axis ends."""
    return [min(start, count - block) for start in range(0, count, block)]


def _origins(frame_bgr: U8Image, spec: ClassifierSpec) -> tuple[IntArray, IntArray]:
    """xs and ys of the windows of a frame."""
    if frame_bgr.dtype != np.uint8 or frame_bgr.ndim != 3 or frame_bgr.shape[2] != 3:
        raise ValueError(f"a frame is uint8 (h, w, 3); got {frame_bgr.dtype} {frame_bgr.shape}")
    h, w = frame_bgr.shape[:2]
    return window_origins(w, spec.tile_px, spec.stride_px), window_origins(h, spec.tile_px, spec.stride_px)
