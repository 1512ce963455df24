"""After a run that nobody ended: closed with its last frame, tidied up, gone on with; whatever the clock says."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from edge_log_samples import FIND, START, frame, picture, raw
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.cameras.camera import Camera
from edge.cameras.resumed import ResumedCamera
from edge.clock import ManualClock
from edge.frame import Unreadable
from edge.log import Entry, InspectionLog, RunState, Unfinished, pictures, read_log, recovery

T = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


def die(folder: Path, clock: ManualClock, seqs: Sequence[int], *, resumes: str | None = None) -> str:
    """A run that logs frames and ends without a word; its id."""
    log = InspectionLog.open(folder, clock=clock)
    run_id = log.start_run(replace(START, boot_id=clock.boot, resumes_run_id=resumes))
    for seq in seqs:
        times = {"t_mono_ns": clock.mono_ns(), "t_utc": clock.utc()}
        log.log_frames(run_id, [Entry(frame=frame(seq, **times), finds=[FIND], overlay_jpeg=picture(seq))])
    log.close()
    return run_id


def test_a_lost_run_is_closed_with_its_last_frame_and_tidied_up(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    run_id = die(folder, ManualClock(now_utc=T), [0, 1, 2])
    images = pictures.images_of(folder, run_id)
    (images / ".000003.jpg.abcd.part").write_bytes(b"half")
    (images / "000003.jpg").write_bytes(b"whole, but its row was never written")
    with read_log(folder) as reader:
        before = reader.runs()[0]
    InspectionLog.open(folder, clock=ManualClock()).close()
    with read_log(folder) as reader:
        (run,) = reader.runs()
    # A reader that came first said the same.
    assert (run.state, run.reason) == (before.state, before.reason)
    assert run.state is RunState.LOST
    assert (run.reason or "").endswith("frames logged: 3, the last 2.png at 2026-05-04 03:02:01 UTC")
    assert sorted(path.name for path in images.iterdir()) == ["000000.jpg", "000001.jpg", "000002.jpg"]
    assert "broken off while 2 pictures were written" in caplog.text


def test_a_start_whose_power_goes_while_it_tidies_is_made_good_by_the_next(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by a power cut: the run was closed first, and nobody looked at what it had left again."""
    run_id = die(folder, ManualClock(), [0])
    left = pictures.images_of(folder, run_id) / ".000001.jpg.abcd.part"
    left.write_bytes(b"half")

    def power_goes(*_: object) -> None:
        raise OSError("no power")

    with monkeypatch.context() as patch:
        patch.setattr(recovery, "tidy", power_goes)
        with pytest.raises(OSError, match="no power"):
            InspectionLog.open(folder, clock=ManualClock())
    InspectionLog.open(folder, clock=ManualClock()).close()
    assert not left.exists()


