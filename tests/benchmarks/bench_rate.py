"""Square metres an hour of wall that each `tilenet` keeps up with, from 12-megapixel frames at 0.1 mm per pixel.

The network alone, in blocks as the rover runs it: decoding and logging go on beside it on other cores. Frames lie side
by side; what they overlap by is to be taken off. The bundle's network stands with its own weights, the other sizes with
drawn ones: speed does not depend on them. One thread by the processor's time, two by the clock on the wall, and only
where nothing else runs.
"""

import os
import sys
import time
from dataclasses import replace
from functools import partial

import keras
import numpy as np
from harness import arguments, fastest_ms, show

from edge.allocator import HUGE_PAGES
from edge.bundle import default_bundle_path, read_bundle
from edge.classifier import DenseClassifier
from edge.manifest import ClassifierSpec
from edge.render.concrete import concrete
from training.models.tilenet import SIZES, STRIDE_PX, tilenet
from training.quantise import quantise

FRAME_WH, MM_PER_PX = (4056, 3040), 0.1
LOGIT_RANGE = 12.8  # any
AREA_M2 = FRAME_WH[0] * FRAME_WH[1] * (MM_PER_PX / 1000) ** 2


def main() -> None:
    if not HUGE_PAGES.items() <= os.environ.items():
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **HUGE_PAGES})
    args = arguments(__doc__.splitlines()[0])
    bundle = read_bundle(args.bundle or default_bundle_path())
    frame = concrete(np.random.default_rng(0), FRAME_WH)
    load, cores = os.getloadavg()[0], len(os.sched_getaffinity(0))
    rows = []
    for name in SIZES:
        shipped = name == bundle.manifest.name
        spec, model = (bundle.manifest.classifier, bundle.model) if shipped else drawn(name, bundle.manifest.classifier)
        for threads in (1,) if args.short or load > cores - 1 else (1, 2):
            clock = time.process_time_ns if threads == 1 else time.perf_counter_ns
            classifier = DenseClassifier(spec, model, threads=threads)
            took = fastest_ms({name: partial(classifier.score_map, frame)}, rounds=1 if args.short else 5, clock=clock)
            ms = took[name] or 0.0
            weights, rate = "the bundle's" if shipped else "drawn", AREA_M2 * 3.6e6 / ms
            rows.append({"network": name, "weights": weights, "threads": threads, "ms a frame": ms, "m2 an hour": rate})
    show(
        f"Wall that a network keeps up with: frames of {FRAME_WH[0]}x{FRAME_WH[1]} at {MM_PER_PX:g} mm per pixel, "
        f"{AREA_M2:.3f} m2 each",
        rows,
        args,
        runtime=classifier.runtime,
        memory="huge pages (GLIBC_TUNABLES), as in the rover's service",
    )


def drawn(name: str, like: ClassifierSpec) -> tuple[ClassifierSpec, bytes]:
    """The network of that size as its training begins, int8."""
    keras.utils.set_random_seed(0)
    side = SIZES[name].tile_px
    tiles = np.random.default_rng(0).integers(0, 256, (8, side, side, 3), np.uint8)
    model = quantise(tilenet(name, input_px=side), tiles, logit_range=LOGIT_RANGE)
    return replace(like, input_px=side, tile_px=side, stride_px=STRIDE_PX), model


if __name__ == "__main__":
    main()
