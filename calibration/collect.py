"""The views of a source that are worth keeping: whole, steady, and different from those before."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from calibration.board import Board
from calibration.coverage import MIN_CHANGE, Coverage, change, coverage
from calibration.sightings import BoardFinder, NotSeen, Sighting
from edge.calibration_record import LENS_POSITION_TOLERANCE_DPT
from edge.cameras import Camera
from edge.errors import CalibrationError
from edge.frame import Frame, Unreadable

_log = logging.getLogger(__name__)

# In a stream, the board must have moved less than this since the frame before, or the exposure has smeared it.
STEADY_SHARE = 0.002
TOO_SIMILAR = "too similar to a view before it"
NOT_STEADY = "the board was moving"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """After a frame: what is there, and what became of that frame."""

    coverage: Coverage
    last: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Views:
    """What was kept, all of one size and lens position, and how many frames were not, by reason."""

    kept: tuple[Sighting, ...]
    frame_wh: tuple[int, int]
    lens_position_dpt: float | None
    passed_over: Counter[str]


class Collector:
    """Takes frames one by one. `is_stream`: frames follow one another in time, so a board may be seen moving.

    `lens_position_dpt` is what the user says of frames that do not say it themselves.
    """

    def __init__(self, board: Board, *, is_stream: bool, lens_position_dpt: float | None = None) -> None:
        self._board, self._finder, self._is_stream = board, BoardFinder(board), is_stream
        self._said_dpt = self._lens_position_dpt = lens_position_dpt
        self._kept: list[Sighting] = []
        self._before: Sighting | None = None
        self._frame_wh: tuple[int, int] | None = None
        self._passed_over: Counter[str] = Counter()

    def take(self, item: Frame | Unreadable) -> str:
        """What became of it, in words. Raises `CalibrationError` for a frame of another size or lens position."""
        reason = self._objection(item)
        if reason is None:
            return f"{item.name}: taken"
        self._passed_over[reason] += 1
        _log.info("%s: %s", item.name, reason)
        return f"{item.name}: {reason}"

    def coverage(self) -> Coverage:
        """What is covered so far."""
        return coverage(self._board, self._kept, self._frame_wh or (1, 1))

    def views(self) -> Views:
        """Raises `CalibrationError` where no view was kept."""
        if self._frame_wh is None or not self._kept:
            raise CalibrationError(f"the board '{self._board}' must be seen; it was not{self._why()}")
        return Views(
            kept=tuple(self._kept),
            frame_wh=self._frame_wh,
            lens_position_dpt=self._lens_position_dpt,
            passed_over=self._passed_over,
        )

    def _why(self) -> str:
        return "".join(f"; {count} frames: {reason}" for reason, count in self._passed_over.most_common(3))

    def _objection(self, item: Frame | Unreadable) -> str | None:
        if isinstance(item, Unreadable):
            return item.reason
        self._check_same_camera(item)
        found = self._finder.find(item.pixels, name=item.name)
        before, self._before = self._before, found if isinstance(found, Sighting) else None
        if isinstance(found, NotSeen):
            return found.reason
        if self._is_stream and (before is None or self._moved(found, before) > STEADY_SHARE):
            return NOT_STEADY
        if any(self._moved(found, kept) < MIN_CHANGE for kept in self._kept):
            return TOO_SIMILAR
        self._kept.append(found)
        return None

    def _moved(self, view: Sighting, other: Sighting) -> float:
        return change(self._board, view, other, self._frame_wh or (1, 1))

    def _check_same_camera(self, frame: Frame) -> None:
        stated = frame.exposure.lens_position_dpt
        if self._frame_wh is None:
            self._frame_wh = frame.wh
            self._lens_position_dpt = stated if self._said_dpt is None else self._said_dpt
        if frame.wh != self._frame_wh:
            raise CalibrationError(
                f"all pictures of a calibration have one size; {frame.name} has {frame.wh[0]} x {frame.wh[1]} px, "
                f"those before it {self._frame_wh[0]} x {self._frame_wh[1]}"
            )
        expected = self._lens_position_dpt
        if stated is not None and (expected is None or abs(stated - expected) > LENS_POSITION_TOLERANCE_DPT):
            raise CalibrationError(
                f"all pictures of a calibration have one lens position; {frame.name} has {stated:g} dioptres, and "
                f"{'none' if expected is None else f'{expected:g}'} was expected: fix the focus"
            )


def collect(
    camera: Camera, collector: Collector, *, stop: Callable[[], bool], watch: Callable[[Progress], None]
) -> Views:
    """Goes through a camera's frames until they end, `stop` says so, or (a camera without end) nothing is missing."""
    endless = camera.frame_count is None
    for item in camera.frames():
        last = collector.take(item)
        covered = collector.coverage()
        watch(Progress(coverage=covered, last=last))
        if stop() or (endless and covered.is_complete):
            break
    return collector.views()
