"""Walls with known cracks as the frames of a rover see them: courses with the errors that poses and measuring have."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from edge.measure.measured import Interval, Widths
from edge.pose import Matrix
from edge.render.course import CrackSpec, TrueCrack, true_crack
from edge.tracks import SeenCourse
from edge.tracks.seen import length_of

FRAME_WH_MM = (192.0, 108.0)
OVERLAP = 0.25


@dataclass(frozen=True, kw_only=True)
class Rover:
    """How wrong a visit is. Poses are off by a field that is smooth over `alike_mm`, and a little by frame; both are
    in the covariance that is stated. Standard deviations."""

    place_sd_mm: float = 8.0
    turn_sd_rad: float = 0.001
    alike_mm: float = 1200.0
    frame_sd_mm: float = 0.3
    course_sd_mm: float = 0.15
    width_sd_mm: float = 0.03
    end_sd_mm: float = 1.5
    scale_sd: float = 0.002
    missed: float = 0.02  # the share of sightings that the network does not make


@dataclass(frozen=True, kw_only=True)
class Wall:
    size_mm: tuple[float, float]
    cracks: tuple[TrueCrack, ...]


@dataclass
class Sightings:
    """Courses as seen, and which true crack each is of, by (find's id, number of course)."""

    courses: list[SeenCourse] = field(default_factory=list)
    truth: dict[tuple[int, int], int] = field(default_factory=dict)


def random_wall(rng: np.random.Generator, cracks: int = 12, size_mm: tuple[float, float] = (2400.0, 1500.0)) -> Wall:
    """Cracks of 60 to 900 mm anywhere, one in four with a parallel neighbour 30 mm away."""
    found: list[TrueCrack] = []
    while len(found) < cracks:
        start = rng.uniform((100, 100), np.array(size_mm) - 100)
        heading, length = rng.uniform(0, 2 * np.pi), np.exp(rng.uniform(np.log(60), np.log(900)))
        end = start + length * np.array([np.cos(heading), np.sin(heading)])
        if (end < 60).any() or (end > np.array(size_mm) - 60).any():
            continue
        aside = 30 * np.array([-np.sin(heading), np.cos(heading)])
        spec = CrackSpec(
            start_mm=tuple(start),
            end_mm=tuple(end),
            width_mm=float(rng.uniform(0.2, 1.0)),
            waviness=rng.uniform(0.01, 0.075),
        )
        new = [true_crack(rng, str(len(found)), spec)]
        if rng.random() < 0.25:
            beside = replace(spec, start_mm=tuple(start + aside), end_mm=tuple(end + aside))
            new.append(true_crack(rng, str(len(found) + 1), beside))
        if all(_apart(crack, other) for crack in new for other in found) and all(
            _apart(a, b) for a, b in pairwise(new)
        ):
            found += new
    return Wall(size_mm=size_mm, cracks=tuple(found))


def shortened(crack: TrueCrack, by_mm: float) -> TrueCrack:
    """The crack before its end had come so far."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(crack.points_mm, axis=0), axis=1))])
    kept = along <= along[-1] - by_mm
    return replace(crack, points_mm=crack.points_mm[kept], widths_mm=crack.widths_mm[kept])


def widened(crack: TrueCrack, by_mm: float) -> TrueCrack:
    """The crack opened by as much all along."""
    return replace(crack, widths_mm=crack.widths_mm + by_mm)


def everywhere(points_mm: Matrix) -> npt.NDArray[np.bool_]:
    """The whole wall was looked at."""
    return np.ones(len(points_mm), bool)


def _apart(one: TrueCrack, other: TrueCrack, mm: float = 12.0) -> bool:
    """Cracks that touch are one crack to whoever looks: they are left out."""
    return bool(np.linalg.norm(one.points_mm[::8, np.newaxis] - other.points_mm[::8], axis=2).min() > mm)


def visit(wall: Wall, rng: np.random.Generator, rover: Rover | None = None) -> Sightings:
    """What a drive along the whole wall sees."""
    rover = rover or Rover()
    seen = Sightings()
    off = _field(rng, rover)
    scale = 1 + rng.normal(0, rover.scale_sd)
    ends = {(i, k): rng.normal(0, rover.end_sd_mm) for i in range(len(wall.cracks)) for k in (0, -1)}
    for seq, corner in enumerate(_corners(wall.size_mm)):
        motion = off(corner + np.array(FRAME_WH_MM) / 2) + np.append(rng.normal(0, rover.frame_sd_mm, 2), 0)
        for i, crack in enumerate(wall.cracks):
            begin, end = ends[i, 0], ends[i, -1]
            for points, widths in _clipped(crack, corner, abs(begin), abs(end)):
                if rng.random() < rover.missed:
                    continue
                find_id = len(seen.courses) + 1
                course = _seen(rng, rover, points, widths, scale, motion, ("run", seq), find_id)
                seen.courses.append(course)
                seen.truth[course.key] = i
    return seen


def _corners(size_mm: tuple[float, float]) -> list[Matrix]:
    axes = []
    for whole, frame in zip(size_mm, FRAME_WH_MM, strict=True):
        count = 1 + int(np.ceil((whole - frame) / (frame * (1 - OVERLAP))))
        axes.append(np.linspace(0, whole - frame, count))
    return [np.array([x, y]) for y in axes[1] for x in axes[0]]


def _field(rng: np.random.Generator, rover: Rover) -> Callable[[Matrix], Matrix]:
    """A smooth random field (x mm, y mm, turn rad), of the rover's standard deviations at every place."""
    waves = rng.normal(0, 1 / rover.alike_mm, (40, 2))
    phases = rng.uniform(0, 2 * np.pi, (40, 3))
    sd = np.array([rover.place_sd_mm, rover.place_sd_mm, rover.turn_sd_rad])

    def at(place_mm: Matrix) -> Matrix:
        return np.cos((waves @ place_mm)[:, np.newaxis] + phases).sum(axis=0) * np.sqrt(2 / 40) * sd

    return at


def _clipped(
    crack: TrueCrack, corner: Matrix, cut_begin_mm: float, cut_end_mm: float
) -> Iterator[tuple[Matrix, Matrix]]:
    """The stretches of a crack inside a frame, a margin left out, the crack's ends cut where they are too fine."""
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(crack.points_mm, axis=0), axis=1))])
    inside = ((crack.points_mm >= corner) & (crack.points_mm <= corner + FRAME_WH_MM)).all(axis=1)
    inside &= (along >= cut_begin_mm) & (along <= along[-1] - cut_end_mm)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(int)))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        if length_of(crack.points_mm[begin:end]) >= 8:
            yield crack.points_mm[begin:end], crack.widths_mm[begin:end]


