"""The cracks of a visit beside those that are known from earlier ones: new, unchanged, grown, or not seen again."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.log import CrackSize, CrackState, CrackVisit, Shift
from edge.log.crack_record import WITHOUT_WANDER
from edge.log.grade import grade
from edge.measure.measured import Interval, Widths
from edge.measure.severity import SeverityTable
from edge.pose import Matrix
from edge.tracks.alike import Match, align
from edge.tracks.seen import length_of, nearest_of, resampled
from edge.tracks.track import Track

# Of points (n, 2) on the wall, which were looked at: bool (n,).
Covered = Callable[[Matrix], npt.NDArray[np.bool_]]

_STEP_MM = 1.0
# What lies so close to the other visit's course is on it.
_SAME_MM = 2.0
# How well the end of a crack is found, where it thins out into nothing; each of two ends, at each of two visits.
END_SD_MM = 2.0
# How much longer one visit may see what another sees, relatively: their scales.
STRETCH_SD = 0.002
_Z95 = 1.959964
# Above so many standard deviations something has grown: three cracks in a thousand seem to that have not, for each of
# length and width.
_Z_GROWN = 2.75
_HALF = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """A crack as an earlier visit saw it."""

    crack_id: int
    size: CrackSize


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """How the cracks of a wall stand at a visit: what `edge.log.InspectionLog.log_cracks` takes."""

    cracks: tuple[CrackVisit, ...]
    shift: Shift | None


def compare(
    known: Sequence[Known],
    tracks: Sequence[Track],
    *,
    covered: Covered,
    covered_before: Covered,
    table: SeverityTable | None = None,
) -> Comparison:
    """Every known crack and every track once. Tracks that lie on one known crack are that crack.

    `covered` tells what this visit looked at, in its own places; `covered_before` what earlier visits did, in theirs.
    What only one of them looked at counts neither as growth nor as missing.
    """
    aligned = align([one.size for one in known], tracks)
    by_crack: dict[int, list[Match]] = {}
    for match in aligned.matches:
        by_crack.setdefault(match.before, []).append(match)
    shift = np.array([0.0, 0.0] if aligned.shift is None else aligned.shift.xy_mm)
    cracks = []
    for i, one in enumerate(known):
        doubts = [f"its place is now part of crack {known[j].crack_id}" for k, j in aligned.absorbed if k == i]
        doubts += ["whether it is one that is called new is open" for k, _ in aligned.doubtful if k == i]
        if i in by_crack:
            absorbed = [line for k, j in aligned.absorbed if j == i for line in known[k].size.courses_mm]
            cracks.append(_seen_again(one, absorbed, by_crack[i], tracks, covered, covered_before, table))
        else:
            share = float(covered(_points(one.size.courses_mm) - shift).mean())
            cracks.append(
                CrackVisit(
                    crack_id=one.crack_id,
                    state=CrackState.NOT_SEEN,
                    size=None,
                    covered_share=share,
                    doubt="; ".join(doubts[:1]) or None,
                )
            )
    matched = {match.now for match in aligned.matches}
    for k, track in enumerate(tracks):
        if k not in matched:
            rivals = [known[before].crack_id for before, now in aligned.doubtful if now == k]
            looked = bool(known) and covered_before(_points(track.lines_mm) + shift).mean() < _HALF
            cracks.append(_new(track, rivals, looked, table))
    return Comparison(cracks=tuple(cracks), shift=aligned.shift)


def size_of(track: Track, table: SeverityTable | None) -> CrackSize:
    """A track as the log keeps it."""
    severity_class, standard = grade(table, track.widths_mm)
    return CrackSize(
        courses_mm=track.lines_mm,
        place_sd_mm=track.place_sd_mm,
        length_mm=track.length_mm,
        widths_mm=track.widths_mm,
        severity_class=severity_class,
        severity_standard=standard,
    )


def _new(track: Track, rivals: Sequence[int], looked_at_less: bool, table: SeverityTable | None) -> CrackVisit:
    doubts = [f"may be crack {crack_id}, which lies as near" for crack_id in rivals]
    doubts += ["most of its place was not looked at before"] if looked_at_less else []
    doubts += [WITHOUT_WANDER] if track.straight else []
    return CrackVisit(
        crack_id=None,
        state=CrackState.NEW,
        size=size_of(track, table),
        doubt="; ".join(doubts + _open(track)) or None,
        courses=track.courses,
    )


def _open(track: Track) -> list[str]:
    finds = sorted({str(find_id) for find_id, _ in track.doubts})
    return [f"the poses leave open whether it goes on in the finds {', '.join(finds)}"] if finds else []


def _seen_again(
    one: Known,
    absorbed: Sequence[Matrix],
    matches: Sequence[Match],
    tracks: Sequence[Track],
    covered: Covered,
    covered_before: Covered,
    table: SeverityTable | None,
) -> CrackVisit:
    parts = [tracks[match.now] for match in matches]
    whole = parts[0] if len(parts) == 1 else _together(parts)
    moved = [
        np.column_stack([match.fit.moved(line[:, :2]), line[:, 2]])
        for match, track in zip(matches, parts, strict=True)
        for line in track.lines_mm
    ]
    back = matches[0].fit.motion[:2]
    length_growth = _length_growth(
        one.size.courses_mm, absorbed, moved, lambda points: covered(points - back), covered_before
    )
    width_growth = _width_growth(one.size, whole, moved)
    grown = any(
        growth is not None and growth.value > _Z_GROWN * (growth.high - growth.low) / (2 * _Z95)
        for growth in (length_growth, width_growth)
    )
    doubts = _open(whole) + ([WITHOUT_WANDER] if whole.straight else [])
    if (one.size.widths_mm is None) != (whole.widths_mm is None):
        doubts.append("too fine for a width at one of the visits: whether it widened is open")
    return CrackVisit(
        crack_id=one.crack_id,
        state=CrackState.GROWN if grown else CrackState.UNCHANGED,
        size=size_of(whole, table),
        length_growth_mm=length_growth,
        width_growth_mm=width_growth,
        doubt="; ".join(doubts) or None,
        courses=whole.courses,
    )


def _together(parts: Sequence[Track]) -> Track:
    """Pieces that an earlier visit saw as one crack: their sizes are added, the widths are those of the longest."""
    longest = max(parts, key=lambda part: part.length_mm.value)
    lengths = [part.length_mm for part in parts]
    return Track(
        lines_mm=tuple(sorted((line for part in parts for line in part.lines_mm), key=length_of, reverse=True)),
        centre_mm=longest.centre_mm,
        place=longest.place,
        length_mm=Interval(
            low=sum(length.low for length in lengths),
            value=sum(length.value for length in lengths),
            high=sum(length.high for length in lengths),
        ),
        widths_mm=longest.widths_mm,
        courses=tuple(course for part in parts for course in part.courses),
        doubts=tuple(doubt for part in parts for doubt in part.doubts),
        straight=all(part.straight for part in parts),
    )


def _length_growth(
    before: Sequence[Matrix],
    absorbed: Sequence[Matrix],
    now: Sequence[Matrix],
    covered: Covered,
    covered_before: Covered,
) -> Interval:
    """What was added at places that were looked at before, less what is missing where this visit looked.

    What lies on another known crack that this one has absorbed was there before.
    """
    growth = _unmatched_mm(now, [*before, *absorbed], covered_before) - _unmatched_mm(before, now, covered)
    sd = math.hypot(2 * END_SD_MM, STRETCH_SD * sum(map(length_of, before)))
    return Interval(low=growth - _Z95 * sd, value=growth, high=growth + _Z95 * sd)


def _unmatched_mm(lines: Sequence[Matrix], others: Sequence[Matrix], covered: Covered) -> float:
    """How much of the lines lies on no other, and was looked at."""
    total, there = 0.0, _points(others)
    for line in lines:
        points = resampled(line[:, :2], _STEP_MM)
        alone = nearest_of(points, there)[0] > _SAME_MM
        counted = np.zeros(len(points), bool)
        counted[alone] = covered(points[alone])
        # A stretch that leaves the other line is on it for the first `_SAME_MM`.
        leaves = int((np.diff(alone.astype(np.int8)) != 0).sum()) if counted.any() else 0
        total += float(counted.sum()) * _STEP_MM + leaves * _SAME_MM
    return total


def _width_growth(before: CrackSize, now: Track, moved: Sequence[Matrix]) -> Interval | None:
    """The median of the differences place by place; as far off as both medians may be."""
    if before.widths_mm is None or now.widths_mm is None:
        return None
    old, new = (np.concatenate([resampled(line, _STEP_MM) for line in lines]) for lines in (before.courses_mm, moved))
    old, new = old[np.isfinite(old[:, 2])], new[np.isfinite(new[:, 2])]
    if not len(old) or not len(new):
        return None
    off, nearest = nearest_of(old[:, :2], new[:, :2])
    near = off <= _SAME_MM
    if not near.any():
        return None
    growth = float(np.median(new[nearest[near], 2] - old[near, 2]))
    half = float(np.hypot(_half(before.widths_mm), _half(now.widths_mm)))
    return Interval(low=growth - half, value=growth, high=growth + half)


def _half(widths: Widths[Interval]) -> float:
    return (widths.median.high - widths.median.low) / 2


def _points(lines: Sequence[Matrix]) -> Matrix:
    return np.concatenate([resampled(line[:, :2], _STEP_MM) for line in lines])
