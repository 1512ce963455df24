"""Reviews in the log, the index over it and the filter: against plain loops over what was put in."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from edge_log_samples import CLOCK, FIND, START, frame, raw
from edge_review_samples import damage_finds, make_large_log, make_log, score
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import LogError
from edge.log import InspectionLog
from edge.log.database import open_to_read
from edge.log.reviews import ReviewLog, Verdict
from edge.log.said import ReviewState
from edge.review.index import FIND_ROW, FindIndex
from edge.review.selection import Order, Selection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_log(tmp_path)
    return tmp_path


def entries(folder: Path) -> list[tuple[object, ...]]:
    with raw(folder) as db:
        return db.execute("SELECT id, reviewer, find_id, verdict, reason, note FROM reviews ORDER BY id").fetchall()


def test_undo_is_another_entry_and_says_what_held_before(folder: Path) -> None:
    with ReviewLog.open(folder, clock=CLOCK) as log:
        first = log.append(reviewer="Ann", verdict=Verdict.ACCEPT, find_id=1)
        second = log.append(reviewer="Bob", verdict=Verdict.REJECT, find_id=1, reason="joint", note="n")
        log.undo(second, reviewer="Bob")
        third = log.append(reviewer="Ann", verdict=Verdict.REJECT, find_id=2, reason="wire")
        log.undo(third, reviewer="Ann")
    assert entries(folder) == [
        (first, "Ann", 1, "accept", None, None),
        (second, "Bob", 1, "reject", "joint", "n"),
        (3, "Bob", 1, "accept", None, "undoes entry 2"),
        (third, "Ann", 2, "reject", "wire", None),
        (5, "Ann", 2, "unsure", "undone", "undoes entry 4"),
    ]


def test_only_the_last_word_can_be_undone(folder: Path) -> None:
    with ReviewLog.open(folder, clock=CLOCK) as log:
        first = log.append(reviewer="Ann", verdict=Verdict.ACCEPT, find_id=1)
        log.append(reviewer="Bob", verdict=Verdict.UNSURE, find_id=1)
        with pytest.raises(ValueError, match="Bob has said another"):
            log.undo(first, reviewer="Ann")
        with pytest.raises(ValueError, match="entry 77 is not there"):
            log.undo(77, reviewer="Ann")
    assert len(entries(folder)) == 2


def test_a_review_is_of_something_that_is_there(folder: Path) -> None:
    with ReviewLog.open(folder, clock=CLOCK) as log:
        with pytest.raises(ValueError, match="find 4711 is not there"):
            log.append(reviewer="Ann", verdict=Verdict.ACCEPT, find_id=4711)
        for fields in ({}, {"find_id": 1, "crack_id": 1}):
            with pytest.raises(ValueError, match="of a find or of a crack"):
                log.append(reviewer="Ann", verdict=Verdict.ACCEPT, **fields)
        with pytest.raises(ValueError, match="name is empty"):
            log.append(reviewer="", verdict=Verdict.ACCEPT, find_id=1)
    assert entries(folder) == []


def test_reviews_go_on_beside_a_run_and_beside_each_other(folder: Path) -> None:
    with (
        InspectionLog.open(folder, clock=CLOCK) as rover,
        ReviewLog.open(folder, clock=CLOCK) as ann,
        ReviewLog.open(folder, clock=CLOCK) as bob,
        closing(open_to_read(folder)) as connection,
    ):
        index = FindIndex(connection)
        index.refresh()
        assert len(index.rows) == 12
        run = rover.start_run(START)
        for seq in range(5):
            rover.log_frame(run, frame(seq), [FIND], None)
            ann.append(reviewer="Ann", verdict=Verdict.ACCEPT, find_id=seq + 1)
            bob.append(reviewer="Bob", verdict=Verdict.REJECT, find_id=13 + seq, reason="stain")
            assert sorted(index.refresh()) == [seq + 1, 13 + seq]
        assert len(index.rows) == 17
        assert index.rows["state"][:5].tolist() == [ReviewState.ACCEPTED] * 5
        assert index.rows["state"][12:].tolist() == [ReviewState.REJECTED] * 5
        assert {index.reasons.text(int(place)) for place in index.rows["reason"][12:]} == {"stain"}


def test_an_undone_find_is_unreviewed(folder: Path) -> None:
    with ReviewLog.open(folder, clock=CLOCK) as log, closing(open_to_read(folder)) as connection:
        index = FindIndex(connection)
        number = log.append(reviewer="Ann", verdict=Verdict.REJECT, find_id=3, reason="wire")
        index.refresh()
        assert (index.rows["state"][2], index.reasons.text(int(index.rows["reason"][2]))) == (
            ReviewState.REJECTED,
            "wire",
        )
        log.undo(number, reviewer="Ann")
        index.refresh()
        assert (index.rows["state"][2], index.rows["reason"][2]) == (ReviewState.UNREVIEWED, -1)


def test_a_log_of_an_older_schema_takes_no_reviews(folder: Path) -> None:
    with raw(folder) as db:
        db.execute("PRAGMA user_version = 1")
    with pytest.raises(LogError, match="hairline log upgrade"):
        ReviewLog.open(folder, clock=CLOCK)
    with raw(folder) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(LogError, match="upgrade hairline"):
        ReviewLog.open(folder, clock=CLOCK)
    with pytest.raises(LogError):
        ReviewLog.open(folder / "nowhere", clock=CLOCK)


def test_a_damaged_log_shows_what_can_be_read(tmp_path: Path) -> None:
    make_large_log(tmp_path, 6000)
    damage_finds(tmp_path)
    with closing(open_to_read(tmp_path)) as connection:
        index = FindIndex(connection)
        index.refresh()
    assert index.damage is not None
    assert "restore it from a copy" in index.damage
    assert 0 < len(index.rows) < 6001


class _Table(FindIndex):
    """An index over rows that were made up."""

    def __init__(self, rows: np.ndarray) -> None:
        super().__init__(sqlite3.connect(":memory:"))
        self.rows = rows
        for text in ("joint", "wire"):
            self.reasons.place(text)

    def take_places(self) -> None:
        pass


finds = st.lists(
    st.tuples(
        st.floats(0, 1, width=32),
        st.sampled_from(list(ReviewState)),
        st.integers(-1, 1),
        st.one_of(st.just(float("nan")), st.floats(0, 2, width=32)),
    ),
    max_size=30,
)


@given(
    finds,
    st.sets(st.sampled_from(list(ReviewState))),
    st.sets(st.sampled_from(["joint", "wire", "none"])),
    st.floats(0, 1),
    st.sampled_from(list(Order)),
    st.one_of(st.none(), st.floats(0, 2)),
)
def test_a_filter_lets_through_what_it_says(
    made: list[tuple[float, ReviewState, int, float]],
    states: set[ReviewState],
    reasons: set[str],
    least: float,
    order: Order,
    width: float | None,
) -> None:
    rows = np.zeros(len(made), FIND_ROW)
    for n, (value, state, reason, width_mm) in enumerate(made):
        rows[n]["id"], rows[n]["score"], rows[n]["margin"] = n + 1, value, value - 0.5
        rows[n]["state"], rows[n]["reason"], rows[n]["width_mm"] = state, reason, width_mm
    selection = Selection(
        states=frozenset(states), reasons=frozenset(reasons), score_min=least, order=order, width_min_mm=width
    )
    got = selection.apply(_Table(rows)).tolist()
    names = {-1: "none", 0: "joint", 1: "wire"}
    wanted = {
        n
        for n, (value, state, reason, width_mm) in enumerate(made)
        if np.float32(value) >= np.float32(least)
        and (not states or state in states)
        and (not reasons or names[reason] in reasons)
        and (width is None or np.float32(width_mm) >= np.float32(width))
    }
    assert set(got) == wanted
    assert len(got) == len(wanted)
    keys = {
        Order.NEAREST: lambda n: abs(rows[n]["margin"]),
        Order.HIGHEST: lambda n: -rows[n]["score"],
        Order.LOWEST: lambda n: rows[n]["score"],
        Order.POSITION: lambda n: n,
    }
    if order in keys:
        assert got == sorted(got, key=lambda n: (keys[order](n), n))


def test_the_first_are_those_nearest_the_threshold(folder: Path) -> None:
    with closing(open_to_read(folder)) as connection:
        index = FindIndex(connection)
        index.refresh()
        got = [score(int(n)) for n in Selection.parse({}).apply(index)]
    assert got == sorted((score(n) for n in range(12)), key=lambda value: abs(value - START.window_threshold))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"state": "done"}, "a state is one of"),
        ({"order": "random"}, "an order is one of"),
        ({"score_min": "high"}, "score_min is a number"),
        ({"score_max": "nan"}, "score_max is a number"),
        ({"width_min_mm": "-1"}, "width_min_mm is a number"),
        ({"colour": "red"}, "got colour"),
    ],
)
def test_a_filter_that_is_none_says_why(query: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Selection.parse(query)


def test_a_filter_is_told_in_words() -> None:
    parsed = Selection.parse({"state": "accepted,unsure", "score_min": "0.5", "reason": "joint"})
    assert parsed.words() == "state accepted or unsure; reason joint; score 0.5 to 1"
    assert Selection().words() == "all finds"
