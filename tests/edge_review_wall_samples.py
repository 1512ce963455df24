"""A wall that was visited twice, as a log holds it: frames with poses and pictures, finds with widths, cracks."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from driven_rover import DISTANCE_MM, FRAME_WH, MM_PER_PX, calibration
from edge_log_samples import CLOCK, FIND, SCALE, START, frame, skipped

from edge.geometry import facing
from edge.log import CrackSize, CrackState, CrackVisit, FindRecord, InspectionLog, RunState
from edge.measure.measured import Course, Interval, Measured, OnWall, Widths
from edge.pose import Pose, PoseSource

WALL_MM = (300.0, 150.0)
# Left top of each frame on the wall; the last is skipped, the corner beyond it is never seen.
PLACES_MM = tuple((x, y) for y in (150.0, 100.0) for x in (0.0, 85.0, 170.0))
# Cracks as points x, y, width in mm. The second is longer and wider at the second visit, the third is new then.
CRACKS_MM = (
    ((20.0, 130.0, 0.3), (60.0, 118.0, 0.42), (110.0, 122.0, 0.35), (150.0, 110.0, 0.28)),
    ((180.0, 140.0, 0.6), (210.0, 110.0, 0.85), (222.0, 80.0, 0.7)),
    ((40.0, 60.0, 0.25), (95.0, 48.0, 0.3)),
)
Points = np.ndarray


def make_wall_log(folder: Path, *, visits: int = 2) -> list[str]:
    """The ids of its runs, one a visit. At the first visit crack 2 is shorter and finer, and crack 3 not there."""
    runs = []
    with InspectionLog.open(folder, clock=CLOCK) as log:
        ids: list[int | None] = [None, None, None]
        for n in range(visits):
            visit = log.start_visit("north wall")
            camera = calibration()
            run_id = log.start_run(
                replace(START, calibration_id=camera.id, visit_id=visit, source=f"drive {n + 1}"), camera
            )
            cracks = [points for _, points in _at_visit(n)]
            seen = _log_frames(log, run_id, cracks, 1 + sum(_finds_of(m) for m in range(n)))
            ids[: len(cracks)] = log.log_cracks(
                visit, [_crack(ids[i], points, seen[i], n, i) for i, points in enumerate(cracks)]
            )
            log.end_run(run_id, RunState.FINISHED, None)
            runs.append(run_id)
    return runs


def _at_visit(n: int) -> list[tuple[int, Points]]:
    if n == 0:
        first, second = (_dense(crack) for crack in CRACKS_MM[:2])
        first[:, 2] *= 0.97
        second[:, 2] *= 0.75
        return [(0, first), (1, second[: len(second) * 2 // 3])]
    return [(i, _dense(crack)) for i, crack in enumerate(CRACKS_MM)]


def _dense(points: Sequence[Sequence[float]]) -> Points:
    """(n, 3): a point every millimetre, a little rough."""
    given = np.array(points)
    along = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(given[:, :2], axis=0), axis=1))])
    steps = np.arange(0, along[-1], 1.0)
    dense = np.column_stack([np.interp(steps, along, column) for column in given.T])
    rough = np.random.default_rng(len(given)).normal(0, 1, (len(steps), 2))
    dense[:, 1] += np.convolve(rough[:, 0], np.ones(9) / 9, "same")
    dense[:, 2] *= 1 + 0.08 * rough[:, 1]
    return dense


@cache
def concrete() -> np.ndarray:
    """The wall without its cracks, float32."""
    light = np.random.default_rng(3).normal(160, 9, (640, 1240)).astype(np.float32)
    return cv2.GaussianBlur(light, (0, 0), 1.2) * 0.7 + cv2.GaussianBlur(light, (0, 0), 12) * 0.3


def picture(cracks: Sequence[Points], left_top_mm: tuple[float, float], seed: int) -> np.ndarray:
    """What a frame shows: uint8 (h, w, 3)."""
    w, h = FRAME_WH
    x0, y0 = (round(value / MM_PER_PX) for value in (left_top_mm[0], WALL_MM[1] - left_top_mm[1]))
    shown = concrete()[y0 : y0 + h, x0 : x0 + w].copy()
    for points in cracks:
        px = _pixels(points, left_top_mm)
        for (a, b), width in zip(pairwise(px), points[:, 2], strict=False):
            ends = [tuple(np.rint(end * 16).astype(int).tolist()) for end in (a, b)]
            cv2.line(shown, *ends, 55.0, max(1, round(width / MM_PER_PX)), cv2.LINE_AA, 4)
    shown += np.random.default_rng(seed).normal(0, 2, shown.shape)
    return cv2.cvtColor(np.clip(shown, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)


def _pixels(points_mm: Points, left_top_mm: tuple[float, float]) -> Points:
    return np.column_stack([points_mm[:, 0] - left_top_mm[0], left_top_mm[1] - points_mm[:, 1]]) / MM_PER_PX - 0.5


def _log_frames(log: InspectionLog, run_id: str, cracks: Sequence[Points], find_id: int) -> list[list[tuple[int, int]]]:
    """Logs the frames of a drive; returns (find's id, course) by crack."""
    seen: list[list[tuple[int, int]]] = [[] for _ in cracks]
    camera = calibration()
    scale = replace(SCALE, calibration_id=camera.id, mm_per_px=MM_PER_PX)
    for seq, place in enumerate(PLACES_MM):
        pose = facing(DISTANCE_MM)
        pose[:2, 3] = place[0] + FRAME_WH[0] / 2 * MM_PER_PX, place[1] - FRAME_WH[1] / 2 * MM_PER_PX
        posed = Pose(source=PoseSource.TAG, t_wall_camera=pose, covariance=np.diag([0.01] * 3 + [1e-8] * 3))
        if seq == len(PLACES_MM) - 1:
            log.log_frame(run_id, replace(skipped(seq, "too dark"), frame_wh=FRAME_WH, pose=posed), [], None)
            continue
        records = []
        for crack, points in enumerate(cracks):
            for record in _finds(points, place):
                seen[crack].append((find_id, 0))
                records.append(record)
                find_id += 1
        jpeg = cv2.imencode(".jpg", picture(cracks, place, seq))[1].tobytes()
        q = np.full((8, 14), -60, np.int8)
        q[5:7, 2:5] = -3  # below the threshold, but not by much
        for record in records:
            x, y, w, h = (value // 32 for value in record.box_xywh_px)
            q[y : y + max(1, h - 1), x : x + max(1, w - 1)] = record.q
        log.log_frame(
            run_id,
            frame(seq, frame_wh=FRAME_WH, pose=posed, scale=scale, name=f"drive#{seq:06d}", score_map_q=q),
            records,
            jpeg if records else None,
        )
    return seen


def _finds_of(visit: int) -> int:
    return sum(1 for _, points in _at_visit(visit) for place in PLACES_MM[:-1] for _ in _finds(points, place))


def _finds(points: Points, place: tuple[float, float]) -> Iterator[FindRecord]:
    px = _pixels(points, place)
    w, h = FRAME_WH
    inside = (px > 4).all(axis=1) & (px[:, 0] < w - 5) & (px[:, 1] < h - 5)
    if inside.sum() < 20:
        return
    px, mm = px[inside], points[inside]
    widths = mm[:, 2] / MM_PER_PX
    widths[::9] = np.nan
    low, high = np.floor(px.min(axis=0)) // 32 * 32, np.ceil(px.max(axis=0) / 32) * 32
    x, y = (int(v) for v in low)
    right, bottom = min(w, max(int(high[0]), x + 64)), min(h, max(int(high[1]), y + 64))
    measured = Measured(
        courses=(Course(points_px=px, widths_px=widths),),
        length_px=float(len(px) / MM_PER_PX),
        orientation_deg=30.0,
        widths_px=Widths(
            median=float(np.nanmedian(widths)),
            p95=float(np.nanpercentile(widths, 95)),
            maximum=float(np.nanmax(widths)),
        ),
        on_wall=OnWall(courses_mm=(mm[:, :2],), length_mm=_interval(len(mm), 0.03), widths_mm=_widths(mm)),
    )
    yield replace(
        FIND,
        box_xywh_px=(x, y, right - x, bottom - y),
        score=0.93,
        q=29,
        measured=measured,
        severity_class="0.3 to 0.4 mm",
        severity_standard="EN 1992-1-1",
    )


def _crack(crack_id: int | None, points: Points, seen: list[tuple[int, int]], visit: int, n: int) -> CrackVisit:
    state = CrackState.NEW if crack_id is None else (CrackState.UNCHANGED, CrackState.GROWN)[n]
    grown = state is CrackState.GROWN
    return CrackVisit(
        crack_id=crack_id,
        state=state,
        size=CrackSize(
            courses_mm=(points,),
            place_sd_mm=2.5,
            length_mm=_interval(len(points), 0.03),
            widths_mm=_widths(points),
            severity_class="above 0.4 mm" if n == 1 else "0.3 to 0.4 mm",
            severity_standard="EN 1992-1-1",
        ),
        length_growth_mm=Interval(low=8.0, value=20.0, high=32.0) if grown else None,
        width_growth_mm=Interval(low=0.08, value=0.17, high=0.26) if grown else None,
        courses=tuple(seen),
    )


def _interval(value: float, share: float) -> Interval:
    return Interval(low=value * (1 - share), value=value, high=value * (1 + share))


def _widths(points: Points) -> Widths[Interval]:
    median, p95, maximum = (float(np.percentile(points[:, 2], q)) for q in (50, 95, 100))
    return Widths(median=_interval(median, 0.12), p95=_interval(p95, 0.14), maximum=_interval(maximum, 0.2))
