"""Two visits to a wall: new, unchanged, grown by how much, or not seen again; and the same through the log."""

from dataclasses import replace

import numpy as np
import pytest
from edge_log_samples import CALIBRATED, CLOCK, FIND, MEASURED, SCALE, frame
from edge_tracks_samples import Rover, Wall, everywhere, shortened, visit, widened

from edge.geometry import facing
from edge.log import CrackState, InspectionLog, read_log
from edge.measure.measured import Course, Interval, OnWall, Widths
from edge.measure.severity import EUROCODE_2
from edge.pose import Pose, PoseSource
from edge.pose.tag_map import PlacedTag, TagMap
from edge.render.course import CrackSpec, true_crack
from edge.tracks import Known, compare, track, track_visit
from edge.tracks.visits import size_of

PLACES = [((80.0, 100.0), (420.0, 180.0)), ((500.0, 90.0), (560.0, 380.0)), ((120.0, 400.0), (430.0, 300.0))]
CRACKS = tuple(
    true_crack(np.random.default_rng(i), str(i), CrackSpec(start_mm=start, end_mm=end, width_mm=0.5))
    for i, (start, end) in enumerate(PLACES)
)
ROVER = Rover(missed=0.0)


def tracks_of(cracks, seed):
    """What a visit sees, and the number of the true crack of each track."""
    seen = visit(Wall(size_mm=(700.0, 500.0), cracks=cracks), np.random.default_rng(seed), ROVER)
    found = track(seen.courses)
    return found, [seen.truth[one.courses[0]] for one in found]


@pytest.fixture(scope="module")
def known():
    found, truth = tracks_of(CRACKS, 1)
    assert sorted(truth) == [0, 1, 2]
    return [Known(crack_id=i, size=size_of(one, EUROCODE_2)) for i, one in zip(truth, found, strict=True)]


def test_what_has_grown_is_told_by_how_much(known):
    changed = (widened(CRACKS[0], 0.3), CRACKS[1], CRACKS[2])
    before = [k if k.crack_id != 2 else Known(crack_id=2, size=shorter(2)) for k in known]
    found, _ = tracks_of(changed, 2)
    cracks = {c.crack_id: c for c in compare(before, found, covered=everywhere, covered_before=everywhere).cracks}
    assert {i: c.state for i, c in cracks.items()} == {0: "grown", 1: "unchanged", 2: "grown"}
    assert cracks[0].width_growth_mm.value == pytest.approx(0.3, abs=0.08)
    assert cracks[0].width_growth_mm.low < 0.3 < cracks[0].width_growth_mm.high
    assert cracks[2].length_growth_mm.low < 25 < cracks[2].length_growth_mm.high
    assert cracks[1].width_growth_mm.low < 0 < cracks[1].width_growth_mm.high


def shorter(i):
    found, truth = tracks_of(tuple(shortened(c, 25.0) if k == i else c for k, c in enumerate(CRACKS)), 3)
    return size_of(found[truth.index(i)], None)


def test_what_was_not_looked_at_before_is_no_growth(known):
    before = [k if k.crack_id != 2 else Known(crack_id=2, size=shorter(2)) for k in known]
    end = CRACKS[2].points_mm[-1]
    found, _ = tracks_of(CRACKS, 4)
    cracks = compare(
        before,
        found,
        covered=everywhere,
        covered_before=lambda points: np.linalg.norm(points - end, axis=1) > 60,
    ).cracks
    (longer,) = (c for c in cracks if c.crack_id == 2)
    assert longer.state is CrackState.UNCHANGED
    assert longer.size.length_mm.value > before[[k.crack_id for k in before].index(2)].size.length_mm.value + 15


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_crack_that_is_gone_says_whether_its_place_was_looked_at(known, share):
    found, _ = tracks_of(CRACKS[:2], 5)
    cracks = compare(
        known, found, covered=lambda points: np.full(len(points), bool(share)), covered_before=everywhere
    ).cracks
    (gone,) = (c for c in cracks if c.state is CrackState.NOT_SEEN)
    assert (gone.crack_id, gone.size, gone.covered_share) == (2, None, share)


def test_a_new_crack_is_new_and_says_if_nobody_had_looked(known):
    found, _ = tracks_of(CRACKS, 6)
    first_two = [k for k in known if k.crack_id < 2]
    for looked, doubt in ((True, None), (False, "most of its place was not looked at before")):
        cracks = compare(
            first_two,
            found,
            covered=everywhere,
            covered_before=lambda points, looked=looked: np.full(len(points), looked),
        ).cracks
        (new,) = (c for c in cracks if c.crack_id is None)
        assert (new.state, new.doubt) == (CrackState.NEW, doubt)


def test_pieces_of_a_crack_that_was_whole_are_one_entry(known):
    i = 0
    whole = CRACKS[i].points_mm
    middle = len(whole) // 2
    pieces = [
        replace(CRACKS[i], points_mm=whole[part], widths_mm=CRACKS[i].widths_mm[part])
        for part in (slice(0, middle - 30), slice(middle + 30, None))
    ]
    found, _ = tracks_of((*pieces, *CRACKS[1:]), 7)
    assert len(found) == 4
    cracks = compare(known, found, covered=everywhere, covered_before=everywhere).cracks
    assert sorted(c.crack_id for c in cracks) == [0, 1, 2]
    (joined,) = (c for c in cracks if c.crack_id == i)
    assert len(joined.size.courses_mm) == 2
    assert joined.length_growth_mm.value < 0


