"""The main job: frames from a camera through the classifier into the log. Everything it uses is handed to it."""

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from edge.cameras.camera import Camera
from edge.classifier import Classifier
from edge.errors import HairlineError, LogError, SourceError
from edge.finds import Find, group_windows
from edge.frame import Exposure, Frame, Unreadable
from edge.log import FindRecord, FrameRecord, InspectionLog, RunState
from edge.overlay import draw_finds, encode_jpeg
from edge.pose import Pose
from edge.tiling import ScoreMap, image_score

_log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Summary:
    """What a run saw so far. `skipped` counts by reason; `lost` are frames that the camera knows it lost."""

    inspected: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    finds: int = 0
    frames_with_finds: int = 0
    best: tuple[float, str, Path | None] = (0.0, "", None)
    inference_ns: int = 0

    @property
    def frames(self) -> int:
        return self.inspected + self.skipped.total()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """One run. `threshold` is a probability; `stop` is asked between frames; `watch` is told after each."""

    camera: Camera
    classifier: Classifier
    log: InspectionLog
    run_id: str
    threshold: float
    stop: Callable[[], bool]
    watch: Callable[[Summary], None]

    def run(self) -> Summary:
        """Goes through the camera's frames until they end or `stop` says so; every frame is logged or counted.

        An unreadable frame is logged as skipped. Whatever ends the run early is written into it before it is raised;
        so is a source of which not a single frame could be inspected.
        """
        summary = Summary()
        try:
            for item in self.camera.frames():
                self._take(item, summary)
                self.watch(summary)
                if self.stop():
                    self.log.end_run(self.run_id, RunState.INTERRUPTED, "stopped by its user")
                    return summary
            if not summary.inspected:
                reasons = ", ".join(summary.skipped) or "it is empty"
                raise SourceError(f"{self.camera.description}: not one frame could be inspected: {reasons}")
        except HairlineError as error:
            try:
                self.log.end_run(self.run_id, RunState.FAILED, str(error))
            except LogError as failed:
                # A full disk, say: the error that brought us here is the one to raise.
                _log.warning("%s", failed)
            raise
        self.log.end_run(self.run_id, RunState.FINISHED, None)
        return summary

    def _take(self, item: Frame | Unreadable, summary: Summary) -> None:
        if isinstance(item, Unreadable):
            self._skip(item, item.reason, summary)
            return
        summary.lost += item.lost_before
        tile_px = self.classifier.spec.tile_px
        if min(item.wh) < tile_px:
            self._skip(item, f"smaller than a tile of {tile_px} px", summary)
            return
        begun = time.perf_counter_ns()
        score_map = self.classifier.score_map(item.pixels)
        inference_ns = time.perf_counter_ns() - begun
        finds = group_windows(score_map, self.threshold)
        path = self._log_inspected(item, score_map, finds, inference_ns)
        summary.inspected += 1
        summary.inference_ns += inference_ns
        summary.finds += len(finds)
        summary.frames_with_finds += bool(finds)
        if finds and finds[0].score > summary.best[0]:
            summary.best = (finds[0].score, item.name, path)

    def _log_inspected(self, frame: Frame, score_map: ScoreMap, finds: list[Find], inference_ns: int) -> Path | None:
        overlay = encode_jpeg(draw_finds(frame.pixels, score_map, finds, self.threshold)) if finds else None
        record = FrameRecord(
            seq=frame.seq,
            name=frame.name,
            t_mono_ns=frame.t_mono_ns,
            t_utc=frame.t_utc,
            frame_wh=frame.wh,
            exposure=frame.exposure,
            lost_before=frame.lost_before,
            skipped=None,
            pose=Pose(),
            score_map_q=np.ascontiguousarray(score_map.q),
            image_score=image_score(score_map),
            inference_ns=inference_ns,
        )
        records = [
            FindRecord(box_xywh_px=find.box_xywh, score=find.score, q=find.q, windows=find.windows) for find in finds
        ]
        return self.log.log_frame(self.run_id, record, records, overlay)

    def _skip(self, item: Frame | Unreadable, reason: str, summary: Summary) -> None:
        _log.warning("%s: skipped: %s", item.name, reason)
        summary.skipped[reason] += 1
        record = FrameRecord(
            seq=item.seq,
            name=item.name,
            t_mono_ns=item.t_mono_ns,
            t_utc=item.t_utc,
            frame_wh=item.wh if isinstance(item, Frame) else None,
            exposure=item.exposure if isinstance(item, Frame) else Exposure(),
            lost_before=item.lost_before if isinstance(item, Frame) else 0,
            skipped=reason,
        )
        self.log.log_frame(self.run_id, record, (), None)
