"""The inspection log: what it takes, what it says of it, and the rules that its file keeps."""

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest
from board_renderer import Lens, calibration_of
from edge_log_samples import (
    CALIBRATED,
    CLOCK,
    FIND,
    MEASURED,
    MEASURED_FIND,
    SCALE,
    START,
    assert_same_content,
    frame,
    raw,
    skipped,
    tables_of,
)

from edge.errors import LogError
from edge.log import (
    InspectionLog,
    RunState,
    pictures,
    read_log,
    schema,
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
    real = pictures.write_all_durably

    def spy(images: Path, contents: Mapping[str, bytes]) -> None:
        real(images, contents)
        events.append("picture")

    monkeypatch.setattr(pictures, "write_all_durably", spy)
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


def test_no_millimetres_without_a_calibration(log: InspectionLog, folder: Path) -> None:
    plain, calibrated = log.start_run(START), log.start_run(CALIBRATED)
    in_px = replace(FIND, measured=replace(MEASURED, on_wall=None, withheld="no scale is known"))
    for run_id, record in ((plain, frame(0)), (plain, frame(0, scale=SCALE)), (calibrated, frame(0))):
        with pytest.raises(ValueError, match="calibration"):
            log.log_frame(run_id, record, [in_px, MEASURED_FIND], None)
    log.log_frame(plain, frame(0), [in_px], None)
    log.log_frame(calibrated, frame(0, scale=SCALE), [MEASURED_FIND], None)
    log.log_frame(calibrated, frame(1, mm_withheld="no tag is seen"), [in_px], None)
    with read_log(folder) as reader:
        (found,) = reader.finds(plain)  # the refused frames left nothing behind
        assert_same_content(found.find, in_px)
        on_wall, withheld = reader.finds(calibrated)
        assert_same_content(on_wall.find, MEASURED_FIND)
        assert (on_wall.scale, withheld.scale) == (SCALE, None)
        assert withheld.find.measured is not None
        assert withheld.find.measured.withheld == "no scale is known"
    changes = (
        f"UPDATE finds SET length_low_mm = 1, length_mm = 1, length_high_mm = 1 WHERE run_id = '{plain}'",
        "UPDATE runs SET calibration_id = 'another'",
        "UPDATE frames SET calibration_id = NULL, scale_source = NULL, mm_per_px = NULL, sd_mm_per_px = NULL",
        f"UPDATE frames SET calibration_id = 'camera 7', mm_per_px = 1 WHERE run_id = '{plain}'",
    )
    with raw(folder) as db:
        for sql in changes:
            with pytest.raises(sqlite3.IntegrityError, match="calibration"):
                db.execute(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "length_low_mm = NULL",
        "length_mm = 9",
        "length_mm = NULL",
        "width_max_high_mm = NULL",
        "width_p95_mm = NULL, width_p95_low_mm = NULL, width_p95_high_mm = NULL",
        "width_median_low_mm = -0.1",
        "below_resolution = 1",
        "below_resolution = NULL",
        "courses_px = NULL",
        "courses_mm = NULL",
        "orientation_deg = 180",
        "withheld = 'no scale'",
        "severity_standard = NULL",
    ],
)
def test_a_bare_or_contradictory_number_is_refused(log: InspectionLog, folder: Path, sql: str) -> None:
    log.log_frame(log.start_run(CALIBRATED), frame(0, scale=SCALE), [MEASURED_FIND], None)
    with raw(folder) as db, pytest.raises(sqlite3.IntegrityError, match="CHECK"):
        db.execute(f"UPDATE finds SET {sql}")


def test_every_frame_says_of_which_boot_its_time_is(log: InspectionLog, folder: Path) -> None:
    run_id = log.start_run(START)
    log.log_frame(run_id, frame(0), [], None)
    with read_log(folder) as reader:
        (logged,) = reader.frames(run_id)
    assert (logged.boot_id, logged.clock_synchronised) == ("manual", True)


def test_the_calibration_of_a_run_comes_back(log: InspectionLog, folder: Path) -> None:
    calibration = calibration_of(Lens())
    named = replace(START, calibration_id=calibration.id)
    log.start_run(named, calibration)
    log.start_run(named, calibration)
    with pytest.raises(ValueError, match="calibration camera 7"):
        log.start_run(CALIBRATED, calibration)
    with read_log(folder) as reader:
        assert reader.calibration(calibration.id) == calibration
        assert reader.calibration("camera 7") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"score": 1.5},
        {"score": float("nan")},
        {"q": 128},
        {"windows": 0},
        {"box_xywh_px": (0, 0, 0, 5)},
        {"severity_class": "B"},
        {"severity_class": "B", "severity_standard": "a standard"},
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
        text = tables_of(db)
    assert (schema.SCHEMA_VERSION, hashlib.sha256(text.encode()).hexdigest()[:16]) == (
        3,
        "15ea8341cf1849d5",
    ), "logs of version 3 exist: a change of the tables is a new version with a migration (ADR 0006)"
