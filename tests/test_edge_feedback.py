"""A log's verdicts as a training set: whose word counts, what is shown and known of a find, what is left out."""

import hashlib
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from edge_log_samples import CALIBRATED, CLOCK, FIND, MEASURED, MEASURED_FIND, POSED, SCALE, START, frame
from edge_log_samples import CRACK as LOGGED_CRACK
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.cli import main
from edge.errors import DataError, LogError
from edge.feedback import CONCRETE, CRACK, FEEDBACK_FILE, UNKNOWN, Feedback, read_feedback
from edge.feedback_export import (
    COVERED,
    NO_PICTURE,
    TAKEN_BACK,
    UNSURE,
    accepted_marks,
    export_feedback,
    last_words,
    rejected_marks,
)
from edge.imagefile import decode_bgr
from edge.log import Entry, InspectionLog, RunState
from edge.log.reviews import ReviewLog, Verdict
from edge.overlay import encode_jpeg
from edge.plain import MARGIN_PX, plain_box

WH = (800, 600)
BOXES = [(100, 100, 96, 96), (400, 100, 96, 144), (100, 400, 200, 96), (600, 400, 96, 96), (110, 110, 96, 96)]


def a_log(folder: Path, *, without: int | None = None, source: str = "north wall") -> Path:
    """A frame with the finds of `BOXES`, the second measured; each has its plain picture but one."""
    pixels = np.random.default_rng(3).integers(90, 160, (WH[1], WH[0], 3), np.uint8)
    records = [replace(FIND, box_xywh_px=box) for box in BOXES]
    (course,) = MEASURED.courses
    moved = replace(course, points_px=course.points_px + BOXES[1][:2])
    records[1] = replace(records[1], measured=replace(MEASURED, courses=(moved,), on_wall=None))
    plain = []
    for n, (x, y, w, h) in enumerate(plain_box(box, WH) for box in BOXES):
        plain.append(b"damaged" if n == without else encode_jpeg(pixels[y : y + h, x : x + w].copy()))
    with InspectionLog.open(folder, clock=CLOCK) as log:
        run_id = log.start_run(replace(START, source=source))
        drawn = encode_jpeg(pixels)
        entry = Entry(frame=frame(0, frame_wh=WH, name="a.jpg"), finds=records, overlay_jpeg=drawn, plain_jpegs=plain)
        log.log_frames(run_id, [entry])
        log.end_run(run_id, RunState.FINISHED, None)
    if without is not None:
        next(folder.rglob(f"*-{without}.jpg")).unlink()
    return folder


def say(log: Path, find_id: int, verdict: Verdict, reason: str | None = None) -> int:
    with ReviewLog.open(log, clock=CLOCK) as reviews:
        return reviews.append(reviewer="Ann", verdict=verdict, find_id=find_id, reason=reason)


def exported(log: Path, out: Path) -> Feedback:
    return export_feedback(log, out, clock=CLOCK).feedback


def test_an_example_says_where_it_comes_from(tmp_path: Path) -> None:
    log = a_log(tmp_path / "log")
    say(log, 2, Verdict.ACCEPT)
    say(log, 3, Verdict.REJECT, "joint")
    done = export_feedback(log, tmp_path / "out", clock=CLOCK)
    feedback, sha256 = read_feedback(tmp_path / "out")
    assert (feedback, sha256) == (done.feedback, done.sha256)
    accepted, rejected = feedback.examples
    assert (accepted.find_id, accepted.verdict, accepted.reason, accepted.placed) == (2, "accept", None, True)
    assert (rejected.find_id, rejected.verdict, rejected.reason, rejected.reviewer) == (3, "reject", "joint", "Ann")
    (run,) = feedback.runs
    assert accepted.run_id == rejected.run_id == run.id
    assert (run.source, run.bundle_sha256, rejected.frame_name) == ("north wall", "a" * 64, "a.jpg")
    assert rejected.box_xywh_px == (MARGIN_PX, MARGIN_PX, 200, 96)
    assert not feedback.left_out


def test_the_pictures_are_the_plain_ones_byte_for_byte_and_the_marks_are_as_large(tmp_path: Path) -> None:
    log = a_log(tmp_path / "log")
    say(log, 3, Verdict.REJECT)
    (one,) = exported(log, tmp_path / "out").examples
    content = (tmp_path / "out" / one.picture).read_bytes()
    assert content in [path.read_bytes() for path in (log / "images").rglob("*-2.jpg")]
    marks = cv2.imread(str(tmp_path / "out" / one.marks), cv2.IMREAD_UNCHANGED)
    assert marks.shape == decode_bgr(content, name="").shape[:2]


@settings(deadline=None, max_examples=10)
@given(words=st.lists(st.sampled_from(Verdict), min_size=1, max_size=6))
def test_the_last_word_counts(tmp_path_factory: pytest.TempPathFactory, words: list[Verdict]) -> None:
    log = a_log(tmp_path_factory.mktemp("log"))
    for verdict in words:
        say(log, 4, verdict)
    assert {find: word.verdict for find, word in last_words(log).items()} == {4: words[-1]}


