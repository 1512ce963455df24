"""Cracks on the page: what is shown of them, what is said of them, and that nothing measured is ever changed by it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from driven_rover import MM_PER_PX
from edge_log_samples import raw
from edge_review_samples import Server, serving
from edge_review_wall_samples import make_wall_log
from hypothesis import given
from hypothesis import strategies as st

from edge.log import read_log
from edge.log.edits import JoinEdit, MaskEdit, SplitEdit, edits_that_hold, note_of, reason_of
from edge.log.reviews import ReviewRecord, Verdict


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("wall")
    make_wall_log(folder)
    return folder


@pytest.fixture(scope="module")
def shared(made: Path) -> Iterator[tuple[Server, Path]]:
    """A log that no test changes."""
    with serving(made) as server:
        yield server, made


@pytest.fixture
def own(made: Path, tmp_path: Path) -> Iterator[Server]:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    with serving(tmp_path) as server:
        yield server


def computed(folder: Path) -> list[Any]:
    with raw(folder) as db:
        return [db.execute(f"SELECT * FROM {table}").fetchall() for table in ("cracks", "crack_visits", "finds")]


def test_the_list_has_each_crack_once_with_its_latest_sizes(shared: tuple[Server, Path]) -> None:
    server, folder = shared
    listed = server.get("/api/cracks")
    assert (listed["n"], listed["of"]) == (3, 3)
    cards = {card["id"]: card for card in listed["cracks"]}
    with read_log(folder) as log:
        for crack_id, card in cards.items():
            latest = log.crack_history(crack_id)[-1][1]
            assert latest.size is not None
            assert latest.size.widths_mm is not None
            median = latest.size.widths_mm.median
            assert card["width_median"] == pytest.approx([median.low, median.value, median.high], abs=6e-4)
            assert card["change"] == latest.state.value
    widths = [card["width_median"][1] for card in listed["cracks"]]
    assert widths == sorted(widths, reverse=True)


def test_a_filter_by_visit_takes_its_finds_and_the_cracks_seen_then(shared: tuple[Server, Path]) -> None:
    server, _ = shared
    runs = {run["id"]: run["visit"] for run in server.get("/api/log")["runs"]}
    for visit, cracks in ((1, [1, 2]), (2, [1, 2, 3])):
        cards = server.get(f"/api/finds?visit={visit}")["cards"]
        assert {runs[card["run"]] for card in cards} == {visit}
        assert sorted(card["id"] for card in server.get(f"/api/cracks?visit={visit}")["cracks"]) == cracks
    assert server.get("/api/finds?visit=7")["n"] == 0


def test_one_crack_has_every_visit_every_frame_and_its_width_along_it(shared: tuple[Server, Path]) -> None:
    server, folder = shared
    crack = server.get("/api/cracks/2")
    assert [visit["change"] for visit in crack["history"]] == ["new", "grown"]
    with read_log(folder) as log:
        history = log.crack_history(2)
    for (_, seen), shown in zip(history, crack["history"], strict=True):
        assert seen.size is not None
        points = np.array(shown["courses"][0], float)
        np.testing.assert_allclose(points, seen.size.courses_mm[0], atol=6e-3)
    finds = {find_id for _, seen in history for find_id, _ in seen.courses}
    assert {one["find_id"] for one in crack["sightings"]} == finds
    left, bottom, right, top = crack["view_mm"]
    assert (points[:, 0] > left).all()
    assert (points[:, 1] < top).all()
    assert right > left
    assert top > bottom
    assert [one["id"] for one in crack["near"]] == [1, 3]
    assert server.ask("/api/cracks/99").status == 404


@pytest.mark.parametrize("visit", [1, 2])
def test_the_wall_around_a_crack_is_dark_where_the_crack_runs(shared: tuple[Server, Path], visit: int) -> None:
    server, folder = shared
    left, _, _, top = server.get("/api/cracks/1")["view_mm"]
    answer = server.ask(f"/pictures/cracks/1/{visit}.jpg")
    grey = cv2.imdecode(np.frombuffer(answer.body, np.uint8), cv2.IMREAD_GRAYSCALE)
    with read_log(folder) as log:
        size = dict(log.crack_history(1))[visit].size
    assert size is not None
    on, off = [], []
    for x, y in size.courses_mm[0][5:-5:4, :2]:
        column, line = ((value / MM_PER_PX) for value in (x - left, top - y))
        on.append(grey[round(line) - 1 : round(line) + 2, round(column)].min())
        off.append(np.median(grey[round(line) - 14 : round(line) - 8, round(column)]))
    assert np.mean(on) < np.mean(off) - 40


def test_a_crack_follows_its_finds_until_something_is_said_of_itself(own: Server, tmp_path: Path) -> None:
    before = computed(tmp_path)
    finds = sorted({one["find_id"] for one in own.get("/api/cracks/2")["sightings"]})

    def state() -> tuple[str, bool]:
        crack = own.get("/api/cracks/2")
        return crack["state"], crack["through_finds"]

    assert state() == ("unreviewed", False)
    for find_id in finds:
        assert state() == ("unreviewed", False)
        own.say(find_id=find_id, verdict="reject", reason="joint")
    assert state() == ("rejected", True)
    own.say(find_id=finds[0], verdict="accept")
    assert state() == ("accepted", True)
    said = own.say(crack_id=2, verdict="reject", reason="stain", reviewer="Ann")
    assert state() == ("rejected", False)
    assert own.get("/api/cracks?state=rejected")["n"] == 1
    assert own.get("/api/changes?after=0")["reviews"][-1]["crack_id"] == 2
    own.ask("/api/undo", "POST", {"review_id": said.json["review_id"]})
    assert state() == ("accepted", True)
    assert [one["verdict"] for one in own.get("/api/cracks/2")["said"]] == ["reject", "unsure"]
    assert computed(tmp_path) == before


def test_splits_joins_and_masks_are_added_and_taken_back(own: Server, tmp_path: Path) -> None:
    before = computed(tmp_path)
    course = own.get("/api/cracks/2")["history"][-1]["courses"][0]
    at = course[30][:2]

    def edit(**body: Any) -> int:
        answer = own.ask("/api/edits", "POST", {"reviewer": "Ann", **body})
        assert answer.status == 201, answer.body
        return answer.json["review_id"]

    split = edit(crack_id=2, split={"xy_mm": at})
    joined = edit(crack_id=1, join={"crack_id": 3})
    counts = [5, 3, 12]
    masked = edit(find_id=1, mask={"box_xywh_px": [10, 20, 4, 5], "counts": counts})
    crack = own.get("/api/cracks/2")
    parts = crack["history"][-1]["parts"]
    assert len(parts) == 2
    steps = np.linalg.norm(np.diff(np.array(course)[:, :2].astype(float), axis=0), axis=1)
    assert parts[0]["length"][1] == pytest.approx(steps[:30].sum(), abs=0.1)
    widths = [w for _, _, w in course[30:] if w is not None]
    assert parts[1]["width_median"][1] == pytest.approx(np.median(widths), abs=2e-3)
    assert (own.get("/api/cracks/3")["joined"], own.get("/api/cracks/1")["joined"]) == ([1], [3])
    assert own.get("/api/finds/1")["mask"]["counts"] == counts
    assert own.get("/api/finds/1")["state"] == "accepted"
    for review_id in (split, joined, masked):
        assert own.ask("/api/undo", "POST", {"review_id": review_id}).status == 201
    assert own.get("/api/cracks/2")["history"][-1]["parts"] == []
    assert own.get("/api/cracks/3")["joined"] == []
    assert own.get("/api/finds/1")["mask"] is None
    assert own.get("/api/finds/1")["state"] == "unreviewed"
    assert computed(tmp_path) == before


@pytest.mark.parametrize(
    "body",
    [
        {"crack_id": 1, "join": {"crack_id": 1}},
        {"crack_id": 1, "join": {"crack_id": 77}},
        {"crack_id": 77, "split": {"xy_mm": [1, 1]}},
        {"crack_id": 1, "split": {"xy_mm": [-900, 0]}},
        {"crack_id": 1, "split": {"xy_mm": [1]}},
        {"crack_id": 1, "mask": {"box_xywh_px": [0, 0, 1, 1], "counts": [0, 1]}},
        {"find_id": 1, "split": {"xy_mm": [1, 1]}},
        {"find_id": 1, "mask": {"box_xywh_px": [470, 0, 20, 1], "counts": [0, 20]}},
        {"find_id": 1, "mask": {"box_xywh_px": [0, 0, 2, 2], "counts": [4]}},
        {"find_id": 1, "mask": {"box_xywh_px": [0, 0, 2, 2], "counts": [1, 9]}},
        {"find_id": 1, "mask": {"box_xywh_px": [0, 0, 2, 2], "counts": [1, -1, 4]}},
        {"find_id": 1, "mask": {"box_xywh_px": [0, 0, 99999, 99999], "counts": [0, 99999 * 99999]}},
        {"find_id": 77, "mask": {"box_xywh_px": [0, 0, 1, 1], "counts": [0, 1]}},
        {"find_id": 1, "crack_id": 1, "join": {"crack_id": 2}},
        {"find_id": 1},
        {"crack_id": 1, "join": "2"},
    ],
    ids=json.dumps,
)
def test_an_edit_that_fits_nothing_is_refused_with_words(shared: tuple[Server, Path], body: dict[str, Any]) -> None:
    answer = shared[0].ask("/api/edits", "POST", body)
    assert answer.status == 400
    assert len(answer.json["error"]) > 15


def test_a_note_cannot_pass_for_an_undo(own: Server) -> None:
    answer = own.say(find_id=1, verdict="accept", note="undoes entry 1")
    assert (answer.status, "undo" in answer.json["error"]) == (400, True)


@given(
    st.lists(st.lists(st.booleans(), min_size=3, max_size=3), min_size=1, max_size=8).filter(lambda m: any(map(any, m)))
)
def test_a_mask_is_what_its_counts_say(rows: list[list[bool]]) -> None:
    mask = np.array(rows)
    flat = mask.T.ravel()
    counts, value = [0], False
    for here in flat.tolist():
        if here != value:
            counts.append(0)
            value = here
        counts[-1] += 1
    edit = MaskEdit(box_xywh_px=(7, 9, mask.shape[1], mask.shape[0]), counts=tuple(counts))
    np.testing.assert_array_equal(edit.mask(), mask)
    assert MaskEdit.read(json.loads(note_of(edit))) == edit


@given(st.lists(st.one_of(st.just("split"), st.integers(0, 12)), max_size=13))
def test_what_holds_is_what_the_last_undo_left(steps: list[Any]) -> None:
    """A number takes back the entry of that number, which may be an undo itself; against a list that is replayed."""
    entries: list[tuple[int, ReviewRecord]] = []
    replayed: list[bool] = []
    fields = {"t_utc": None, "reviewer": "Ann", "verdict": Verdict.ACCEPT, "crack_id": 1}
    for number, step in enumerate(steps):
        edit = SplitEdit(xy_mm=(float(number), 0.0))
        if step == "split":
            record = ReviewRecord(**fields, reason=reason_of(edit), note=note_of(edit))
        elif step < number:
            record = ReviewRecord(**fields, note=f"undoes entry {step}")
        else:
            record = ReviewRecord(**fields, note="a word")
        entries.append((number, record))
        replayed.append(True)
    for number in reversed(range(len(steps))):
        if replayed[number] and steps[number] != "split" and steps[number] < number:
            replayed[steps[number]] = False
    wanted = [float(n) for n, step in enumerate(steps) if step == "split" and replayed[n]]
    held = [edit.xy_mm[0] for _, edit in edits_that_hold(entries) if isinstance(edit, SplitEdit)]
    assert held == wanted
    assert JoinEdit.read({"crack_id": 3}).crack_id == 3
