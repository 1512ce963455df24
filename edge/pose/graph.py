"""The places of a whole run at once: every step, every row's tie to its neighbour and every tag weighed together."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from edge.pose.factors import Anchors, Links, Problem, whitening
from edge.pose.plane import Planar, between, compose, pose_covariance
from edge.pose.pose import Matrix, Pose, PoseSource
from edge.pose.run import PoseRun
from edge.pose.solver import GATE, covariances, most_likely, squared_errors

# Nothing is known better than this, whatever it says: micrometres and a tenth of a microradian.
_FLOOR = np.diag([1e-3, 1e-3, 1e-7]) ** 2
# A scale that is so far from what is known of it contradicts the tags.
_SCALE_SD = 4.0
_SCALES = (PoseSource.REGISTRATION, PoseSource.ODOMETRY)
# A node is ("frame", seq) or ("tag", id).
Node = tuple[str, int]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """`places` of the frames that hang on a tag or a known start; `poses` of every frame, the others' with source none.

    `notes` names what contradicts the rest: tags, and steps by their frames.
    """

    places: Mapping[int, Planar]
    poses: Mapping[int, Pose]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    first: Node
    second: Node
    step: Planar
    source: PoseSource


def solve(run: PoseRun) -> Solution:
    """The most likely places of a run's frames, each with its marginal covariance.

    Where half of the tags that hold a stretch together contradict the others, nobody knows which are right: its frames
    have no pose. Nor has any frame where the tags make the steps longer or shorter than their scale can be.
    """
    links, anchors = _links(run), _anchors(run)
    guess = _first_guess(links, anchors)
    links = [link for link in links if link.first in guess]
    if not guess:
        return Solution(places={}, poses={seq: Pose() for seq in run.frames}, notes=())
    nodes = {node: i for i, node in enumerate(guess)}
    problem = _problem(run, links, anchors, nodes)
    state, weights = most_likely(problem, np.concatenate([*guess.values(), np.zeros(len(_SCALES))]))
    off = squared_errors(problem, state) > GATE
    wrong = _wrong_tags(links, anchors, off)
    stretched = _stretched(problem, state)
    lost = set(nodes) if _measure(links) in stretched else _undecided(links, set(wrong))
    spread = covariances(problem, state, weights)
    places = {
        seq: Planar(values=state[3 * i : 3 * i + 3], covariance=spread[i])
        for (kind, seq), i in nodes.items()
        if kind == "frame" and (kind, seq) not in lost
    }
    notes = (*_about_tags(wrong, anchors, state, nodes), *_about_scales(stretched), *_about_steps(links, off))
    return Solution(places=places, poses=_poses(run, places), notes=notes)


def _links(run: PoseRun) -> list[_Link]:
    return [
        *(_Link(first=("frame", s.first), second=("frame", s.second), step=s.step, source=s.source) for s in run.steps),
        *(
            _Link(first=("frame", s.frame), second=("tag", s.tag), step=s.place, source=PoseSource.TAG)
            for s in run.sightings
        ),
    ]


def _measure(links: list[_Link]) -> PoseSource:
    """What lengths hang on: registration, where there is any."""
    registered = any(link.source is PoseSource.REGISTRATION for link in links)
    return PoseSource.REGISTRATION if registered else PoseSource.ODOMETRY


def _stretched(problem: Problem, state: Matrix) -> dict[PoseSource, float]:
    """Scales that cannot be what the tags make of them, and by what factor those make the steps longer."""
    scales = state[3 * problem.nodes :]
    return {
        source: float(np.exp(scale))
        for source, scale, sd in zip(_SCALES, scales, problem.scale_sd, strict=True)
        if abs(scale) > _SCALE_SD * sd
    }


def _anchors(run: PoseRun) -> dict[Node, Planar]:
    seen = {s.tag for s in run.sightings}
    tags = run.tag_map.tags if run.tag_map else ()
    anchors: dict[Node, Planar] = {("tag", tag.id): tag.place for tag in tags if tag.id in seen}
    if run.start is not None:
        anchors["frame", run.frames[0]] = run.start
    return anchors


def _first_guess(links: list[_Link], anchors: Mapping[Node, Planar]) -> dict[Node, Matrix]:
    """Every node that hangs on an anchor, by the fewest steps from one."""
    steps = _neighbours(links)
    guess = {node: place.values for node, place in anchors.items()}
    waiting = deque(guess)
    while waiting:
        node = waiting.popleft()
        for other, step in steps.get(node, ()):
            if other not in guess:
                guess[other] = compose(guess[node], step)
                waiting.append(other)
    return guess


def _neighbours(links: list[_Link]) -> dict[Node, list[tuple[Node, Matrix]]]:
    """To every node those that a step leads to, and the step; registered ones first."""
    steps: dict[Node, list[tuple[Node, Matrix]]] = {}
    for link in sorted(links, key=lambda link: link.source is PoseSource.ODOMETRY):
        back = between(link.step.values, np.zeros(3))
        steps.setdefault(link.first, []).append((link.second, link.step.values))
        steps.setdefault(link.second, []).append((link.first, back))
    return steps


def _problem(run: PoseRun, links: list[_Link], anchors: Mapping[Node, Planar], nodes: Mapping[Node, int]) -> Problem:
    return Problem(
        nodes=len(nodes),
        links=Links(
            first=np.array([nodes[link.first] for link in links], np.intp),
            second=np.array([nodes[link.second] for link in links], np.intp),
            scale=np.array([_SCALES.index(link.source) if link.source in _SCALES else -1 for link in links], np.intp),
            values=np.array([link.step.values for link in links]).reshape(-1, 3),
            whitening=whitening(np.array([link.step.covariance + _FLOOR for link in links]).reshape(-1, 3, 3)),
        ),
        anchors=Anchors(
            node=np.array([nodes[node] for node in anchors], np.intp),
            values=np.array([place.values for place in anchors.values()]),
            whitening=whitening(np.array([place.covariance + _FLOOR for place in anchors.values()])),
        ),
        scale_sd=tuple(max(sd, 1e-6) for sd in (run.bracket.scale_sd, run.odometry_scale_sd)),
    )


def _wrong_tags(links: list[_Link], anchors: Mapping[Node, Planar], off: Flags) -> list[int]:
    """Those that are not where the map says, or that half of their sightings do not fit."""
    wrong = []
    for i, node in enumerate(anchors):
        sightings = [bad for link, bad in zip(links, off, strict=False) if link.second == node]
        if node[0] == "tag" and (off[len(links) + i] or 2 * sum(sightings) > len(sightings)):
            wrong.append(node[1])
    return wrong


def _undecided(links: list[_Link], wrong: set[int]) -> set[Node]:
    """The nodes of every stretch half or more of whose tags are wrong."""
    steps = _neighbours(links)
    lost: set[Node] = set()
    for number in wrong:
        if ("tag", number) in lost:
            continue
        stretch = {("tag", number)}
        waiting = deque(stretch)
        while waiting:
            new = {other for other, _ in steps.get(waiting.popleft(), ())} - stretch
            stretch |= new
            waiting.extend(new)
        tags = {name for kind, name in stretch if kind == "tag"}
        if 2 * len(tags & wrong) >= len(tags):
            lost |= stretch
    return lost


def _about_tags(
    wrong: list[int], anchors: Mapping[Node, Planar], state: Matrix, nodes: Mapping[Node, int]
) -> Iterator[str]:
    others = sorted(name for kind, name in anchors if kind == "tag" and name not in wrong)
    for number in wrong:
        at = 3 * nodes["tag", number]
        apart = np.linalg.norm(anchors["tag", number].values[:2] - state[at : at + 2])
        against = f"tags {', '.join(map(str, others))}" if others else "the steps"
        yield f"tag {number} contradicts {against}: the map has it {apart:.0f} mm from where they put it; measure again"


def _about_scales(stretched: Mapping[PoseSource, float]) -> Iterator[str]:
    for source, factor in stretched.items():
        yield (
            f"the tags are {factor:.3f} times as far apart as the steps by {source} between them, more than the scale "
            "can be off: a tag's place or the scale is wrong"
        )


def _about_steps(links: list[_Link], off: Flags) -> Iterator[str]:
    for link, bad in zip(links, off, strict=False):
        if bad and link.source in _SCALES:
            yield f"the step from frame {link.first[1]} to {link.second[1]} by {link.source} contradicts the others"


def _poses(run: PoseRun, places: Mapping[int, Planar]) -> dict[int, Pose]:
    registered = set(chain(*((s.first, s.second) for s in run.steps if s.source is PoseSource.REGISTRATION)))
    sighted = {s.frame for s in run.sightings}
    poses = dict.fromkeys(run.frames, Pose())
    for seq, place in places.items():
        source = PoseSource.REGISTRATION if seq in registered else PoseSource.ODOMETRY
        matrix, covariance = pose_covariance(place, run.bracket)
        poses[seq] = Pose(
            source=PoseSource.TAG if seq in sighted else source, t_wall_camera=matrix, covariance=covariance
        )
    return poses
