"""What the parts of the page share: what they are made from, and how tables and figures are written."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.bundle import Bundle
from edge.classifier import Classifier
from training.evaluate import Scored
from training.record.evaluation import Evaluation
from training.trusted_report import TrustedScores

NOT_RUN = "not run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a part of the page is made from.

    `bundle`, `classifier`: those that ship; `evaluation`: what was measured of them; `scored`, `trusted`: their int8
    scores, a set of the test side at a time, and of the trusted list. `measured`: the folder with the records of runs
    and the JSON of benchmarks. `images`: the folder of the docs' pictures. `data`: that of the labelled pictures.
    """

    bundle: Bundle
    classifier: Classifier
    evaluation: Evaluation
    scored: Mapping[str, Scored]
    trusted: TrustedScores
    measured: Path
    images: Path
    data: Path


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def interval(ci95: tuple[float, float] | None) -> str:
    """The ends of a 95 % interval, or nothing."""
    return f"{ci95[0]:.4f} to {ci95[1]:.4f}" if ci95 else ""


def figure(value: float, ci95: tuple[float, float] | None = None, *, digits: int = 4) -> str:
    """A share, with its interval in brackets; a dash where there is none."""
    if not math.isfinite(value):
        return "-"
    return f"{value:.{digits}f}" + (f" ({ci95[0]:.{digits}f}-{ci95[1]:.{digits}f})" if ci95 else "")
