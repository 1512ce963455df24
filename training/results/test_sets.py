"""Every network on every test set: a table a set, a line a network, int8 and float."""

import math

from training.datasets import metu, sdnet
from training.metrics import Report
from training.record.evaluation import Figures
from training.results.runs import Row, classifiers
from training.results.sources import NOT_RUN, Sources, figure, table
from training.trusted_report import TrustedReport

HEAD = """## Every network on every test set
Pictures that no training has seen, at native pixels; one row a network, "not run" where nobody has run its recipe.
What is not among "learns from" above is a surface that the network has never seen. `hairline evaluate --all --float`.
"""

SETS = {
    metu.NAME: "METU: tiles of 227 pixels, wide dark cracks",
    sdnet.NAME: "SDNET2018 walls: tiles of 256 pixels, its labels as they stand",
}
SET_COLUMNS = ("network", "accuracy, int8", "float", "AUROC, int8", "float", "precision", "recall", "missed", "false")

NOISE = """Over SDNET2018 about a third of the tiles called cracked show no crack at native resolution (of these photos,
looked at one by one, one in eight). Each of those counts as a miss, whatever the network does; the uncracked ones are
mostly right.
"""

TRUSTED = """### The trusted list: those wall tiles that an eye has looked at
{visible} tiles with a crack plainly visible, {blurred} with one only guessed (blurred, faint), {uncracked} uncracked;
marked one by one with their labels hidden, before any score was looked at (`training/datasets/trusted/README.md`).
Recalls are at 1 % of the uncracked flagged. Aimed at: AUROC 0.999, recall 0.98.
"""
TRUSTED_COLUMNS = (
    "network",
    "AUROC, int8",
    "float",
    "recall, visible, int8",
    "float",
    "recall, blurred, int8",
    "float",
)

FRAMES = """### Whole wall photographs
Four of 4608 x 3584 pixels, int8, at the network's own window threshold, against SDNET2018's labels of their 252 tiles
each; a tile counts as flagged when the centre of a window at or above the threshold lies in it. Tiles of the shipped
network, a photograph at a time: below.
"""
FRAMES_COLUMNS = ("network", "tiles called cracked", "flagged", "recall", "tiles called uncracked", "flagged", "share")


def test_sets(sources: Sources) -> str:
    """METU, SDNET2018, the trusted list, whole frames."""
    rows = classifiers(sources)
    parts = [HEAD]
    for name, title in SETS.items():
        n = sources.evaluation.int8.sets[name].n
        parts += [f"### {title}\n{n:,} pictures.\n", table(SET_COLUMNS, [[row.name, *_set(row, name)] for row in rows])]
    shipped = sources.evaluation.int8.trusted
    parts.append(NOISE)
    if shipped:
        head = TRUSTED.format(visible=shipped.visible, blurred=shipped.blurred, uncracked=shipped.uncracked)
        parts += [head, table(TRUSTED_COLUMNS, [[row.name, *_trusted(row)] for row in rows])]
    return "\n".join([*parts, FRAMES, table(FRAMES_COLUMNS, [[row.name, *_frames(row)] for row in rows])])


def _both(row: Row) -> tuple[Figures, Figures]:
    """The figures of the int8 network and of the float one, empty where they were not measured."""
    found = row.evaluation
    return (found.int8, found.floating or Figures()) if found else (Figures(), Figures())


def _not_run(columns: tuple[str, ...]) -> list[str]:
    return [NOT_RUN, *["-"] * (len(columns) - 2)]


def _set(row: Row, name: str) -> list[str]:
    int8, floating = (figures.sets.get(name) for figures in _both(row))
    if int8 is None:
        return _not_run(SET_COLUMNS)
    return [
        figure(int8.accuracy, int8.accuracy_ci95),
        figure(floating.accuracy if floating else math.nan),
        figure(int8.auroc, int8.auroc_ci95),
        figure(floating.auroc if floating else math.nan),
        figure(int8.precision),
        figure(int8.recall),
        *_wrong(int8),
    ]


def _wrong(report: Report) -> list[str]:
    counts = report.confusion
    return [str(counts.false_negative), str(counts.false_positive)]


def _trusted(row: Row) -> list[str]:
    int8, floating = (figures.trusted for figures in _both(row))
    if int8 is None:
        return _not_run(TRUSTED_COLUMNS)
    cells = []
    for name in ("auroc", "recall_visible", "recall_blurred"):
        cells += [figure(getattr(int8, name), getattr(int8, f"{name}_ci95")), _value(floating, name)]
    return cells


def _value(report: TrustedReport | None, name: str) -> str:
    return figure(getattr(report, name)) if report else "-"


def _frames(row: Row) -> list[str]:
    frames = row.evaluation.frames if row.evaluation else ()
    if not frames:
        return _not_run(FRAMES_COLUMNS)
    cracked, found = sum(one.cracked for one in frames), sum(one.flagged_cracked for one in frames)
    bare, false = sum(one.uncracked for one in frames), sum(one.flagged_uncracked for one in frames)
    shares = [
        figure(found / cracked if cracked else math.nan, digits=3),
        figure(false / bare if bare else math.nan, digits=3),
    ]
    return [str(cracked), str(found), shares[0], str(bare), str(false), shares[1]]