def test_a_word_on_a_crack_is_one_on_its_finds_but_on_none_of_two_cracks_nor_on_one_that_has_its_own(
    tmp_path: Path,
) -> None:
    with InspectionLog.open(tmp_path, clock=CLOCK) as log:
        visit_id = log.start_visit("north pier")
        run_id = log.start_run(replace(CALIBRATED, visit_id=visit_id))
        log.log_frame(run_id, frame(0, scale=SCALE, pose=POSED), [MEASURED_FIND] * 3, None)
        one, other = replace(LOGGED_CRACK, courses=((1, 0), (2, 0), (3, 0))), replace(LOGGED_CRACK, courses=((3, 1),))
        crack_id, _ = log.log_cracks(visit_id, [one, other])
    say(tmp_path, 2, Verdict.ACCEPT)
    with ReviewLog.open(tmp_path, clock=CLOCK) as reviews:
        for verdict in (Verdict.ACCEPT, Verdict.REJECT):
            reviews.append(reviewer="Ann", verdict=verdict, crack_id=crack_id)
    assert {find: word.verdict for find, word in last_words(tmp_path).items()} == {1: Verdict.REJECT, 2: Verdict.ACCEPT}


def test_what_nobody_has_decided_and_what_has_no_picture_is_left_out_and_said(tmp_path: Path) -> None:
    log = a_log(tmp_path / "log", without=3)
    say(log, 1, Verdict.UNSURE)
    with ReviewLog.open(log, clock=CLOCK) as reviews:
        entry = reviews.append(reviewer="Ann", verdict=Verdict.ACCEPT, find_id=2)
        reviews.undo(entry, reviewer="Ann")
    say(log, 3, Verdict.ACCEPT)
    say(log, 4, Verdict.REJECT, "stain")
    feedback = exported(log, tmp_path / "out")
    assert [one.find_id for one in feedback.examples] == [3]
    assert {one.find_id: one.why for one in feedback.left_out} == {1: UNSURE, 2: TAKEN_BACK, 4: NO_PICTURE}


def test_a_rejection_under_a_find_that_stands_is_left_out_and_one_among_rejections_is_not(tmp_path: Path) -> None:
    """The first and the last box of `BOXES` overlap."""
    log = a_log(tmp_path / "log")
    say(log, 1, Verdict.REJECT)
    assert [one.why for one in exported(log, tmp_path / "alone").left_out] == [COVERED]
    say(log, 5, Verdict.REJECT)
    assert [one.find_id for one in exported(log, tmp_path / "both").examples] == [1, 5]


def test_of_an_accepted_find_only_the_course_is_known(tmp_path: Path) -> None:
    area = (0, 0, 60, 50)
    marks = accepted_marks(MEASURED, area)
    assert set(np.unique(marks)) == {UNKNOWN, CRACK}
    ys, xs = np.nonzero(marks == CRACK)
    (x0, y0), (x1, y1) = MEASURED.courses[0].points_px
    away = np.abs((y1 - y0) * xs - (x1 - x0) * ys + x1 * y0 - y1 * x0) / np.hypot(x1 - x0, y1 - y0)
    assert away.max() <= 3
    assert (accepted_marks(None, area) == UNKNOWN).all()


@given(x=st.integers(-80, 200), y=st.integers(-80, 200), w=st.integers(1, 120), h=st.integers(1, 120))
def test_a_rejected_find_says_nothing_of_another_that_stands(x: int, y: int, w: int, h: int) -> None:
    marks = rejected_marks([(x, y, w, h)], (20, 30, 100, 90))
    ys, xs = np.mgrid[30:120, 20:120]
    other = (xs >= x) & (xs < x + w) & (ys >= y) & (ys < y + h)
    assert ((marks == UNKNOWN) == other).all()
    assert ((marks == CONCRETE) == ~other).all()


@pytest.mark.parametrize("source", ["{}", "{}/a.jpg"])
def test_a_frame_read_from_a_file_that_is_still_there_is_known_by_its_bytes(tmp_path: Path, source: str) -> None:
    (tmp_path / "a.jpg").write_bytes(b"a photograph")
    log = a_log(tmp_path / "log", source=source.format(tmp_path))
    say(log, 3, Verdict.REJECT)
    assert exported(log, tmp_path / "out").examples[0].frame_sha256 == hashlib.sha256(b"a photograph").hexdigest()
    (tmp_path / "a.jpg").unlink()
    assert exported(log, tmp_path / "later").examples[0].frame_sha256 is None


def test_a_changed_file_a_folder_that_is_there_and_a_log_without_verdicts_are_refused(tmp_path: Path) -> None:
    log = a_log(tmp_path / "log")
    with pytest.raises(LogError, match="no find has one"):
        export_feedback(log, tmp_path / "out", clock=CLOCK)
    say(log, 3, Verdict.REJECT)
    (one,) = exported(log, tmp_path / "out").examples
    with pytest.raises(DataError, match="this one exists"):
        export_feedback(log, tmp_path / "out", clock=CLOCK)
    (tmp_path / "out" / one.marks).write_bytes(b"other")
    with pytest.raises(DataError, match=f"{one.marks}.*SHA-256"):
        read_feedback(tmp_path / "out")
    (tmp_path / "out" / FEEDBACK_FILE).write_text('{"schema_version": 2}')
    with pytest.raises(DataError, match="schema_version 1; got 2"):
        read_feedback(tmp_path / "out")
    with pytest.raises(DataError, match="hairline feedback export"):
        read_feedback(tmp_path / "nothing")


def test_the_command_counts_by_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = a_log(tmp_path / "log")
    say(log, 2, Verdict.ACCEPT)
    say(log, 3, Verdict.REJECT, "joint")
    say(log, 4, Verdict.UNSURE)
    assert main(["feedback", "export", str(log), "-o", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert "accepted: 1 (1 with their course)" in told
    assert "rejected: 1 (1 joint)" in told
    assert f"left out: 1: {UNSURE}" in told
