"""One network, one frame, the ways to score its windows: the rover's dense calls, batches of the same windows, `sahi`,
Keras a tile at a time; and the dense call under other runtimes.

Targets: at least 4 times LiteRT on batches of the same windows, 5 times `sahi` slicing the frame; within 1.1 times the
fastest of ONNX Runtime and OpenVINO on the same network, int8, over the whole frame. "Half overlap" leaves out windows
that the bundle's own stride has: fewer scores for the others, so a harder peer for the dense call, which gives all.

All run in this process, in turns, with the pages of memory that the rover's service has (`edge.allocator`). The fastest
of the turns counts: of one thread by the processor's time, which a busy machine changes little, of two by the clock on
the wall, and only where nothing else runs. That the other runtimes compute the same network is checked on its scores.
The last column is the time beside the dense call with as many threads. Packages that only this needs are in
`requirements/peers.txt`; what is not installed is said to be so. Float rows stand for scale: the same weights, not
quantised.
"""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from dense_onnx import to_onnx
from dense_peers import onnx_runtime, openvino, sahi
from harness import WH, arguments, fastest_ms, show

from edge.allocator import HUGE_PAGES
from edge.bundle import FLOAT_FOLDER, Bundle, default_bundle_path, read_bundle
from edge.classifier import MAX_STEPS, DenseClassifier, TiledClassifier
from edge.frame import U8Image
from edge.preprocess import to_int8
from edge.render.concrete import concrete
from edge.runtime import Network
from edge.tiling import window_origins

THREADS = (1, 2)
DENSE = "dense, one call"
NOT_INSTALLED = "not installed"
Work = Callable[[], object]


