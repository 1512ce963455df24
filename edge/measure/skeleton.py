"""From the mask of a find to the courses of its crack: the longest path first, then the branches that leave it."""

import heapq
from collections import defaultdict
from dataclasses import dataclass, replace

import cv2
import numpy as np

from edge.frame import U8Image
from edge.measure.polyline import F64, length
from edge.measure.thinning import NEIGHBOURS, BoolImage, Index, thin

MAX_GAP_PX = 24.0
"""Ends of two pieces that are this near and point at each other are one crack with a gap in its mask."""
MIN_COURSE_PX = 12.0
_HOLE_PX = 5  # holes and cracks of a mask up to this wide are filled
_LOOP_PX = 60.0  # what goes round less is a hole in the mask of one crack
_LOOK_BACK_PX = 12
_FURTHEST_PX = 40
_MAX_TURN_COS = 0.64  # 50 degrees


@dataclass(frozen=True, slots=True)
class _Line:
    """Skeleton pixels from one node to another, both included: indices into the skeleton."""

    pixels: tuple[int, ...]
    length_px: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Centreline:
    """One course in whole pixels: `points_px` float64 (n, 2), x and y; `radius_px` is half of the mask's mean width.

    A branch ends where it leaves its course; `free` are the first and the last point that touch no other course.
    """

    points_px: F64
    radius_px: float
    free: tuple[bool, bool]

    def moved(self, by_xy: tuple[int, int]) -> "Centreline":
        """The same in a picture of which the mask was a part with its top left there."""
        return replace(self, points_px=self.points_px + np.array(by_xy))


def centrelines(mask: BoolImage) -> list[Centreline]:
    """The courses of a mask, bool (h, w), longest first.

    What leaves a course by little more than the mask's width there is a spur of its ragged border, and no branch. What
    is shorter than `MIN_COURSE_PX` is left out.
    """
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((_HOLE_PX, _HOLE_PX), np.uint8))
    pixels, radius = thin(closed.astype(bool))
    if not len(pixels):
        return []
    points = pixels[:, ::-1].astype(np.float64)
    lines = _lines(_links(pixels, mask.shape[1]), points)
    lines += _bridges(lines, points, radius)
    ends = {way[0] for way in _free_ends(lines)}
    found = []
    for path in _longest_first(lines, radius):
        free = (path[0] in ends, path[-1] in ends)
        course = _to_the_border(_straight_bridges(points[path]), closed, free)
        found.append(Centreline(points_px=course, radius_px=float(radius[path].mean()), free=free))
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Links:
    """For each skeleton pixel the pixels it is joined to: `joined[starts[i] : starts[i + 1]]`."""

    joined: list[int]
    starts: list[int]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, i: int) -> list[int]:
        return self.joined[self.starts[i] : self.starts[i + 1]]


def _links(pixels: Index, width: int) -> _Links:
    """Of neighbouring pixels; corners are not cut where there is a way round by edges."""
    keys = pixels[:, 0] * (width + 2) + pixels[:, 1]
    steps = np.array([row * (width + 2) + column for row, column in NEIGHBOURS])
    wanted = keys[:, np.newaxis] + steps
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    there = keys[at] == wanted
    for corner in (1, 3, 5, 7):
        there[:, corner] &= ~(there[:, corner - 1] | there[:, (corner + 1) % 8])
    return _Links(at[there].tolist(), [0, *np.cumsum(there.sum(axis=1)).tolist()])


def _lines(links: _Links, points: F64) -> list[_Line]:
    """The skeleton cut at its ends and forks; a closed ring is cut where it comes first."""
    nodes = [i for i in range(len(links)) if len(links[i]) != 2]
    lines, used = [], set()
    for start in nodes:
        for first in links[start]:
            if (start, first) in used:
                continue
            path = _follow(links, start, first)
            used.add((path[-1], path[-2]))
            lines.append(path)
    left = set(range(len(links))) - {i for path in lines for i in path} - set(nodes)
    while left:
        start = min(left)
        path = _follow(links, start, links[start][0])
        left -= set(path)
        lines.append(path)
    halves = []
    for path in lines:
        # A ring has no two ends: it is two lines.
        middle = len(path) // 2 if path[0] == path[-1] else 0
        halves += [path[: middle + 1], path[middle:]] if middle else [path]
    return [_Line(tuple(path), length(points[path])) for path in halves]


def _follow(links: _Links, start: int, first: int) -> list[int]:
    path, before, here = [start, first], start, first
    while len(joined := links[here]) == 2 and here != start:
        one, other = joined
        before, here = here, other if one == before else one
        path.append(here)
    return path


def _bridges(lines: list[_Line], points: F64, radius: Index) -> list[_Line]:
    """Straight lines over the gaps of a broken mask, the shortest first, each end used once."""
    ends = _free_ends(lines)
    if len(ends) < 2:
        return []
    at = np.array([path[0] for path in ends])
    back = np.array([path[min(_LOOK_BACK_PX, len(path) - 1)] for path in ends])
    out = points[at] - points[back]
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-9)
    piece = _pieces(lines)
    far = np.linalg.norm(points[at][np.newaxis] - points[at][:, np.newaxis], axis=2)
    # From well inside one piece to well inside the other: across a short gap the last pixels point anywhere.
    way = points[back][np.newaxis] - points[back][:, np.newaxis]
    # Thinning takes about its radius away from each end of a piece.
    reach = MAX_GAP_PX + radius[at][:, np.newaxis] + radius[at]
    ahead = np.einsum("ijk,ik->ij", way, out) / np.maximum(np.linalg.norm(way, axis=2), 1e-9)
    apart = np.array([piece[i] for i in at])
    good = (ahead > _MAX_TURN_COS) & (ahead.T > _MAX_TURN_COS) & (far < reach) & (apart[:, np.newaxis] != apart)
    bridges, taken = [], set()
    for i, j in sorted(np.argwhere(np.triu(good)).tolist(), key=lambda ij: far[ij[0], ij[1]]):
        if i not in taken and j not in taken:
            taken |= {i, j}
            bridges.append(_Line((int(at[i]), int(at[j])), float(far[i, j])))
    return bridges


