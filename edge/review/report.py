"""The report as PDF: what was looked at, with what, what was found, what people said, and what nobody can say."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, BinaryIO

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, PageBreak, SimpleDocTemplate, Spacer

from edge.log import LoggedFind, LogReader, RunRecord
from edge.log.said import finds_of_cracks
from edge.measure.measured import Interval
from edge.review import chapters, sheets
from edge.review.coverage import coverage_content
from edge.review.cracks import crack_cards
from edge.review.drawings import Drawn, WidthPlot
from edge.review.pictures import Pictures, frame_picture
from edge.review.report_cracks import crack_pages, crack_table, in_mm
from edge.review.texts import short_class
from edge.review.verdicts import Verdicts, read_verdicts
from edge.review.wall import wall_content

if TYPE_CHECKING:
    from edge.review.papers import Chosen

# Beyond these a report is no longer read; it says how many are not in it, and where they are.
MAX_PAGES = 200
MAX_ROWS = 5_000
FINDS_ALONE = "Finds in this report: {}. A crack that is seen in parts, or in several frames, is several finds."


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is reported: the finds and cracks that `log` shows of all its runs, those in `chosen`."""

    log: LogReader
    connection: sqlite3.Connection
    chosen: "Chosen"
    filter_words: str
    made_utc: datetime

    def write(self, stream: BinaryIO) -> None:
        """Writes the PDF. Raises `LogError`, `OSError`."""
        runs, verdicts = self.log.runs(), read_verdicts(self.connection)
        finds = list(islice(chain.from_iterable(self.log.finds(run.id) for run in runs), MAX_ROWS))
        known = crack_cards(self.connection)
        cards = [card for card in known if card["id"] in self.chosen.cracks]
        in_cracks = finds_of_cracks(self.connection)
        within = {find_id for card in cards for find_id in in_cracks.get(card["id"], set())}
        alone = [found for found in finds if found.id not in within]
        wall, covered = wall_content(self.connection, self.log), coverage_content(self.log, runs)
        drawn = [
            Drawn(name=str(one["id"]), courses_mm=one["courses_mm"], state=one["review"])
            for one in wall["cracks"]
            if one["id"] in self.chosen.cracks
        ]
        if not known:
            drawn = [
                Drawn(name=str(one["id"]), courses_mm=one["courses_mm"], state=one["state"])
                for one in wall["finds"]
                if one["id"] in self.chosen.finds
            ]
        story = [
            *self._cover(runs, len(known), cards),
            *chapters.method(runs),
            *chapters.calibration(self.log, self.connection, runs),
            *chapters.standard(self.connection),
            *chapters.coverage(self.log, self.connection, runs, finds, wall, covered, drawn),
            *chapters.people(verdicts, finds, cards),
            *(crack_table(cards[:MAX_ROWS]) if known else []),
            *self._table(alone, verdicts, cards),
            *crack_pages(self.connection, self.log, Pictures(self.log.folder), cards[:MAX_PAGES]),
            *self._pages(alone, verdicts, {run.id: run for run in runs}),
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

    def _cover(self, runs: list[RunRecord], cracks: int, cards: list[dict[str, Any]]) -> list[Flowable]:
        dates = sorted({f"{run.start.started_utc:%Y-%m-%d}" for run in runs})
        total = sum(self.log.counts(run.id).finds for run in runs)
        facts = {
            "Wall": ", ".join(dict.fromkeys(visit.wall for visit in self.log.visits())) or "not named",
            "Log": self.log.folder.name,
            "Inspected": " to ".join(dict.fromkeys([dates[0], dates[-1]])) if dates else "nothing yet",
            "Source": ", ".join(dict.fromkeys(run.start.source for run in runs)) or "none",
            "In this report": f"{len(self.chosen.finds)} of {total} finds"
            + (f" and {len(cards)} of {cracks} cracks" if cracks else "")
            + f": {self.filter_words}",
            "Made": f"{self.made_utc:%Y-%m-%d %H:%M} UTC",
        }
        return [
            Spacer(1, 24 * mm),
            sheets.title("Crack inspection report"),
            Spacer(1, 8 * mm),
            sheets.facts(facts, row_mm=9),
            Spacer(1, 6 * mm),
            sheets.heading("Result"),
            sheets.text(result_of(cards) if cracks else FINDS_ALONE.format(len(self.chosen.finds))),
            sheets.heading("What this report does not say"),
            sheets.text(chapters.LIMITS),
            Spacer(1, 10 * mm),
            sheets.signatures(("Inspector", "Engineer")),
            PageBreak(),
        ]

    def _table(self, finds: list[LoggedFind], verdicts: Verdicts, cards: list[dict[str, Any]]) -> list[Flowable]:
        title = "8  Finds that belong to no crack of this report" if cards else "7  Finds"
        if not finds:
            none = "Every find of this report belongs to one of its cracks." if cards else "No find passes the filter."
            return [sheets.heading(title), sheets.text(none)]
        rows = [
            (
                str(found.id),
                found.frame_name,
                f"{found.find.score:.4f}",
                verdicts.state(found.id),
                _width(found),
                _length(found),
                short_class(found.find.severity_class) or "-",
            )
            for found in finds
        ]
        columns = ("find", "frame", "score", "state", "median width", "length", "class")
        left_out = len(self.chosen.finds) - MAX_ROWS
        note = (
            [sheets.text(f"{left_out} finds beyond the first {MAX_ROWS} are not in this table: they are in the CSV.")]
            if left_out > 0
            else []
        )
        return [
            sheets.heading(title),
            sheets.table(columns, rows, (13, 32, 15, 28, 32, 28, 22)),
            *note,
            sheets.text("Widths and lengths: value (95 % between the two in brackets). '-': not measured or no class."),
        ]

    def _pages(self, finds: list[LoggedFind], verdicts: Verdicts, runs: dict[str, RunRecord]) -> Iterator[Flowable]:
        pictures = Pictures(self.log.folder)
        for found in finds[:MAX_PAGES]:
            start, find = runs[found.run_id].start, found.find
            yield PageBreak()
            yield sheets.heading(f"Find {found.id}: {verdicts.state(found.id)}")
            yield sheets.picture(pictures, frame_picture(self.connection, found.run_id, found.seq), found.n)
            yield from _profile(found)
            yield sheets.facts(
                {
                    "Frame": f"{found.frame_name}, {found.t_utc:%Y-%m-%d %H:%M:%S} UTC",
                    "Box, px": "{} from the left, {} from the top, {} wide, {} high".format(*find.box_xywh_px),
                    "Score": f"{find.score:.4f}, threshold {start.window_threshold:.4f}, windows: {find.windows}",
                    "Median width": _width(found) if find.measured else "not measured",
                    "Length": _length(found) if find.measured else "not measured",
                    **({"Millimetres": measured.withheld} if (measured := find.measured) and measured.withheld else {}),
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
        if len(finds) > MAX_PAGES:
            yield sheets.text(f"The first {MAX_PAGES} finds have a page; the others are in the table and in the CSV.")


def result_of(cards: list[dict[str, Any]]) -> str:
    """The cracks in a sentence or two."""
    if not cards:
        return "No crack passes the filter."
    states: dict[str, int] = {}
    for card in cards:
        name = "not reviewed" if card["state"] == "unreviewed" else card["state"]
        states[name] = states.get(name, 0) + 1
    grown = [card for card in cards if card["change"] == "grown"]
    measured = [card for card in cards if card.get("width_median") is not None]
    words = f"{len(cards)} cracks: {', '.join(f'{n} {state}' for state, n in sorted(states.items()))}."
    if measured:
        widest = max(measured, key=lambda card: card["width_median"][1])
        words += f" The widest is crack {widest['id']}, median {in_mm(widest['width_median'], 2)}."
    if grown:
        words += f" Grown since an earlier visit: {', '.join(str(card['id']) for card in grown)}."
    below = len(cards) - len(measured)
    return words + (
        f" {below} are below what the camera resolves: they are there, their widths are not known." if below else ""
    )


def _profile(found: LoggedFind) -> Iterator[Flowable]:
    """The width along a find's longest course, where it has widths in millimetres."""
    measured = found.find.measured
    widths_mm = None if measured is None or measured.on_wall is None else measured.on_wall.widths_mm
    if measured is None or measured.widths_px is None or widths_mm is None or not measured.widths_px.median:
        return
    median = widths_mm.median
    scale = median.value / measured.widths_px.median
    course = measured.courses[0]
    points = zip((course.points_px * scale).tolist(), (course.widths_px * scale).tolist(), strict=True)
    # A width that was not taken is NaN.
    yield WidthPlot(
        [(x, y, width if width == width else None) for (x, y), width in points],
        (median.low, median.value, median.high),
    )


def _width(found: LoggedFind) -> str:
    measured = found.find.measured
    if measured is None:
        return "-"
    if measured.below_resolution:
        return "below resolution"
    widths = measured.on_wall.widths_mm if measured.on_wall else None
    if widths:
        return _in_mm(widths.median, 2)
    return f"{measured.widths_px.median:.1f} px" if measured.widths_px else "-"


def _length(found: LoggedFind) -> str:
    measured = found.find.measured
    if measured is None:
        return "-"
    return _in_mm(measured.on_wall.length_mm, 0) if measured.on_wall else f"{measured.length_px:.0f} px"


def _in_mm(interval: Interval, digits: int) -> str:
    low, value, high = (f"{v:.{digits}f}" for v in (interval.low, interval.value, interval.high))
    return f"{value} mm ({low} to {high})"
