"""What the finds of a run measure, for its summary."""

from collections import Counter
from dataclasses import dataclass, field

from edge.measure.measured import Interval, Measured


@dataclass(slots=True, kw_only=True)
class Tally:
    """`measured` finds, of which some are below resolution, too fine for a width.

    The widest is the largest width anywhere along a crack: with its interval in millimetres, and in pixels. `withheld`
    counts the finds that have no millimetres by reason.
    """

    measured: int = 0
    below_resolution: int = 0
    widest_mm: Interval | None = None
    widest_px: float | None = None
    withheld: Counter[str] = field(default_factory=Counter)

    def add(self, one: Measured) -> None:
        """Counts a find that was measured."""
        self.measured += 1
        self.below_resolution += one.below_resolution
        if one.withheld is not None:
            self.withheld[one.withheld] += 1
        if one.widths_px is not None:
            self.widest_px = max(self.widest_px or 0.0, one.widths_px.maximum)
        widths_mm = None if one.on_wall is None else one.on_wall.widths_mm
        if widths_mm is not None and (self.widest_mm is None or widths_mm.maximum.value > self.widest_mm.value):
            self.widest_mm = widths_mm.maximum