def main() -> None:
    if not HUGE_PAGES.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **HUGE_PAGES})
    args = arguments(__doc__.splitlines()[0])
    bundle = read_bundle(args.bundle or default_bundle_path())
    spec = bundle.manifest.classifier
    frame = concrete(np.random.default_rng(0), WH)
    half = replace(spec, stride_px=spec.tile_px // 2)
    windows, windows_half = (
        np.prod([len(window_origins(side, s.tile_px, s.stride_px)) for side in WH]) for s in (spec, half)
    )
    rows: list[dict[str, object]] = []
    facts: dict[str, object] = {}
    load, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    for threads in THREADS[:1] if args.short else THREADS:
        if threads > 1 and load > cores - threads + 1:
            facts[f"{threads}_threads"] = f"not measured: the machine was busy (load {load:.1f} on {cores} cores)"
            continue
        clock = time.process_time_ns if threads == 1 else time.perf_counter_ns
        ways = dense_ways(bundle, frame, threads)
        times = fastest_ms(ways, rounds=3 if args.short else 15, clock=clock)
        rows += [row(way, windows, threads, ms, times[DENSE]) for way, ms in times.items()]
        others = [ms for way, ms in times.items() if "int8" in way and ms is not None]
        if others and times[DENSE] is not None:
            facts[f"against_the_fastest_other_runtime_{threads}_threads"] = round(times[DENSE] / min(others), 2)
    dense_ms = rows[0]["ms a frame"]
    tiles = tile_ways(bundle, frame, 1)
    for way, ms in fastest_ms(tiles, rounds=1 if args.short else 4, clock=time.process_time_ns).items():
        rows.append(row(way, windows_half if "half" in way else windows, 1, ms, dense_ms))
    keras_ms = keras_tile_ms(bundle.path / FLOAT_FOLDER, spec.tile_px, 5 if args.short else 60)
    rows.append(row("Keras predict, a tile at a time", windows, 1, keras_ms and keras_ms * windows, dense_ms))
    show(
        f"{WH[0]}x{WH[1]}, {bundle.manifest.name}, tiles of {spec.tile_px} px, stride {spec.stride_px} px",
        rows,
        args,
        runtime=DenseClassifier(spec, bundle.model).runtime,
        Keras="a tile's time by the number of windows" if keras_ms else "not run: no Keras or no float weights",
        memory="huge pages (GLIBC_TUNABLES), as in the rover's service",
        **facts,
    )


def row(way: str, windows: int, threads: int, ms: float | None, dense_ms: float) -> dict[str, object]:
    if ms is None:
        return {
            "way": way,
            "threads": threads,
            "windows": NOT_INSTALLED,
            "ms a frame": "",
            "windows/s": "",
            "times dense": "",
        }
    return {
        "way": way,
        "threads": threads,
        "windows": int(windows),
        "ms a frame": ms,
        "windows/s": round(windows / ms * 1e3),
        "times dense": ms / dense_ms,
    }


def dense_ways(bundle: Bundle, frame: U8Image, threads: int) -> dict[str, Work | None]:
    """The whole frame under every runtime; None for one that is not installed. Exits where one computes otherwise."""
    spec = bundle.manifest.classifier
    whole = DenseClassifier(spec, bundle.model, threads=threads, call_px=frame.size)
    blocks = DenseClassifier(spec, bundle.model, threads=threads)
    ours = whole.score_map(frame).q.astype(np.int16)
    ways: dict[str, Work | None] = {
        DENSE: lambda: whole.score_map(frame),
        "dense, in blocks as the rover runs it": lambda: blocks.score_map(frame),
    }
    for kind in ("int8", "float"):
        onnx = to_onnx(bundle.model, (1, *frame.shape), int8=kind == "int8")
        for name, runtime in (("ONNX Runtime", onnx_runtime), ("OpenVINO", openvino)):
            scores = runtime(onnx, frame, threads)
            ways[f"{name}, {kind}, one call"] = scores
            if scores is not None and kind == "int8":
                off = int(np.abs(scores().reshape(ours.shape) - ours).max())
                if off > MAX_STEPS:
                    raise SystemExit(f"{name} is {off} steps off: it computes another network")
    return ways


def tile_ways(bundle: Bundle, frame: U8Image, threads: int) -> dict[str, Work | None]:
    """The frame's windows one by one or in batches."""
    spec, threshold = bundle.manifest.classifier, bundle.manifest.window_threshold.score
    half = replace(spec, stride_px=spec.tile_px // 2)
    tiled, tiled_half = (TiledClassifier(s, bundle.model, threads=threads) for s in (spec, half))
    single = Network(bundle.model, input_shape=(1, spec.tile_px, spec.tile_px, 3), threads=threads)

    def tile_by_tile() -> None:
        for tile in cut(frame, half.tile_px, half.stride_px):
            single.run(to_int8(tile[np.newaxis], spec.input))

    return {
        "batched tiles, the same windows": lambda: tiled.score_map(frame),
        "batched tiles, half overlap": lambda: tiled_half.score_map(frame),
        "tile by tile, half overlap": tile_by_tile,
        "sahi, batches, the same windows": sahi(tiled, frame, threshold, 1 - spec.stride_px / spec.tile_px),
        "sahi, batches, half overlap": sahi(tiled, frame, threshold, 0.5),
    }


def cut(frame: U8Image, tile_px: int, stride_px: int) -> list[U8Image]:
    ys, xs = (window_origins(length, tile_px, stride_px) for length in frame.shape[:2])
    return [frame[y : y + tile_px, x : x + tile_px] for y in ys for x in xs]


def keras_tile_ms(folder: Path, tile_px: int, tiles: int) -> float | None:
    """Milliseconds that Keras' `predict` takes for one tile, as the seeds use it; None where it cannot be run."""
    try:
        import keras
    except ModuleNotFoundError:
        return None
    files = sorted(folder.glob("*.keras"))
    if not files:
        return None
    model = keras.saving.load_model(files[0], compile=False)
    tile = np.zeros((1, tile_px, tile_px, 3), np.float32)
    times = fastest_ms({"": lambda: model.predict(tile, verbose=0)}, rounds=tiles)
    return times[""]


if __name__ == "__main__":
    main()
