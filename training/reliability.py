"""Are scores probabilities? Of the pictures scored about p, a share of p should be cracked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from calibration.bootstrap import share_interval
from edge.errors import DataError

F32 = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]

CAPTION = (
    "{n} pictures in bins of equal width. A point: mean score and share cracked of a bin, with its 95 % interval\n"
    "(the wider ends of bootstrap over source photos and Clopper-Pearson). Expected calibration error {error:.3f}."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """The pictures whose score lies in low <= score < high (the last bin holds 1 too); `ci95` is of `cracked`."""

    low: float
    high: float
    n: int
    mean_score: float
    cracked: float
    ci95: tuple[float, float]


def reliability(scores: F32, cracked: Bools, groups: Sequence[str], *, bins: int = 10) -> tuple[Bin, ...]:
    """The bins of equal width that hold any score, ascending. Scores, labels and groups are (n,).

    `groups` (source photos) are what intervals resample together. Raises `DataError` without a score.
    """
    if not len(scores):
        raise DataError("a reliability diagram needs at least one scored picture; got none")
    place = np.minimum((scores.astype(np.float64) * bins).astype(int), bins - 1)
    names = np.asarray(groups)
    found = []
    for i in np.unique(place).tolist():
        inside = place == i
        found.append(
            Bin(
                low=i / bins,
                high=(i + 1) / bins,
                n=int(inside.sum()),
                mean_score=float(scores[inside].mean()),
                cracked=float(cracked[inside].mean()),
                ci95=share_interval(cracked[inside], names[inside].tolist()),
            )
        )
    return tuple(found)


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """The mean distance of score and share cracked, over pictures (Naeini, Cooper & Hauskrecht, AAAI 2015)."""
    return sum(one.n * abs(one.mean_score - one.cracked) for one in bins) / sum(one.n for one in bins)


def draw_reliability(bins: Sequence[Bin], path: Path, *, title: str) -> None:
    """The diagram, and below it how many pictures each bin holds; written as PNG to `path`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 6.4), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot([0, 1], [0, 1], color="0.6", linestyle="--", label="score = probability")
    share = np.array([one.cracked for one in bins])
    ends = np.array([one.ci95 for one in bins])
    upper.errorbar(
        [one.mean_score for one in bins],
        share,
        yerr=np.abs(ends.T - share),
        fmt="o",
        capsize=3,
        label="pictures of a bin, 95 % interval",
    )
    upper.set(xlim=(0, 1), ylim=(0, 1), ylabel="share of pictures that are cracked", title=title)
    upper.legend(loc="upper left")
    upper.grid(alpha=0.3)
    lower.bar([one.low for one in bins], [one.n for one in bins], [one.high - one.low for one in bins], align="edge")
    lower.set(xlabel="score (probability of a crack)", ylabel="pictures")
    lower.grid(alpha=0.3)
    error = expected_calibration_error(bins)
    figure.supxlabel(CAPTION.format(n=sum(one.n for one in bins), error=error), fontsize=7)
    figure.savefig(path, dpi=110)
