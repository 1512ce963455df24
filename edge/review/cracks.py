"""Cracks as the page shows them: how each stands, what was said of it, where it was seen, its width along its way."""

import sqlite3
from typing import Any

import numpy as np

from edge.log import LogReader
from edge.log.corrected import corrected_finds_of_cracks, corrections
from edge.log.crack_record import CrackSize, CrackVisit
from edge.log.edits import words_of
from edge.log.said import Said, said_of_cracks
from edge.measure.measured import Interval
from edge.pose import Matrix
from edge.review.texts import short_class

MAX_POINTS = 1_500

_SIZES = (
    "SELECT crack_visits.*, walls.name AS wall FROM crack_visits JOIN cracks ON cracks.id = crack_id"
    " JOIN walls ON walls.id = wall_id ORDER BY crack_id, visit_id"
)
# Bare columns beside max() are those of its row: the longest find of the latest visit.
_SHOWN = (
    "SELECT crack_id, find_id, max(coalesce(visit_id, 0) * 1e7 + coalesce(length_px, 0)) FROM crack_finds"
    " JOIN finds ON finds.id = find_id JOIN runs ON runs.id = run_id GROUP BY crack_id"
)
_SIGHTINGS = (
    "SELECT DISTINCT find_id, runs.visit_id AS visit_id, finds.run_id AS run_id, finds.seq AS seq, frames.name AS name,"
    " t_utc, score, overlay_path IS NOT NULL AS has_picture, bundle_name, bundle_sha256, runtime, window_threshold,"
    " runs.calibration_id AS calibration_id, source FROM crack_finds JOIN finds ON finds.id = find_id"
    " JOIN frames USING (run_id, seq) JOIN runs ON runs.id = run_id WHERE crack_id = ? ORDER BY finds.id"
)


