"""What the parts of the page share: what they are made from, and how figures are written."""

from dataclasses import dataclass
from pathlib import Path

from edge.bundle import Bundle
from edge.classifier import Classifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a part of the page is made from.

    `bundle`, `classifier`: those that ship. `measured`: the folder with records of runs and JSON of benchmarks.
    `images`: the folder of the docs' pictures. `frames`: the table of the whole wall photographs' tiles.
    """

    bundle: Bundle
    classifier: Classifier
    measured: Path
    images: Path
    frames: Path


def interval(ci95: tuple[float, float] | None) -> str:
    """The ends of a 95 % interval, or nothing."""
    return f"{ci95[0]:.4f} to {ci95[1]:.4f}" if ci95 else ""
