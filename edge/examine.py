"""What is done with one frame: its place, whether it is inspected, its scores, its finds and their sizes."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from edge.cameras.calibrated import NO_SCALE, Poses
from edge.classifier import Classifier
from edge.finds import Find, group_windows
from edge.frame import Frame, U8Image, Unreadable
from edge.geometry import WallView
from edge.log import FrameRecord, FrameScale
from edge.measure.measured import Measured
from edge.pose import Pose
from edge.quality import Verdict
from edge.scale import Scale, Withheld
from edge.skips import NETWORK_FAILED, OUT_OF_MEMORY
from edge.tiling import ScoreMap, image_score

_log = logging.getLogger(__name__)

# One frame after the other: then it is not the frame, and the process is better started anew.
MAX_FAILURES = 3


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


class Stillness(Protocol):
    """What says whether a frame shows anything new: `edge.quality.still.Standstill`."""

    def objection(self, frame: Frame, pose: Pose) -> str | None:
        """Why a frame is not inspected; asked of every frame that is good enough, once, in order."""

    def inspected(self) -> None:
        """The frame asked about last was inspected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """What was found in a frame: finds with what was measured of each, and what a picture of them is drawn from."""

    frame: Frame
    score_map: ScoreMap
    finds: Sequence[Find]
    measured: Sequence[Measured | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A frame's record, skipped or inspected; `hits` only where there are any, so that pixels are not held for long."""

    record: FrameRecord
    hits: Hits | None = None


class Examiner:
    """Examines the frames of one run, in order. One thread uses it.

    What is None is left out: then finds are not measured, frames have no place, and all of them are inspected.
    `threshold` is a probability. `calibration_id` is the run's; without one, nothing is logged in millimetres.
    """

    def __init__(
        self,
        *,
        classifier: Classifier,
        threshold: float,
        measurer: Measures | None = None,
        poses: Poses | None = None,
        quality: Judge | None = None,
        still: Stillness | None = None,
        calibration_id: str | None = None,
    ) -> None:
        self.threshold = threshold
        self._classifier, self._measurer, self._poses = classifier, measurer, poses
        self._quality, self._still = quality, still
        self._calibration_id = calibration_id
        self._failures = 0

    def examine(self, item: Frame | Unreadable) -> Examined:
        """A frame for which the network fails, or has no memory, is skipped; the third in a row raises what it was."""
        if isinstance(item, Unreadable):
            return _skipped(_unseen(item), item.reason)
        tile_px = self._classifier.spec.tile_px
        if min(item.wh) < tile_px:
            return _skipped(self._seen(item, Pose()), f"smaller than a tile of {tile_px} px")
        # A calibration that does not fit the frame says nothing of its place either.
        pose = Pose() if self._poses is None or isinstance(item.scale, Withheld) else self._poses.step(item)
        record = self._seen(item, pose)
        if self._quality is not None:
            verdict = self._quality.judge(item, pose, item.scale.view if isinstance(item.scale, Scale) else None)
            record = replace(record, quality=verdict.facts.write())
            if verdict.reason is not None:
                return _skipped(record, verdict.reason)
        if self._still is not None and (reason := self._still.objection(item, pose)) is not None:
            return _skipped(record, reason)
        try:
            examined = self._inspect(item, record)
        except (MemoryError, RuntimeError) as failed:
            self._failures += 1
            if self._failures == MAX_FAILURES:
                raise
            _log.exception("%s", item.name)
            return _skipped(record, OUT_OF_MEMORY if isinstance(failed, MemoryError) else NETWORK_FAILED)
        self._failures = 0
        if self._still is not None:
            self._still.inspected()
        return examined

    def _inspect(self, item: Frame, record: FrameRecord) -> Examined:
        begun = time.perf_counter_ns()
        score_map = self._classifier.score_map(item.pixels)
        inference_ns = time.perf_counter_ns() - begun
        finds = group_windows(score_map, self.threshold)
        record = replace(
            record,
            score_map_q=np.ascontiguousarray(score_map.q),
            image_score=image_score(score_map),
            inference_ns=inference_ns,
        )
        if not finds:
            return Examined(record=record)
        measured = self._measured(item, record, score_map, finds)
        return Examined(record=record, hits=Hits(frame=item, score_map=score_map, finds=finds, measured=measured))

    def _measured(
        self, item: Frame, record: FrameRecord, score_map: ScoreMap, finds: Sequence[Find]
    ) -> Sequence[Measured | None]:
        if self._measurer is None:
            return [None] * len(finds)
        return self._measurer.measure(item.pixels, finds, score_map, _scale_on_wall(item, record))

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
        if self._calibration_id is None or not isinstance(frame.scale, Scale):
            return None
        return FrameScale(
            calibration_id=self._calibration_id,
            source=frame.scale.source.value,
            mm_per_px=frame.scale.mm_per_px,
            sd_mm_per_px=frame.scale.sd_mm_per_px,
        )


def not_examined(item: Frame | Unreadable, reason: str) -> Examined:
    """A frame that nobody will examine; one that was given up before keeps its own reason."""
    left = item.given_up(reason) if isinstance(item, Frame) else item
    return _skipped(_unseen(left), left.reason)


def _skipped(record: FrameRecord, reason: str) -> Examined:
    return Examined(record=replace(record, skipped=reason))


def _unseen(item: Unreadable) -> FrameRecord:
    return FrameRecord(
        seq=item.seq,
        name=item.name,
        t_mono_ns=item.t_mono_ns,
        t_utc=item.t_utc,
        frame_wh=None,
        lost_before=item.lost_before,
        skipped=item.reason,
        quality=None if item.gap_s is None else {"gap_s": round(item.gap_s, 3)},
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
