"""Which cracks of a visit are which of those known from earlier visits, and how the visits lie to each other."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.log import CrackSize, Shift
from edge.pose import Matrix
from edge.tracks.fit import Fit, Lines, fits
from edge.tracks.pairs import GATE, MARGIN, shared_mm, tells
from edge.tracks.track import Track

# How a crack that was seen may be turned beside what the log says of it, besides the turn of its own place.
_TURN_SD_RAD = 0.002
# From so many cracks on, how far the visit is off from the earlier ones is taken from them.
_ENOUGH = 4
_FLOOR = np.diag([1.0, 1.0, 0.002]) ** 2
_GENEROUS = 1.5
_SAME_PART = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Match:
    """Track `now` as the known crack `before`; both are places in what was handed in. `gain` is how much likelier that
    is than that they have nothing to do with each other: twice the logarithm, without what the poses allow."""

    before: int
    now: int
    fit: Fit
    gain: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alignment:
    """`matches`: the surest first, each track in one at most. `doubtful`: (known, track) that may be one or not.
    `absorbed`: known cracks that a track lies on which is another known crack, as (known, that other)."""

    matches: tuple[Match, ...]
    doubtful: tuple[tuple[int, int], ...]
    absorbed: tuple[tuple[int, int], ...]
    shift: Shift | None


def align(known: Sequence[CrackSize], tracks: Sequence[Track]) -> Alignment:
    """Each track with the known crack that it lies on, within what their places allow, once the visit is shifted.

    The shift is the median of what the cracks say whose shape leaves no doubt how they lie; with few of those, none.
    """
    old = [Lines.of([line[:, :2] for line in size.courses_mm]) for size in known]
    new = [Lines.of([line[:, :2] for line in track.lines_mm]) for track in tracks]
    priors = {
        (i, k): np.diag([size.place_sd_mm**2] * 2 + [_TURN_SD_RAD**2]) + track.place
        for i, size in enumerate(known)
        for k, track in enumerate(tracks)
    }
    mean = np.zeros(3)
    matches = _matches(old, new, priors, mean)
    told = [match for match in _one_each(matches) if tells(match.fit)]
    shift = None
    if len(told) >= _ENOUGH:
        motions = np.array([match.fit.motion for match in told])
        mean[:2] = np.median(motions[:, :2], axis=0)
        off = _GENEROUS * 1.4826 * np.median(np.abs(motions - mean), axis=0)
        spread = np.maximum(_FLOOR, np.diag(off**2))
        shift = Shift(xy_mm=(float(mean[0]), float(mean[1])), sd_mm=float(off[:2].max() / np.sqrt(len(told))))
        priors = {key: np.diag(np.minimum(np.diag(spread), np.diag(prior))) for key, prior in priors.items()}
        matches = _matches(old, new, priors, mean)
    return _decided(matches, shift)


def _matches(
    old: Sequence[Lines], new: Sequence[Lines], priors: dict[tuple[int, int], Matrix], mean: Matrix
) -> list[Match]:
    found = []
    for (i, k), prior in priors.items():
        reach = float(np.sqrt(GATE * np.linalg.eigvalsh(prior[:2, :2])[-1]))
        moved = new[k].points_mm + mean[:2]
        gaps = np.maximum(
            old[i].points_mm.min(axis=0) - moved.max(axis=0), moved.min(axis=0) - old[i].points_mm.max(axis=0)
        )
        if gaps.max() > reach:
            continue
        best = fits(old[i], new[k], mean, prior, new[k].points_mm.mean(axis=0))[0]
        if best.distance2 <= GATE and best.gain > MARGIN and shared_mm(old[i], new[k], best):
            found.append(Match(before=i, now=k, fit=best, gain=best.gain))
    return sorted(found, key=lambda match: -match.gain)


def _one_each(matches: Sequence[Match]) -> list[Match]:
    """The surest match of every track and known crack that have but one to choose from, or a far surer one."""
    return [
        match
        for match in matches
        if not any(
            other is not match
            and (other.before == match.before or other.now == match.now)
            and other.gain > match.gain - MARGIN
            for other in matches
        )
    ]


def _decided(matches: Sequence[Match], shift: Shift | None) -> Alignment:
    chosen: dict[int, Match] = {}
    doubtful: set[tuple[int, int]] = set()
    absorbed = []
    for match in matches:
        rivals = [other for other in matches if _rival(match, other)]
        if any(abs(rival.gain - match.gain) < MARGIN for rival in rivals):
            doubtful.add((match.before, match.now))
        elif match.now not in chosen and all(rival.gain < match.gain for rival in rivals):
            chosen[match.now] = match
        elif match.now in chosen and not _rival(match, chosen[match.now]):
            absorbed.append((match.before, chosen[match.now].before))
    return Alignment(
        matches=tuple(chosen.values()),
        doubtful=tuple(sorted((i, k) for i, k in doubtful if k not in chosen)),
        absorbed=tuple(absorbed),
        shift=shift,
    )


def _rival(match: Match, other: Match) -> bool:
    """Whether two known cracks are where the same part of a track lies, and not each where one of its parts does."""
    if match.now != other.now or match.before == other.before:
        return False
    one, two = match.fit.matched, other.fit.matched
    return bool((one & two).sum() > _SAME_PART * min(one.sum(), two.sum()))
