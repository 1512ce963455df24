"""The way between two frames from the lines of an odometry, and everything that is wrong with them."""

import logging
from bisect import bisect_left
from collections import Counter, deque
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np

from edge.odometry import Line, OdometryNoise, Wheels, from_line, place_after
from edge.pose import Matrix
from edge.pose.plane import Planar, between, compose

_log = logging.getLogger(__name__)

_HELD = 4096  # readings


class Fault(StrEnum):
    """What may be wrong with an odometry; `OdometryTrack.faults` counts them."""

    DAMAGED = "a line arrived damaged"
    GAP = "lines are missing"
    BACKWARDS = "number or time runs backwards: the device started again, or its lines are mixed up"
    JUMPED = "it jumps faster than the rover can move"
    STOPPED = "it stopped: nothing newer has come"
    MISSING = "it had not begun yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOdometry:
    """Why there is no step."""

    fault: Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is possible: speeds, and how long the odometry may be silent before that counts as a gap or its end."""

    speed_mm_per_s: float = 1000.0
    turn_rad_per_s: float = 2.0
    silence_s: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Reading:
    """`t_ns` is the device's. `whole`: nothing is wrong with the way from the reading before; `near`: that was not long
    ago, so that the way was straight."""

    t_ns: int
    place: Matrix
    whole: bool
    near: bool


class OdometryTrack:
    """Takes lines, gives steps. Not thread-safe."""

    def __init__(self, *, noise: OdometryNoise, wheels: Wheels | None = None, limits: Limits | None = None) -> None:
        self.noise = noise
        self.faults: Counter[Fault] = Counter()
        self._wheels, self._limits = wheels, limits or Limits()
        self._readings: deque[_Reading] = deque(maxlen=_HELD)
        self._last: Line | None = None
        # The quickest line tells how far the device's clock is from ours.
        self._offset_ns: int | None = None

    def feed(self, text: str, arrived_ns: int) -> None:
        """One line, and when it came by `time.monotonic_ns`. What is wrong with it is counted, and logged once a kind.

        Raises `ValueError` for ticks where no `wheels` are known.
        """
        try:
            line = from_line(text)
        except ValueError as damaged:
            self._note(Fault.DAMAGED, str(damaged))
            return
        before = self._last
        if before is not None and (line.number <= before.number or line.t_us <= before.t_us):
            self._note(Fault.BACKWARDS, f"line {line.number} came after line {before.number}")
            # Its sums begin anew, and so does its clock.
            before, self._offset_ns = None, None
            self._readings.clear()
        elif before is not None and line.number != before.number + 1:
            self._note(Fault.GAP, f"{line.number - before.number - 1} before line {line.number}")
        self._readings.append(self._reading(line, before))
        offset = arrived_ns - line.t_us * 1000
        self._offset_ns = offset if self._offset_ns is None else min(self._offset_ns, offset)
        self._last = line

    def step(self, since_ns: int, until_ns: int) -> Planar | NoOdometry:
        """How the rover moved between two times of `time.monotonic_ns`, in the axes of where it was at the first."""
        begin, end = self._at(since_ns), self._at(until_ns)
        if isinstance(begin, Fault):
            return self._none(begin, since_ns, until_ns)
        if isinstance(end, Fault):
            return self._none(end, since_ns, until_ns)
        (start, first), (stop, last) = begin, end
        if not all(self._readings[i].whole for i in range(first, min(last, len(self._readings) - 1) + 1)):
            return self._none(Fault.JUMPED, since_ns, until_ns)
        places = [start, *(self._readings[i].place for i in range(first, last)), stop]
        legs = [between(a, b) for a, b in pairwise(places)]
        way, turned = (sum(float(np.linalg.norm(leg[part])) for leg in legs) for part in (slice(2), slice(2, 3)))
        return Planar(values=between(start, stop), covariance=self.noise.covariance(way, turned))

    def _reading(self, line: Line, before: Line | None) -> _Reading:
        """Against the one before in the same count, which is None at its beginning."""
        if before is None:
            start = place_after(np.zeros(3), None, line, self._wheels)
            return _Reading(t_ns=line.t_us * 1000, place=start, whole=False, near=False)
        last = self._readings[-1].place
        place, seconds = place_after(last, before, line, self._wheels), (line.t_us - before.t_us) / 1e6
        moved, limits = between(last, place), self._limits
        whole = bool(
            np.linalg.norm(moved[:2]) <= limits.speed_mm_per_s * seconds
            and abs(moved[2]) <= limits.turn_rad_per_s * seconds
        )
        if not whole:
            self._note(Fault.JUMPED, f"by {np.linalg.norm(moved[:2]):.0f} mm in {seconds:.3f} s, line {line.number}")
        return _Reading(t_ns=line.t_us * 1000, place=place, whole=whole, near=seconds <= limits.silence_s)

    def _at(self, t_ns: int) -> tuple[Matrix, int] | Fault:
        """The place (3,) at a time, between two readings or just after the last; and the index of the next reading."""
        times = [reading.t_ns + (self._offset_ns or 0) for reading in self._readings]
        if not times or t_ns < times[0]:
            return Fault.BACKWARDS if self.faults[Fault.BACKWARDS] else Fault.MISSING
        if t_ns - times[-1] > self._limits.silence_s * 1e9:
            return Fault.STOPPED
        if t_ns <= times[0] or len(times) == 1:
            return self._readings[0].place, 1
        at = bisect_left(times, t_ns)
        low = min(at, len(times) - 1) - 1
        before, after = self._readings[low], self._readings[low + 1]
        if at < len(times) and not after.near:
            return Fault.GAP
        # Above 1 after the last reading: it goes on as it went, for less than `silence_s`.
        share = (t_ns - times[low]) / (times[low + 1] - times[low])
        return compose(before.place, between(before.place, after.place) * share), at

    def _none(self, fault: Fault, since_ns: int, until_ns: int) -> NoOdometry:
        self._note(fault, f"between {since_ns} and {until_ns} ns")
        return NoOdometry(fault=fault)

    def _note(self, fault: Fault, what: str) -> None:
        if not self.faults[fault]:
            _log.warning("odometry: %s (%s)", fault, what)
        self.faults[fault] += 1
