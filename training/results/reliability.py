"""Are the shipped network's scores probabilities? Two diagrams."""

from pathlib import Path

import numpy as np

from training.datasets import metu
from training.datasets.trusted import BLURRED, VISIBLE
from training.reliability import draw_reliability, expected_calibration_error, reliability
from training.results.sources import Sources

WALLS = "walls"
TEXT = """## Are scores probabilities?
Of the pictures that the shipped network scores about p, a share of p should be cracked. Test side, int8, a picture's
score as the manifest pools it; the temperature was fitted on the validation side. Walls: the trusted list, cracked
where a crack is plainly visible, without the blurred and without those called cracked that show none. Expected
calibration error: METU {metu:.3f}, walls {walls:.3f}.

![reliability diagram, METU]({metu_path}) ![reliability diagram, walls]({walls_path})
"""


def diagrams(sources: Sources) -> str:
    """Draws both; says how far off they are."""
    scored, trusted = sources.scored[metu.NAME], sources.trusted
    marks, labels = np.array(trusted.marks), np.array([tile.label for tile in trusted.tiles])
    cracked = marks == VISIBLE
    kept = cracked | ((marks != BLURRED) & (labels == 0))
    photos = [tile.group for tile, keep in zip(trusted.tiles, kept, strict=True) if keep]
    bins = {
        metu.NAME: reliability(scored.scores, scored.cracked, scored.groups),
        WALLS: reliability(trusted.scores[kept], cracked[kept], photos),
    }
    for name, found in bins.items():
        title = f"{sources.bundle.manifest.name}: {name}"
        draw_reliability(found, sources.images / _file(name), title=title)
    return TEXT.format(
        metu=expected_calibration_error(bins[metu.NAME]),
        walls=expected_calibration_error(bins[WALLS]),
        metu_path=Path("img") / _file(metu.NAME),
        walls_path=Path("img") / _file(WALLS),
    )


def _file(name: str) -> str:
    return f"reliability-{name}.png"
