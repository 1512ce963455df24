"""The report as PDF: what was looked at, with what, what was found, what people said, and what nobody can say."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import BinaryIO

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, SimpleDocTemplate, Spacer

from edge.log import LoggedFind, LogReader, RunRecord
from edge.measure.measured import Interval
from edge.review import sheets
from edge.review.pictures import Pictures
from edge.review.verdicts import Verdicts, read_verdicts

# Beyond these a report is no longer read; it says how many are not in it, and where they are.
MAX_PAGES = 200
MAX_ROWS = 5_000

METHOD = (
    "A camera's frames were cut into overlapping windows. A neural network gave each window a score; neighbouring"
    " windows at or above the threshold were put together to a find. A score is the network's, learnt on other walls:"
    " it is not the probability that there is a crack in this one. Joints, wires, scratches and stains can look like"
    " cracks. Each find stands in this report as people judged it, or as not judged."
)
LIMITS = (
    "A frame without a find is not a frame without a crack: cracks thinner than about a pixel, out of focus or outside"
    " the frames are missed. This report speaks of the frames that were inspected, and of nothing else."
)
CALIBRATED = "Every run had a calibrated camera; widths and lengths come with the interval that holds 95 % of them."
UNPLACED = "No frame says where on the wall it was taken: how much of the wall was covered is not known."


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is reported: the finds that `log` shows of all its runs, `chosen` in number."""

    log: LogReader
    connection: sqlite3.Connection
    chosen: int
    filter_words: str
    made_utc: datetime

    def write(self, stream: BinaryIO) -> None:
        """Writes the PDF. Raises `LogError`, `OSError`."""
        runs, verdicts = self.log.runs(), read_verdicts(self.connection)
        finds = list(islice(chain.from_iterable(self.log.finds(run.id) for run in runs), MAX_ROWS))
        total = sum(self.log.counts(run.id).finds for run in runs)
        story = [
            *self._cover(runs, total),
            *self._method(runs),
            *self._coverage(runs, finds),
            *self._people(verdicts, finds),
            *self._table(finds, verdicts),
            *self._pages(finds, verdicts, {run.id: run for run in runs}),
        ]
        document = SimpleDocTemplate(
            stream,
            pagesize=A4,
            leftMargin=20 * mm,
            rightMargin=20 * mm,
            topMargin=18 * mm,
            bottomMargin=18 * mm,
            title="Crack inspection report",
            author="Hairline",
        )
        document.build(story, onFirstPage=self._foot, onLaterPages=self._foot)

    def _foot(self, canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.saveState()
        canvas.setFont("Helvetica", 8)
        canvas.setFillGray(0.4)
        made = f"{self.made_utc:%Y-%m-%d %H:%M} UTC"
        canvas.drawString(20 * mm, 10 * mm, sheets.latin(f"Hairline · {self.log.folder.name} · {made}"))
        canvas.drawRightString(A4[0] - 20 * mm, 10 * mm, f"page {document.page}")
        canvas.restoreState()

    def _cover(self, runs: list[RunRecord], total: int) -> list[Flowable]:
        dates = sorted({f"{run.start.started_utc:%Y-%m-%d}" for run in runs})
        facts = {
            "Log": self.log.folder.name,
            "Inspected": " to ".join(dict.fromkeys([dates[0], dates[-1]])) if dates else "nothing yet",
            "Source": ", ".join(dict.fromkeys(run.start.source for run in runs)) or "none",
            "In this report": f"{self.chosen} of {total} finds: {self.filter_words}",
            "Made": f"{self.made_utc:%Y-%m-%d %H:%M} UTC",
            "Inspector": "",
            "Engineer": "",
        }
        return [
            Spacer(1, 30 * mm),
            sheets.title("Crack inspection report"),
            Spacer(1, 8 * mm),
            sheets.facts(facts, row_mm=9),
            Spacer(1, 8 * mm),
            sheets.text(LIMITS),
            PageBreak(),
        ]

    def _method(self, runs: list[RunRecord]) -> list[Flowable]:
        rows = [
            (
                run.id[:8],
                f"{run.start.started_utc:%Y-%m-%d %H:%M}",
                f"{run.start.bundle_name}, SHA-256 {run.start.bundle_sha256[:12]}",
                f"{run.start.window_threshold:.4f}",
                run.start.calibration_id or "none",
                run.state.value if run.reason is None else f"{run.state.value}: {run.reason}",
            )
            for run in runs
        ]
        uncalibrated = sum(run.start.calibration_id is None for run in runs)
        return [
            sheets.heading("Method"),
            sheets.text(METHOD),
            sheets.table(
                ("run", "began, UTC", "model", "threshold", "calibration", "state"), rows, (19, 28, 43, 19, 27, 34)
            ),
            sheets.heading("Calibration"),
            sheets.text(
                f"{uncalibrated} of {len(runs)} runs had no calibrated camera: nothing of theirs is in millimetres, and"
                " no width or class of severity is given for them."
                if uncalibrated
                else CALIBRATED
            ),
        ]

    def _coverage(self, runs: list[RunRecord], finds: list[LoggedFind]) -> list[Flowable]:
        rows: list[tuple[str, ...]] = []
        for run in runs:
            counts = self.log.counts(run.id)
            rows.append((run.id[:8], "inspected", str(counts.inspected)))
            rows += [(run.id[:8], f"not inspected: {reason}", str(n)) for reason, n in counts.skipped.items()]
            rows.append((run.id[:8], "lost by the camera", str(counts.lost)))
        placed = self.connection.execute("SELECT count(pose), count(*) FROM frames").fetchone()
        below = sum(found.find.measured is not None and found.find.measured.below_resolution for found in finds)
        unmeasured = sum(found.find.measured is None for found in finds)
        where = f"{placed[0]} of {placed[1]} frames say where on the wall they were taken; the rest of it was not seen."
        return [
            sheets.heading("Coverage"),
            sheets.table(("run", "frames", "number"), rows, (24, 116, 30)),
            sheets.text(where if placed[0] else UNPLACED),
            sheets.text(
                f"Of the finds in this report, {below} are below what the camera resolves, so that no width is given,"
                f" and {unmeasured} were not measured."
            ),
        ]

    def _people(self, verdicts: Verdicts, finds: list[LoggedFind]) -> list[Flowable]:
        counts = verdicts.counts(found.id for found in finds)
        said = ", ".join(verdicts.reviewers) or "nobody"
        return [
            sheets.heading("Review"),
            sheets.text(f"Reviewed by: {said}."),
            sheets.table(("state", "finds in this report"), [(state, str(n)) for state, n in counts.items()], (80, 90)),
        ]

    def _table(self, finds: list[LoggedFind], verdicts: Verdicts) -> list[Flowable]:
        if not finds:
            return [sheets.heading("Finds"), sheets.text("No find passes the filter.")]
        rows = [
            (
                str(found.id),
                found.frame_name,
                f"{found.find.score:.4f}",
                verdicts.state(found.id),
                _width(found),
                _length(found),
                found.find.severity_class or "-",
            )
            for found in finds
        ]
        columns = ("find", "frame", "score", "state", "median width", "length", "class")
        left_out = len(finds) - MAX_ROWS
        note = (
            [sheets.text(f"{left_out} or more finds are not in this table: they are in the CSV.")]
            if left_out > 0
            else []
        )
        return [
            sheets.heading("Finds"),
            sheets.table(columns, rows, (14, 38, 16, 30, 30, 28, 14)),
            *note,
            sheets.text("Widths and lengths: value (95 % between the two in brackets). '-': not measured or no class."),
        ]

    def _pages(self, finds: list[LoggedFind], verdicts: Verdicts, runs: dict[str, RunRecord]) -> Iterator[Flowable]:
        pictures = Pictures(self.log.folder)
        for found in finds[:MAX_PAGES]:
            start, find = runs[found.run_id].start, found.find
            yield PageBreak()
            yield sheets.heading(f"Find {found.id}: {verdicts.state(found.id)}")
            yield sheets.picture(pictures, found)
            yield sheets.facts(
                {
                    "Frame": f"{found.frame_name}, {found.t_utc:%Y-%m-%d %H:%M:%S} UTC",
                    "Box, px": "{} from the left, {} from the top, {} wide, {} high".format(*find.box_xywh_px),
                    "Score": f"{find.score:.4f}, threshold {start.window_threshold:.4f}, {find.windows} windows",
                    "Median width": _width(found),
                    "Length": _length(found),
                    "Class": f"{find.severity_class} ({find.severity_standard})"
                    if find.severity_class
                    else "none given",
                    "Place": "not known"
                    if found.pose_source.value == "none"
                    else f"known from {found.pose_source.value}",
                    "Model": f"{start.bundle_name}, SHA-256 {start.bundle_sha256[:12]}, {start.runtime}",
                    "Calibration": start.calibration_id or "none: nothing is in millimetres",
                    "Said": "; ".join(verdicts.history(found.id)) or "nothing yet",
                }
            )
        if self.chosen > MAX_PAGES:
            yield sheets.text(f"The first {MAX_PAGES} finds have a page; the others are in the table and in the CSV.")


def _width(found: LoggedFind) -> str:
    measured = found.find.measured
    if measured is None:
        return "-"
    if measured.below_resolution:
        return "below resolution"
    widths = measured.on_wall.widths_mm if measured.on_wall else None
    return _in_mm(widths.median, 2) if widths else measured.withheld or "no millimetres"


def _length(found: LoggedFind) -> str:
    measured = found.find.measured
    if measured is None:
        return "-"
    return _in_mm(measured.on_wall.length_mm, 0) if measured.on_wall else f"{measured.length_px:.0f} px"


def _in_mm(interval: Interval, digits: int) -> str:
    low, value, high = (f"{v:.{digits}f}" for v in (interval.low, interval.value, interval.high))
    return f"{value} mm ({low} to {high})"
