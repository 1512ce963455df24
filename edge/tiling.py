"""Where the windows lie, the map of their scores, and how that map becomes one score for an image."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.errors import SourceError
from edge.manifest import ClassifierSpec, F32Array, Int8Array

IntArray = npt.NDArray[np.int32]


def window_origins(length_px: int, tile_px: int, stride_px: int) -> IntArray:
    """Where windows begin along one axis, int32: 0, S, 2S, ... and one that ends at the edge, so that no
    pixel goes unseen. Raises `SourceError` for a length that holds no window."""
    if length_px < tile_px:
        raise SourceError(
            f"a picture must be at least one tile, {tile_px} px, wide and high; one side is {length_px} px"
        )
    last = length_px - tile_px
    origins = np.arange(0, last + 1, stride_px, dtype=np.int32)
    return origins if origins[-1] == last else np.append(origins, np.int32(last))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreMap:
    """One int8 score a window: `q` int8 (rows, cols); q[r, c] looks at tile_px pixels from (xs[c], ys[r])."""

    q: Int8Array
    xs: IntArray
    ys: IntArray
    spec: ClassifierSpec

    def __post_init__(self) -> None:
        if self.q.dtype != np.int8 or self.q.shape != (len(self.ys), len(self.xs)):
            raise ValueError(
                f"a score map is int8 of (rows, cols) = {(len(self.ys), len(self.xs))}; got {self.q.dtype} "
                f"{self.q.shape}"
            )

    @property
    def frame_wh(self) -> tuple[int, int]:
        """Width and height of the frame: its last windows end at its edges."""
        return int(self.xs[-1]) + self.spec.tile_px, int(self.ys[-1]) + self.spec.tile_px

    def scores(self) -> F32Array:
        """Probabilities, float32 (rows, cols)."""
        return self.spec.to_probability(self.q)


def image_score(score_map: ScoreMap) -> float:
    """One probability for the whole image, by the pooling that the manifest names."""
    pooling = score_map.spec.image_pooling
    k = min(pooling.k, score_map.q.size)
    # The probability rises with q, so the highest q are the highest probabilities.
    highest = np.sort(score_map.q, axis=None)[-k:]
    return float(np.mean(score_map.spec.to_probability(highest), dtype=np.float64))
