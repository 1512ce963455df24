"""The report as PDF: what was looked at, with what, what was found, what people said, and what nobody can say."""

import sqlite3
from collections.abc import Mapping
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
from edge.review import chapters, sheets
from edge.review.coverage import coverage_content
from edge.review.cracks import crack_cards
from edge.review.drawings import Drawn
from edge.review.pictures import Pictures
from edge.review.report_cracks import crack_pages, crack_table, in_mm
from edge.review.report_finds import FindChapters
from edge.review.verdicts import Verdicts, read_verdicts
from edge.review.wall import wall_content

if TYPE_CHECKING:
    from edge.review.papers import Chosen

# Beyond these a table is no longer read; it says how many are not in it, and where they are.
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
        finds = list(islice(chain.from_iterable(self.log.corrected_finds(run.id) for run in runs), MAX_ROWS))
        known = crack_cards(self.connection)
        cards = [card for card in known if card["id"] in self.chosen.cracks]
        in_cracks = finds_of_cracks(self.connection)
        within = {find_id for card in cards for find_id in in_cracks.get(card["id"], set())}
        wall, covered = wall_content(self.connection, self.log), coverage_content(self.log, runs)
        drawn = self._drawn(wall, cracks=bool(known))
        pictures = Pictures(self.log.folder)
        alone = FindChapters(
            connection=self.connection,
            pictures=pictures,
            finds=[found for found in finds if found.id not in within],
            verdicts=verdicts,
            runs={run.id: run for run in runs},
        )
        title = "Finds that belong to no crack of this report" if cards else "Finds"
        none = "Every find of this report belongs to one of its cracks." if cards else "No find passes the filter."
        number = 8 if known else 7
        placed = bool(wall["frames"] or drawn)
        story = [
            *self._cover(runs, len(known), cards, verdicts, finds),
            *chapters.method(runs),
            *chapters.calibration(self.log, self.connection, runs),
            *chapters.standard(self.connection),
            *chapters.coverage(self.log, self.connection, runs, finds, wall, covered, drawn),
            *chapters.people(verdicts, finds, cards),
            *([] if placed else alone.frames(number)),
            *(crack_table(cards[:MAX_ROWS]) if known else []),
            *alone.table(f"{number + (not placed)}  {title}", none, len(self.chosen.finds) - MAX_ROWS),
            *crack_pages(self.connection, self.log, pictures, cards),
            *alone.pages(),
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

    def _drawn(self, wall: Mapping[str, Any], *, cracks: bool) -> list[Drawn]:
        """What the map shows: the cracks of this report, or its finds where the log has no cracks."""
        kind, chosen = ("cracks", self.chosen.cracks) if cracks else ("finds", self.chosen.finds)
        state = "review" if cracks else "state"
        return [
            Drawn(name=str(one["id"]), courses_mm=one["courses_mm"], state=one[state])
            for one in wall[kind]
            if one["id"] in chosen
        ]

    def _foot(self, canvas: Canvas, document: SimpleDocTemplate) -> None:
        canvas.saveState()
        canvas.setFont("Helvetica", 8)
        canvas.setFillGray(0.4)
        made = f"{self.made_utc:%Y-%m-%d %H:%M} UTC"
        canvas.drawString(20 * mm, 10 * mm, sheets.latin(f"Hairline · {self.log.folder.name} · {made}"))
        canvas.drawRightString(A4[0] - 20 * mm, 10 * mm, f"page {document.page}")
        canvas.restoreState()

    def _cover(
        self,
        runs: list[RunRecord],
        cracks: int,
        cards: list[dict[str, Any]],
        verdicts: Verdicts,
        finds: list[LoggedFind],
    ) -> list[Flowable]:
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
            *_draft(cards, verdicts, finds, cracks=bool(cracks)),
            sheets.heading("What this report does not say"),
            sheets.text(chapters.LIMITS),
            Spacer(1, 10 * mm),
            sheets.signatures(("Inspector", "Engineer")),
            PageBreak(),
        ]


def _draft(cards: list[dict[str, Any]], verdicts: Verdicts, finds: list[LoggedFind], *, cracks: bool) -> list[Flowable]:
    """That this is a draft, as long as people have not judged everything in it."""
    left = (
        sum(card["state"] == "unreviewed" for card in cards)
        if cracks
        else sum(verdicts.state(found.id) == "not reviewed" for found in finds)
    )
    if not left:
        return []
    kind, of = ("cracks", len(cards)) if cracks else ("finds", len(finds))
    return [sheets.text(f"This is a draft: {left} of {of} {kind} have not been judged by a person.")]


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