def test_more_pictures_without_a_row_than_a_batch_has_are_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An older copy of the database knows nothing of newer pictures: they are evidence, not rubbish."""
    monkeypatch.setattr(pictures, "MOST_LEFT_BEHIND", 3)
    run_id = die(folder, ManualClock(), [0])
    images = pictures.images_of(folder, run_id)
    for seq in range(1, 6):
        (images / f"{seq:06d}.jpg").write_bytes(picture(seq))
    InspectionLog.open(folder, clock=ManualClock()).close()
    assert len(list(images.iterdir())) == 6
    assert "older copy" in caplog.text


def unfinished(
    folder: Path, clock: ManualClock, source: str = START.source, *, live: bool = False
) -> Unfinished | None:
    with InspectionLog.open(folder, clock=clock) as log:
        return log.unfinished(source, live=live)


def test_the_next_run_knows_what_was_lost_and_goes_on(folder: Path) -> None:
    clock = ManualClock()
    first = die(folder, clock, [0, 1])
    clock.advance(5_000_000_000)
    found = unfinished(folder, clock)
    assert found is not None
    assert (found.run_id, found.state, found.names) == (first, RunState.LOST, {0: "0.png", 1: "1.png"})
    assert found.gap_s == 5.0
    second = die(folder, clock, [2], resumes=first)
    found = unfinished(folder, clock)
    assert found is not None
    # What the run before the last has logged is not inspected again either.
    assert (found.run_id, sorted(found.names)) == (second, [0, 1, 2])
    assert found.provenance()["resumed"]["frames_logged"] == 1
    # A live camera sees nothing twice, and its log may have millions of frames.
    found = unfinished(folder, clock, live=True)
    assert found is not None
    assert (found.run_id, found.names) == (second, {})


def test_a_run_that_finished_or_another_source_is_not_gone_on_with(folder: Path) -> None:
    clock = ManualClock()
    assert unfinished(folder, clock) is None
    die(folder, clock, [0])
    assert unfinished(folder, clock, "another wall") is None
    with InspectionLog.open(folder, clock=clock) as log:
        log.end_run(log.start_run(START), RunState.FINISHED, None)
    assert unfinished(folder, clock) is None


@pytest.mark.parametrize(
    ("boot", "synchronised", "gap_s"),
    [("same", False, 60.0), ("other", True, 3600.0), ("other", False, None)],
)
def test_the_gap_is_told_where_a_clock_can_tell_it(
    folder: Path, boot: str, synchronised: bool, gap_s: float | None
) -> None:
    before = ManualClock(now_utc=T, now_mono_ns=10**9, boot="same", is_synchronised=synchronised)
    die(folder, before, [0])
    after = ManualClock(now_utc=T + timedelta(hours=1), now_mono_ns=61 * 10**9, boot=boot, is_synchronised=synchronised)
    found = unfinished(folder, after)
    assert found is not None
    assert found.gap_s == gap_s


class Listed(Camera):
    description = "a list"

    def __init__(self, names: Sequence[str]) -> None:
        self.names, self.frame_count = names, len(names)

    def frames(self):
        for seq, name in enumerate(self.names):
            yield Unreadable(seq=seq, name=name, reason="-", t_mono_ns=seq, t_utc=T)

    def close(self) -> None:
        pass


def test_the_rest_of_a_source_is_what_nobody_has_logged() -> None:
    names = {0: "a", 1: "b", 2: "x"}
    done = Unfinished(run_id="a", visit_id=None, state=RunState.LOST, frames_logged=3, names=names, gap_s=None)
    camera = ResumedCamera(Listed(["a", "b", "c", "d"]), done)
    # A picture of another name in the place of a logged one is another picture.
    assert [item.name for item in camera.frames()] == ["c", "d"]


# A clock that jumps.


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(-40 * 365, 40 * 365), min_size=2, max_size=12), st.data())
def test_a_clock_that_jumps_by_years_reorders_nothing(
    tmp_path_factory: pytest.TempPathFactory, jumps_days: list[int], data: st.DataObject
) -> None:
    """Runs, visits, frames and finds come back in the order in which they were logged, whatever their times."""
    folder, clock = tmp_path_factory.mktemp("log"), ManualClock(now_utc=T)
    walls, runs, times = [], [], {}
    with InspectionLog.open(folder, clock=clock) as log:
        for n, days in enumerate(jumps_days):
            clock.now_utc = T + timedelta(days=days)
            walls.append(log.start_visit(f"wall {n}"))
            runs.append(log.start_run(replace(START, started_utc=clock.utc(), visit_id=walls[-1])))
            for seq in range(data.draw(st.integers(1, 3))):
                clock.advance(10**9)
                clock.now_utc = T + timedelta(days=data.draw(st.sampled_from(jumps_days)))
                record = frame(seq, t_utc=clock.utc(), t_mono_ns=clock.mono_ns())
                log.log_frames(runs[-1], [Entry(frame=record, finds=[FIND])])
                times[runs[-1], seq] = clock.mono_ns(), clock.utc()
            log.end_run(runs[-1], RunState.FINISHED, None)
    with read_log(folder) as reader:
        assert [run.id for run in reader.runs()] == runs
        assert [visit.id for visit in reader.visits()] == walls
        found = [(run_id, one.frame) for run_id in runs for one in reader.frames(run_id)]
        # The time of each is kept as it was said, and that of the boot tells the order.
        assert {(run_id, one.seq): (one.t_mono_ns, one.t_utc) for run_id, one in found} == times
        assert [one.t_mono_ns for _, one in found] == sorted(one.t_mono_ns for _, one in found)
        ids = [one.id for run_id in runs for one in reader.finds(run_id)]
        assert ids == sorted(ids)
    with raw(folder) as db:
        rows = db.execute("SELECT boot_id, clock_synchronised FROM frames").fetchall()
        assert set(rows) == {("manual", 1)}
