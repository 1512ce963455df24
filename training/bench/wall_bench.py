"""One wall of the test bench: rendered, driven along, searched for cracks, judged."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from edge.bundle import Bundle, read_bundle
from edge.cameras.rover import FrameTruth, RoverCamera
from edge.classifier import load_classifier
from edge.clock import SystemClock
from edge.durable import write_durably
from edge.errors import DataError
from edge.log import LogReader, read_log
from edge.manifest_json import dumps, from_plain, loads
from edge.pose import Matrix
from edge.render.crack_look import read_crack_look
from edge.render.wall import WallSpec
from training.bench.inspected import inspect_wall
from training.bench.judged import MeasuredCrack, entries_of, feet_off_mm, measured_cracks, windows_of
from training.bench.score import CrackScore, Reported, score_wall
from training.bench.walls import bench_camera, bench_wall, nearest_fixture
from training.datasets.split import load_split
from training.datasets.wall_textures import textures

_COVERAGE_CELL_MM = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchSettings:
    """What every wall of a run shares. `data` None: procedural concrete. `side`: of the split, 'test' for figures."""

    bundle: Path
    data: Path | None
    side: str
    size_wh_mm: tuple[float, float]
    mm_per_px: float
    threads: int

    def digest(self, bundle_sha256: str) -> str:
        """SHA-256 of all that a wall's result depends on: bundle, look, split, and the program that makes it."""
        facts = [
            bundle_sha256,
            read_crack_look().sha256,
            None if self.data is None else load_split().sha256,
            self.side,
            self.size_wh_mm,
            self.mm_per_px,
            _program_sha256(),
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _program_sha256() -> str:
    """Of the sources that draw, drive, inspect and judge: after a change in them no wall's result is taken over."""
    root = Path(__file__).parents[2]
    sources = (
        "edge/*.py",
        "edge/cameras/*.py",
        "edge/log/*.py",
        "edge/measure/*.py",
        "edge/pose/*.py",
        "edge/render/*.py",
        "edge/tracks/*.py",
        "training/bench/*.py",
        "training/datasets/wall_textures.py",
    )
    paths = sorted(path for pattern in sources for path in root.glob(pattern))
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseCrack:
    """Where one was reported, and what lies there: 'joint', 'tie hole', 'wire', 'tag' or 'concrete'."""

    at_mm: tuple[float, float]
    near: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WallResult:
    """One wall. `area_m2` is what inspected frames covered of it, each place once.

    `cracks` and `false`: what the log's entries are, as an inspector gets them; of a bundle without a segmenter, which
    has no entries, the groups of its windows. `by_windows` and `false_by_windows`: those groups, what the classifier
    alone would report if every place were known. `straight` entries run without wander and are none of `cracks` and
    `false`; half or more of each of `straight_on_crack` lies on a true one. `off_mm`: of every frame how far the log
    has it from where it was.
    """

    settings_sha256: str
    seed: int
    area_m2: float
    frames: int
    reported: int
    cracks: tuple[CrackScore, ...]
    false: tuple[FalseCrack, ...]
    measured: tuple[MeasuredCrack, ...]
    straight: int
    straight_on_crack: int
    off_mm: tuple[float | None, ...]
    by_windows: tuple[CrackScore, ...]
    false_by_windows: int
    seconds: float
    inference_s: float


def run_walls(
    settings: BenchSettings, seeds: Sequence[int], folder: Path, *, jobs: int, watch: Callable[[WallResult], None]
) -> list[WallResult]:
    """Every wall's result; those that `folder` holds from a run with the same settings are not made again.

    Raises `DataError` where another bundle was put in the place of the one that it began with.
    """
    bundle_sha256 = read_bundle(settings.bundle).sha256
    one_wall = partial(_kept, settings, folder, bundle_sha256, settings.digest(bundle_sha256))
    if jobs > 1:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            return [_told(one, watch) for one in pool.map(one_wall, seeds)]
    return [_told(one_wall(seed), watch) for seed in seeds]


def run_wall(settings: BenchSettings, bundle_sha256: str, seed: int) -> WallResult:
    """Has one wall inspected, and judges the log. Raises as `run_walls` does."""
    begun = time.perf_counter()
    bundle, classifier = load_classifier(settings.bundle, threads=settings.threads)
    if bundle.sha256 != bundle_sha256:
        raise DataError(
            f"{settings.bundle}: all walls must be searched by one bundle; this one is {bundle.sha256[:12]} now, and "
            f"was {bundle_sha256[:12]} when the bench began: run it again"
        )
    look = read_crack_look()
    split = None if settings.data is None else load_split()
    spec = bench_wall(seed, size_wh_mm=settings.size_wh_mm, mm_per_px=settings.mm_per_px, look=look)
    camera = bench_camera(spec, textures(settings.data, split, settings.side, seed), look, clock=SystemClock())
    with TemporaryDirectory(prefix="hairline-bench-") as folder:
        summary = inspect_wall(bundle, classifier, spec, camera, Path(folder), threads=settings.threads)
        with read_log(Path(folder)) as reader:
            result = _judged(reader, bundle, spec, camera)
    return replace(result, seconds=time.perf_counter() - begun, inference_s=summary.inference_ns / 1e9)


def _judged(reader: LogReader, bundle: Bundle, spec: WallSpec, camera: RoverCamera) -> WallResult:
    """All of a result but what made it and how long that took."""

    def true_pose(seq: int) -> Matrix:
        return camera.truth(seq).t_wall_camera

    seen, inspected = _Seen(spec), 0
    for logged in reader.frames(reader.runs()[0].id):
        if logged.frame.skipped is None:
            inspected += 1
            seen.add(camera.truth(logged.frame.seq))
    threshold = bundle.manifest.window_threshold.score
    windows = windows_of(reader, bundle.manifest.classifier, threshold, true_pose)
    by_windows = score_wall(spec.cracks, windows)
    everything = entries_of(reader, true_pose)
    entries = [entry for entry in everything if not entry.straight]
    straight = score_wall(spec.cracks, [entry.truly for entry in everything if entry.straight])
    reported = windows if bundle.segmenter is None else [entry.truly for entry in entries]
    scored = score_wall(spec.cracks, reported)
    return WallResult(
        settings_sha256="",
        seed=spec.seed,
        area_m2=seen.area_m2(),
        frames=inspected,
        reported=scored.reported,
        cracks=scored.cracks,
        false=tuple(_false(spec, reported[i]) for i in scored.false),
        measured=tuple(measured_cracks(spec.cracks, entries)),
        straight=straight.reported,
        straight_on_crack=sum(crack.entries for crack in straight.cracks),
        off_mm=tuple(feet_off_mm(reader, true_pose)),
        by_windows=by_windows.cracks,
        false_by_windows=len(by_windows.false),
        seconds=0.0,
        inference_s=0.0,
    )


def _kept(settings: BenchSettings, folder: Path, bundle_sha256: str, digest: str, seed: int) -> WallResult:
    path = folder / f"wall-{seed}.json"
    if path.exists():
        try:
            result = from_plain(WallResult, loads(path.read_text(encoding="utf-8")), "a wall's result")
        except ValueError:
            result = None  # of an older program: made again
        if result is not None and result.settings_sha256 == digest:
            return result
    result = replace(run_wall(settings, bundle_sha256, seed), settings_sha256=digest)
    folder.mkdir(parents=True, exist_ok=True)
    write_durably(path, dumps(result).encode())
    return result


def _told(result: WallResult, watch: Callable[[WallResult], None]) -> WallResult:
    watch(result)
    return result


class _Seen:
    """Which cells of a wall lay in a frame."""

    def __init__(self, spec: WallSpec) -> None:
        self._height_mm = spec.size_wh_mm[1]
        columns, rows = (int(np.ceil(mm / _COVERAGE_CELL_MM)) for mm in spec.size_wh_mm)
        self._cells = np.zeros((rows, columns), np.uint8)

    def add(self, truth: FrameTruth) -> None:
        outline = np.column_stack([truth.outline_mm[:, 0], self._height_mm - truth.outline_mm[:, 1]])
        cells = np.rint(outline / _COVERAGE_CELL_MM - 0.5).astype(np.int32)
        cv2.fillConvexPoly(self._cells, cells, 1)

    def area_m2(self) -> float:
        return float(self._cells.sum()) * _COVERAGE_CELL_MM**2 / 1e6


def _false(spec: WallSpec, reported: Reported) -> FalseCrack:
    x, y = (float(v) for v in np.median(np.concatenate(reported.courses_mm), axis=0))
    return FalseCrack(at_mm=(round(x, 1), round(y, 1)), near=nearest_fixture(spec, (x, y)))
