"""Which finds are wanted and in which order: what the filter above the grid says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from edge.log.said import ReviewState
from edge.review.index import FindIndex, Rows

Positions = npt.NDArray[np.intp]
NO_REASON = "none"
# Scores and widths are compared as float32, which holds no more.
_LARGEST = 3.0e38


class Order(StrEnum):
    """How finds are sorted; ties by the order in which they were logged. `nearest`: to the threshold;
    `position`: along the wall from the left."""

    NEAREST = "nearest"
    HIGHEST = "highest"
    LOWEST = "lowest"
    WIDEST = "widest"
    LONGEST = "longest"
    POSITION = "position"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A filter and an order. An empty set lets everything through; widths are medians in mm, both ends included."""

    states: frozenset[ReviewState] = frozenset()
    reasons: frozenset[str] = frozenset()
    severities: frozenset[str] = frozenset()
    runs: frozenset[str] = frozenset()
    visits: frozenset[str] = frozenset()
    score_min: float = 0.0
    score_max: float = 1.0
    width_min_mm: float | None = None
    width_max_mm: float | None = None
    order: Order = Order.NEAREST

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Self:
        """From the words of an address: several values of a field are parted by commas.

        Raises `ValueError` that says which field is wrong.
        """
        unknown = query.keys() - FIELDS
        if unknown:
            raise ValueError(f"a filter has the fields {', '.join(FIELDS)}; got {', '.join(sorted(unknown))}")
        return cls(
            states=frozenset(_state(word) for word in _words(query, "state")),
            reasons=_words(query, "reason"),
            severities=_words(query, "class"),
            runs=_words(query, "run"),
            visits=_words(query, "visit"),
            score_min=_number(query, "score_min") or 0.0,
            score_max=1.0 if (score_max := _number(query, "score_max")) is None else score_max,
            width_min_mm=_number(query, "width_min_mm"),
            width_max_mm=_number(query, "width_max_mm"),
            order=_order(query.get("order", "") or Order.NEAREST.value),
        )

    def apply(self, index: FindIndex) -> Positions:
        """The positions of the finds in `index.rows`, in order."""
        rows = index.rows
        # Scores are kept as float32: a limit that was read off one must let it through.
        keep = (rows["score"] >= np.float32(self.score_min)) & (rows["score"] <= np.float32(self.score_max))
        if self.states:
            keep &= np.isin(rows["state"], [int(state) for state in self.states])
        if self.visits:
            runs = [place for run, place in index.runs.places.items() if str(index.visits.get(run)) in self.visits]
            keep &= np.isin(rows["run"], runs)
        for column, wanted, names in (
            ("reason", self.reasons, index.reasons),
            ("severity", self.severities, index.severities),
            ("run", self.runs, index.runs),
        ):
            if wanted:
                places = [-1 if text == NO_REASON else names.places.get(text, -2) for text in wanted]
                keep &= np.isin(rows[column], places)
        # A find without a width lies in no range of widths: NaN compares false.
        if self.width_min_mm is not None:
            keep &= rows["width_mm"] >= np.float32(self.width_min_mm)
        if self.width_max_mm is not None:
            keep &= rows["width_mm"] <= np.float32(self.width_max_mm)
        positions = np.flatnonzero(keep)
        if self.order is Order.POSITION:
            index.take_places()
        return positions[np.argsort(self._keys(rows[positions]), kind="stable")]

    def takes_crack(self, card: Mapping[str, Any]) -> bool:
        """Whether a crack passes, as `edge.review.cracks.crack_cards` has it: its state, reason, class and width."""
        width = card.get("width_median")
        return (
            (not self.states or ReviewState[card["state"].upper()] in self.states)
            and (not self.reasons or (card["reason"] or NO_REASON) in self.reasons)
            and (not self.severities or (card.get("class") or NO_REASON) in self.severities)
            and (self.width_min_mm is None or (width is not None and width[1] >= self.width_min_mm))
            and (self.width_max_mm is None or (width is not None and width[1] <= self.width_max_mm))
        )

    def of_finds_alone(self) -> Self | None:
        """What is left of the filter for a crack's finds, one of which must pass; None where that is nothing."""
        if not self.runs and not self.visits and (self.score_min, self.score_max) == (0, 1):
            return None
        return type(self)(runs=self.runs, visits=self.visits, score_min=self.score_min, score_max=self.score_max)

    def words(self) -> str:
        """The filter for people, and for the cover of a report."""
        said = [
            _said("state", (state.name.lower() for state in self.states)),
            _said("reason", self.reasons),
            _said("class", self.severities),
            _said("run", (run[:8] for run in self.runs)),
            _said("visit", self.visits),
            f"score {self.score_min:g} to {self.score_max:g}" if (self.score_min, self.score_max) != (0, 1) else "",
            f"width at least {self.width_min_mm:g} mm" if self.width_min_mm is not None else "",
            f"width at most {self.width_max_mm:g} mm" if self.width_max_mm is not None else "",
        ]
        return "; ".join(word for word in said if word) or "all finds"

    def _keys(self, rows: Rows) -> npt.NDArray[np.float64]:
        match self.order:
            case Order.NEAREST:
                keys = np.abs(rows["margin"])
            case Order.HIGHEST:
                keys = -rows["score"]
            case Order.LOWEST:
                keys = rows["score"]
            case Order.WIDEST:
                keys = -rows["width_mm"]
            case Order.LONGEST:
                keys = -rows["length_mm"]
            case Order.POSITION:
                # NaN, for what has no place, comes last.
                keys = rows["place_mm"]
        return keys.astype(np.float64)


FIELDS = (
    "state",
    "reason",
    "class",
    "run",
    "visit",
    "score_min",
    "score_max",
    "width_min_mm",
    "width_max_mm",
    "order",
)


def _words(query: Mapping[str, str], name: str) -> frozenset[str]:
    return frozenset(word for word in query.get(name, "").split(",") if word)


def _number(query: Mapping[str, str], name: str) -> float | None:
    text = query.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value < float("inf"):
        raise ValueError(f"{name} is a number from 0 up; got '{text}'")
    return min(value, _LARGEST)


def _state(word: str) -> ReviewState:
    known = [state.name.lower() for state in ReviewState]
    if word not in known:
        raise ValueError(f"a state is one of {', '.join(known)}; got '{word}'")
    return ReviewState[word.upper()]


def _order(word: str) -> Order:
    if word not in list(Order):
        raise ValueError(f"an order is one of {', '.join(Order)}; got '{word}'")
    return Order(word)


def _said(name: str, values: Iterable[str]) -> str:
    texts = sorted(values)
    return f"{name} {' or '.join(texts)}" if texts else ""
