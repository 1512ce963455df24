"""The finds of the report: their table, the frames that they lie in, a page for some, contact sheets for the rest."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reportlab.platypus import Flowable, PageBreak

from edge.errors import SourceError
from edge.log import LoggedFind, RunRecord
from edge.measure.measured import Interval
from edge.review import sheets
from edge.review.drawings import FrameView, Marked, WidthPlot
from edge.review.pictures import Pictures, Size, frame_picture
from edge.review.report_choice import choose
from edge.review.texts import short_class
from edge.review.verdicts import Verdicts

MAX_FRAMES = 12
_FRAME_WH_MM = (170.0, 112.0)
_NOTE = (
    "Widths and lengths: value (95 % between the two in brackets). '-': not measured or no class."
    " 'Before a correction': the mask was corrected and could not be measured again; the find's page says why."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FindChapters:
    """`finds` are those of the report that belong to none of its cracks."""

    connection: sqlite3.Connection
    pictures: Pictures
    finds: Sequence[LoggedFind]
    verdicts: Verdicts
    runs: Mapping[str, RunRecord]

    def frames(self, number: int) -> list[Flowable]:
        """The frames with the most finds, each find drawn in with its number; for frames of which no place is known."""
        by_frame: dict[tuple[str, int], list[LoggedFind]] = {}
        for found in self.finds:
            by_frame.setdefault((found.run_id, found.seq), []).append(found)
        most = sorted(by_frame, key=lambda key: -len(by_frame[key]))[:MAX_FRAMES]
        if not most:
            return []
        rule = "" if len(most) == len(by_frame) else f" These {len(most)} of {len(by_frame)} have the most finds."
        story: list[Flowable] = [
            PageBreak(),
            sheets.heading(f"{number}  The finds in their frames"),
            sheets.text(
                "Lines are what was measured, boxes what was not; numbers are those of the table. Red: not judged,"
                f" green: accepted, brown: unsure, grey: rejected.{rule}"
            ),
        ]
        for key in sorted(most):
            story += self._frame(by_frame[key])
        return story

    def _frame(self, finds: Sequence[LoggedFind]) -> Iterator[Flowable]:
        first = finds[0]
        picture = frame_picture(self.connection, first.run_id, first.seq)
        yield sheets.small(f"{first.frame_name}, {first.t_utc:%Y-%m-%d %H:%M:%S} UTC: {len(finds)} finds")
        try:
            if picture is None or picture.frame_wh is None:
                raise SourceError("the log does not know its size")
            jpeg = self.pictures.of_find(picture, first.n, Size.PAGE)
        except SourceError as missing:
            yield sheets.text(f"No picture: {missing}")
            return
        marked = [
            Marked(
                name=str(found.id),
                lines=tuple(course.points_px for course in found.find.measured.courses) if found.find.measured else (),
                box_xywh=found.find.box_xywh_px,
                state=self.verdicts.state(found.id).split(":")[0],
            )
            for found in finds
        ]
        yield FrameView(jpeg, picture.frame_wh, marked, _FRAME_WH_MM)

    def table(self, title: str, none: str, left_out: int) -> list[Flowable]:
        """A row a find, the largest first; `left_out` are too many for a table."""
        if not self.finds:
            return [sheets.heading(title), sheets.text(none)]
        rows = [
            (
                str(found.id),
                found.frame_name,
                f"{found.find.score:.4f}",
                self.verdicts.state(found.id),
                width_of(found),
                length_of(found),
                short_class(found.find.severity_class) or "-",
            )
            for found in sorted(self.finds, key=size_of, reverse=True)
        ]
        columns = ("find", "frame", "score", "state", "median width", "length", "class")
        more = f" {left_out} finds beyond these are not in this table: they are in the CSV." if left_out > 0 else ""
        return [
            sheets.room(60),
            sheets.heading(title),
            sheets.table(columns, rows, (13, 32, 15, 28, 32, 28, 22)),
            sheets.text(_NOTE + more),
        ]

    def pages(self) -> Iterator[Flowable]:
        """A page for some, contact sheets for the others."""
        if not self.finds:
            return
        state = self.verdicts.state
        choice = choose(self.finds, state=lambda found: state(found.id), size=size_of, kind="finds")
        yield sheets.text(choice.words)
        for found in choice.paged:
            yield PageBreak()
            yield from self._page(found)
        if choice.sheet:
            yield PageBreak()
            yield sheets.heading(f"Contact sheet: the other {len(choice.sheet)} finds, the largest first")
            yield sheets.contact_sheet([self._cell(found) for found in choice.sheet])

    def _cell(self, found: LoggedFind) -> tuple[bytes | None, str]:
        frame = frame_picture(self.connection, found.run_id, found.seq)
        words = f"{found.id}: {width_of(found)}; {self.verdicts.state(found.id)}"
        return sheets.thumbnail(self.pictures, frame, found.n), words

    def _page(self, found: LoggedFind) -> Iterator[Flowable]:
        start, find = self.runs[found.run_id].start, found.find
        yield sheets.heading(f"Find {found.id}: {self.verdicts.state(found.id)}")
        yield sheets.picture(self.pictures, frame_picture(self.connection, found.run_id, found.seq), found.n)
        yield from _profile(found)
        facts = {
            "Frame": f"{found.frame_name}, {found.t_utc:%Y-%m-%d %H:%M:%S} UTC",
            "Box, px": "{} from the left, {} from the top, {} wide, {} high".format(*find.box_xywh_px),
            "Score": f"{find.score:.4f}, threshold {start.window_threshold:.4f}, windows: {find.windows}",
            "Median width": width_of(found) if find.measured else "not measured",
            "Length": length_of(found) if find.measured else "not measured",
            "Sizes": None if found.correction is None else found.correction.words,
            "Millimetres": None if find.measured is None else find.measured.withheld,
            "Class": f"{find.severity_class} ({find.severity_standard})" if find.severity_class else "none given",
            "Place": "not known" if found.pose_source.value == "none" else f"known from {found.pose_source.value}",
            "Model": f"{start.bundle_name}, SHA-256 {start.bundle_sha256[:12]}, {start.runtime}",
            "Calibration": start.calibration_id or "none: nothing is in millimetres",
            "Said": "; ".join(self.verdicts.history(found.id)) or "nothing yet",
        }
        yield sheets.facts({name: value for name, value in facts.items() if value is not None})


def size_of(found: LoggedFind) -> float:
    """Median width times length; what has no width comes after that, by its score."""
    measured = found.find.measured
    if measured is None or measured.widths_px is None:
        return found.find.score - 1.0
    wall = measured.on_wall
    if wall is None or wall.widths_mm is None:
        return measured.widths_px.median * measured.length_px
    return wall.widths_mm.median.value * wall.length_mm.value


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


def width_of(found: LoggedFind) -> str:
    """The median width in words."""
    measured = found.find.measured
    before = ", before a correction" if found.correction is not None and not found.correction.measured_again else ""
    if measured is None:
        return "-"
    if measured.below_resolution:
        return f"below resolution{before}"
    widths = measured.on_wall.widths_mm if measured.on_wall else None
    if widths:
        return _in_mm(widths.median, 2) + before
    return f"{measured.widths_px.median:.1f} px{before}" if measured.widths_px else "-"


def length_of(found: LoggedFind) -> str:
    """The length in words."""
    measured = found.find.measured
    if measured is None:
        return "-"
    return _in_mm(measured.on_wall.length_mm, 0) if measured.on_wall else f"{measured.length_px:.0f} px"


def _in_mm(interval: Interval, digits: int) -> str:
    low, value, high = (f"{v:.{digits}f}" for v in (interval.low, interval.value, interval.high))
    return f"{value} mm ({low} to {high})"
