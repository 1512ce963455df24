"""One network, one frame, the ways to score its windows: dense, batched tiles, tile by tile, Keras a tile at a time.

All run in this process, one after the other, on one thread, with the pages of memory that the rover's service has
(`edge.allocator`). "Half overlap" leaves out windows that the bundle's own
stride has: fewer scores for the others, so a harder peer for the dense call, which gives them all.
"""

import os
import sys
from dataclasses import replace

import numpy as np
from harness import WH, arguments, median_ms, show

from edge.allocator import HUGE_PAGES
from edge.bundle import FLOAT_FOLDER, default_bundle_path, read_bundle
from edge.classifier import DenseClassifier, TiledClassifier
from edge.frame import U8Image
from edge.preprocess import to_int8
from edge.render.concrete import concrete
from edge.runtime import Network
from edge.tiling import window_origins

KERAS_TILES = 60


def main() -> None:
    if not HUGE_PAGES.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **HUGE_PAGES})
    args = arguments(__doc__.splitlines()[0])
    bundle = read_bundle(args.bundle or default_bundle_path())
    spec = bundle.manifest.classifier
    half = replace(spec, stride_px=spec.tile_px // 2)
    frame = concrete(np.random.default_rng(0), WH)
    repeat = 3 if args.short else 15
    dense = DenseClassifier(spec, bundle.model)
    whole = DenseClassifier(spec, bundle.model, call_px=frame.size)
    tiled, tiled_half = (TiledClassifier(s, bundle.model, threads=1) for s in (spec, half))
    windows, windows_half = dense.score_map(frame).q.size, tiled_half.score_map(frame).q.size
    single = Network(bundle.model, input_shape=(1, spec.tile_px, spec.tile_px, 3))

    def tile_by_tile() -> None:
        for tile in cut(frame, half.tile_px, half.stride_px):
            single.run(to_int8(tile[np.newaxis], spec.input))

    ways = [
        ("dense, one call", windows, median_ms(lambda: whole.score_map(frame), repeat=repeat)),
        ("dense, in blocks as the rover runs it", windows, median_ms(lambda: dense.score_map(frame), repeat=repeat)),
        ("batched tiles, the bundle's stride", windows, median_ms(lambda: tiled.score_map(frame), repeat=repeat)),
        ("batched tiles, half overlap", windows_half, median_ms(lambda: tiled_half.score_map(frame), repeat=repeat)),
        ("tile by tile, half overlap", windows_half, median_ms(tile_by_tile, repeat=repeat)),
    ]
    keras_ms = keras_tile_ms(bundle.path / FLOAT_FOLDER, spec.tile_px)
    if keras_ms is not None:
        ways.append(("Keras predict, a tile at a time, half overlap", windows_half, keras_ms * windows_half))
    rows = [
        {
            "way": way,
            "windows": count,
            "ms a frame": ms,
            "windows/s": round(count / ms * 1e3),
            "times dense": ms / ways[0][2],
        }
        for way, count, ms in ways
    ]
    note = f"from {KERAS_TILES} tiles" if keras_ms is not None else "not run: no Keras or no float weights"
    show(
        f"{WH[0]}x{WH[1]}, {bundle.manifest.name}, tiles of {spec.tile_px} px, stride {spec.stride_px} px, one thread",
        rows,
        args,
        runtime=dense.runtime,
        Keras=note,
        memory="huge pages (GLIBC_TUNABLES), as in the rover's service",
    )


def cut(frame: U8Image, tile_px: int, stride_px: int) -> list[U8Image]:
    ys, xs = (window_origins(length, tile_px, stride_px) for length in frame.shape[:2])
    return [frame[y : y + tile_px, x : x + tile_px] for y in ys for x in xs]


def keras_tile_ms(folder: object, tile_px: int) -> float | None:
    """Milliseconds that Keras' `predict` takes for one tile, as the seeds use it; None where it cannot be run."""
    try:
        import keras
    except ModuleNotFoundError:
        return None
    files = sorted(folder.glob("*.keras"))  # type: ignore[attr-defined]
    if not files:
        return None
    model = keras.saving.load_model(files[0], compile=False)
    tile = np.zeros((1, tile_px, tile_px, 3), np.float32)

    def some() -> None:
        for _ in range(KERAS_TILES):
            model.predict(tile, verbose=0)

    return median_ms(some, repeat=1) / KERAS_TILES


if __name__ == "__main__":
    main()