def _free_ends(lines: list[_Line]) -> list[tuple[int, ...]]:
    """Every line that ends freely, from that end on."""
    meeting: dict[int, int] = defaultdict(int)
    for line in lines:
        meeting[line.pixels[0]] += 1
        meeting[line.pixels[-1]] += 1
    ways = [way for line in lines for way in (line.pixels, line.pixels[::-1])]
    return [way for way in ways if meeting[way[0]] == 1]


def _pieces(lines: list[_Line]) -> dict[int, int]:
    """For each end of a line, a number that ends share when they hang together."""
    parent: dict[int, int] = {}

    def root(i: int) -> int:
        while parent.setdefault(i, i) != i:
            i = parent[i]
        return i

    for line in lines:
        parent[root(line.pixels[0])] = root(line.pixels[-1])
    return {i: root(i) for i in list(parent)}


def _longest_first(lines: list[_Line], radius: Index) -> list[list[int]]:
    """Paths through the lines: of every piece the longest way through it, then the longest branches of what is left."""
    at: dict[int, set[int]] = defaultdict(set)
    for number, line in enumerate(lines):
        at[line.pixels[0]].add(number)
        at[line.pixels[-1]].add(number)
    found = []
    piece = _pieces(lines)
    for top in sorted(set(piece.values())):
        # In a tree, the node furthest from any node is an end of the longest path.
        one = _furthest(lines, at, {top})[0][0]
        path, far = _furthest(lines, at, {one}, unused=True)
        if far < MIN_COURSE_PX:
            continue
        found.append((far, path))
        seen = {node for node in path if node in at}
        while True:
            path, far = _furthest(lines, at, seen, unused=True)
            if far - 2 * float(radius[path[-1]]) < MIN_COURSE_PX:
                break
            found.append((far, path))
            seen |= {node for node in path if node in at}
        # What closes a loop is no way to anywhere further.
        left = [lines[number] for number in sorted({number for node in seen for number in at[node]})]
        found += [(line.length_px, list(line.pixels)) for line in left if line.length_px >= _LOOP_PX]
    return [path for _, path in sorted(found, key=lambda one: -one[0])]


def _furthest(
    lines: list[_Line], at: dict[int, set[int]], starts: set[int], *, unused: bool = False
) -> tuple[list[int], float]:
    """The shortest way from any of `starts` to the node that is furthest from them, furthest first, and its length.

    With `unused`, the lines that it takes are taken out of `at`.
    """
    best = dict.fromkeys(starts, 0.0)
    came: dict[int, int] = {}
    queue = [(0.0, node) for node in sorted(starts)]
    order = []
    while queue:
        far, node = heapq.heappop(queue)
        if far > best[node]:
            continue
        order.append(node)
        for number in at[node]:
            line = lines[number]
            other = line.pixels[-1] if line.pixels[0] == node else line.pixels[0]
            if far + line.length_px < best.get(other, np.inf):
                best[other], came[other] = far + line.length_px, number
                heapq.heappush(queue, (best[other], other))
    node = order[-1]
    path, furthest = [node], best[node]
    while node in came:
        number = came[node]
        way = lines[number].pixels if lines[number].pixels[0] == node else lines[number].pixels[::-1]
        path += way[1:]
        if unused:
            at[way[0]].discard(number)
            at[way[-1]].discard(number)
        node = way[-1]
    return path, furthest


def _straight_bridges(points: F64) -> F64:
    """Points no more than about a pixel apart: a bridge gets points of its own."""
    steps = np.maximum(np.rint(np.abs(np.diff(points, axis=0)).max(axis=1)), 1).astype(np.int64)
    if (steps == 1).all():
        return points
    at = np.concatenate([i + np.arange(n) / n for i, n in enumerate(steps)] + [[float(len(steps))]])
    whole = np.arange(len(points))
    return np.stack([np.interp(at, whole, points[:, axis]) for axis in (0, 1)], axis=1)


def _to_the_border(points: F64, mask: U8Image, free: tuple[bool, bool]) -> F64:
    """With what thinning took from each free end, about half of the width: straight on to where the mask ends."""
    parts = [points]
    for end, is_free in zip((points, points[::-1]), free, strict=True):
        out = end[0] - end[min(_LOOK_BACK_PX, len(end) - 1)]
        size = float(np.linalg.norm(out))
        if not is_free or size == 0:
            continue
        further = end[0] + np.arange(1, _FURTHEST_PX)[:, np.newaxis] * out / size
        x, y = np.rint(further).astype(np.intp).T
        within = (x >= 0) & (y >= 0) & (x < mask.shape[1]) & (y < mask.shape[0])
        within[within] = mask[y[within], x[within]] > 0
        beyond = further[: int(np.argmin(np.append(within, False)))]
        parts = [beyond[::-1], *parts] if end is points else [*parts, beyond]
    return np.concatenate(parts)
