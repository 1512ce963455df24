"""Pieces of one crack that lie end to end are one; cracks that only come near one another are not."""

import numpy as np
import pytest
from test_edge_tracks_cracks import along, course, straight, wavy

from edge.tracks import track


def entries(*lines, frames=None, sd_mm: float = 1.0) -> list[tuple[int, ...]]:
    """The cracks that become of courses, each by the numbers of its lines."""
    frames = frames or [0] * len(lines)
    seen = [
        course(points, frame=f, find_id=i, sd_mm=sd_mm) for i, (points, f) in enumerate(zip(lines, frames, strict=True))
    ]
    return sorted(tuple(i for i, _ in found.courses) for found in track(seen))


def turned(points, degrees: float, about):
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return (points - about) @ np.array([[cos, sin], [-sin, cos]]) + about


@pytest.mark.parametrize("seed", range(6))
def test_a_faint_stretch_leaves_one_crack(seed):
    """Five pieces of a wavy crack with gaps of 8 mm, in any order and direction."""
    crack = wavy(seed, 0.02)
    pieces = [along(crack, 80 * k, 80 * k + 72) for k in range(5)]
    pieces = [piece[:: 1 if k % 2 else -1] for k, piece in enumerate(pieces)]
    order = np.random.default_rng(seed).permutation(5)
    assert entries(*(pieces[k] for k in order)) == [tuple(range(5))]


def test_its_length_is_that_of_its_pieces():
    """What nobody saw is not added."""
    (found,) = track([course(straight(0, 0, 60), frame=0, find_id=1), course(straight(0, 70, 150), frame=0, find_id=2)])
    assert found.length_mm.value == pytest.approx(140, abs=2)
    assert len(found.lines_mm) == 2


@pytest.mark.parametrize(
    ("what", "second"),
    [
        ("too far", straight(0, 114, 200)),
        ("beside", straight(8, 103, 200)),
        ("steps aside", straight(6, 108, 200)),
        ("turns off", turned(straight(0, 106, 200), 50, np.array([106.0, 0.0]))),
        ("shorter than the gap", straight(0, 108, 114)),
        ("runs back over it", straight(4, 60, 200)),
    ],
)
def test_what_does_not_go_on_stays_apart(what, second):
    assert entries(straight(0, 0, 100), second) == [(0,), (1,)], what


def test_where_two_cracks_could_go_on_neither_does():
    fork = [turned(straight(0, 108, 180), angle, np.array([100.0, 0.0])) for angle in (-12, 12)]
    assert entries(straight(0, 0, 100), *fork) == [(0,), (1,), (2,)]
    assert entries(straight(0, 0, 100), fork[0]) == [(0, 1)]


def test_a_crack_that_goes_on_past_another_is_not_joined_to_its_end():
    """A crack that ends before one that crosses its way, and the crossing one's middle is no end."""
    across = turned(straight(0, 33, 183), 90, np.array([108.0, 0.0]))
    assert entries(straight(0, 0, 100), across) == [(0,), (1,)]


def test_in_frames_whose_places_leave_more_open_than_the_gap_nothing_is_joined():
    lines = straight(0, 0, 100), straight(0, 108, 200)
    assert entries(*lines, frames=[0, 1], sd_mm=1.0) == [(0, 1)]
    assert entries(*lines, frames=[0, 1], sd_mm=4.0) == [(0,), (1,)]
    assert entries(*lines, frames=[0, 0], sd_mm=4.0) == [(0, 1)], "within a frame they lie as they were seen"
