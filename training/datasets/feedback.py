"""Reviewed finds (`hairline feedback export`) as examples to train on."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from edge.errors import DataError
from edge.feedback import Example, Feedback, read_feedback
from edge.frame import U8Image
from edge.imagefile import read_bgr
from training.bench.frozen import is_frozen
from training.datasets.checksums import sha256_of
from training.datasets.item import Item
from training.datasets.split import Split

NAME = "feedback"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackSet:
    """What `folder` holds, verified. `sha256`, that of its `feedback.json`, identifies all of it."""

    folder: Path
    feedback: Feedback
    sha256: str

    @property
    def rejected(self) -> list[Example]:
        return [one for one in self.feedback.examples if one.verdict == "reject"]

    @property
    def accepted(self) -> list[Example]:
        return [one for one in self.feedback.examples if one.verdict == "accept"]

    @property
    def citation(self) -> str:
        """What a model card says of it."""
        runs = len(self.feedback.runs)
        return (
            f"verdicts on finds of {runs} run{'' if runs == 1 else 's'}: {len(self.accepted)} accepted, "
            f"{len(self.rejected)} rejected; SHA-256 {self.sha256}"
        )

    def picture(self, example: Example) -> U8Image:
        """uint8 BGR (h, w, 3)."""
        return read_bgr(self.folder / example.picture)

    def marks(self, example: Example) -> U8Image:
        """uint8 (h, w) of `edge.feedback`'s marks."""
        path = self.folder / example.marks
        marks = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_GRAYSCALE)
        if marks is None:
            raise DataError(f"{path}: the marks of an example are a PNG, and this is none; export it again")
        return marks


def read(folder: Path) -> FeedbackSet:
    """Raises `DataError` for a folder that is none, damaged, or without a single example."""
    feedback, sha256 = read_feedback(folder)
    if not feedback.examples:
        raise DataError(f"{folder}: there is no example in it; `hairline feedback export` said why")
    return FeedbackSet(folder=folder, feedback=feedback, sha256=sha256)


def refuse_judges(feedback: FeedbackSet, items: Sequence[Item], split: Split) -> None:
    """Raises `DataError` where a frame is of the split's test side, or of a wall that the gate is frozen to.

    A frame is known by the bytes of its file, where it was still there when the feedback was exported, and by its name
    (`.../metu/Negative/00012.jpg`). `items`: the pictures at hand.
    """
    sources = {run.id: run.source for run in feedback.feedback.runs}
    judges = {name for name, side in split.sides.items() if side == "test"}
    hashed = any(one.frame_sha256 for one in feedback.feedback.examples)
    digests = {sha256_of(item.path): item.name for item in split.items("test", items)} if hashed else {}
    for one in feedback.feedback.examples:
        source = sources[one.run_id]
        known = digests.get(one.frame_sha256 or "") or _named(source, one.frame_name, judges)
        if known is None and is_frozen(source):
            known = source
        if known is not None:
            raise DataError(
                f"{feedback.folder}: nothing is learnt from what networks are judged on; find {one.find_id} was seen "
                f"in {known}, which is: review a log of other pictures"
            )


def _named(source: str, frame_name: str, judges: set[str]) -> str | None:
    """The picture of `judges` that a frame's path ends in."""
    for path in (PurePosixPath(source), PurePosixPath(source) / frame_name):
        for first in range(len(path.parts)):
            if (name := "/".join(path.parts[first:])) in judges:
                return name
    return None
