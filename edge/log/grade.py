"""How severe a crack is, in the words that the log keeps."""

from edge.measure.measured import Interval, Widths
from edge.measure.severity import SeverityTable, severity


def grade(table: SeverityTable | None, widths_mm: Widths[Interval] | None) -> tuple[str | None, str | None]:
    """The class and the name of its standard; both None without a table or a width."""
    if table is None or widths_mm is None:
        return None, None
    graded = severity(table, widths_mm)
    return graded.name or f"cannot be told: {' or '.join(graded.possible)}", graded.standard