def crack_cards(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Every crack as its latest visit that saw it leaves it, in the order of ids."""
    said = said_of_cracks(connection)
    shown = {row["crack_id"]: row["find_id"] for row in connection.execute(_SHOWN)}
    cards: dict[int, dict[str, Any]] = {}
    for row in connection.execute(_SIZES):
        crack_id = row["crack_id"]
        card = cards.setdefault(crack_id, {"id": crack_id, "visits": 0, "wall": row["wall"]})
        card |= {"visits": card["visits"] + 1, "visit": row["visit_id"], "change": row["state"], "doubt": row["doubt"]}
        if row["length_mm"] is not None:
            card |= {name: _three(row, name) for name in ("length", "width_median", "width_p95", "width_max")}
            card["class"] = short_class(row["severity_class"])
            card |= {name: _three(row, name) for name in ("length_growth", "width_growth")}
    corrected = corrected_finds_of_cracks(connection, corrections(connection))
    for crack_id, card in cards.items():
        card["corrected_finds"] = corrected.get(crack_id, [])
        card |= {"find_id": shown.get(crack_id), **_plain_said(said.get(crack_id, Said()))}
    return list(cards.values())


def _three(row: sqlite3.Row, name: str) -> list[float] | None:
    values = [row[f"{name}{bound}_mm"] for bound in ("_low", "", "_high")]
    return None if values[1] is None else [round(float(value), 3) for value in values]


def _plain_said(said: Said) -> dict[str, Any]:
    return {
        "state": said.state.name.lower(),
        "reason": said.reason,
        "through_finds": said.through_finds,
        "joined": sorted(said.joined),
        "splits": len(said.splits),
    }


def crack_details(connection: sqlite3.Connection, log: LogReader, crack_id: int) -> dict[str, Any] | None:
    """All of one crack; None where no visit knows it."""
    history = log.crack_history(crack_id)
    if not history:
        return None
    card = next(card for card in crack_cards(connection) if card["id"] == crack_id)
    said = said_of_cracks(connection).get(crack_id, Said())
    reviews = connection.execute("SELECT * FROM reviews WHERE crack_id = ? ORDER BY id", (crack_id,)).fetchall()
    return {
        **card,
        "view_mm": view_of(history),
        "history": [_plain_visit(visit_id, crack, said) for visit_id, crack in history],
        "sightings": [_plain_sighting(row) for row in connection.execute(_SIGHTINGS, (crack_id,))],
        "near": _near(log, crack_id, history),
        "said": [
            {
                **{name: row[name] for name in ("id", "t_utc", "reviewer", "verdict", "reason")},
                "note": words_of(row["reason"], row["note"]),
            }
            for row in reviews
        ],
    }


def view_of(history: list[tuple[int, CrackVisit]], margin_mm: float = 12.0) -> list[float] | None:
    """left, bottom, right, top of what all visits saw of it, with a margin; None where none saw it."""
    courses = [course for _, crack in history if crack.size is not None for course in crack.size.courses_mm]
    if not courses:
        return None
    points = np.concatenate(courses)[:, :2]
    low, high = points.min(axis=0) - margin_mm, points.max(axis=0) + margin_mm
    return [round(float(value), 2) for value in (*low, *high)]


def _plain_visit(visit_id: int, crack: CrackVisit, said: Said) -> dict[str, Any]:
    size = crack.size
    return {
        "visit": visit_id,
        "change": crack.state.value,
        "doubt": crack.doubt,
        "covered_share": crack.covered_share,
        "length_growth": _plain_interval(crack.length_growth_mm),
        "width_growth": _plain_interval(crack.width_growth_mm),
        "length": None if size is None else _plain_interval(size.length_mm),
        "width_median": None if size is None or size.widths_mm is None else _plain_interval(size.widths_mm.median),
        "width_max": None if size is None or size.widths_mm is None else _plain_interval(size.widths_mm.maximum),
        "class": None if size is None else size.severity_class,
        "standard": None if size is None else size.severity_standard,
        "place_sd_mm": None if size is None else round(size.place_sd_mm, 2),
        "courses": [] if size is None else [_plain_course(course) for course in size.courses_mm],
        "parts": [] if size is None else parts_of(size, said),
    }


def _plain_course(course: Matrix) -> list[list[float | None]]:
    """Points of x, y, width, in mm; thinned where there are more than a page can draw."""
    step = max(1, -(-len(course) // MAX_POINTS))
    return [[round(x, 2), round(y, 2), None if w != w else round(w, 3)] for x, y, w in course[::step].tolist()]


def parts_of(size: CrackSize, said: Said) -> list[dict[str, Any]]:
    """The parts into which people split a crack: what was measured of each, with the crack's own relative interval."""
    if not said.splits:
        return []
    course = size.courses_mm[0]
    cuts = sorted({int(np.hypot(*(course[:, :2] - place).T).argmin()) for place in said.splits})
    cuts = [cut for cut in cuts if 0 < cut < len(course) - 1]
    parts = []
    for begin, end in zip([0, *cuts], [*cuts, len(course) - 1], strict=True):
        piece = course[begin : end + 1]
        widths = piece[:, 2][np.isfinite(piece[:, 2])]
        length_mm = float(np.linalg.norm(np.diff(piece[:, :2], axis=0), axis=1).sum())
        median = size.widths_mm.median if size.widths_mm is not None and len(widths) else None
        parts.append(
            {
                "length": _scaled(length_mm, size.length_mm),
                "width_median": None if median is None else _scaled(float(np.median(widths)), median),
                "from_mm": [round(float(value), 1) for value in piece[0, :2]],
                "to_mm": [round(float(value), 1) for value in piece[-1, :2]],
            }
        )
    return parts


def _scaled(value: float, like: Interval) -> list[float]:
    share = value / like.value if like.value else 0.0
    return [round(like.low * share, 3), round(value, 3), round(like.high * share, 3)]


def _plain_interval(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [round(float(v), 3) for v in (interval.low, interval.value, interval.high)]


def _plain_sighting(row: sqlite3.Row) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("find_id", "visit_id", "run_id", "seq", "name", "t_utc", "source", "runtime")},
        "score": round(row["score"], 6),
        "has_picture": bool(row["has_picture"]),
        "model": f"{row['bundle_name']}, SHA-256 {row['bundle_sha256'][:12]}",
        "threshold": round(row["window_threshold"], 6),
        "calibration": row["calibration_id"],
    }


def _near(
    log: LogReader, crack_id: int, history: list[tuple[int, CrackVisit]], at_most: int = 6
) -> list[dict[str, Any]]:
    """The cracks whose points come nearest to this one's at its latest visit: those that may be one with it."""
    visit_id, latest = history[-1]
    if latest.size is None:
        return []
    own = np.concatenate(latest.size.courses_mm)[:, :2]
    own = own[:: max(1, len(own) // 200)]
    found: list[tuple[float, int]] = []
    for other in log.cracks(visit_id):
        if other.crack_id is None or other.crack_id == crack_id or other.size is None:
            continue
        points = np.concatenate(other.size.courses_mm)[:, :2]
        points = points[:: max(1, len(points) // 200)]
        gap_mm = float(np.sqrt(((own[:, None] - points[None]) ** 2).sum(axis=2)).min())
        found.append((gap_mm, other.crack_id))
    return [{"id": other_id, "gap_mm": round(gap_mm, 1)} for gap_mm, other_id in sorted(found)[:at_most]]
