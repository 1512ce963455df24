"""Where frames wait between threads: in order, few, none gone without a word."""

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge import lanes
from edge.clock import ManualClock
from edge.frame import Frame, Unreadable
from edge.lanes import Lane, LaneEndedError, LiveLane, pour
from edge.skips import OVERTAKEN

NOW = ManualClock().utc()
PIXELS = np.zeros((4, 4, 3), np.uint8)


def frame(seq: int, lost: int = 0) -> Frame:
    return Frame(pixels=PIXELS, seq=seq, name=f"f{seq}", t_mono_ns=seq, t_utc=NOW, lost_before=lost)


def unreadable(seq: int, lost: int) -> Unreadable:
    return Unreadable(seq=seq, name=f"f{seq}", reason="damaged", t_mono_ns=seq, t_utc=NOW, lost_before=lost)


@given(st.integers(1, 4), st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 2)), max_size=40))
def test_every_frame_comes_out_once_in_order_or_is_counted(size: int, steps: list[tuple[bool, bool, int]]) -> None:
    """Each step puts a frame or something unreadable, and sometimes takes one; notes above ten become numbers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lanes, "_MAX_WAITING", 10)
        lane, out, lost_in = LiveLane(size), [], 0
        for seq, (readable, take, lost) in enumerate(steps):
            assert lane.put(frame(seq, lost) if readable else unreadable(seq, lost))
            lost_in += lost
            assert len(lane) <= size
            if take:
                out.append(lane.get())
        lane.end()
        out += list(lane)
    assert [item.seq for item in out] == sorted({item.seq for item in out})
    # What came out, and what it says is missing, is what went in.
    assert len(out) + sum(item.lost_before for item in out) == len(steps) + lost_in
    given_up = [item for item in out if isinstance(item, Unreadable) and item.reason == OVERTAKEN]
    assert all(item.name == f"f{item.seq}" for item in given_up)


def test_the_oldest_waiting_frame_is_given_up_and_the_newest_shown() -> None:
    lane = LiveLane(2)
    for seq in range(5):
        lane.put(frame(seq))
    lane.end()
    assert lane.newest is PIXELS
    assert [item.seq for item in lane if isinstance(item, Frame)] == [3, 4]


def test_who_puts_waits_for_room_and_goes_on_when_nobody_takes_any_more() -> None:
    lane: Lane[int] = Lane(1)
    thread = threading.Thread(target=pour, args=(iter(range(9)), lane), daemon=True)
    thread.start()
    assert [lane.get(), lane.get()] == [0, 1]
    thread.join(0.05)
    assert thread.is_alive()
    lane.close()
    thread.join(10)
    assert not thread.is_alive()
    # 1 is in work, 2 waited; whether 3 was at the door already is a matter of time.
    assert lane.rest()[:2] == [1, 2]
    assert len(lane.rest()) <= 3 + 1
    with pytest.raises(LaneEndedError):
        lane.get()


def test_what_broke_the_source_comes_after_what_it_gave() -> None:
    def broken():
        yield 1
        raise ValueError("broken")

    lane: Lane[int] = Lane(3)
    pour(broken(), lane)
    assert lane.get() == 1
    with pytest.raises(ValueError, match="broken"):
        lane.get()
    with pytest.raises(LaneEndedError):
        lane.get()


def test_nothing_in_time_is_nothing() -> None:
    assert Lane(1).get(0.001) is None
