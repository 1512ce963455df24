"""Follows a rover frame by frame: predicted by its wheels, corrected by registration, fixed by tags.

A step between two frames is the registered one, else the wheels'; with neither the place is lost until a tag is seen.
Everything is kept for `edge.pose.graph.solve`, which also gets the ties between neighbouring rows.
"""

import logging
from collections import Counter, deque
from dataclasses import dataclass, replace

import numpy as np

from edge.calibration_record import CameraCalibration
from edge.frame import Frame
from edge.odometry import OdometryNoise
from edge.odometry_sources import OdometrySource
from edge.odometry_track import NoOdometry, OdometryTrack
from edge.pose.filter import PlanarFilter
from edge.pose.plane import Bracket, Planar, between, pose_covariance
from edge.pose.pose import Matrix, Pose, PoseSource
from edge.pose.run import PlanarStep, PoseRun, Sighting
from edge.pose.sighting import sight
from edge.pose.tag_map import TagMap
from edge.registration import Look, NoStep, Reason, Registered, Registrar, look_of
from edge.tags import TagError

_log = logging.getLogger(__name__)

# A row of a 6 m wall and the one before it, at a fifth of a metre a frame.
_KEPT_LOOKS = 100
_LEAST_TIE_OVERLAP = 0.12
# A step was looked for around what the wheels say and not found, although the wall has texture.
_DOUBT = 9.0
_SLIP = np.diag([9.0, 9.0, 1.0])  # where it is looked for then
# Without wheels: a step like the last one, within a quarter and a few millimetres.
_LIKE_LAST_SHARE, _LIKE_LAST_MM, _LIKE_LAST_RAD = 0.25, 4.0, 0.004
_FIRST_SHARE = 0.15  # of the frame's width, if there was no last one
_TIE_MM, _TIE_RAD = 1.5, 2e-3  # what rows may be off by beyond what the filter says
# A rover rocks: how far its tilts may change from frame to frame.
_ROCKING_RAD = np.radians(0.05)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    seq: int
    t_ns: int
    look: Look
    place: Planar | None
    fixes: int


