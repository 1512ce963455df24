"""The tables that `hairline evaluate` prints."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from training.evaluate import FrameRow
from training.metrics import Report
from training.trusted_report import TrustedReport
from training.two_stage import CrackRow


def print_reports(reports: Mapping[str, Report], kind: str) -> None:
    """Pictures: a row a set."""
    table = Table(title=f"pictures at the bundle's image threshold, {kind} (95 % intervals)")
    for column in ("set", "n", "accuracy", "AUROC", "precision", "recall", "TP", "FN", "FP", "TN"):
        table.add_column(column, justify="left" if column == "set" else "right")
    for name, r in reports.items():
        c = r.confusion
        table.add_row(
            name,
            str(r.n),
            _with_ci(r.accuracy, r.accuracy_ci95),
            _with_ci(r.auroc, r.auroc_ci95),
            f"{r.precision:.4f}",
            f"{r.recall:.4f}",
            *(str(v) for v in (c.true_positive, c.false_negative, c.false_positive, c.true_negative)),
        )
    Console().print(table)


def print_frames(rows: Sequence[FrameRow], threshold: float) -> None:
    """Whole frames: their flagged tiles."""
    table = Table(title=f"frames against their labelled tiles, window threshold {threshold:.4f}")
    for column in ("frame", "tiles called cracked", "flagged", "recall", "tiles called uncracked", "false alarms"):
        table.add_column(column, justify="left" if column == "frame" else "right")
    for row in rows:
        recall = f"{row.flagged_cracked / row.cracked:.3f}" if row.cracked else "-"
        table.add_row(
            row.frame,
            str(row.cracked),
            str(row.flagged_cracked),
            recall,
            str(row.uncracked),
            str(row.flagged_uncracked),
        )
    Console().print(table)


def print_cracks(rows: Sequence[CrackRow]) -> None:
    """What classifier and segmenter together see: a row a frame and least length."""
    table = Table(title="cracks that the segmenter sees in what is flagged; false: less than a fifth in cracked tiles")
    for column in ("frame", "at least px long", "cracks", "false", "tiles called cracked", "crossed"):
        table.add_column(column, justify="left" if column == "frame" else "right")
    for row in rows:
        counts = (row.least_px, row.cracks, row.false, row.cracked, row.crossed)
        table.add_row(row.frame, *(str(count) for count in counts))
    Console().print(table)


def print_trusted(r: TrustedReport, which: str) -> None:
    """The trusted list."""
    table = Table(title=f"the trusted list ({which}), recall at 1 % of its uncracked tiles flagged (95 % intervals)")
    for column in ("marked", "n", "AUROC against uncracked", "flagged", "at threshold"):
        table.add_column(column, justify="left" if column == "marked" else "right")
    threshold = f"{r.threshold:.4f}"
    table.add_row(
        "visible",
        str(r.visible),
        _with_ci(r.auroc, r.auroc_ci95),
        _with_ci(r.recall_visible, r.recall_visible_ci95),
        threshold,
    )
    table.add_row("blurred", str(r.blurred), "-", _with_ci(r.recall_blurred, r.recall_blurred_ci95), threshold)
    table.add_row("uncracked", str(r.uncracked), "-", f"{r.flagged_uncracked / r.uncracked:.4f}", threshold)
    Console().print(table)


def _with_ci(value: float, ci95: tuple[float, float]) -> str:
    return f"{value:.4f} ({ci95[0]:.4f}-{ci95[1]:.4f})"
