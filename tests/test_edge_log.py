"""The inspection log: what it takes, what it says of it, and the rules that its file keeps."""

import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest
from edge_log_samples import CALIBRATED, CLOCK, FIND, START, frame, raw, skipped

from edge.errors import LogError
from edge.log import (
    InspectionLog,
    RunState,
    read_log,
    schema,
    writer,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def log(folder: Path) -> Iterator[InspectionLog]:
    with InspectionLog.open(folder, clock=CLOCK) as opened:
        yield opened


# Runs.


def test_counts_say_what_a_run_saw(log: InspectionLog, folder: Path) -> None:
    run_id = log.start_run(START)
    other = log.start_run(START)
    log.log_frame(run_id, frame(0, lost_before=2), [FIND, FIND], None)
    log.log_frame(run_id, frame(1, lost_before=1), [FIND], None)
    log.log_frame(run_id, frame(2), [], None)
    for seq, reason in ((3, "too dark"), (4, "too dark"), (5, "unreadable")):
        log.log_frame(run_id, skipped(seq, reason), [], None)
    with read_log(folder) as reader:
        counts = reader.counts(run_id)
        assert (counts.inspected, counts.lost, counts.finds, counts.frames_with_finds) == (3, 3, 3, 2)
        assert counts.skipped == {"too dark": 2, "unreadable": 1}
        assert reader.counts(other).inspected == 0
        assert [(f.seq, f.n) for f in reader.top_finds(run_id, 2)] == [(0, 0), (0, 1)]


def test_a_run_ends_once_and_takes_nothing_afterwards(log: InspectionLog, folder: Path) -> None:
    run_id = log.start_run(START)
    with pytest.raises(ValueError, match="reason"):
        log.end_run(run_id, RunState.FAILED, None)
    with pytest.raises(ValueError, match="finished, interrupted"):
        log.end_run(run_id, RunState.LOST, "x")
    log.end_run(run_id, RunState.FAILED, "the camera fell off")
    with pytest.raises(ValueError, match="running"):
        log.end_run(run_id, RunState.FINISHED, None)
    with pytest.raises(ValueError, match="running"):
        log.log_frame(run_id, frame(0), [], None)
    with read_log(folder) as reader:
        (run,) = reader.runs()
        assert (run.state, run.reason, run.ended_utc) == (RunState.FAILED, "the camera fell off", CLOCK.utc())


@pytest.mark.parametrize(
    ("error", "state"),
    [(RuntimeError("a bug"), RunState.FAILED), (KeyboardInterrupt(), RunState.INTERRUPTED)],
)
def test_a_log_left_by_an_error_says_so(folder: Path, error: BaseException, state: RunState) -> None:
    def interrupted_run() -> None:
        with InspectionLog.open(folder, clock=CLOCK) as log:
            log.start_run(START)
            raise error

    with pytest.raises(type(error)):
        interrupted_run()
    with read_log(folder) as reader:
        assert reader.runs()[0].state is state
        assert reader.runs()[0].reason


def test_a_run_is_named_by_the_start_of_its_id(log: InspectionLog, folder: Path) -> None:
    ids = [log.start_run(START) for _ in range(3)]
    with read_log(folder) as reader:
        assert [run.id for run in reader.runs()] == ids
        assert reader.run(ids[1][:13]).id == ids[1]
        for wrong in ("", "nothing"):
            with pytest.raises(LogError, match=ids[2]):
                reader.run(wrong)


# Pictures.


def test_a_picture_is_there_before_its_row(log: InspectionLog, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = log.start_run(START)
    events: list[str] = []
    real = writer.write_durably

    def spy(path: Path, content: bytes) -> None:
        real(path, content)
        events.append("picture")

    monkeypatch.setattr(writer, "write_durably", spy)
    log._connection.set_trace_callback(lambda sql: events.append(sql.split()[0]))
    path = log.log_frame(run_id, frame(12, name="../../etc/passwd"), [FIND], b"jpeg")
    assert [event for event, _ in groupby(events)] == ["picture", "BEGIN", "INSERT", "COMMIT"]
    assert path == Path("images") / run_id / "000012.jpg"
    assert (folder / path).read_bytes() == b"jpeg"
    with read_log(folder) as reader:
        assert [f.overlay_path for f in reader.frames(run_id)] == [path]


@pytest.mark.parametrize("jpeg", [b"second", None])
def test_a_logged_frame_is_never_overwritten(log: InspectionLog, folder: Path, jpeg: bytes | None) -> None:
    run_id = log.start_run(START)
    path = log.log_frame(run_id, frame(0), [FIND], b"first")
    with pytest.raises(ValueError, match="frame 0"):
        log.log_frame(run_id, frame(0), [], jpeg)
    assert path is not None
    assert (folder / path).read_bytes() == b"first"
    with read_log(folder) as reader:
        assert len(list(reader.finds(run_id))) == 1


def test_commits_are_flushed(log: InspectionLog) -> None:
    def pragma(name: str) -> object:
        return log._connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert (pragma("synchronous"), pragma("journal_mode"), pragma("foreign_keys")) == (2, "wal", 1)


# Rules that the file itself keeps.


@pytest.mark.parametrize(
    "changes",
    [
        {"length_mm": 1.0},
        {"width_mm": 0.3, "width_low_high_mm": (0.2, 0.4)},
        {"width_low_high_mm": (0.2, 0.4)},
    ],
)
def test_no_millimetres_without_a_calibration(log: InspectionLog, folder: Path, changes: dict[str, object]) -> None:
    find = replace(FIND, **changes)  # type: ignore[arg-type]
    plain, calibrated = log.start_run(START), log.start_run(CALIBRATED)
    with pytest.raises(ValueError, match="calibration"):
        log.log_frame(plain, frame(0), [FIND, find], None)
    log.log_frame(calibrated, frame(0), [find], None)
    log.log_frame(plain, frame(0), [FIND], None)
    with read_log(folder) as reader:
        assert [f.find for f in reader.finds(plain)] == [FIND]  # the refused frame left nothing behind
        assert [f.find for f in reader.finds(calibrated)] == [find]
    with raw(folder) as db:
        for sql in ("UPDATE finds SET length_mm = 1", "UPDATE runs SET calibration_id = 'another'"):
            with pytest.raises(sqlite3.IntegrityError, match="calibration"):
                db.execute(sql)
        with pytest.raises(sqlite3.IntegrityError, match="calibration"):
            db.execute("INSERT INTO cracks VALUES (1, ?, '[[0, 0], [1, 1]]')", (plain,))
        db.execute("INSERT INTO cracks VALUES (1, ?, '[[0, 0], [1, 1]]')", (calibrated,))
        db.execute("INSERT INTO crack_finds SELECT 1, id FROM finds")


@pytest.mark.parametrize(
    "changes",
    [
        {"score": 1.5},
        {"score": float("nan")},
        {"q": 128},
        {"windows": 0},
        {"box_xywh_px": (0, 0, 0, 5)},
        {"width_mm": 0.5},
        {"width_mm": 0.5, "width_low_high_mm": (0.6, 0.7)},
    ],
)
def test_impossible_finds_are_refused(log: InspectionLog, folder: Path, changes: dict[str, object]) -> None:
    run_id = log.start_run(CALIBRATED)
    with pytest.raises(ValueError, match="rule"):
        log.log_frame(run_id, frame(0), [replace(FIND, **changes)], None)  # type: ignore[arg-type]
    with read_log(folder) as reader:
        assert list(reader.frames(run_id)) == []


def test_reviews_are_append_only(log: InspectionLog, folder: Path) -> None:
    run_id = log.start_run(START)
    log.log_frame(run_id, frame(0), [FIND], None)
    insert = "INTO reviews (id, t_utc, reviewer, find_id, crack_id, verdict) VALUES (?, 'now', 'Ann', ?, ?, ?)"
    with raw(folder) as db:
        db.execute(f"INSERT {insert}", (1, 1, None, "accept"))
        db.execute(f"INSERT {insert}", (None, 1, None, "reject"))
        for sql in ("UPDATE reviews SET verdict = 'unsure'", "DELETE FROM reviews"):
            with pytest.raises(sqlite3.IntegrityError, match="appended"):
                db.execute(sql)
        with pytest.raises(sqlite3.IntegrityError, match="appended"):
            db.execute(f"INSERT OR REPLACE {insert}", (1, 1, None, "unsure"))
        for values in ((None, 1, None, "perhaps"), (None, None, None, "accept"), (None, 99, None, "accept")):
            with pytest.raises(sqlite3.IntegrityError):
                db.execute(f"INSERT {insert}", values)
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("DELETE FROM finds")
        assert db.execute("SELECT verdict FROM reviews").fetchall() == [("accept",), ("reject",)]


def test_a_changed_schema_needs_a_new_number(log: InspectionLog, folder: Path) -> None:
    with raw(folder) as db:
        rows = db.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").fetchall()
    text = "\n".join(" ".join(row[0].split()) for row in rows)
    assert (schema.SCHEMA_VERSION, hashlib.sha256(text.encode()).hexdigest()[:16]) == (
        1,
        "5d3da369b9ce2769",
    ), "logs of version 1 exist: a change of the tables is a new version with a migration (ADR 0003)"
