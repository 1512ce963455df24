"""Odometry by line: the protocol, steps against a way that is known, and everything that may go wrong with it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.clock import ManualClock
from edge.errors import SourceError
from edge.odometry import Line, OdometryNoise, Wheels, from_line, to_line
from edge.odometry_sources import OdometryReplay, SerialOdometry
from edge.odometry_track import Fault, NoOdometry, OdometryTrack
from edge.pose.plane import Planar

MS = 1_000_000
PERIOD_MS = 20
LATE_MS = 1_000_000  # how far the device's clock is behind ours
NOISE = OdometryNoise()


def place_at(t_ms: float) -> tuple[float, float, float]:
    """A quarter of a millimetre a millisecond along a slowly turning way."""
    turn = t_ms * 1e-4
    return 2500 * np.sin(turn), 2500 * (1 - np.cos(turn)), turn


def line_at(number: int, *, t_ms: float | None = None, shift_mm: float = 0.0) -> str:
    t = number * PERIOD_MS if t_ms is None else t_ms
    x, y, turn = place_at(t)
    return to_line(Line(kind="HLO", number=number, t_us=round(t * 1000), values=(x + shift_mm, y, turn)))


def fed(lines: list[tuple[float, str]]) -> OdometryTrack:
    """Lines with the device's time in ms of each."""
    track = OdometryTrack(noise=NOISE)
    for t_ms, text in lines:
        track.feed(text, round((LATE_MS + t_ms) * MS))
    return track


def whole(numbers: range) -> list[tuple[float, str]]:
    return [(n * PERIOD_MS, line_at(n)) for n in numbers]


def step(track: OdometryTrack, since_ms: float, until_ms: float) -> Planar | NoOdometry:
    return track.step(round((LATE_MS + since_ms) * MS), round((LATE_MS + until_ms) * MS))


@settings(deadline=None, max_examples=30)
@given(
    number=st.integers(0, 2**32),
    t_us=st.integers(0, 2**40),
    x=st.floats(-1e5, 1e5),
    turn=st.floats(-100, 100),
)
def test_a_line_comes_back(number, t_us, x, turn):
    got = from_line(to_line(Line(kind="HLO", number=number, t_us=t_us, values=(x, -x, turn))))
    assert (got.number, got.t_us) == (number, t_us)
    assert np.allclose(got.values, (x, -x, turn), atol=6e-4)


@settings(deadline=None, max_examples=30)
@given(at=st.integers(0, 30), bit=st.integers(0, 6))
def test_a_line_with_a_turned_bit_is_damaged(at, bit):
    text = line_at(7)
    changed = text[:at] + chr(ord(text[at]) ^ (1 << bit)) + text[at + 1 :]
    with pytest.raises(ValueError, match="line"):
        from_line(changed)


def test_the_check_sum_is_the_published_one():
    """CRC-16/CCITT-FALSE of '123456789' is 0x29B1 (Greg Cook's catalogue of CRC algorithms)."""
    with pytest.raises(ValueError, match="CRC must be 29B1"):
        from_line("$123456789*0000\n")


@settings(deadline=None, max_examples=30)
@given(since=st.floats(100, 700), length=st.floats(0, 250))
def test_a_step_is_the_way_between_two_times(since, length):
    track = fed(whole(range(60)))
    got = step(track, since, since + length)
    (x0, y0, turn0), (x1, y1, turn1) = place_at(since), place_at(since + length)
    c, s = np.cos(turn0), np.sin(turn0)
    expected = [c * (x1 - x0) + s * (y1 - y0), -s * (x1 - x0) + c * (y1 - y0), turn1 - turn0]
    assert isinstance(got, Planar)
    assert np.allclose(got.values, expected, atol=0.01)
    assert not track.faults


def test_ticks_of_two_wheels_make_the_arc_that_geometry_says():
    """Wheels 200 mm apart on a circle of 1 m radius: the outer goes 1.1 m a radian, the inner 0.9 m."""
    track = OdometryTrack(noise=NOISE, wheels=Wheels(mm_per_tick=0.01, track_mm=200.0))
    for n in range(51):
        angle = n / 50 * np.pi / 2
        ticks = (round(90_000 * angle), round(110_000 * angle))
        track.feed(to_line(Line(kind="HLW", number=n, t_us=n * 50_000, values=ticks)), n * 50 * MS)
    got = track.step(0, 2500 * MS)
    assert isinstance(got, Planar)
    assert np.allclose(got.values, [1000, 1000, np.pi / 2], atol=0.1)


def test_the_noise_grows_with_the_square_root_of_the_way():
    near, far = (NOISE.covariance(way, 0.0) - NOISE.covariance(0.0, 0.0) for way in (100.0, 400.0))
    assert np.allclose(far, 4 * near)
    track = fed(whole(range(60)))
    short, long = step(track, 100, 200), step(track, 100, 900)
    assert (np.diag(long.covariance) > 2 * np.diag(short.covariance)).all()


