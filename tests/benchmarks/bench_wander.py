"""How well a course's wander tells cracks from joints and wires: how many real cracks it would call straight.

Real cracks: METU's on the training side by masks derived from them, and DeepCrack's by its own masks; constants were
set on DeepCrack's published training side, its test side only checks. Joints and wires: what the bundle finds and
measures on rendered walls without a crack, of concrete from the training side's photographs.
"""

import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import cv2
import numpy as np
from harness import arguments, show
from scipy.stats import binomtest

from edge.bundle import default_bundle_path
from edge.classifier import load_classifier
from edge.clock import SystemClock
from edge.errors import DataError
from edge.examine import Examiner
from edge.frame import Frame, U8Image
from edge.geometry import WallView, to_wall
from edge.imagefile import read_bgr
from edge.measure.blur import Blur
from edge.measure.measure import Measurer, measure_crack
from edge.measure.parts import Part
from edge.measure.polyline import F64
from edge.measure.wander import LEAST_PX, STRAIGHT_PX, wander_px
from edge.render.crack_look import read_crack_look
from edge.render.hung import Wire
from edge.segmenter import segmenter_of
from training.bench.walls import bench_calibration, bench_camera, bench_wall, nearest_fixture
from training.datasets import deepcrack, metu
from training.datasets.derived_masks import derived_mask
from training.datasets.location import data_root
from training.datasets.split import load_split
from training.datasets.wall_textures import textures

SIZE_MM, MM_PER_PX = (1200.0, 800.0), 0.2
FIRST_SEED = 300
METU_PICTURES = 400
WIRE = Wire(y0_mm=250.0, slope=0.2, sag_per_mm=3e-5, middle_mm=600.0, radius_mm=1.5, grey=45.0, shadow=0.3)


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    cv2.setNumThreads(2)
    rows = [row(name, courses) for name, courses in photographs(args.short)]
    found = on_walls(args.bundle or default_bundle_path(), walls=1 if args.short else 6)
    rows += [row(f"rendered: {place}", found[place]) for place in ("concrete", "joint", "tie hole", "wire")]
    show(
        f"Courses of at least {LEAST_PX:g} px, called straight below {STRAIGHT_PX:g} px of wander",
        rows,
        args,
        walls_mm_per_px=MM_PER_PX,
    )


def photographs(short: bool) -> Iterator[tuple[str, list[F64]]]:
    """Of every real crack the longest course."""
    try:
        tiles = [item for item in metu.read(data_root()) if item.label]
        photos = deepcrack.read(data_root())
    except DataError as missing:
        sys.stderr.write(f"photographs: not run: {missing}\n")
        return
    split = load_split()
    ours = [item for item in tiles if split.sides.get(item.name) == "train"]
    chosen = np.random.default_rng(0).permutation(len(ours))[: METU_PICTURES // (20 if short else 1)]
    masked = ((picture, derived_mask(picture)) for picture in (read_bgr(ours[i].path) for i in chosen))
    yield "METU, training side", [c for picture, mask in masked if mask is not None for c in longest(picture, mask > 0)]
    for side in deepcrack.SIDES:
        items = [item for item in photos if f"/{side}/" in item.name][:: 20 if short else 1]
        pairs = ((read_bgr(item.path), cv2.imread(str(item.mask_path), cv2.IMREAD_GRAYSCALE)) for item in items)
        yield f"DeepCrack, {side}", [c for picture, mask in pairs for c in longest(picture, mask > 127)]


def longest(picture: U8Image, mask: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]") -> list[F64]:
    found = measure_crack(
        cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY),
        Part(mask=mask, corner_xy=(0, 0)),
        Blur(sigma_px=1.0, relative_sd=0.5),  # photos of unknown cameras, resized
    )
    return [] if found is None else [found.courses[0].points_px]


def on_walls(bundle_path: Path, *, walls: int) -> dict[str, list[F64]]:
    """Every course that is found where there is no crack, by what lies nearest to it."""
    bundle, classifier = load_classifier(bundle_path, threads=2)
    threshold = bundle.manifest.window_threshold.score
    measurer = Measurer(segmenter=segmenter_of(bundle, threads=2), threshold=threshold)
    examiner = Examiner(classifier=classifier, threshold=threshold, measurer=measurer)
    look, data, found = read_crack_look(), data_root(), defaultdict(list)
    real = data.is_dir()
    for seed in range(FIRST_SEED, FIRST_SEED + walls):
        spec = bench_wall(seed, size_wh_mm=SIZE_MM, mm_per_px=MM_PER_PX, look=look)
        spec = replace(spec, cracks=(), tags=(), wires=(WIRE,))
        concrete = textures(data if real else None, load_split() if real else None, "train", seed)
        camera = bench_camera(spec, concrete, look, clock=SystemClock())
        for frame in camera.frames():
            hits = examiner.examine(frame).hits if isinstance(frame, Frame) else None
            for one in hits.measured if hits else ():
                for course in () if one is None else one.courses:
                    pose = camera.truth(frame.seq).t_wall_camera
                    view = WallView(t_wall_camera=pose, covariance=np.zeros((6, 6)))
                    x, y = np.median(to_wall(bench_calibration(), view, course.points_px).xy_mm, axis=0)
                    found[nearest_fixture(spec, (float(x), float(y)))].append(course.points_px)
    return found


def row(name: str, courses: list[F64]) -> dict[str, object]:
    """With the exact 95 % interval of the share."""
    told = np.array([wander for course in courses if (wander := wander_px(course)) is not None])
    straight = int((told < STRAIGHT_PX).sum())
    exact = binomtest(straight, len(told)).proportion_ci(method="exact") if len(told) else None
    return {
        "courses of": name,
        "all": len(courses),
        "long enough": len(told),
        "straight": straight,
        "%": "-"
        if exact is None
        else f"{100 * straight / len(told):.1f} ({100 * exact.low:.1f}-{100 * exact.high:.1f})",
        **{
            f"{share} % below, px": f"{np.percentile(told, share):.2f}" if len(told) else "-"
            for share in (0, 5, 50, 95)
        },
    }


if __name__ == "__main__":
    main()
