"""How near a solved run comes to the truth on simulated walls of 6 m x 2.5 m with a tag every 2.5 m along their foot.

Target: 95 % of positions within 25 mm, and an honest covariance: the normalised error squared of one frame a wall,
averaged over the walls, within the 95 % bounds of chi square. Frames of 192 x 108 mm (1080p at 0.1 mm per pixel) that
overlap by a fifth; what is drawn is in `tests/simulated_runs.py`: steps with the noise that they state, a scale that is
off all along, 5 % of the steps and 20 % of the ties not seen, 1 % of the ties to the wrong place, wheels that slip.
Beside it the same walls with frames four times as large in area, and with steps and ties ten times as rough. The peer
is the chain alone: the same runs without ties.
"""

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from harness import arguments, show
from scipy.stats import chi2

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulated_runs import Site, draw_run

from edge.pose.graph import solve

FINE = Site()
COARSE = Site(frame_wh_mm=(384.0, 216.0))
SITES = {
    "0.1 mm per pixel": (FINE, 1),
    "0.2 mm per pixel": (COARSE, 5),
    "0.2 mm per pixel, steps ten times as rough": (replace(COARSE, step_sd=(1.0, 1.0, 3e-3)), 5),
    "0.2 mm per pixel, no ties": (replace(COARSE, tie_fails=1.0), 5),
}
SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the run: the frames whose errors are normalised


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    rows = [judged(name, site, (2 if args.short else 6) * times) for name, (site, times) in SITES.items()]
    show("Positions of a solved run against the truth", rows, args, target_mm=25.0)


def judged(name: str, site: Site, walls: int) -> dict[str, object]:
    """One kind of wall, its seeds from 0."""
    off, squared, judged_at, seconds, frames = [], np.zeros(len(SHARES)), np.zeros(len(SHARES)), 0.0, 0
    for seed in range(walls):
        drawn = draw_run(seed, site)
        begun = time.process_time()
        places = solve(drawn.run).places
        seconds += time.process_time() - begun
        frames = len(drawn.truth)
        off += [np.linalg.norm(place.values[:2] - drawn.truth[seq, :2]) for seq, place in places.items()]
        for i, share in enumerate(SHARES):
            seq = round(share * (frames - 1))
            if seq not in places:
                continue  # it hangs on no tag
            judged_at[i] += 1
            error = places[seq].values - drawn.truth[seq]
            squared[i] += error @ np.linalg.solve(places[seq].covariance, error)
    low, high = chi2.ppf([0.025, 0.975], 3 * walls) / walls
    return {
        "wall": name,
        "walls": walls,
        "frames": frames,
        "placed %": 100 * len(off) / (frames * walls),
        "95 % within mm": float(np.percentile(off, 95)) if off else "-",
        "largest mm": float(np.max(off)) if off else "-",
        "error squared": " ".join(f"{v / n:.2f}" if n else "-" for v, n in zip(squared, judged_at, strict=True)),
        "bounds": f"{low:.2f} to {high:.2f}",
        "s a wall": seconds / walls,
    }


if __name__ == "__main__":
    main()
