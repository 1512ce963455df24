"""A threshold with the reason for it and what it gave: part of the manifest."""

from dataclasses import dataclass
from typing import Literal

Interval = tuple[float, float]
ChosenFor = Literal["balance", "recall", "false_alarm_rate", "false_alarms_per_photo", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """A threshold (a probability), what it was chosen for, and what it gave on the examples `chosen_on`.

    `chosen_for`: 'balance' is the highest mean of recall and specificity; the others are met as `target` states: at
    least that recall, at most that false-alarm rate, at most that many false alarms a photo. 'unknown' is what
    bundles of schema 1 give. Rates are shares of examples; `examples_per_photo` says how many uncracked ones a whole
    wall photograph has, where that was asked. Intervals are 95 %; None where they were not computed.
    """

    score: float
    chosen_for: ChosenFor
    target: float | None
    recall: float
    recall_ci95: Interval | None
    false_alarm_rate: float
    false_alarm_rate_ci95: Interval | None
    examples_per_photo: int | None
    chosen_on: str

    def __post_init__(self) -> None:
        if not (0 < self.score <= 1 and 0 <= self.recall <= 1 and 0 <= self.false_alarm_rate <= 1):
            raise ValueError(
                "an operating point has 0 < score <= 1 and rates in 0..1; got "
                f"score {self.score}, recall {self.recall}, false_alarm_rate {self.false_alarm_rate}"
            )
        for low, high in (ci95 for ci95 in (self.recall_ci95, self.false_alarm_rate_ci95) if ci95):
            if not 0 <= low <= high <= 1:
                raise ValueError(f"an interval of a rate is 0 <= low <= high <= 1; got {low}, {high}")
        if (self.target is None) != (self.chosen_for in ("balance", "unknown")):
            raise ValueError(
                "a threshold chosen for a stated figure has that figure as its target, any other has null; got "
                f"chosen_for '{self.chosen_for}', target {self.target}"
            )
        if self.chosen_for == "false_alarms_per_photo" and self.examples_per_photo is None:
            raise ValueError("a threshold chosen for false alarms a photo has examples_per_photo; got null")
        if self.examples_per_photo is not None and self.examples_per_photo < 1:
            raise ValueError(f"examples_per_photo is at least 1; got {self.examples_per_photo}")

    @property
    def false_alarms_per_photo(self) -> float | None:
        """False alarms that a whole wall photograph without a crack has on average, where it is known."""
        return None if self.examples_per_photo is None else self.false_alarm_rate * self.examples_per_photo

    @property
    def reason(self) -> str:
        """Why this threshold, in a few words."""
        if self.target is None:
            return "highest mean of recall and specificity" if self.chosen_for == "balance" else "not stated"
        return f"{_STATED[self.chosen_for]} {self.target:g}"


_STATED = {
    "recall": "recall at least",
    "false_alarm_rate": "false-alarm rate at most",
    "false_alarms_per_photo": "false alarms a photo at most",
}
