"""The pose graph: on simulated walls whose every place is known, and with what contradicts itself."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from simulated_runs import Drawn, Site, draw_run

from edge.pose import PoseSource
from edge.pose.graph import Solution, solve
from edge.pose.plane import Planar
from edge.pose.run import PoseRun
from edge.pose.tag_map import TagMap

# Frames of 0.4 m: the wall of the target in few enough of them for a test. `bench_pose.py` takes 0.2 m.
SITE = Site(frame_wh_mm=(384.0, 216.0))
SMALL = replace(SITE, wall_wh_mm=(3000.0, 700.0), tags_x_mm=(300.0, 1500.0, 2700.0), slips=0.0, tie_wrong=0.0)
RUNS = 5


@cache
def solved(seed: int, site: Site = SITE) -> tuple[Drawn, Solution]:
    drawn = draw_run(seed, site)
    return drawn, solve(drawn.run)


def errors(drawn: Drawn, solution: Solution) -> np.ndarray:
    return np.array([place.values - drawn.truth[seq] for seq, place in solution.places.items()])


def test_95_percent_of_positions_are_within_25_mm():
    """With 5 % of the steps not seen, 1 % of the ties wrong and wheels that slip."""
    off = np.concatenate([np.linalg.norm(errors(*solved(seed))[:, :2], axis=1) for seed in range(RUNS)])
    assert np.percentile(off, 95) < 25.0


def test_the_covariance_is_honest():
    """Normalised error squared of one frame a run: chi square of 3 * RUNS degrees, 99.9 % bounds (18 degrees)."""
    for share in (0.0, 0.5, 1.0):
        total = 0.0
        for seed in range(RUNS):
            drawn, solution = solved(seed)
            seq = round(share * (len(drawn.truth) - 1))
            place = solution.places[seq]
            off = place.values - drawn.truth[seq]
            total += off @ np.linalg.solve(place.covariance, off)
        assert 4.4 < total < 43.8


def test_slips_and_wrong_ties_are_named_and_move_nothing():
    drawn, solution = solved(0, replace(SMALL, slips=0.05, tie_wrong=0.05))
    assert any("contradicts the others" in note for note in solution.notes)
    assert np.linalg.norm(errors(drawn, solution)[:, :2], axis=1).max() < 10.0


@pytest.mark.parametrize("seed", range(3))
def test_precise_steps_to_wrong_places_do_not_shrink_the_wall(seed):
    """Hundreds of standard deviations off, three ties in ten: the tags still hold the scale, and none is blamed."""
    fine = replace(SMALL, step_sd=(0.01, 0.01, 3e-5), tie_wrong=0.3)
    drawn, solution = solved(seed, fine)
    assert not [note for note in solution.notes if "tag" in note]
    off = np.linalg.norm(errors(drawn, solution)[:, :2], axis=1)
    assert len(off) == len(drawn.truth)
    assert off.max() < 25.0


def test_without_noise_the_truth_comes_back():
    tiny = (1e-6, 1e-6, 1e-9)
    exact = replace(
        SMALL,
        step_sd=tiny,
        sighting_sd=tiny,
        tag_sd_mm=1e-6,
        tag_turn_sd_deg=1e-6,
        scale_sd=1e-9,
        wheels_sd=tiny,
        wheels_scale_sd=1e-9,
    )
    assert np.abs(errors(*solved(1, exact))).max() < 0.01


def test_ties_hold_rows_together():
    """Without them the rows above the tags hang on a chain alone."""
    free = replace(SMALL, tie_fails=1.0, step_fails=0.3)
    spread = [
        np.mean([np.trace(p.covariance[:2, :2]) for p in solved(2, site)[1].places.values()]) for site in (SMALL, free)
    ]
    assert spread[0] < 0.5 * spread[1]


def test_every_pose_says_what_it_is_made_from():
    drawn, solution = solved(3, SMALL)
    sighted = {s.frame for s in drawn.run.sightings}
    assert sighted
    assert list(solution.poses) == list(drawn.run.frames)
    for seq, pose in solution.poses.items():
        assert pose.source is (PoseSource.TAG if seq in sighted else PoseSource.REGISTRATION)
        assert np.allclose(pose.t_wall_camera[:2, 3], solution.places[seq].values[:2])  # square to the wall


def displaced(run: PoseRun, number: int, by_mm: float) -> PoseRun:
    tags = tuple(replace(tag, x_mm=tag.x_mm + by_mm) if tag.id == number else tag for tag in run.tag_map.tags)
    return replace(run, tag_map=TagMap(tags=tags))


def test_a_tag_that_contradicts_two_others_is_named_and_overruled():
    drawn = draw_run(4, SMALL)
    solution = solve(displaced(drawn.run, 1, 150.0))
    (note,) = [note for note in solution.notes if note.startswith("tag")]
    assert note.startswith("tag 1 contradicts tags 0, 2")
    assert np.linalg.norm(errors(drawn, solution)[:, :2], axis=1).max() < 25.0


def test_of_two_tags_that_contradict_each_other_nobody_knows_which_is_right():
    drawn = draw_run(4, replace(SMALL, tags_x_mm=(300.0, 2700.0)))
    solution = solve(displaced(drawn.run, 1, 150.0))
    assert any("a tag's place or the scale is wrong" in note for note in solution.notes)
    assert not solution.places
    assert {pose.source for pose in solution.poses.values()} == {PoseSource.NONE}


def test_frames_that_hang_on_no_tag_have_no_pose():
    drawn = draw_run(5, SMALL)
    cut = len(drawn.truth) // 2
    steps = tuple(s for s in drawn.run.steps if (s.first < cut) == (s.second < cut))
    solution = solve(replace(drawn.run, steps=steps))
    # The tags stand along the foot, which the second half of the run sees.
    assert set(solution.places) == set(range(cut, len(drawn.truth)))
    assert solution.poses[0].source is PoseSource.NONE
    assert solve(replace(drawn.run, sightings=())).places == {}


def test_a_known_start_serves_where_there_is_no_tag():
    drawn = draw_run(6, SMALL)
    start = Planar(values=drawn.truth[0], covariance=np.diag([1.0, 1.0, 1e-6]))
    solution = solve(replace(drawn.run, sightings=(), tag_map=None, start=start))
    assert len(solution.places) == len(drawn.truth)
    assert np.linalg.norm(errors(drawn, solution)[:, :2], axis=1).max() < 60.0


def test_a_run_of_unknown_frames_or_tags_is_refused():
    drawn = draw_run(7, SMALL)
    with pytest.raises(ValueError, match=r"unknown: frames \[0\]"):
        replace(drawn.run, frames=drawn.run.frames[1:])
    with pytest.raises(ValueError, match=r"tags \[0, 1, 2\]"):
        replace(drawn.run, tag_map=None)
