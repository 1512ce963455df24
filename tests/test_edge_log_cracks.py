"""Walls, visits and cracks in the inspection log, and poses that are known better once a run is over."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from edge_log_samples import (
    CALIBRATED,
    CLOCK,
    CRACK,
    MEASURED_FIND,
    POSED,
    SCALE,
    START,
    assert_same_content,
    frame,
    raw,
)

from edge.log import CrackState, InspectionLog, LogReader, Shift, VisitRecord, read_log
from edge.measure.measured import Interval


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def log(folder: Path) -> Iterator[InspectionLog]:
    with InspectionLog.open(folder, clock=CLOCK) as opened:
        yield opened


@pytest.fixture
def reader(log: InspectionLog, folder: Path) -> Iterator[LogReader]:
    with read_log(folder) as opened:
        yield opened


def visit(log: InspectionLog, wall: str = "north pier", finds: int = 1) -> int:
    """A visit with one run of one frame."""
    visit_id = log.start_visit(wall)
    run_id = log.start_run(replace(CALIBRATED, visit_id=visit_id))
    log.log_frame(run_id, frame(0, scale=SCALE, pose=POSED), [MEASURED_FIND] * finds, None)
    return visit_id


def test_visits_to_a_wall_are_known_by_its_name(log: InspectionLog, reader: LogReader) -> None:
    ids = [log.start_visit(wall) for wall in ("north pier", "south pier", "north pier")]
    assert reader.visits() == [
        VisitRecord(id=visit_id, wall=wall)
        for visit_id, wall in zip(ids, ("north pier", "south pier", "north pier"), strict=True)
    ]
    with pytest.raises(ValueError, match="name"):
        log.start_visit("")
    for wrong in ({"visit_id": 99}, {"resumes_run_id": "nothing"}):
        with pytest.raises(ValueError, match="FOREIGN KEY"):
            log.start_run(replace(START, **wrong))  # type: ignore[arg-type]


def test_a_resumed_run_belongs_to_the_visit_that_was_cut_off(log: InspectionLog, reader: LogReader) -> None:
    first = log.start_run(replace(START, visit_id=log.start_visit("north pier")))
    earlier = reader.run(first).start
    second = log.start_run(replace(START, visit_id=earlier.visit_id, resumes_run_id=first))
    assert reader.run(second).start.visit_id == earlier.visit_id
    assert reader.run(second).start.resumes_run_id == first


def test_cracks_come_back_as_they_were_logged(log: InspectionLog, reader: LogReader) -> None:
    first, second = visit(log, finds=3), visit(log)
    a, b = replace(CRACK, courses=((1, 0), (3, 0))), replace(CRACK, courses=((1, 1), (2, 0)), doubt="two poses")
    ids = log.log_cracks(first, [a, b])
    logged = reader.cracks(first)
    assert [crack.crack_id for crack in logged] == ids
    for crack, given_ in zip(logged, (a, b), strict=True):
        assert_same_content(crack, replace(given_, crack_id=crack.crack_id))
    grown = replace(
        CRACK,
        crack_id=ids[0],
        state=CrackState.GROWN,
        courses=((4, 0),),
        length_growth_mm=Interval(low=5, value=20, high=25),
        width_growth_mm=Interval(low=-0.1, value=0.0, high=0.1),
    )
    gone = replace(CRACK, crack_id=ids[1], state=CrackState.NOT_SEEN, size=None, covered_share=0.25)
    shift = Shift(xy_mm=(3.0, -2.0), sd_mm=0.5)
    assert log.log_cracks(second, [grown, gone], shift) == ids
    assert [v.shift for v in reader.visits()] == [None, shift]
    history = reader.crack_history(ids[0])
    assert [(visit_id, crack.state) for visit_id, crack in history] == [(first, "new"), (second, "grown")]
    assert_same_content(history[1][1], grown)
    assert_same_content(reader.cracks(second)[1], gone)
    # What a third visit compares with: the grown one as grown, the other as it was last seen; no other wall's.
    other_wall = visit(log, "south pier")
    log.log_cracks(other_wall, [CRACK])
    third = log.start_visit("north pier")
    known = reader.cracks_before(third)
    assert [(visit_id, crack.crack_id, crack.state) for visit_id, crack in known] == [
        (second, ids[0], "grown"),
        (first, ids[1], "new"),
    ]
    assert known[1][1].courses == b.courses


def test_what_is_said_of_a_visit_is_replaced_whole(log: InspectionLog, reader: LogReader, folder: Path) -> None:
    visit_id = visit(log)
    kept, gone, reviewed = log.log_cracks(visit_id, [replace(CRACK, courses=((1, 0),)), CRACK, CRACK])
    with raw(folder) as db:
        db.execute(
            "INSERT INTO reviews (t_utc, reviewer, crack_id, verdict) VALUES ('now', 'Ann', ?, 'accept')", (reviewed,)
        )
    again = replace(CRACK, crack_id=kept, courses=((1, 0), (1, 1)))
    assert log.log_cracks(visit_id, [again]) == [kept]
    assert [crack.courses for crack in reader.cracks(visit_id)] == [again.courses]
    with raw(folder) as db:
        assert db.execute("SELECT id FROM cracks ORDER BY id").fetchall() == [(kept,), (reviewed,)]
    # A number is never used twice: a link to a crack never leads to another.
    assert log.log_cracks(visit_id, [again, CRACK])[1] > max(gone, reviewed)


def test_impossible_cracks_are_refused_whole(log: InspectionLog, reader: LogReader) -> None:
    visit_id, uncalibrated = visit(log), log.start_visit("south pier")
    log.start_run(replace(START, visit_id=uncalibrated))
    (before,) = log.log_cracks(visit_id, [CRACK])
    wrong = (
        (visit_id, [replace(CRACK, courses=((1, 0),)), replace(CRACK, courses=((1, 0),))]),  # a course in two cracks
        (visit_id, [replace(CRACK, courses=((99, 0),))]),
        (visit_id, [replace(CRACK, crack_id=99)]),
        (visit_id, [replace(CRACK, crack_id=before), replace(CRACK, crack_id=before)]),
        (visit_id, [replace(CRACK, size=None)]),
        (visit_id, [replace(CRACK, state=CrackState.NOT_SEEN, covered_share=1.0)]),
        (visit_id, [replace(CRACK, length_growth_mm=Interval(low=0, value=1, high=2))]),
        (uncalibrated, [CRACK]),
        (99, [CRACK]),
    )
    for visit_of, cracks in wrong:
        with pytest.raises(ValueError, match=r"rule|visit 99"):
            log.log_cracks(visit_of, cracks)
    assert [crack.crack_id for crack in reader.cracks(visit_id)] == [before]


def test_poses_that_are_known_better_take_the_place_of_the_first(log: InspectionLog, reader: LogReader) -> None:
    run_id = log.start_run(CALIBRATED)
    for seq in range(2):
        log.log_frame(run_id, frame(seq, scale=SCALE), [MEASURED_FIND], None)
    log.log_poses(run_id, {1: POSED}, {2: (np.array([[7.0, 8.0], [9.0, 1.0]]),)})
    assert [logged.frame.pose.source for logged in reader.frames(run_id)] == ["none", "tag"]
    first, second = (found.find.measured for found in reader.finds(run_id))
    assert first is not None
    assert second is not None
    assert first.on_wall is not None
    assert second.on_wall is not None
    np.testing.assert_array_equal(second.on_wall.courses_mm[0], [[7.0, 8.0], [9.0, 1.0]])
    np.testing.assert_array_equal(first.on_wall.courses_mm[0], [[0.0, 0.0], [3.0, -4.0]])


def test_cracks_of_a_visit_need_its_wall(folder: Path, log: InspectionLog) -> None:
    with raw(folder) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute("INSERT INTO cracks (wall_id, first_visit_id) VALUES (1, 1)")
