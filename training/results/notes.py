"""The words about the shipped network's figures: `docs/results/notes.txt`, looked over at a release."""

from training.results.sources import Sources

FILE = "notes.txt"


def notes(sources: Sources) -> str:
    """As they are; nothing where there are none."""
    path = sources.measured / FILE
    return path.read_text(encoding="utf-8") if path.is_file() else ""
