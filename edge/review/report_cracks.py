"""The cracks of the report: their table, and a page each."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, PageBreak, Table

from edge.errors import SourceError
from edge.exports.fields import before_masks
from edge.log import LogReader
from edge.review import sheets
from edge.review.cracks import crack_details
from edge.review.drawings import PieceView, WidthPlot
from edge.review.pictures import Pictures, frame_picture
from edge.review.pieces import draw_piece, piece_of
from edge.review.report_choice import choose

Card = Mapping[str, Any]
_NOTE = (
    "Widths and lengths: value (95 % between the two in brackets). A crack below resolution is there, its width is not"
    " known. 'Before a correction': the mask of one of its finds was corrected after the crack was measured."
)


def crack_table(cards: Sequence[Card]) -> list[Flowable]:
    """A row a crack, as its latest visit saw it, the largest first."""
    rows = [
        (
            name_of(card),
            "not reviewed" if card["state"] == "unreviewed" else state_of(card),
            card["change"],
            (in_mm(card.get("width_median"), 2) or "below resolution")
            + (", before a correction" if card["corrected_finds"] else ""),
            in_mm(card.get("width_max"), 2) or "-",
            in_mm(card.get("length"), 0) or "-",
            card.get("class") or "-",
        )
        for card in sorted(cards, key=size_of, reverse=True)
    ]
    heads = ("crack", "state", "since before", "median width", "greatest width", "length", "class")
    return [
        sheets.room(60),
        sheets.heading("7  Cracks"),
        sheets.table(heads, rows, (16, 25, 20, 31, 31, 25, 22)),
        sheets.text(_NOTE),
    ]


def crack_pages(
    connection: sqlite3.Connection, log: LogReader, pictures: Pictures, cards: Sequence[Card]
) -> Iterator[Flowable]:
    """A page for each that was confirmed and for the largest of the others; contact sheets for the rest."""
    if not cards:
        return
    choice = choose(cards, state=lambda card: str(card["state"]), size=size_of, kind="cracks")
    yield sheets.text(choice.words)
    for card in choice.paged:
        crack = crack_details(connection, log, card["id"])
        if crack is None:
            continue
        seen = [visit for visit in crack["history"] if visit["courses"]]
        yield PageBreak()
        yield sheets.heading(f"Crack {name_of(card)}: {state_of(card)}")
        yield from _views(connection, log, pictures, crack, seen)
        if seen and seen[-1]["width_median"] is not None:
            yield WidthPlot(seen[-1]["courses"][0], seen[-1]["width_median"])
        yield sheets.facts(_facts(crack, seen))
        yield sheets.text("At each visit:")
        yield _visits(crack)
        yield from _parts(seen)
    if choice.sheet:
        yield PageBreak()
        yield sheets.heading(f"Contact sheet: the other {len(choice.sheet)} cracks, the largest first")
        yield sheets.contact_sheet([_cell(connection, pictures, card) for card in choice.sheet])


def _cell(connection: sqlite3.Connection, pictures: Pictures, card: Card) -> tuple[bytes | None, str]:
    row = connection.execute("SELECT run_id, seq, n FROM finds WHERE id = ?", (card["find_id"],)).fetchone()
    width = in_mm(card.get("width_median"), 2) or "below resolution"
    words = f"{name_of(card)}: {width}; {state_of(card)}"
    if row is None:
        return None, words
    return sheets.thumbnail(pictures, frame_picture(connection, row["run_id"], row["seq"]), row["n"]), words


def size_of(card: Card) -> float:
    """Median width times length; what has no width comes after that, the longest first."""
    width, length = card.get("width_median"), card.get("length")
    if width is None or length is None:
        return -1.0 if length is None else -1.0 / (1.0 + float(length[1]))
    return float(width[1] * length[1])


def name_of(card: Card) -> str:
    """Its number, and those of the cracks that people say are one with it."""
    joined = card["joined"]
    return f"{card['id']}" + (f" (one with {', '.join(map(str, joined))})" if joined else "")


def state_of(card: Card) -> str:
    """The last word on a crack, and where it comes from."""
    if card["state"] == "unreviewed":
        return "not reviewed"
    if card["through_finds"]:
        return f"{card['state']} (its finds were)"
    return f"{card['state']}: {card['reason']}" if card["reason"] else card["state"]


def in_mm(three: Sequence[float] | None, digits: int) -> str | None:
    """A value in mm with its interval."""
    if three is None:
        return None
    low, value, high = (f"{v:.{digits}f}" for v in three)
    return f"{value} mm ({low} to {high})"


def _views(
    connection: sqlite3.Connection, log: LogReader, pictures: Pictures, crack: Card, seen: Sequence[Card]
) -> Iterator[Flowable]:
    if crack["view_mm"] is None:
        return
    shown, words = [], []
    left, bottom, right, top = crack["view_mm"]
    for visit in seen[-2:]:
        try:
            jpeg = draw_piece(pictures, piece_of(connection, log, visit["visit"], (left, bottom, right, top)))
        except SourceError as missing:
            words.append(f"Visit {visit['visit']}: no picture: {missing}")
            continue
        shown.append((visit, jpeg))
    if shown:
        wide_mm = 170.0 if len(shown) == 1 else 83.0
        views = [PieceView(jpeg, crack["view_mm"], visit["courses"], (wide_mm, 88.0)) for visit, jpeg in shown]
        lies = "; its top lies to the left" if views[0].lies else ""
        under = [sheets.small(f"visit {visit['visit']}; rings: ends of what was measured{lies}") for visit, _ in shown]
        yield Table([views, under], colWidths=[(wide_mm + 3) * mm] * len(shown), hAlign="LEFT")
    for word in words:
        yield sheets.text(word)


def _facts(crack: Card, seen: Sequence[Card]) -> dict[str, str]:
    latest: Mapping[str, Any] = seen[-1] if seen else {}
    sightings = crack["sightings"]
    return {
        "Median width": in_mm(latest.get("width_median"), 2) or "below what the camera resolves: no width is given",
        "Greatest width": in_mm(latest.get("width_max"), 2) or "-",
        "Length": in_mm(latest.get("length"), 0) or "-",
        **({"Sizes": before_masks(crack["corrected_finds"]) or ""} if crack["corrected_finds"] else {}),
        "Class": f"{latest['class']} ({latest['standard']})" if latest.get("class") else "none given",
        "Place": f"x {crack['view_mm'][0]:.0f} to {crack['view_mm'][2]:.0f} mm, y {crack['view_mm'][1]:.0f} to"
        f" {crack['view_mm'][3]:.0f} mm on {crack['wall']}, known to {latest['place_sd_mm']:.1f} mm (sd)"
        if latest and crack["view_mm"]
        else "not known",
        "Seen in": ", ".join(f"{one['name']} (visit {one['visit_id']})" for one in sightings[:12])
        + (f" and {len(sightings) - 12} more" if len(sightings) > 12 else ""),
        "Model": "; ".join(dict.fromkeys(one["model"] for one in sightings)) or "-",
        "Said": "; ".join(
            f"{one['t_utc'][:16].replace('T', ' ')} {one['reviewer']}: {one['verdict']}"
            + (f", {one['reason']}" if one["reason"] else "")
            + (f" ({one['note']})" if one["note"] else "")
            for one in crack["said"]
        )
        or "nothing of the crack itself",
    }


def _visits(crack: Card) -> Flowable:
    rows = [
        (
            str(one["visit"]),
            one["change"]
            if one["covered_share"] is None
            else f"{one['change']}; {100 * one['covered_share']:.0f} % of it was looked at",
            in_mm(one["width_median"], 2) or "-",
            in_mm(one["length"], 0) or "-",
            "; ".join(
                f"{what} {in_mm(one[key], digits)}"
                for what, key, digits in (("width", "width_growth", 2), ("length", "length_growth", 0))
                if one[key] is not None
            )
            or "-",
        )
        for one in crack["history"]
    ]
    return sheets.table(("visit", "state", "median width", "length", "growth"), rows, (14, 36, 38, 34, 48))


def _parts(seen: Sequence[Card]) -> Iterator[Flowable]:
    parts = seen[-1]["parts"] if seen else []
    if parts:
        rows = [
            (chr(ord("a") + n % 26), in_mm(one["width_median"], 2) or "-", in_mm(one["length"], 0) or "-")
            for n, one in enumerate(parts)
        ]
        yield sheets.text("It was split by hand; intervals are in proportion to those of the whole.")
        yield sheets.table(("part", "median width", "length"), rows, (20, 75, 75))
