"""What a log takes of its disk: batches of frames, a budget of bytes an hour, pictures that make room for others."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from edge_log_samples import DB, FIND, START, frame, picture, raw
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge import durable
from edge.clock import ManualClock
from edge.durable import write_all_durably
from edge.errors import LogError
from edge.log import DiskRule, Entry, InspectionLog, disk_rule, read_log, retention, writer
from edge.log.disk_rule import HourlyBudget, process_written_bytes
from edge.log.reviews import ReviewLog, Verdict

PICTURE_BYTES = len(picture(0))
HOUR_NS = 3600 * 10**9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


def entry(seq: int, *, finds: int = 1, jpeg: bool = True) -> Entry:
    return Entry(frame=frame(seq), finds=[FIND] * finds, overlay_jpeg=picture(seq) if jpeg else None)


def pictures_of(folder: Path) -> set[int]:
    """The frames of which there is a picture, each checked to be whole."""
    found = {int(path.stem): path for path in (folder / "images").rglob("*.jpg")}
    assert all(path.read_bytes() == picture(seq) for seq, path in found.items())
    assert not list(folder.rglob("*.part"))
    return set(found)


def absent(folder: Path) -> dict[int, tuple[str, str, str]]:
    """What the log says of pictures that are not there: state, time and reason by frame."""
    with raw(folder) as db:
        rows = db.execute("SELECT seq, state, t_utc, reason FROM absent_pictures ORDER BY rowid").fetchall()
    return {seq: (state, utc, reason) for seq, state, utc, reason in rows}


# Batches.


def test_a_batch_is_logged_whole_with_one_flush_of_rows(folder: Path) -> None:
    with InspectionLog.open(folder, clock=ManualClock()) as log:
        run_id = log.start_run(START)
        statements: list[str] = []
        log._connection.set_trace_callback(lambda sql: statements.append(sql.split()[0]))
        paths = log.log_frames(run_id, [entry(0), entry(1, finds=0, jpeg=False), entry(2)])
        assert statements.count("COMMIT") == 1
        assert [path is not None for path in paths] == [True, False, True]
    assert pictures_of(folder) == {0, 2}
    with read_log(folder) as reader:
        assert [f.overlay_path for f in reader.frames(run_id)] == paths


def test_of_a_batch_that_breaks_a_rule_nothing_is_logged(folder: Path) -> None:
    with InspectionLog.open(folder, clock=ManualClock()) as log:
        run_id = log.start_run(START)
        log.log_frames(run_id, [entry(0)])
        for second in (entry(0, jpeg=False), entry(0)):
            with pytest.raises(ValueError, match=r"frame .*0"):
                log.log_frames(run_id, [entry(1), second])
        assert log.log_frames(run_id, []) == []
    with read_log(folder) as reader:
        assert [f.frame.seq for f in reader.frames(run_id)] == [0]


def test_every_file_is_flushed_before_its_name_and_the_folder_once_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    fsync, replace = durable.os.fsync, Path.replace

    def spy_fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        done.append("folder" if path.is_dir() else path.read_text())
        fsync(descriptor)

    def spy_replace(self: Path, target: Path) -> Path:
        done.append(f"rename {target.name}")
        return replace(self, target)

    monkeypatch.setattr(durable.os, "fsync", spy_fsync)
    monkeypatch.setattr(Path, "replace", spy_replace)
    write_all_durably(tmp_path, {"a": b"one", "b": b"two"})
    assert done == ["one", "two", "rename a", "rename b", "folder"]


def test_files_that_cannot_all_be_written_leave_no_rubbish(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with pytest.raises(OSError, match="b"):
        write_all_durably(tmp_path, {"a": b"one", "b": b"two"})
    assert not list(tmp_path.glob(".*"))


# Room for pictures.


def say(folder: Path, find_id: int, verdict: Verdict) -> None:
    with ReviewLog.open(folder, clock=ManualClock()) as reviews:
        reviews.append(reviewer="Ann", verdict=verdict, find_id=find_id)


def test_pictures_without_a_crack_go_first_and_no_record_ever(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "SLACK", 0)
    clock = ManualClock()
    with InspectionLog.open(folder, clock=clock) as log:
        run_id = log.start_run(START)
        # Finds 1, 2 and 3 belong to frames 0, 1 and 3: accepted, rejected in the end, not judged.
        log.log_frames(run_id, [entry(0), entry(1), entry(2, finds=0), entry(3)])
    for find_id, verdict in ((1, Verdict.ACCEPT), (2, Verdict.ACCEPT), (2, Verdict.REJECT)):
        say(folder, find_id, verdict)
    left = [{0, 1, 2, 3}, {0, 1, 3}, {0, 3}, {0}, set()]
    for keep, expected in zip((4, 3, 2, 1, 0), left, strict=True):
        rule = DiskRule(max_pictures_mb=keep * PICTURE_BYTES / 1e6)
        with InspectionLog.open(folder, clock=clock, rule=rule) as log:
            assert log._retention is not None
            log._retention.make_room(0)
        assert pictures_of(folder) == expected
        assert set(absent(folder)) == {0, 1, 2, 3} - expected
    with read_log(folder) as reader:
        counts = reader.counts(run_id)
        assert (counts.inspected, counts.finds) == (4, 3)
        # The row says when, and why.
        logged = list(reader.frames(run_id))
        assert [f.overlay_path for f in logged] == [None] * 4
        assert all("removed 2026-01-01 00:00:00 UTC: the log's pictures take" in (f.no_picture or "") for f in logged)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(frames=st.lists(st.integers(0, 2), min_size=1, max_size=25), keep=st.integers(1, 10))
def test_pictures_never_take_more_than_the_rule_allows(
    tmp_path_factory: pytest.TempPathFactory, frames: list[int], keep: int
) -> None:
    folder = tmp_path_factory.mktemp("log")
    rule = DiskRule(max_pictures_mb=keep * PICTURE_BYTES / 1e6)
    with InspectionLog.open(folder, clock=ManualClock(), rule=rule) as log:
        run_id = log.start_run(START)
        for seq, finds in enumerate(frames):
            log.log_frames(run_id, [entry(seq, finds=finds)])
            assert len(pictures_of(folder)) <= keep
    there, gone = pictures_of(folder), absent(folder)
    assert there | set(gone) == set(range(len(frames)))
    assert not there & set(gone)
    with read_log(folder) as reader:
        assert reader.counts(run_id).inspected == len(frames)


def test_a_removal_that_was_cut_off_is_finished(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rule = DiskRule(max_pictures_mb=2 * PICTURE_BYTES / 1e6)
    with InspectionLog.open(folder, clock=ManualClock(), rule=rule) as log:
        run_id = log.start_run(START)
        log.log_frames(run_id, [entry(0), entry(1)])
        with monkeypatch.context() as dead:
            dead.setattr(writer.Retention, "_unlink", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                log.log_frames(run_id, [entry(2)])
    assert pictures_of(folder) == {0, 1}
    InspectionLog.open(folder, clock=ManualClock(), rule=rule).close()
    assert not pictures_of(folder) & set(absent(folder))


def test_room_on_the_disk_is_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = [10_000_000]
    with InspectionLog.open(folder, clock=ManualClock(), rule=DiskRule(min_free_mb=5)) as log:
        monkeypatch.setattr(writer.Retention, "_free_bytes", lambda _: free[0])
        run_id = log.start_run(START)
        log.log_frames(run_id, [entry(0)])
        assert not absent(folder)
        free[0] = 1
        log.log_frames(run_id, [entry(1)])
    assert set(absent(folder)) == {0}
    assert "5 MB stay free" in absent(folder)[0][2]


# Bytes an hour.


@given(
    st.lists(st.tuples(st.integers(0, HOUR_NS), st.integers(0, 400)), max_size=60),
    st.integers(100, 2000),
)
def test_no_hour_takes_more_than_the_budget(steps: list[tuple[int, int]], max_bytes: int) -> None:
    """Asked before each write, by the minute: the sum over any sixty minutes stays within the budget."""
    total, now_ns = 0, 0
    budget = HourlyBudget(max_bytes, lambda: total)
    budget.allows(0, 0)
    written: list[tuple[int, int]] = []
    for pause_ns, size in steps:
        now_ns += pause_ns // 20
        if budget.allows(size, now_ns):
            total += size
            written.append((now_ns, size))
    for begin_ns, _ in written:
        assert sum(size for t, size in written if begin_ns <= t < begin_ns + HOUR_NS) <= max_bytes


def test_the_record_is_written_when_the_hour_is_used_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    total = [0]
    monkeypatch.setattr(writer, "process_written_bytes", lambda: total[0])
    clock = ManualClock()
    rule = DiskRule(max_written_mb_per_hour=2 * PICTURE_BYTES / 1e6)
    with InspectionLog.open(folder, clock=clock, rule=rule) as log:
        run_id = log.start_run(START)
        assert log.log_frames(run_id, [entry(0), entry(1), entry(2)])[2] is None
        total[0] = 2 * PICTURE_BYTES
        clock.advance(HOUR_NS // 2)
        assert log.log_frame(run_id, frame(3), [FIND], picture(3)) is None
        clock.advance(HOUR_NS)
        assert log.log_frame(run_id, frame(4), [FIND], picture(4)) is not None
    assert pictures_of(folder) == {0, 1, 4}
    assert {seq: said[0] for seq, said in absent(folder).items()} == {2: "withheld", 3: "withheld"}
    with read_log(folder) as reader:
        assert reader.counts(run_id).finds == 5
        assert next(f for f in reader.finds(run_id) if f.seq == 3).overlay_path is None


def test_the_kernel_counts_what_a_process_writes(tmp_path: Path) -> None:
    before = process_written_bytes()
    durable.write_durably(tmp_path / "file", bytes(1_000_000))
    # A file system in memory has nothing written to a disk.
    assert process_written_bytes() - before in (0, *range(1_000_000, 1_200_000))


def test_a_kernel_that_does_not_count_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (tmp_path / "io").write_text("rchar: 5\n")
    monkeypatch.setattr(disk_rule, "IO", tmp_path / "io")
    with pytest.raises(LogError, match="does not count"):
        InspectionLog.open(folder, clock=ManualClock(), rule=DiskRule(max_written_mb_per_hour=1))


def test_the_rules_of_absent_pictures_hold_for_every_program(folder: Path) -> None:
    with InspectionLog.open(folder, clock=ManualClock()) as log:
        run_id = log.start_run(START)
    values: Mapping[str, tuple[object, ...]] = {
        "a frame that is there": (run_id, 5, "2026", "removed", "x"),
        "a known state": (run_id, 0, "2026", "lost", "x"),
    }
    with raw(folder) as db:
        for wrong in values.values():
            with pytest.raises(Exception, match="constraint"):
                db.execute("INSERT INTO absent_pictures VALUES (?, ?, ?, ?, ?)", wrong)
    assert (folder / DB).exists()