class PoseTracker:
    """One run. `notes` counts whatever was wrong, in words; each is logged once. `tag_map`: the wall's tags."""

    def __init__(
        self,
        *,
        calibration: CameraCalibration,
        bracket: Bracket,
        tag_map: TagMap | None = None,
        odometry: OdometrySource | None = None,
        track: OdometryTrack | None = None,
        start: Planar | None = None,
    ) -> None:
        self.notes: Counter[str] = Counter()
        self._calibration, self._bracket, self._given_bracket = calibration, bracket, bracket
        self._registrar = Registrar(calibration=calibration)
        self.tag_map, self._start = tag_map, start
        self._odometry, self._track = odometry, track or OdometryTrack(noise=OdometryNoise())
        self._filter = PlanarFilter(
            tag_map=tag_map,
            registration_scale_sd=bracket.scale_sd,
            odometry_scale_sd=self._track.noise.scale_sd,
            start=start,
        )
        self._kept: deque[_Kept] = deque(maxlen=_KEPT_LOOKS)
        self._last_step: Matrix | None = None
        self._doubted: set[int] = set()
        self._fixes = 0
        self._frames: list[int] = []
        self._steps: list[PlanarStep] = []
        self._sightings: list[Sighting] = []

    def step(self, frame: Frame) -> Pose:
        """Where the camera was when this frame was taken; source none where nobody knows.

        Frames come in the order of their time, all of the calibration's size.
        """
        look = look_of(frame.pixels)
        source = self._move(frame, look)
        if self._fix(frame):
            source = PoseSource.TAG
        self._frames.append(frame.seq)
        place = self._filter.place if self._filter.known else None
        if place is not None:
            self._tie(frame.seq, look, place)
        self._kept.append(_Kept(seq=frame.seq, t_ns=frame.t_mono_ns, look=look, place=place, fixes=self._fixes))
        if place is None:
            return Pose()
        matrix, covariance = pose_covariance(place, self._bracket)
        return Pose(source=source, t_wall_camera=matrix, covariance=covariance)

    def run(self) -> PoseRun:
        """All that is known so far, for `edge.pose.graph.solve`."""
        return PoseRun(
            bracket=self._bracket,
            frames=tuple(self._frames),
            steps=tuple(self._steps),
            sightings=tuple(self._sightings),
            tag_map=self.tag_map,
            odometry_scale_sd=self._track.noise.scale_sd,
            start=self._start,
        )

    def _move(self, frame: Frame, look: Look) -> PoseSource:
        """From the last frame to this one; returns what it was taken from."""
        if self._odometry is not None:
            self._odometry.poll(self._track, frame.t_mono_ns)
        if not self._kept:
            # A stated start is as good as what moved the rover there.
            return PoseSource.ODOMETRY
        last = self._kept[-1]
        wheels = self._wheels(last.t_ns, frame.t_mono_ns)
        registered = self._register(last, look, wheels)
        if wheels is not None:
            self._add(last.seq, frame.seq, wheels, PoseSource.ODOMETRY)
        if isinstance(registered, Registered):
            self._add(last.seq, frame.seq, registered.step, PoseSource.REGISTRATION)
            self._bracket = _rocked(registered.bracket, self._given_bracket)
            self._last_step = registered.step.values
            self._filter.move(registered.step, PoseSource.REGISTRATION)
            return PoseSource.REGISTRATION
        self._note(f"no step by registration: {registered.reason}")
        if wheels is None:
            self._last_step = None
            if self._filter.known:
                self._note("neither registration nor odometry gives a step: the place is lost until a tag is seen")
            self._filter.lose()
            return PoseSource.NONE
        doubt = _DOUBT if registered.reason is Reason.NO_MATCH else 1.0
        self._last_step = wheels.values
        self._filter.move(replace(wheels, covariance=wheels.covariance * doubt), PoseSource.ODOMETRY)
        return PoseSource.ODOMETRY

    def _wheels(self, since_ns: int, until_ns: int) -> Planar | None:
        if self._odometry is None:
            return None
        step = self._track.step(since_ns, until_ns)
        if isinstance(step, NoOdometry):
            self._note(f"no step by odometry: {step.fault}")
            return None
        return step

    def _register(self, last: _Kept, look: Look, wheels: Planar | None) -> Registered | NoStep:
        prediction = self._prediction(wheels)
        found = self._registrar.step(last.look, look, prediction, self._bracket)
        if isinstance(found, NoStep) and found.reason is Reason.NO_MATCH:
            # Wheels slip: once more, three times as far around.
            wider = replace(prediction, covariance=prediction.covariance * _SLIP)
            found = self._registrar.step(last.look, look, wider, self._bracket)
            if isinstance(found, Registered) and wheels is not None:
                self._note("registration finds a step that the wheels contradict: they slip")
        return found

    def _prediction(self, wheels: Planar | None) -> Planar:
        """Of the wheels, else the last step again, else anything that still overlaps."""
        if wheels is not None:
            scale = self._track.noise.scale_sd * wheels.values * [1.0, 1.0, 0.0]
            return replace(wheels, covariance=wheels.covariance + np.outer(scale, scale))
        if self._last_step is not None:
            sd = _LIKE_LAST_SHARE * float(np.linalg.norm(self._last_step[:2])) + _LIKE_LAST_MM
            return Planar(values=self._last_step, covariance=np.diag([sd, sd, _LIKE_LAST_RAD]) ** 2)
        sd = _FIRST_SHARE * self._frame_wh_mm()[0]
        return Planar(values=np.zeros(3), covariance=np.diag([sd, sd, _LIKE_LAST_RAD]) ** 2)

    def _fix(self, frame: Frame) -> bool:
        """Takes in the tags of a frame; whether one fixed the place."""
        if self.tag_map is None:
            return False
        try:
            found = sight(self._calibration, self._bracket, self.tag_map, frame.pixels, seq=frame.seq)
        except TagError as wrong:
            self._note(str(wrong))
            return False
        self._sightings += found
        fixed = False
        for sighting in found:
            if sighting.tag in self._doubted:
                continue
            if self._filter.see(sighting):
                fixed = True
            else:
                self._doubted.add(sighting.tag)
                self._filter.lose()
                fixed = False
                self._note(
                    f"tag {sighting.tag} is not where the steps from the last tag lead: the map is wrong there, or the "
                    "rover slipped; the place is lost until another tag is seen"
                )
        self._fixes += fixed
        return fixed

    def _tie(self, seq: int, look: Look, place: Planar) -> None:
        """To the nearest frame of an earlier row that this one overlaps."""
        w, h = self._frame_wh_mm()
        best: tuple[float, _Kept] | None = None
        for kept in list(self._kept)[:-1]:
            if kept.place is None:
                continue
            x, y = np.abs(between(kept.place.values, place.values)[:2])
            overlap = (1 - x / w) * (1 - y / h) if x < w and y < h else 0.0
            if overlap > _LEAST_TIE_OVERLAP and (best is None or overlap > best[0]):
                best = float(overlap), kept
        if best is None:
            return
        kept = best[1]
        if kept.place is None:
            return
        values = between(kept.place.values, place.values)
        prediction = Planar(values=values, covariance=self._apart(kept, place))
        found = self._registrar.step(kept.look, look, prediction, self._bracket)
        if isinstance(found, Registered):
            self._add(kept.seq, seq, found.step, PoseSource.REGISTRATION)

    def _apart(self, kept: _Kept, place: Planar) -> Matrix:
        """(3, 3): how far the two may be from where they are thought to be from one another.

        Until a tag is seen errors only add up; after one, both places count as if nothing joined them.
        """
        before = np.diag(kept.place.covariance) if kept.place is not None else np.zeros(3)
        now = np.diag(place.covariance)
        variance = np.clip(now - before, 0.0, None) if kept.fixes == self._fixes else now + before
        return np.diag(variance + np.array([_TIE_MM, _TIE_MM, _TIE_RAD]) ** 2)

    def _frame_wh_mm(self) -> tuple[float, float]:
        (w, h), (fx, fy) = self._calibration.frame_wh, self._calibration.lens[:2]
        distance = float(self._bracket.values[0])
        return w / fx * distance, h / fy * distance

    def _add(self, first: int, second: int, step: Planar, source: PoseSource) -> None:
        self._steps.append(PlanarStep(first=first, second=second, step=step, source=source))

    def _note(self, what: str) -> None:
        if not self.notes[what]:
            _log.warning("%s", what)
        self.notes[what] += 1


def _rocked(bracket: Bracket, given: Bracket) -> Bracket:
    """The better-known tilts as they may be in the next frame; never less sure than at the beginning."""
    spread = bracket.covariance + np.diag([0.0, _ROCKING_RAD**2, _ROCKING_RAD**2])
    surer = (np.diag(spread) <= np.diag(given.covariance)).all()
    return replace(bracket, covariance=spread if surer else given.covariance)
