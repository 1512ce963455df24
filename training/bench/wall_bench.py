"""One wall of the test bench: rendered, driven along, searched for cracks, judged."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from edge.cameras.rover import FrameTruth
from edge.classifier import load_classifier
from edge.clock import SystemClock
from edge.durable import write_durably
from edge.manifest_json import dumps, from_plain, loads
from edge.render.crack_look import read_crack_look
from edge.render.wall import WallSpec
from training.bench.finds_on_wall import FindsOnWall
from training.bench.score import CrackScore, Reported, score_wall
from training.bench.walls import bench_calibration, bench_camera, bench_wall
from training.datasets.split import load_split
from training.datasets.wall_textures import textures

_COVERAGE_CELL_MM = 5.0
_NEAR_FIXTURE_MM = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchSettings:
    """What every wall of a run shares. `data` None: procedural concrete. `side`: of the split, 'test' for figures."""

    bundle: Path
    data: Path | None
    side: str
    size_wh_mm: tuple[float, float]
    mm_per_px: float
    threads: int

    def digest(self) -> str:
        """SHA-256 of all that a wall's result depends on: bundle, look, split, and the program that makes it."""
        manifest = (self.bundle / "manifest.json").read_bytes()
        facts = [
            hashlib.sha256(manifest).hexdigest(),
            read_crack_look().sha256,
            None if self.data is None else load_split().sha256,
            self.side,
            self.size_wh_mm,
            self.mm_per_px,
            _program_sha256(),
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _program_sha256() -> str:
    """Of the sources that draw, drive and judge: after a change in them no wall's result is taken over."""
    root = Path(__file__).parents[2]
    sources = (
        "edge/render/*.py",
        "edge/cameras/rover*.py",
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
    """One wall. `area_m2` is what frames covered of it, each place once."""

    settings_sha256: str
    seed: int
    area_m2: float
    frames: int
    reported: int
    cracks: tuple[CrackScore, ...]
    false: tuple[FalseCrack, ...]
    render_s: float
    inference_s: float


def run_walls(
    settings: BenchSettings, seeds: Sequence[int], folder: Path, *, jobs: int, watch: Callable[[WallResult], None]
) -> list[WallResult]:
    """Every wall's result; those that `folder` holds from a run with the same settings are not made again."""
    if jobs > 1:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            return [_told(one, watch) for one in pool.map(partial(_kept, settings, folder), seeds)]
    return [_told(_kept(settings, folder, seed), watch) for seed in seeds]


def run_wall(settings: BenchSettings, seed: int) -> WallResult:
    """Drives along one wall and judges what the bundle finds."""
    bundle, classifier = load_classifier(settings.bundle, threads=settings.threads)
    threshold = bundle.manifest.window_threshold.score
    look = read_crack_look()
    split = None if settings.data is None else load_split()
    spec = bench_wall(seed, size_wh_mm=settings.size_wh_mm, mm_per_px=settings.mm_per_px, look=look)
    camera = bench_camera(spec, textures(settings.data, split, settings.side, seed), look, clock=SystemClock())
    finds, seen = FindsOnWall(bench_calibration()), _Seen(spec)
    spent = [0.0, 0.0]
    for seq in range(camera.frame_count or 0):
        begun = time.perf_counter()
        frame = camera.frame(seq)
        rendered = time.perf_counter()
        score_map = classifier.score_map(frame.pixels)
        spent[1] += time.perf_counter() - rendered
        spent[0] += rendered - begun
        truth = camera.truth(seq)
        finds.add(score_map, threshold, truth.t_wall_camera)
        seen.add(truth)
    reported = finds.reported()
    scored = score_wall(spec.cracks, reported)
    return WallResult(
        settings_sha256=settings.digest(),
        seed=seed,
        area_m2=seen.area_m2(),
        frames=camera.frame_count or 0,
        reported=scored.reported,
        cracks=scored.cracks,
        false=tuple(_false(spec, reported[i]) for i in scored.false),
        render_s=spent[0],
        inference_s=spent[1],
    )


def _kept(settings: BenchSettings, folder: Path, seed: int) -> WallResult:
    path = folder / f"wall-{seed}.json"
    if path.exists():
        try:
            result = from_plain(WallResult, loads(path.read_text(encoding="utf-8")), "a wall's result")
        except ValueError:
            result = None  # of an older program: made again
        if result is not None and result.settings_sha256 == settings.digest():
            return result
    result = run_wall(settings, seed)
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
    points = np.concatenate(reported.courses_mm)
    x, y = (float(v) for v in np.median(points, axis=0))
    away = {"concrete": _NEAR_FIXTURE_MM}
    away["joint"] = min([abs(x - at) for at in spec.joints_x_mm] + [abs(y - at) for at in spec.joints_y_mm] + [np.inf])
    ties = [np.hypot(x - a, y - b) - spec.tie_radius_mm for a, b in spec.tie_holes_mm]
    away["tie hole"] = min([*ties, np.inf])
    wires = [abs(y - w.y0_mm - w.slope * x - w.sag_per_mm * (x - w.middle_mm) ** 2) for w in spec.wires]
    away["wire"] = min([*wires, np.inf])
    tags = [max(abs(x - t.centre_mm[0]), abs(y - t.centre_mm[1])) - 0.7 * t.side_mm for t in spec.tags]
    away["tag"] = min([*tags, np.inf])
    return FalseCrack(at_mm=(round(x, 1), round(y, 1)), near=min(away, key=lambda kind: away[kind]))
