"""The reviewed finds of a log as feedback: pictures without anything drawn in, and marks of what is known of them."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from edge.clock import Clock
from edge.errors import LogError, SourceError
from edge.feedback import (
    CONCRETE,
    CRACK,
    SCHEMA_VERSION,
    UNKNOWN,
    Example,
    Feedback,
    FeedbackRun,
    LeftOut,
    write_feedback,
)
from edge.frame import U8Image
from edge.imagefile import decode_bgr
from edge.log import LoggedFind, LogReader, RunRecord, read_log
from edge.log.columns import write_utc
from edge.log.database import as_log_error, open_to_read
from edge.log.reviews import UNDONE, ReviewRecord, Verdict
from edge.measure.measured import Measured
from edge.plain import plain_box, plain_path

UNSURE = "nobody has decided: the last word is 'unsure'"
TAKEN_BACK = "the verdict was taken back"
NO_PICTURE = "the log has no plain picture of it"
COVERED = "less than half of its box is free of finds that were not rejected"
COURSE_PX = 3
LEAST_FREE = 0.5

# What is said of a crack as a whole is said of its finds, but of those that are part of another crack, too.
_OF_FINDS = """
SELECT find_id AS of_find, reviews.* FROM reviews
WHERE id IN (SELECT max(id) FROM reviews WHERE find_id IS NOT NULL GROUP BY find_id)
"""
_OF_CRACKS = """
SELECT DISTINCT crack_finds.find_id AS of_find, reviews.* FROM reviews JOIN crack_finds USING (crack_id)
WHERE reviews.id IN (SELECT max(id) FROM reviews WHERE crack_id IS NOT NULL GROUP BY crack_id)
AND 1 = (SELECT count(DISTINCT crack_id) FROM crack_finds AS all_of WHERE all_of.find_id = crack_finds.find_id)
"""

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written, where, and the SHA-256 of its `feedback.json`."""

    folder: Path
    feedback: Feedback
    sha256: str


def export_feedback(log: Path, folder: Path, *, clock: Clock) -> Exported:
    """Writes the examples of a log's last verdicts to a new folder.

    Raises `LogError` for a log that cannot be read or of which no find has a verdict, `DataError` for the folder.
    """
    words = last_words(log)
    if not words:
        raise LogError(f"log {log}: feedback is made of verdicts, and no find has one: review it first")
    examples: list[Example] = []
    left_out: list[LeftOut] = []
    files: dict[str, bytes] = {}
    with read_log(log) as reader:
        runs = [run for run in reader.runs() if _has_one_of(reader, run, words)]
        for run in runs:
            for frame in _frames(reader.finds(run.id)):
                for find in frame:
                    if find.id not in words:
                        continue
                    made = _example(log, run, find, frame, words)
                    if isinstance(made, str):
                        left_out.append(LeftOut(find_id=find.id, why=made))
                        continue
                    example, picture, marks = made
                    examples.append(example)
                    files |= {example.picture: picture, example.marks: marks}
    used = {example.run_id for example in examples}
    feedback = Feedback(
        schema_version=SCHEMA_VERSION,
        made_utc=write_utc(clock.utc()),
        hairline_version=_version(),
        runs=tuple(_run(run) for run in runs if run.id in used),
        examples=tuple(examples),
        left_out=tuple(left_out),
    )
    return Exported(folder=folder, feedback=feedback, sha256=write_feedback(folder, feedback, files))


def last_words(log: Path) -> dict[int, ReviewRecord]:
    """The last word on every find, by its id: its own review, else its crack's. Raises `LogError`."""
    with as_log_error(log, "its reviews cannot be read"):
        connection = open_to_read(log)
        try:
            rows = [row for query in (_OF_CRACKS, _OF_FINDS) for row in connection.execute(query)]
        finally:
            connection.close()
    return {row["of_find"]: ReviewRecord.read(dict(row)) for row in rows}


def _has_one_of(reader: LogReader, run: RunRecord, words: dict[int, ReviewRecord]) -> bool:
    return any(find.id in words for find in reader.finds(run.id))


def _frames(finds: Iterable[LoggedFind]) -> Iterator[list[LoggedFind]]:
    """The finds of one frame after the other."""
    frame: list[LoggedFind] = []
    for find in finds:
        if frame and frame[0].seq != find.seq:
            yield frame
            frame = []
        frame.append(find)
    if frame:
        yield frame


