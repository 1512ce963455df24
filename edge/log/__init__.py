"""The inspection log: what was seen, what was found, and what made it, kept through a power cut."""

from edge.log.reader import LoggedFind, LoggedFrame, LogReader, RunCounts, read_log
from edge.log.records import FindRecord, FrameRecord, RunRecord, RunStart, RunState
from edge.log.start import run_start
from edge.log.writer import InspectionLog

__all__ = [
    "FindRecord",
    "FrameRecord",
    "InspectionLog",
    "LogReader",
    "LoggedFind",
    "LoggedFrame",
    "RunCounts",
    "RunRecord",
    "RunStart",
    "RunState",
    "read_log",
    "run_start",
]
