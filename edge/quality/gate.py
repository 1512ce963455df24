"""Which frames are inspected: the judge that stands between the camera and the network."""

from dataclasses import dataclass

from edge.calibration_record import CameraCalibration
from edge.frame import Frame
from edge.geometry import WallView
from edge.pose import Matrix, Pose
from edge.quality.blur import BlurGauge
from edge.quality.facts import QualityFacts
from edge.quality.light import measure_light
from edge.quality.motion import FrameOutline, tilt_deg

_NS_PER_US = 1000

# A log counts frames by their reason, and a map of the wall colours by it: no figures in these, they are in the facts.
DARK = "too dark"
BRIGHT = "overexposed"
GLARE = "glare"
TILTED = "not square to the wall"
MOVED = "moved too fast for its exposure"
NOTHING = "nothing but noise to be seen (no texture, or far out of focus)"
BLURRED = "blurred"
SEEN = "nothing new: the last accepted frame saw it"


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityThresholds:
    """A frame beyond one of them is skipped. Units as in `QualityFacts`.

    `max_blur_px` is what the picture itself shows, which cannot be told from sharp below some 3 px; `max_motion_px` is
    computed from poses and the exposure, and is the one that guards widths.
    """

    min_median: float = 25.0
    max_dark_share: float = 0.25
    max_bright_share: float = 0.1
    max_glare_share: float = 0.02
    max_tilt_deg: float = 5.0
    max_motion_px: float = 0.5
    max_blur_px: float = 4.0
    max_overlap_share: float = 0.98


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether a frame is inspected. `reason` is None exactly where it is."""

    accepted: bool
    reason: str | None
    facts: QualityFacts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    t_mono_ns: int
    t_wall_camera: Matrix


class QualityGate:
    """Judges the frames of one run, in order: how fast and how new a frame is depends on those before it.

    Without a calibration nothing is said of movement and overlap. Poses are a tracker's: between two that were fixed
    each by itself, from a tag say, the difference is mostly error.
    """

    def __init__(
        self, thresholds: QualityThresholds | None = None, *, calibration: CameraCalibration | None = None
    ) -> None:
        self._thresholds = thresholds or QualityThresholds()
        self._gauge = BlurGauge()
        self._outline = None if calibration is None else FrameOutline(calibration)
        self._last: _Seen | None = None
        self._last_accepted: _Seen | None = None

    def judge(self, frame: Frame, pose: Pose | None = None, view: WallView | None = None) -> Verdict:
        """`view` is what tells the tilt where there is no pose."""
        t_wall_camera = None if pose is None else pose.t_wall_camera
        facts = self._facts(frame, t_wall_camera, None if view is None else view.t_wall_camera)
        reason = objection(facts, self._thresholds)
        seen = None if t_wall_camera is None else _Seen(t_mono_ns=frame.t_mono_ns, t_wall_camera=t_wall_camera)
        self._last = seen
        if reason is None:
            self._last_accepted = seen
        return Verdict(accepted=reason is None, reason=reason, facts=facts)

    def _facts(self, frame: Frame, now: Matrix | None, view: Matrix | None) -> QualityFacts:
        light = measure_light(frame.pixels)
        square = now if now is not None else view
        return QualityFacts(
            blur_px=self._gauge.blur_px(frame.pixels),
            median=light.median,
            dark_share=light.dark_share,
            bright_share=light.bright_share,
            glare_share=light.glare_share,
            tilt_deg=None if square is None else tilt_deg(square),
            motion_px=None if now is None else self._motion_px(frame, now),
            overlap_share=None if now is None else self._overlap_share(now),
        )

    def _motion_px(self, frame: Frame, now: Matrix) -> float | None:
        exposure_us = frame.exposure.exposure_us
        if self._outline is None or self._last is None or exposure_us is None:
            return None
        between_ns = frame.t_mono_ns - self._last.t_mono_ns
        shift_px = self._outline.shift_px(self._last.t_wall_camera, now)
        if shift_px is None or between_ns <= 0:
            return None
        return shift_px * exposure_us * _NS_PER_US / between_ns

    def _overlap_share(self, now: Matrix) -> float | None:
        if self._outline is None or self._last_accepted is None:
            return None
        return self._outline.overlap_share(self._last_accepted.t_wall_camera, now)


def objection(facts: QualityFacts, limits: QualityThresholds) -> str | None:
    """The reason to skip a frame, the one that explains most first; None where there is none."""
    objections = (
        (DARK, facts.median < limits.min_median or facts.dark_share > limits.max_dark_share),
        (BRIGHT, facts.bright_share > limits.max_bright_share),
        (GLARE, facts.glare_share > limits.max_glare_share),
        (TILTED, facts.tilt_deg is not None and facts.tilt_deg > limits.max_tilt_deg),
        (MOVED, facts.motion_px is not None and facts.motion_px > limits.max_motion_px),
        (NOTHING, facts.blur_px is None),
        (BLURRED, facts.blur_px is not None and facts.blur_px > limits.max_blur_px),
        (SEEN, facts.overlap_share is not None and facts.overlap_share > limits.max_overlap_share),
    )
    return next((reason for reason, holds in objections if holds), None)
