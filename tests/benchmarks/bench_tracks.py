"""How well finds become cracks, and how well growth between two visits is told, on simulated sightings of known cracks.

Courses are those of rendered cracks, cut to frames and moved, roughened, widened and cut short by the errors of
`edge_tracks_samples.Rover`; no pictures are made, so this is the tracker's part of the score alone. Cracks: a third as
they were, a third 0.3 mm wider, a third 20 mm longer.
"""

import math
import sys
from argparse import ArgumentParser
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from harness import show

sys.path.insert(0, str(Path(__file__).parents[1]))
from edge_tracks_samples import Sightings, everywhere, random_wall, shortened, visit, widened

from edge.log import CrackState, CrackVisit
from edge.tracks import Known, Track, compare, track
from edge.tracks.visits import size_of

WIDER_MM, LONGER_MM = 0.3, 20.0
# What happened to a crack, by its number on the wall.
KINDS = ("as it was", f"{WIDER_MM:g} mm wider", f"{LONGER_MM:g} mm longer")


def main() -> None:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--walls", type=int, help="default: 10")
    parser.add_argument("--short", action="store_true", help="two walls, for a look")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    args = parser.parse_args()
    counts: Counter[object] = Counter()
    walls = args.walls or (2 if args.short else 10)
    for wall in range(walls):
        judge_wall(np.random.default_rng((args.seed, wall)), counts)
    rows = [
        row("one crack is one entry", counts["one entry"], counts["seen"]),
        row("entries that hold two cracks", counts["merged"], counts["entries"]),
        row("known again at the second visit", counts["again"], counts["seen twice"]),
        row("taken for another crack", counts["another"], counts["seen twice"]),
        row("grown, though as it was", counts["grown", KINDS[0]], counts["known", KINDS[0]]),
        row(f"grown, {KINDS[1]}", counts["grown", KINDS[1]], counts["known", KINDS[1]]),
        row(f"grown, {KINDS[2]}", counts["grown", KINDS[2]], counts["known", KINDS[2]]),
    ]
    show("From finds to cracks, and growth between two visits", rows, args, walls=walls, seed=args.seed)


def judge_wall(rng: np.random.Generator, counts: "Counter[object]") -> None:
    """Two visits to one wall; what was right and wrong is counted."""
    wall = random_wall(rng)
    kinds = [KINDS[i % len(KINDS)] for i in range(len(wall.cracks))]
    before = [shortened(c, LONGER_MM) if kind == KINDS[2] else c for c, kind in zip(wall.cracks, kinds, strict=True)]
    after = [widened(c, WIDER_MM) if kind == KINDS[1] else c for c, kind in zip(wall.cracks, kinds, strict=True)]
    first, second = (visit(replace(wall, cracks=tuple(cracks)), rng) for cracks in (before, after))
    earlier, later = track(first.courses), track(second.courses)
    for seen, tracks in ((first, earlier), (second, later)):
        judge_entries(seen, tracks, counts)
    known = [Known(crack_id=i, size=size_of(found, None)) for i, found in enumerate(earlier)]
    judge_growth([main_crack(first, found) for found in earlier], compare_all(known, later), second, kinds, counts)


def compare_all(known: list[Known], tracks: list[Track]) -> tuple[CrackVisit, ...]:
    return compare(known, tracks, covered=everywhere, covered_before=everywhere).cracks


def main_crack(seen: Sightings, found: Track | CrackVisit) -> int:
    """The true crack that most of an entry's courses are of."""
    return Counter(seen.truth[key] for key in found.courses).most_common(1)[0][0]


def judge_entries(seen: Sightings, tracks: list[Track], counts: "Counter[object]") -> None:
    entries = Counter(crack for found in tracks for crack in {seen.truth[key] for key in found.courses})
    counts["seen"] += len(entries)
    counts["one entry"] += sum(n == 1 for n in entries.values())
    counts["entries"] += len(tracks)
    counts["merged"] += sum(len({seen.truth[key] for key in found.courses}) > 1 for found in tracks)


def judge_growth(
    of_known: list[int],
    cracks: tuple[CrackVisit, ...],
    second: Sightings,
    kinds: list[str],
    counts: "Counter[object]",
) -> None:
    """`of_known`: which true crack each known one is of."""
    there = set(second.truth.values())
    for crack in cracks:
        if crack.crack_id is None or of_known[crack.crack_id] not in there:
            continue
        truth = of_known[crack.crack_id]
        counts["seen twice"] += 1
        if crack.state is CrackState.NOT_SEEN:
            continue
        right = main_crack(second, crack) == truth
        counts["again" if right else "another"] += 1
        counts["known", kinds[truth]] += 1
        counts["grown", kinds[truth]] += crack.state is CrackState.GROWN


def row(what: str, hits: int, of: int) -> dict[str, object]:
    """A share with Wilson's 95 % interval."""
    z2, share = 1.96**2, hits / of
    middle, half = share + z2 / (2 * of), 1.96 * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    low, high = (100 * (middle + sign * half) / (1 + z2 / of) for sign in (-1, 1))
    return {"what": what, "hits": hits, "of": of, "%": 100 * share, "low %": low, "high %": high}


if __name__ == "__main__":
    main()
