"""The inspection log: what was seen, what was found, and what made it, kept through a power cut."""

from edge.log.crack_record import CrackSize, CrackState, CrackVisit
from edge.log.disk_rule import DiskRule
from edge.log.find_record import FindRecord
from edge.log.frame_record import FrameRecord, FrameScale
from edge.log.reader import LoggedFind, LoggedFrame, LogReader, RunCounts, read_log
from edge.log.recovery import Unfinished
from edge.log.run_record import RunRecord, RunStart, RunState, Shift, VisitRecord
from edge.log.start import run_start
from edge.log.upgrade import upgrade_log
from edge.log.writer import Entry, InspectionLog

__all__ = [
    "CrackSize",
    "CrackState",
    "CrackVisit",
    "DiskRule",
    "Entry",
    "FindRecord",
    "FrameRecord",
    "FrameScale",
    "InspectionLog",
    "LogReader",
    "LoggedFind",
    "LoggedFrame",
    "RunCounts",
    "RunRecord",
    "RunStart",
    "RunState",
    "Shift",
    "Unfinished",
    "VisitRecord",
    "read_log",
    "run_start",
    "upgrade_log",
]
