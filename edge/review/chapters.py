"""The chapters of the report that speak of the inspection as a whole: with what, of what, how much of it."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from reportlab.platypus import Flowable

from edge.log import LoggedFind, LogReader, RunRecord
from edge.review import sheets
from edge.review.drawings import Drawn, WallMap
from edge.review.verdicts import Verdicts

METHOD = (
    "A camera's frames were cut into overlapping windows. A neural network gave each window a score; neighbouring"
    " windows at or above the threshold were put together to a find. Where the log has a mask of a find, its centreline"
    " and its width across it were measured. Finds of several frames at one place of the wall are one crack. A score is"
    " the network's, learnt on other walls: it is not the probability that there is a crack in this one. Joints, wires,"
    " scratches and stains can look like cracks. Each entry stands here as people judged it, or as not judged."
)
LIMITS = (
    "A frame without a find is not a frame without a crack: cracks thinner than about a pixel, out of focus or outside"
    " the frames are missed. This report speaks of the frames that were inspected, and of nothing else."
)
CALIBRATED = (
    "Every run had a calibrated camera; widths and lengths come with the interval that is meant to hold 95 % of them."
)
UNPLACED = "No frame says where on the wall it was taken: how much of the wall was covered is not known."
NO_STANDARD = "No width was put into a class of any standard."


def method(runs: Sequence[RunRecord]) -> list[Flowable]:
    """How it was done, and by which programs and networks."""
    rows = [
        (
            run.id[:8],
            f"{run.start.started_utc:%Y-%m-%d %H:%M}",
            f"{run.start.bundle_name}, SHA-256 {run.start.bundle_sha256[:12]}, {run.start.runtime}",
            f"{run.start.window_threshold:.4f}",
            f"{run.start.hairline_version or 'unknown'}"
            + (f", commit {run.start.hairline_commit[:12]}" if run.start.hairline_commit else ""),
            run.state.value if run.reason is None else f"{run.state.value}: {run.reason}",
        )
        for run in runs
    ]
    heads = ("run", "began, UTC", "network and what ran it", "threshold", "Hairline", "state")
    return [
        sheets.heading("1  Method"),
        sheets.text(METHOD),
        sheets.heading("2  Model"),
        sheets.table(heads, rows, (17, 27, 55, 18, 25, 28)),
    ]


def calibration(log: LogReader, connection: sqlite3.Connection, runs: Sequence[RunRecord]) -> list[Flowable]:
    """What makes pixels millimetres."""
    uncalibrated = sum(run.start.calibration_id is None for run in runs)
    words = (
        f"{uncalibrated} of {len(runs)} runs had no calibrated camera: nothing of theirs is in millimetres, and"
        " no width or class of severity is given for them."
        if uncalibrated
        else CALIBRATED
    )
    rows = []
    for named in dict.fromkeys(run.start.calibration_id for run in runs if run.start.calibration_id is not None):
        known = log.calibration(named)
        scale = connection.execute(
            "SELECT min(mm_per_px) AS low, max(mm_per_px) AS high, group_concat(DISTINCT scale_source) AS source"
            " FROM frames WHERE calibration_id = ?",
            (named,),
        ).fetchone()
        spread = "none" if scale["low"] is None else f"{scale['low']:.4f} to {scale['high']:.4f} ({scale['source']})"
        lens = "not in this log" if known is None else f"{known.rms_px:.2f} px over {len(known.views)} pictures"
        made = "" if known is None else known.made_utc[:10]
        rows.append((named[:16], made, lens, spread))
    table = (
        [sheets.table(("calibration", "made", "error (rms)", "mm per pixel"), rows, (42, 26, 50, 52))] if rows else []
    )
    return [sheets.heading("3  Calibration"), sheets.text(words), *table]


def standard(connection: sqlite3.Connection) -> list[Flowable]:
    """By which standard widths were put into classes."""
    names = [
        row[0]
        for row in connection.execute(
            "SELECT severity_standard FROM finds WHERE severity_standard IS NOT NULL"
            " UNION SELECT severity_standard FROM crack_visits WHERE severity_standard IS NOT NULL"
        )
    ]
    words = (
        f"Widths were put into classes by {', '.join(names)}. A class says how wide a crack is where it was measured;"
        " what it means for the structure is for the engineer to say."
    )
    return [sheets.heading("4  Standard"), sheets.text(words if names else NO_STANDARD)]


def coverage(
    log: LogReader,
    connection: sqlite3.Connection,
    runs: Sequence[RunRecord],
    finds: Sequence[LoggedFind],
    wall: Mapping[str, Any],
    covered: Mapping[str, Any],
    drawn: list[Drawn],
) -> list[Flowable]:
    """The map of the wall, how much of it was looked at, and what was not."""
    placed = connection.execute("SELECT count(pose), count(*) FROM frames").fetchone()
    story: list[Flowable] = [sheets.heading("5  The wall and its coverage")]
    if wall["frames"] or drawn:
        story += [WallMap(wall["frames"], covered["map"], drawn), sheets.text(_legend(covered["map"], drawn))]
    areas: list[tuple[str, ...]] = []
    for run in covered["runs"]:
        if run.get("none"):
            areas.append((run["run"][:8], f"no map: {run['none']}", ""))
        areas += [
            (run["run"][:8], name if name == "inspected" else f"not inspected: {name}", f"{m2:.3f}")
            for name, m2 in run["areas_m2"].items()
        ]
    frames: list[tuple[str, ...]] = []
    for one in runs:
        counts = log.counts(one.id)
        frames.append((one.id[:8], "inspected", str(counts.inspected)))
        frames += [(one.id[:8], f"not inspected: {reason}", str(n)) for reason, n in counts.skipped.items()]
        frames.append((one.id[:8], "lost by the camera", str(counts.lost)))
    where = f"{placed[0]} of {placed[1]} frames say where on the wall they were taken; the rest of it was not seen."
    if placed[0]:
        story.append(sheets.table(("run", "area of the wall", "square metres"), areas, (24, 116, 30)))
    story += [
        sheets.table(("run", "frames", "number"), frames, (24, 116, 30)),
        sheets.text(where if placed[0] else UNPLACED),
    ]
    below = sum(found.find.measured is not None and found.find.measured.below_resolution for found in finds)
    unmeasured = sum(found.find.measured is None for found in finds)
    story.append(
        sheets.text(
            f"Of the finds in this report, {below} are below what the camera resolves, so that no width is given,"
            f" and {unmeasured} were not measured."
        )
    )
    return story


def _legend(drawn_map: Mapping[str, Any] | None, cracks: list[Drawn]) -> str:
    states = sorted({crack.state for crack in cracks})
    colours = {"accepted": "green", "rejected": "grey", "unsure": "brown", "unreviewed": "red"}
    words = "Lines with the numbers of the tables: " + ", ".join(f"{colours[state]} {state}" for state in states) + ". "
    shade = "Grey: frames. Green: inspected. Other colours: not inspected, for the reasons below. White: never seen."
    return (words if states else "") + (
        shade if drawn_map is not None else "Grey: where frames looked. White: never seen."
    )


def people(verdicts: Verdicts, finds: Sequence[LoggedFind], cracks: Sequence[Mapping[str, Any]]) -> list[Flowable]:
    """Who judged, and how the entries stand."""
    said = ", ".join(verdicts.reviewers) or "nobody"
    rows = [("finds", state, str(n)) for state, n in verdicts.counts(found.id for found in finds).items()]
    counts: dict[str, int] = {}
    for card in cracks:
        counts[card["state"]] = counts.get(card["state"], 0) + 1
    rows += [
        ("cracks", "not reviewed" if state == "unreviewed" else state, str(n)) for state, n in sorted(counts.items())
    ]
    return [
        sheets.heading("6  Review"),
        sheets.text(f"Reviewed by: {said}. Verdicts are kept with who and when; none was overwritten."),
        sheets.table(("what", "state", "in this report"), rows, (40, 90, 40)),
    ]