def test_late_arrival_of_some_lines_moves_nothing():
    late = [(t + (37 if n % 3 else 0), text) for n, (t, text) in enumerate(whole(range(60)))]
    assert np.allclose(step(fed(late), 100, 500).values, step(fed(whole(range(60))), 100, 500).values)


def test_odometry_that_stops_is_noticed():
    track = fed(whole(range(20)))
    assert isinstance(step(track, 100, 390), Planar)
    assert step(track, 100, 900) == NoOdometry(fault=Fault.STOPPED)
    assert track.faults == {Fault.STOPPED: 1}


def test_odometry_that_jumps_is_noticed_and_serves_again_afterwards():
    lines = whole(range(20)) + [(n * PERIOD_MS, line_at(n, shift_mm=300.0)) for n in range(20, 40)]
    track = fed(lines)
    assert step(track, 300, 500) == NoOdometry(fault=Fault.JUMPED)
    assert isinstance(step(track, 100, 350), Planar)
    assert isinstance(step(track, 450, 700), Planar)


def test_odometry_that_runs_backwards_is_noticed():
    """The device starts again: its numbers, its clock and its sums."""
    again = [(400 + n * PERIOD_MS, line_at(n)) for n in range(20)]
    track = fed(whole(range(20)) + again)
    assert track.faults[Fault.BACKWARDS] == 1
    assert step(track, 300, 500) == NoOdometry(fault=Fault.BACKWARDS)
    assert isinstance(step(track, 450, 700), Planar)


def test_a_line_that_comes_twice_runs_backwards():
    lines = whole(range(20))
    assert fed([*lines[:10], lines[8], *lines[10:]]).faults[Fault.BACKWARDS] >= 1


def test_a_gap_is_noticed_and_only_costs_what_lies_in_it():
    lines = whole(range(60))
    track = fed(lines[:20] + lines[45:])
    assert track.faults == {Fault.GAP: 1}
    assert step(track, 100, 600) == NoOdometry(fault=Fault.GAP)
    over = step(track, 300, 1000)
    assert isinstance(over, Planar)
    assert np.allclose(over.values, step(fed(lines), 300, 1000).values, atol=0.01)


def test_before_its_first_line_there_is_no_odometry():
    assert step(fed(whole(range(20))), -500, 100) == NoOdometry(fault=Fault.MISSING)
    assert step(OdometryTrack(noise=NOISE), 0, 100) == NoOdometry(fault=Fault.MISSING)


def test_damaged_lines_are_counted_and_the_rest_serves():
    lines = whole(range(60))
    lines[10] = (200, lines[10][1].replace(",", ";", 1))
    track = fed(lines)
    assert track.faults == {Fault.DAMAGED: 1, Fault.GAP: 1}
    assert isinstance(step(track, 100, 500), Planar)


class Wire:
    """A port that gives what it is told, in pieces."""

    def __init__(self, data: bytes) -> None:
        self._pieces = [data[i : i + 17] for i in range(0, len(data), 17)]

    def write(self, data: bytes, timeout_s: float) -> bool:
        raise AssertionError("odometry is only listened to")

    def read(self, timeout_s: float) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""

    def close(self) -> None: ...


def test_lines_come_whole_from_a_port_that_gives_pieces():
    clock = ManualClock()
    source = SerialOdometry(Wire("".join(text for _, text in whole(range(20))).encode()), clock=clock)
    track = OdometryTrack(noise=NOISE)
    for _ in range(80):
        source.poll(track, 0)
        clock.advance(5 * MS)
    assert not track.faults
    assert isinstance(track.step(150 * MS, 350 * MS), Planar)


def test_a_file_plays_what_came(tmp_path):
    path = tmp_path / "odometry.log"
    path.write_text("".join(f"{round(t * MS)} {text}" for t, text in whole(range(60))))
    track = OdometryTrack(noise=NOISE)
    OdometryReplay(path).poll(track, 2**62)
    assert np.allclose(track.step(100 * MS, 500 * MS).values, step(fed(whole(range(60))), 100, 500).values)


def test_a_record_of_hours_is_played_as_the_frames_come(tmp_path):
    path = tmp_path / "odometry.log"
    lines = list(whole(range(9000)))  # more than a track holds
    path.write_text("".join(f"{round(t * MS)} {text}" for t, text in lines))
    source, track = OdometryReplay(path), OdometryTrack(noise=NOISE)
    last_ms = lines[-1][0]
    for begin_ms in (100, last_ms / 2, last_ms - 600):
        since, until = round(begin_ms * MS), round((begin_ms + 400) * MS)
        source.poll(track, until)
        assert isinstance(track.step(since, until), Planar)
    assert not track.faults


def test_a_file_without_times_is_refused(tmp_path):
    path = tmp_path / "odometry.log"
    path.write_text(line_at(0))
    with pytest.raises(SourceError, match="line 1"):
        OdometryReplay(path)
    with pytest.raises(SourceError, match="cannot be read"):
        OdometryReplay(tmp_path / "none.log")
