"""What people have said of finds, as examples to learn from: a folder that `training` reads.

`feedback.json` says where each example comes from and holds the SHA-256 of its two files: `pictures/N.jpg`, the pixels
of find N as the camera saw them, and `marks/N.png`, 8-bit, what is known of each of these pixels.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edge.durable import write_durably
from edge.errors import DataError
from edge.manifest_json import dumps, from_plain, loads

SCHEMA_VERSION = 1
FEEDBACK_FILE = "feedback.json"
CONCRETE, UNKNOWN, CRACK = 0, 128, 255
"""A mark: no crack, a pixel that nobody has spoken of, the course of a crack (3 px wide)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackRun:
    """The run that examples come from: what it looked at, and the bundle that found them."""

    id: str
    source: str
    started_utc: str
    hairline_version: str | None
    bundle_name: str
    bundle_sha256: str
    classifier_sha256: str
    window_threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One find and the last word on it. `box_xywh_px` is its box in the picture.

    `placed`: the course of an accepted find is among the marks; else all that is known is that one runs through its
    box. `frame_sha256` is that of the file the frame was read from, where it was still there.
    """

    find_id: int
    verdict: Literal["accept", "reject"]
    reason: str | None
    reviewer: str
    reviewed_utc: str
    run_id: str
    seq: int
    frame_name: str
    frame_sha256: str | None
    box_xywh_px: tuple[int, int, int, int]
    score: float
    placed: bool
    picture_sha256: str
    marks_sha256: str

    @property
    def picture(self) -> str:
        """Its picture below the folder."""
        return f"pictures/{self.find_id}.jpg"

    @property
    def marks(self) -> str:
        """Its marks below the folder."""
        return f"marks/{self.find_id}.png"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A find with a verdict that is no example, and why."""

    find_id: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """All of a log's examples, by find."""

    schema_version: int
    made_utc: str
    hairline_version: str | None
    runs: tuple[FeedbackRun, ...]
    examples: tuple[Example, ...]
    left_out: tuple[LeftOut, ...]


def write_feedback(folder: Path, feedback: Feedback, files: Mapping[str, bytes]) -> str:
    """Writes a new folder, `feedback.json` last; returns its SHA-256. `files` are the pictures and marks by name.

    Raises `DataError` for a folder that is there already, or cannot be written.
    """
    try:
        folder.mkdir(parents=True)
        for name in ("pictures", "marks"):
            (folder / name).mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        told = dumps(feedback).encode()
        write_durably(folder / FEEDBACK_FILE, told)
    except FileExistsError as there:
        raise DataError(f"{folder}: feedback is written to a new folder, and this one exists: name another") from there
    except OSError as failed:
        raise DataError(f"{folder}: the feedback cannot be written: {failed.strerror or failed}") from failed
    return hashlib.sha256(told).hexdigest()


def read_feedback(folder: Path) -> tuple[Feedback, str]:
    """The feedback of a folder, every file of it verified, and its SHA-256. Raises `DataError`, naming the file."""
    path = folder / FEEDBACK_FILE
    try:
        told = path.read_bytes()
        plain = loads(told.decode())
        version = plain.get("schema_version") if isinstance(plain, dict) else None
        if version != SCHEMA_VERSION:
            raise ValueError(f"this Hairline reads schema_version {SCHEMA_VERSION}; got {version}")
        feedback = from_plain(Feedback, plain, "feedback")
    except OSError as unreadable:
        raise DataError(
            f"{path}: feedback is a folder that `hairline feedback export` wrote; {unreadable.strerror or unreadable}"
        ) from unreadable
    except ValueError as wrong:
        raise DataError(f"{path}: {wrong}") from wrong
    for example in feedback.examples:
        _verify(folder / example.picture, example.picture_sha256)
        _verify(folder / example.marks, example.marks_sha256)
    return feedback, hashlib.sha256(told).hexdigest()


def _verify(path: Path, digest: str) -> None:
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as unreadable:
        raise DataError(f"{path}: cannot be read: {unreadable.strerror or unreadable}; export it again") from unreadable
    if found != digest:
        raise DataError(
            f"{path}: its SHA-256 must be the {digest[:12]}… of {FEEDBACK_FILE}; got {found[:12]}…: the file was "
            "changed or damaged; export it again"
        )
