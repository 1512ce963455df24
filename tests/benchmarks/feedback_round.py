"""One round of feedback without a person: rendered walls are searched and logged, and the truth speaks the verdicts."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from edge.cameras.rover import FrameTruth
from edge.classifier import load_classifier
from edge.clock import SystemClock
from edge.examine import Examiner
from edge.finds import Find, label_windows
from edge.log import InspectionLog, RunState, read_log, run_start
from edge.log.reviews import ReviewLog, Verdict
from edge.measure.measure import Measurer
from edge.render.crack_look import read_crack_look
from edge.render.wall import WallSpec
from edge.run_book import RunBook
from edge.segmenter import segmenter_of
from edge.tiling import ScoreMap
from training.bench.walls import FRAME_WH, bench_camera, bench_wall
from training.datasets.split import load_split
from training.datasets.wall_textures import textures

INSPECTOR = "truth"
NEAR_JOINT_MM, NEAR_TIE_MM = 25.0, 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """Their seeds, their size, and of which side's photographs their concrete is; procedural where `data` is None."""

    seeds: range
    size_wh_mm: tuple[float, float]
    mm_per_px: float
    data: Path | None
    side: str


def inspect_walls(walls: Walls, bundle_path: Path, log_folder: Path) -> dict[int, str | None]:
    """Logs what the bundle finds on the walls; returns what the truth says of each find: why it is none, or None."""
    bundle, classifier = load_classifier(bundle_path, threads=2)
    threshold = bundle.manifest.window_threshold.score
    measurer = Measurer(segmenter=segmenter_of(bundle), threshold=threshold) if bundle.segmenter else None
    look, clock, truths = read_crack_look(), SystemClock(), {}
    with InspectionLog.open(log_folder, clock=clock) as log:
        for seed in walls.seeds:
            spec = bench_wall(seed, size_wh_mm=walls.size_wh_mm, mm_per_px=walls.mm_per_px, look=look)
            split = None if walls.data is None else load_split()
            camera = bench_camera(spec, textures(walls.data, split, walls.side, seed), look, clock=clock)
            run_id = log.start_run(
                run_start(
                    clock=clock,
                    source=camera.description,
                    bundle=bundle,
                    runtime=classifier.runtime,
                    threads=2,
                    threshold=threshold,
                    command=("bench_feedback.py",),
                )
            )
            examiner = Examiner(classifier=classifier, threshold=threshold, measurer=measurer)
            book = RunBook(log, run_id, threshold=threshold)
            for seq in range(camera.frame_count or 0):
                examined = examiner.examine(camera.frame(seq))
                book.add(examined)
                book.flush()
                hits = examined.hits
                for n, find in enumerate(hits.finds if hits else ()):
                    truths[run_id, seq, n] = judge(spec, camera.truth(seq), hits.score_map, threshold, find)
            log.end_run(run_id, RunState.FINISHED, None)
    with read_log(log_folder) as reader:
        return {find.id: truths[run.id, find.seq, find.n] for run in reader.runs() for find in reader.finds(run.id)}


def judge(spec: WallSpec, truth: FrameTruth, score_map: ScoreMap, threshold: float, find: Find) -> str | None:
    """None where one of the find's windows touches a true crack; else what an inspector would call it."""
    course = np.zeros(score_map.frame_wh[::-1], np.uint8)
    for crack in truth.cracks:
        cv2.polylines(course, [np.rint(crack.points_px).astype(np.int32)], isClosed=False, color=1)
    tile = score_map.spec.tile_px
    for row, col in np.argwhere(label_windows(score_map, threshold) == find.label):
        x, y = score_map.xs[col], score_map.ys[row]
        if course[y : y + tile, x : x + tile].any():
            return None
    return _reason(spec, truth, find)


def _reason(spec: WallSpec, truth: FrameTruth, find: Find) -> str:
    """By the nearest thing of the wall, roughly: the middle of its box, between the corners of the frame."""
    (left, top), (right, bottom) = truth.outline_mm[0], truth.outline_mm[2]
    x, y, w, h = find.box_xywh
    across, down = (x + w / 2) / FRAME_WH[0], (y + h / 2) / FRAME_WH[1]
    at = left + across * (right - left), top + down * (bottom - top)
    joints = [abs(at[0] - v) for v in spec.joints_x_mm] + [abs(at[1] - v) for v in spec.joints_y_mm]
    if min(joints, default=np.inf) < NEAR_JOINT_MM:
        return "joint"
    ties = [float(np.hypot(at[0] - a, at[1] - b)) for a, b in spec.tie_holes_mm]
    return "formwork" if min(ties, default=np.inf) < NEAR_TIE_MM else "other"


def review(log_folder: Path, verdicts: dict[int, str | None]) -> None:
    """Appends the verdicts as a person's."""
    with ReviewLog.open(log_folder, clock=SystemClock()) as reviews:
        for find_id, reason in verdicts.items():
            verdict = Verdict.ACCEPT if reason is None else Verdict.REJECT
            reviews.append(reviewer=INSPECTOR, verdict=verdict, find_id=find_id, reason=reason)
