"""The main job: frames from a camera through the classifier into the log. Everything it uses is handed to it."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from edge.cameras.calibrated import NO_SCALE, Poses
from edge.cameras.camera import Camera
from edge.classifier import Classifier
from edge.errors import HairlineError, LogError, SourceError
from edge.finds import Find, group_windows
from edge.frame import Frame, U8Image, Unreadable
from edge.geometry import WallView
from edge.log import FindRecord, FrameRecord, FrameScale, InspectionLog, RunState
from edge.log.grade import grade
from edge.measure.measured import Measured
from edge.measure.severity import SeverityTable
from edge.measure.tally import Tally
from edge.overlay import draw_finds, encode_jpeg
from edge.pose import Pose
from edge.quality import Verdict
from edge.scale import Scale, Withheld
from edge.tiling import ScoreMap, image_score

_log = logging.getLogger(__name__)


class Measures(Protocol):
    """What measures finds: `edge.measure.measure.Measurer`."""

    def measure(
        self, frame_bgr: U8Image, finds: Sequence[Find], score_map: ScoreMap, scale: Scale | Withheld
    ) -> Sequence[Measured | None]:
        """For each find what was measured, None where that failed."""


class Judge(Protocol):
    """What says whether a frame is good enough: `edge.quality.QualityGate`."""

    def judge(self, frame: Frame, pose: Pose | None = None, view: WallView | None = None) -> Verdict:
        """It is asked of every frame once, in order; `view` is what a scale knows of the tilt."""


@dataclass(slots=True, kw_only=True)
class Summary:
    """What a run saw so far. `skipped` counts by reason; `lost` are frames that the camera knows it lost."""

    inspected: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    finds: int = 0
    frames_with_finds: int = 0
    sizes: Tally = field(default_factory=Tally)
    best: tuple[float, str, Path | None] = (0.0, "", None)
    inference_ns: int = 0

    @property
    def frames(self) -> int:
        return self.inspected + self.skipped.total()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """One run. `threshold` is a probability; `stop` is asked between frames; `watch` is told after each.

    What is None is left out: then finds are not measured, frames have no place, and all of them are inspected.
    `calibration_id` is the run's; without one, nothing is logged in millimetres.
    """

    camera: Camera
    classifier: Classifier
    log: InspectionLog
    run_id: str
    threshold: float
    stop: Callable[[], bool]
    watch: Callable[[Summary], None]
    measurer: Measures | None = None
    poses: Poses | None = None
    quality: Judge | None = None
    severity_table: SeverityTable | None = None
    calibration_id: str | None = None

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
            self._skip(_unseen(item), item.reason, summary)
            return
        summary.lost += item.lost_before
        tile_px = self.classifier.spec.tile_px
        if min(item.wh) < tile_px:
            self._skip(self._seen(item, Pose()), f"smaller than a tile of {tile_px} px", summary)
            return
        # A calibration that does not fit the frame says nothing of its place either.
        pose = Pose() if self.poses is None or isinstance(item.scale, Withheld) else self.poses.step(item)
        record = self._seen(item, pose)
        if self.quality is not None:
            verdict = self.quality.judge(item, pose, item.scale.view if isinstance(item.scale, Scale) else None)
            record = replace(record, quality=verdict.facts.write())
            if verdict.reason is not None:
                self._skip(record, verdict.reason, summary)
                return
        self._inspect(item, record, summary)

    def _inspect(self, item: Frame, record: FrameRecord, summary: Summary) -> None:
        begun = time.perf_counter_ns()
        score_map = self.classifier.score_map(item.pixels)
        inference_ns = time.perf_counter_ns() - begun
        finds = group_windows(score_map, self.threshold)
        record = replace(
            record,
            score_map_q=np.ascontiguousarray(score_map.q),
            image_score=image_score(score_map),
            inference_ns=inference_ns,
        )
        measured = self._measured(item, record, score_map, finds)
        drawn = draw_finds(item.pixels, score_map, finds, self.threshold, measured) if finds else None
        found = [self._find_record(find, one) for find, one in zip(finds, measured, strict=True)]
        path = self.log.log_frame(self.run_id, record, found, None if drawn is None else encode_jpeg(drawn))
        summary.inspected += 1
        summary.inference_ns += inference_ns
        summary.finds += len(finds)
        for one in measured:
            if one is not None:
                summary.sizes.add(one)
        summary.frames_with_finds += bool(finds)
        if finds and finds[0].score > summary.best[0]:
            summary.best = (finds[0].score, item.name, path)

    def _measured(
        self, item: Frame, record: FrameRecord, score_map: ScoreMap, finds: Sequence[Find]
    ) -> Sequence[Measured | None]:
        if self.measurer is None or not finds:
            return [None] * len(finds)
        return self.measurer.measure(item.pixels, finds, score_map, _scale_on_wall(item, record))

    def _find_record(self, find: Find, measured: Measured | None) -> FindRecord:
        on_wall = None if measured is None else measured.on_wall
        severity_class, standard = grade(self.severity_table, None if on_wall is None else on_wall.widths_mm)
        return FindRecord(
            box_xywh_px=find.box_xywh,
            score=find.score,
            q=find.q,
            windows=find.windows,
            measured=measured,
            severity_class=severity_class,
            severity_standard=standard,
        )

    def _seen(self, frame: Frame, pose: Pose) -> FrameRecord:
        """What is known of a frame before it is inspected."""
        return FrameRecord(
            seq=frame.seq,
            name=frame.name,
            t_mono_ns=frame.t_mono_ns,
            t_utc=frame.t_utc,
            frame_wh=frame.wh,
            exposure=frame.exposure,
            lost_before=frame.lost_before,
            scale=self._scale(frame),
            mm_withheld=frame.scale.reason if isinstance(frame.scale, Withheld) else None,
            pose=pose,
        )

    def _scale(self, frame: Frame) -> FrameScale | None:
        if self.calibration_id is None or not isinstance(frame.scale, Scale):
            return None
        return FrameScale(
            calibration_id=self.calibration_id,
            source=frame.scale.source.value,
            mm_per_px=frame.scale.mm_per_px,
            sd_mm_per_px=frame.scale.sd_mm_per_px,
        )

    def _skip(self, record: FrameRecord, reason: str, summary: Summary) -> None:
        _log.warning("%s: skipped: %s", record.name, reason)
        summary.skipped[reason] += 1
        self.log.log_frame(self.run_id, replace(record, skipped=reason), (), None)


def _unseen(item: Unreadable) -> FrameRecord:
    return FrameRecord(
        seq=item.seq,
        name=item.name,
        t_mono_ns=item.t_mono_ns,
        t_utc=item.t_utc,
        frame_wh=None,
        skipped=item.reason,
    )


def _scale_on_wall(frame: Frame, record: FrameRecord) -> Scale | Withheld:
    """The frame's scale, seen from where the pose says that the camera was, so that courses lie on the wall."""
    if isinstance(frame.scale, Withheld):
        return frame.scale
    if not isinstance(frame.scale, Scale) or record.scale is None:
        return Withheld(reason=NO_SCALE)
    pose = record.pose
    if pose.t_wall_camera is None or pose.covariance is None:
        return frame.scale
    return replace(frame.scale, view=WallView(t_wall_camera=pose.t_wall_camera, covariance=pose.covariance))