def test_a_crack_that_joined_another_says_so(known):
    """Known as two pieces, seen as one: the longer goes on; the other is no crack of its own any more, nor growth."""
    (whole,) = (k.size for k in known if k.crack_id == 0)
    line = whole.courses_mm[0]
    before = [
        Known(crack_id=10 + n, size=replace(whole, courses_mm=(part,)))
        for n, part in enumerate((line[: len(line) * 2 // 3], line[len(line) * 2 // 3 + 6 :]))
    ]
    found, truth = tracks_of(CRACKS, 9)
    cracks = compare(before, [found[truth.index(0)]], covered=everywhere, covered_before=everywhere).cracks
    assert [(c.crack_id, c.state.value, c.doubt) for c in cracks] == [
        (10, "unchanged", None),
        (11, "not seen", "its place is now part of crack 10"),
    ]


def test_the_first_visit_has_nothing_to_compare_with():
    found, _ = tracks_of(CRACKS, 8)
    compared = compare([], found, covered=everywhere, covered_before=everywhere, table=EUROCODE_2)
    assert compared.shift is None
    assert [c.state for c in compared.cracks] == ["new"] * 3
    assert {c.size.severity_standard for c in compared.cracks} == {EUROCODE_2.standard}


# Through the log.

POINTS = CRACKS[0].points_mm


def log_visit(log, *, wider_mm: float = 0.0) -> int:
    """Two frames of one crack, the second with a pose that is 2 mm off; and a third without a pose."""
    visit_id = log.start_visit("north pier")
    run_id = log.start_run(replace(CALIBRATED, visit_id=visit_id))
    for seq, (part, shift) in enumerate(((POINTS[:250], 0.0), (POINTS[150:], 2.0), (POINTS[:50], 0.0))):
        pose = facing(300.0)
        pose[:2, 3] = part.mean(axis=0)
        known_pose = Pose(source=PoseSource.TAG, t_wall_camera=pose, covariance=np.diag([4.0, 4, 1, 1e-8, 1e-8, 1e-8]))
        width = Interval(low=0.4 + wider_mm, value=0.5 + wider_mm, high=0.6 + wider_mm)
        measured = replace(
            MEASURED,
            courses=(Course(points_px=part * 10, widths_px=np.full(len(part), 5.0)),),
            widths_px=Widths(median=5.0, p95=5.0, maximum=5.0),
            on_wall=OnWall(
                courses_mm=(part + shift,),
                length_mm=Interval(low=150, value=200, high=250),
                widths_mm=Widths(median=width, p95=width, maximum=width),
            ),
        )
        record = frame(seq, scale=SCALE, pose=known_pose if seq < 2 else Pose())
        log.log_frame(run_id, record, [replace(FIND, measured=measured)], None)
    return visit_id


def test_cracks_go_from_the_log_into_the_log(tmp_path):
    with InspectionLog.open(tmp_path, clock=CLOCK) as log, read_log(tmp_path) as reader:
        for wider_mm in (0.0, 0.5):
            visit_id = log_visit(log, wider_mm=wider_mm)
            for _ in range(2):  # done again, it says the same
                track_visit(log, reader, visit_id, covered=everywhere, covered_before=everywhere, table=EUROCODE_2)
        first, second = (reader.cracks(v.id) for v in reader.visits())
        assert len(first) == len(second) == 1
        assert first[0].crack_id == second[0].crack_id
        assert (first[0].state, second[0].state) == ("new", "grown")
        assert len(first[0].courses) == 2, "a find without a place is in no crack"
        assert second[0].width_growth_mm.value == pytest.approx(0.5)
        assert second[0].size.severity_class == EUROCODE_2.beyond


def test_an_entry_without_wander_is_kept_and_says_so():
    """The rover's crack as it is, then as a joint of the same place would be."""
    found, _ = tracks_of(CRACKS[:1], 8)
    for straight in (False, True):
        tracks = [replace(one, straight=straight) for one in found]
        (new,) = compare([], tracks, covered=everywhere, covered_before=everywhere).cracks
        assert new.runs_straight is straight
        seen = [Known(crack_id=1, size=size_of(one, None)) for one in found]
        (again,) = compare(seen, tracks, covered=everywhere, covered_before=everywhere).cracks
        assert (again.state, again.runs_straight) == ("unchanged", straight)


@pytest.mark.parametrize(("away_mm", "cracks"), [(0.0, 0), (400.0, 1)])
def test_the_print_of_a_tag_is_no_crack_of_the_wall(tmp_path, away_mm, cracks):
    x, y = POINTS.mean(axis=0)
    tag = PlacedTag(id=3, x_mm=x + away_mm, y_mm=y, side_mm=400.0, sd_mm=1.0, turn_sd_deg=1.0)
    with InspectionLog.open(tmp_path, clock=CLOCK) as log, read_log(tmp_path) as reader:
        visit_id = log_visit(log)
        track_visit(log, reader, visit_id, covered=everywhere, covered_before=everywhere, tags=TagMap(tags=(tag,)))
        assert len(reader.cracks(visit_id)) == cracks
        assert len(list(reader.finds(reader.runs()[0].id))) == 3
