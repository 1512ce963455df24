"""The main job: frames from a camera through the network into the log. Everything it uses is handed to it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from edge.cameras.camera import Camera
from edge.errors import HairlineError, LogError, SourceError
from edge.examine import Examiner
from edge.flow import Flow
from edge.lanes import LaneEndedError, LiveLane
from edge.log import InspectionLog, RunState
from edge.measure.severity import SeverityTable
from edge.run_book import Queue, RunBook, Summary

_log = logging.getLogger(__name__)

_TICK_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """One run. `stop` is asked ten times a second; `watch` is told whenever frames were logged.

    `queue_size` is that of `Flow`. `batch_s`: frames of so many seconds are logged together, which spares a card; 0
    logs each for itself. `goes_on`: with a run of which there may be nothing left to inspect.
    """

    camera: Camera
    examiner: Examiner
    log: InspectionLog
    run_id: str
    stop: Callable[[], bool]
    watch: Callable[[Summary], None]
    severity_table: SeverityTable | None = None
    queue_size: int = 1
    batch_s: float = 0.0
    goes_on: bool = False

    def run(self) -> Summary:
        """Goes through the camera's frames until they end or `stop` says so; every frame is logged or counted.

        One thread takes frames from the camera, one examines them, this one logs. An unreadable frame is logged as
        skipped. Whatever ends the run early is written into it before it is raised; so is a source of which not a
        single frame could be inspected.
        """
        book = RunBook(
            self.log,
            self.run_id,
            threshold=self.examiner.threshold,
            severity_table=self.severity_table,
            batch_s=self.batch_s,
        )
        try:
            with Flow(self.camera, self.examiner, queue_size=self.queue_size) as flow:
                stopped = self._log_all(flow, book)
            if not (stopped or book.summary.inspected or self.goes_on):
                reasons = ", ".join(book.summary.skipped) or "it is empty"
                raise SourceError(f"{self.camera.description}: not one frame could be inspected: {reasons}")
        except HairlineError as error:
            try:
                self.log.end_run(self.run_id, RunState.FAILED, str(error))
            except LogError as failed:
                # A full disk, say: the error that brought us here is the one to raise.
                _log.warning("%s", failed)
            raise
        if stopped:
            self.log.end_run(self.run_id, RunState.INTERRUPTED, "stopped by its user")
        else:
            self.log.end_run(self.run_id, RunState.FINISHED, None)
        return book.summary

    def _log_all(self, flow: Flow, book: RunBook) -> bool:
        """Whether it was stopped; else the frames came to their end."""
        try:
            stopped = self._log_until_stopped(flow, book)
        except LogError:
            raise  # nothing more can be logged
        except Exception:
            self._log_rest(flow, book)
            raise
        self._log_rest(flow, book)
        return stopped

    def _log_until_stopped(self, flow: Flow, book: RunBook) -> bool:
        while not self.stop():
            try:
                self._take_one(flow, book)
            except LaneEndedError:
                return False
            if book.due:
                self._flush(flow, book)
        return True

    def _take_one(self, flow: Flow, book: RunBook) -> None:
        # Not in the loop above: while it waits for the next frame, it would hold this one's pixels.
        one = flow.get(_TICK_S)
        if one is not None:
            book.add(one)

    def _log_rest(self, flow: Flow, book: RunBook) -> None:
        for one in flow.rest(book.last_seq):
            book.add(one)
        self._flush(flow, book)

    def _flush(self, flow: Flow, book: RunBook) -> None:
        if book.flush():
            if isinstance(flow.frames, LiveLane):
                book.summary.queue = Queue(frames=len(flow.frames), size=flow.frames.size, newest=flow.frames.newest)
            self.watch(book.summary)
