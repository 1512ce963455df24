"""What a network's scores say on the trusted list: cracks that an eye sees against concrete that shows none.

Tiles called cracked in which no crack is seen are left out: nobody knows what they are.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from calibration.bootstrap import Indices, interval
from edge.errors import DataError
from training.datasets.trusted import BLURRED, NOT_VISIBLE, VISIBLE, TrustedItem, WallTile
from training.evaluate import ImageScore
from training.metrics import auroc

F32 = npt.NDArray[np.float32]

FALSE_SHARE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedScores:
    """Trusted tiles with their marks and image scores, float32 (n,)."""

    tiles: Sequence[WallTile]
    marks: Sequence[str]
    scores: F32


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedReport:
    """Figures on the trusted list; intervals are 95 %, by bootstrap over photos.

    `visible` and `blurred` count tiles of that mark, whatever SDNET2018 calls them; `uncracked` those that
    SDNET2018 calls uncracked and in which no crack is seen. Recalls are at `threshold`, the lowest that flags at
    most 1 % of the uncracked, read off this very list (and anew in each resample): a point of the ROC
    curve, not an operating point to ship. `flagged_uncracked` is how many it does flag.
    """

    visible: int
    blurred: int
    uncracked: int
    auroc: float
    auroc_ci95: tuple[float, float]
    threshold: float
    flagged_uncracked: int
    recall_visible: float
    recall_visible_ci95: tuple[float, float]
    recall_blurred: float
    recall_blurred_ci95: tuple[float, float]

    def as_json(self) -> dict[str, Any]:
        """Plain values; null where there is no tile of a mark."""
        return {name: _finite(value) for name, value in asdict(self).items()}


def score_trusted(items: Iterable[TrustedItem], score: ImageScore) -> TrustedScores:
    """Every tile's image score, as `score` gives it for a picture, uint8 BGR (256, 256, 3)."""
    tiles, marks, scores = [], [], []
    for item in items:
        tiles.append(item.tile)
        marks.append(item.mark)
        scores.append(score(np.ascontiguousarray(item.picture)))
    return TrustedScores(tiles=tiles, marks=marks, scores=np.array(scores, np.float32))


def trusted_report(scored: TrustedScores, *, seed: int = 0) -> TrustedReport:
    """Raises DataError where no tile is marked visible, or none is uncracked beyond doubt."""
    marks, labels = np.array(scored.marks), np.array([tile.label for tile in scored.tiles])
    visible, blurred = marks == VISIBLE, marks == BLURRED
    uncracked = (marks == NOT_VISIBLE) & (labels == 0)
    if not visible.any() or not uncracked.any():
        raise DataError(
            f"a trusted list compares visible cracks with uncracked tiles, and this one has {visible.sum()} and "
            f"{uncracked.sum()}"
        )
    scores, photos = scored.scores, [tile.group for tile in scored.tiles]

    def ranking(at: Indices) -> float:
        kept = at[visible[at] | uncracked[at]]
        return auroc(scores[kept], visible[kept])

    def recall(of: npt.NDArray[np.bool_], at: Indices) -> float:
        there, clean = scores[at[of[at]]], scores[at[uncracked[at]]]
        return float((there >= threshold_at(clean, FALSE_SHARE)).mean()) if there.size and clean.size else math.nan

    everything = np.arange(len(scores))
    threshold = threshold_at(scores[uncracked], FALSE_SHARE)
    return TrustedReport(
        visible=int(visible.sum()),
        blurred=int(blurred.sum()),
        uncracked=int(uncracked.sum()),
        auroc=ranking(everything),
        auroc_ci95=interval(ranking, photos, seed=seed),
        threshold=threshold,
        flagged_uncracked=int((scores[uncracked] >= threshold).sum()),
        recall_visible=recall(visible, everything),
        recall_visible_ci95=interval(lambda at: recall(visible, at), photos, seed=seed),
        recall_blurred=recall(blurred, everything),
        recall_blurred_ci95=interval(lambda at: recall(blurred, at), photos, seed=seed),
    )


def threshold_at(uncracked: F32, share: float) -> float:
    """The lowest threshold at or above which at most `share` of these scores, float32 (n,), lie."""
    allowed = math.floor(share * len(uncracked) + 1e-9)  # 0.01 * 2900 is 28.999...
    limit = np.sort(uncracked)[-(allowed + 1)]
    return float(np.nextafter(limit, np.float32(np.inf), dtype=np.float32))


def _finite(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