def _seen(
    rng: np.random.Generator,
    rover: Rover,
    points: Matrix,
    widths: Matrix,
    scale: float,
    motion: Matrix,
    frame: tuple[str, int],
    find_id: int,
) -> SeenCourse:
    middle = points.mean(axis=0)
    arms = (points - middle) * scale
    x, y, turn = motion
    moved = middle + [x, y] + arms + turn * np.column_stack([-arms[:, 1], arms[:, 0]])
    rough = np.repeat(rng.normal(0, rover.course_sd_mm, (len(points) // 4 + 1, 2)), 4, axis=0)[: len(points)]
    off = rng.normal(0, rover.width_sd_mm)
    seen = np.maximum(widths + off, 0.01)
    length = length_of(points) * scale
    spread = 1.96 * rover.width_sd_mm
    width = Interval(low=max(0, np.median(seen) - spread), value=float(np.median(seen)), high=np.median(seen) + spread)
    place = np.diag([rover.place_sd_mm**2 + rover.frame_sd_mm**2] * 2 + [rover.turn_sd_rad**2])
    half = 1.96 * rover.scale_sd * length + 0.5
    return SeenCourse(
        frame=frame,
        find_id=find_id,
        course_n=0,
        points_mm=moved + rough,
        widths_mm=seen,
        place=place,
        length_mm=Interval(low=length - half, value=length, high=length + half),
        intervals_mm=Widths(median=width, p95=width, maximum=width),
    )
