"""Runs of a rover along a wall whose every place is known, so that a solver of poses can be judged.

Rows from the top, every other one from right to left, a tag every 2.5 m along the foot. Steps are drawn with the noise
that they state; a scale that is off all along the run, wheels that slip and ties to the wrong place come on top.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from edge.pose import PoseSource
from edge.pose.plane import Bracket, Planar, between
from edge.pose.run import PlanarStep, PoseRun, Sighting
from edge.pose.tag_map import PlacedTag, TagMap

DISTANCE_MM = 400.0


@dataclass(frozen=True, kw_only=True)
class Site:
    """What a run is drawn from; shares are probabilities."""

    wall_wh_mm: tuple[float, float] = (6000.0, 2500.0)
    frame_wh_mm: tuple[float, float] = (192.0, 108.0)
    overlap: float = 0.2
    tags_x_mm: tuple[float, ...] = (500.0, 3000.0, 5500.0)
    tags_y_mm: float = 60.0
    tag_sd_mm: float = 2.0
    tag_turn_sd_deg: float = 2.0
    sighting_sd: tuple[float, float, float] = (0.3, 0.3, 0.005)
    step_sd: tuple[float, float, float] = (0.1, 0.1, 3e-4)
    scale_sd: float = 0.006
    step_fails: float = 0.05
    tie_fails: float = 0.2
    tie_wrong: float = 0.01
    wheels_sd: tuple[float, float, float] = (3.0, 3.0, 0.008)
    wheels_scale_sd: float = 0.02
    slips: float = 0.02


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A run, and the true place (n, 3) of every frame by its `seq`."""

    run: PoseRun
    truth: np.ndarray


def draw_run(seed: int, site: Site = Site()) -> Drawn:
    rng = np.random.default_rng(seed)
    truth, rows = _places(rng, site)
    tag_map, tags = _tags(rng, site)
    off = np.exp(-rng.normal(0, [site.scale_sd, site.wheels_scale_sd]))
    steps = []
    for i in range(len(truth) - 1):
        steps.append(_by_wheels(rng, site, truth, i, off[1]))
        if rng.random() >= site.step_fails:
            steps.append(_seen(rng, site, truth, (i, i + 1), off[0]))
    for upper, lower in pairwise(rows):
        steps += [
            _seen(rng, site, truth, pair, off[0], wrong=rng.random() < site.tie_wrong)
            for pair in zip(upper, lower, strict=True)
            if abs(pair[0] - pair[1]) > 1 and rng.random() >= site.tie_fails
        ]
    run = PoseRun(
        bracket=bracket(site.scale_sd),
        frames=tuple(range(len(truth))),
        steps=tuple(steps),
        sightings=tuple(_sightings(rng, site, truth, tags)),
        tag_map=tag_map,
        odometry_scale_sd=site.wheels_scale_sd,
    )
    return Drawn(run=run, truth=truth)


def bracket(scale_sd: float = 0.006) -> Bracket:
    sd = np.array([scale_sd * DISTANCE_MM, np.radians(2.5), np.radians(2.5)])
    return Bracket(values=np.array([DISTANCE_MM, 0.0, 0.0]), covariance=np.diag(sd**2), scale_sd=scale_sd)


def _places(rng: np.random.Generator, site: Site) -> tuple[np.ndarray, list[list[int]]]:
    """Places (n, 3), and the frames of every row by their column."""
    xs, ys = (
        np.linspace(frame / 2, wall - frame / 2, 1 + int(np.ceil((wall - frame) / (frame * (1 - site.overlap)))))
        for wall, frame in zip(site.wall_wh_mm, site.frame_wh_mm, strict=True)
    )
    places, rows = [], []
    for row, y in enumerate(ys[::-1]):
        columns = range(len(xs)) if row % 2 == 0 else range(len(xs))[::-1]
        begin = len(places)
        places += [(xs[column], y, 0.0) for column in columns]
        numbers = list(range(begin, len(places)))
        rows.append(numbers if row % 2 == 0 else numbers[::-1])
    truth = np.array(places)
    truth[:, :2] += rng.normal(0, 2.0, (len(truth), 2))
    wander = np.cumsum(rng.normal(0, 0.002, len(truth)))
    truth[:, 2] = wander - np.linspace(0, wander[-1], len(truth))
    return truth, rows


def _tags(rng: np.random.Generator, site: Site) -> tuple[TagMap, dict[int, np.ndarray]]:
    """The map as a person measured it, and the true places (3,)."""
    tags = tuple(
        PlacedTag(
            id=i,
            x_mm=x,
            y_mm=site.tags_y_mm,
            side_mm=40.0,
            sd_mm=site.tag_sd_mm,
            turn_sd_deg=site.tag_turn_sd_deg,
        )
        for i, x in enumerate(site.tags_x_mm)
    )
    sd = [site.tag_sd_mm, site.tag_sd_mm, np.radians(site.tag_turn_sd_deg)]
    return TagMap(tags=tags), {tag.id: tag.place.values + rng.normal(0, sd) for tag in tags}


def _sightings(rng: np.random.Generator, site: Site, truth: np.ndarray, tags: dict[int, np.ndarray]) -> list[Sighting]:
    """A tag is seen where it lies wholly in the frame."""
    found = []
    reach = np.array(site.frame_wh_mm) / 2 - 25
    for number, tag in tags.items():
        for seq in np.flatnonzero((np.abs(truth[:, :2] - tag[:2]) < reach).all(axis=1)):
            place = _noisy(rng, between(truth[seq], tag), site.sighting_sd)
            found.append(Sighting(frame=int(seq), tag=number, place=place))
    return found


def _seen(
    rng: np.random.Generator, site: Site, truth: np.ndarray, pair: tuple[int, int], off: float, wrong: bool = False
) -> PlanarStep:
    step = _scaled(between(truth[pair[0]], truth[pair[1]]), off)
    if wrong:
        step[:2] += rng.choice([-1, 1], 2) * rng.uniform(20, 60, 2)
    noisy = _noisy(rng, step, site.step_sd)
    return PlanarStep(first=pair[0], second=pair[1], step=noisy, source=PoseSource.REGISTRATION)


def _by_wheels(rng: np.random.Generator, site: Site, truth: np.ndarray, first: int, off: float) -> PlanarStep:
    step = _scaled(between(truth[first], truth[first + 1]), off)
    if rng.random() < site.slips:
        step[:2] *= rng.uniform(0, 0.7)
    noisy = _noisy(rng, step, site.wheels_sd)
    return PlanarStep(first=first, second=first + 1, step=noisy, source=PoseSource.ODOMETRY)


def _scaled(step: np.ndarray, off: float) -> np.ndarray:
    return step * [off, off, 1.0]


def _noisy(rng: np.random.Generator, values: np.ndarray, sd: tuple[float, float, float]) -> Planar:
    return Planar(values=values + rng.normal(0, sd), covariance=np.diag(np.square(sd)))