def _example(
    log: Path, run: RunRecord, find: LoggedFind, frame: Sequence[LoggedFind], words: dict[int, ReviewRecord]
) -> tuple[Example, bytes, bytes] | str:
    """An example with its picture and its marks, or why there is none."""
    word = words[find.id]
    if word.verdict is Verdict.UNSURE:
        return TAKEN_BACK if word.reason == UNDONE else UNSURE
    picture = _plain_picture(log, find)
    if isinstance(picture, str):
        return picture
    content, pixels = picture
    accepted = word.verdict is Verdict.ACCEPT
    area = _shown(find, pixels)
    if accepted:
        marks = accepted_marks(find.find.measured, area)
    else:
        others = [one.find.box_xywh_px for one in frame if not _is_rejected(words.get(one.id))]
        marks = rejected_marks(others, area)
    x, y, w, h = find.find.box_xywh_px
    box = x - area[0], y - area[1], w, h
    inside = marks[box[1] : box[1] + h, box[0] : box[0] + w]
    if not accepted and (inside == CONCRETE).mean() < LEAST_FREE:
        return COVERED
    png = cv2.imencode(".png", marks)[1].tobytes()
    example = Example(
        find_id=find.id,
        verdict="accept" if accepted else "reject",
        reason=word.reason,
        reviewer=word.reviewer,
        reviewed_utc=write_utc(word.t_utc),
        run_id=run.id,
        seq=find.seq,
        frame_name=find.frame_name,
        frame_sha256=_source_sha256(run.start.source, find.frame_name),
        box_xywh_px=box,
        score=find.find.score,
        placed=bool((marks == CRACK).any()),
        picture_sha256=hashlib.sha256(content).hexdigest(),
        marks_sha256=hashlib.sha256(png).hexdigest(),
    )
    return example, content, png


def accepted_marks(measured: Measured | None, area: Box) -> U8Image:
    """uint8 (h, w): the courses of a crack; of everything else nobody has spoken."""
    x, y, w, h = area
    marks = np.full((h, w), UNKNOWN, np.uint8)
    for course in () if measured is None else measured.courses:
        points = np.rint(course.points_px - (x, y)).astype(np.int32)
        cv2.polylines(marks, [points], isClosed=False, color=CRACK, thickness=COURSE_PX)
    return marks


def rejected_marks(others_xywh: Sequence[Box], area: Box) -> U8Image:
    """uint8 (h, w): no crack, but for the boxes of finds that were not rejected.

    The margin, in which nothing was found, is taken for concrete too: who rejects a find has seen it.
    """
    x, y, w, h = area
    marks = np.full((h, w), CONCRETE, np.uint8)
    for left, top, wide, high in others_xywh:
        cv2.rectangle(marks, (left - x, top - y, wide, high), UNKNOWN, thickness=-1)
    return marks


def _plain_picture(log: Path, find: LoggedFind) -> tuple[bytes, U8Image] | str:
    """Its content and its pixels, or why it cannot be used."""
    if find.overlay_path is None:
        return NO_PICTURE
    path = (log / plain_path(find.overlay_path, find.n)).resolve()
    if not path.is_relative_to(log.resolve()):
        return "the log names a picture outside its folder"
    if not path.is_file():
        return NO_PICTURE
    try:
        content = path.read_bytes()
        return content, decode_bgr(content, name=path.name)
    except (OSError, SourceError) as damaged:
        return f"its plain picture cannot be read: {damaged}"


def _shown(find: LoggedFind, pixels: npt.NDArray[np.uint8]) -> Box:
    """What of the frame its picture shows: at the frame's right and lower edge it ends earlier than its margin."""
    x, y, _, _ = plain_box(find.find.box_xywh_px, (1 << 30, 1 << 30))
    return x, y, pixels.shape[1], pixels.shape[0]


def _is_rejected(word: ReviewRecord | None) -> bool:
    return word is not None and word.verdict is Verdict.REJECT


def _source_sha256(source: str, frame_name: str) -> str | None:
    """SHA-256 of the file that a frame was read from, where it is still there."""
    for path in (Path(source), Path(source) / frame_name):
        try:
            if path.is_file() and path.name == frame_name:
                return hashlib.sha256(path.read_bytes()).hexdigest()
        except (OSError, ValueError):
            continue  # a camera's description is no path
    return None


def _run(run: RunRecord) -> FeedbackRun:
    started: datetime = run.start.started_utc
    return FeedbackRun(
        id=run.id,
        source=run.start.source,
        started_utc=write_utc(started),
        hairline_version=run.start.hairline_version,
        bundle_name=run.start.bundle_name,
        bundle_sha256=run.start.bundle_sha256,
        classifier_sha256=run.start.classifier_sha256,
        window_threshold=run.start.window_threshold,
    )


def _version() -> str | None:
    try:
        return version("hairline")
    except PackageNotFoundError:
        return None
