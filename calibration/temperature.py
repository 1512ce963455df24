"""Logits become probabilities: an offset is taken off them, and a temperature divides them.

Platt, "Probabilistic Outputs for Support Vector Machines" (1999); with the temperature alone it is Guo, Pleiss, Sun and
Weinberger, "On Calibration of Modern Neural Networks" (2017), arXiv:1706.04599. The offset is there because a picture
is scored by its highest windows: of many uncracked windows the highest lies well above nought. Neither changes the
order of scores of single windows.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edge.errors import DataError
from edge.manifest import F64Array
from edge.tiling import ScoreMap

BOUNDS = (0.05, 20.0)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """p = sigmoid((logit - `offset`) / `temperature`)."""

    temperature: float
    offset: float


def scaling_of(maps: Sequence[ScoreMap], cracked: npt.NDArray[np.bool_]) -> Scaling:
    """What fits the image scores of `maps` best to the labels `cracked`, (n,).

    All maps are of one classifier whose output is a logit, and of pictures of the validation side. An image's score
    is pooled as its manifest says, so after this it is the probability that the picture is cracked, where cracked
    pictures are as frequent as here. Raises as `fit_scaling` does.
    """
    spec = maps[0].spec
    if spec.score != "logit":
        raise ValueError("a temperature divides logits; this network's output is a probability already")
    logits = np.full((len(maps), spec.image_pooling.k), np.nan)
    for row, score_map in zip(logits, maps, strict=True):
        highest = np.sort(score_map.q, axis=None)[-len(row) :]
        row[: len(highest)] = spec.output.scale * (highest.astype(np.float64) - spec.output.zero_point)
    return fit_scaling(logits, cracked)


def fit_scaling(logits: F64Array, cracked: npt.NDArray[np.bool_]) -> Scaling:
    """Minimises the negative log-likelihood of p = mean over k of sigmoid((logit - offset) / T), T within `BOUNDS`.

    `logits`: (n, k), the windows that an example's score is the mean of, NaN where it has fewer. The targets are
    Platt's: (n1 + 1) / (n1 + 2) for the n1 cracked, 1 / (n0 + 2) for the others, so that separable scores do not end in
    a temperature of nought. Scores that do not rank cracked above uncracked end at the upper bound, with a warning.
    Raises `DataError` where a class is missing.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    positives, negatives = int(cracked.sum()), int((~cracked).sum())
    if not positives or not negatives:
        raise DataError("a temperature is fitted to both cracked and uncracked examples; a class is missing")
    target = np.where(cracked, (positives + 1) / (positives + 2), 1 / (negatives + 2))

    def loss(at: F64Array) -> float:
        scaled = (logits - at[1]) / np.exp(at[0])
        # The mean of 1 - p is not 1 - mean of p in floating point where p is nearly 1.
        p, not_p = (np.nanmean(expit(sign * scaled), axis=1) for sign in (1, -1))
        tiny = np.finfo(np.float64).tiny
        return float(-(target * np.log(p + tiny) + (1 - target) * np.log(not_p + tiny)).mean())

    low, high = np.log(BOUNDS)
    middle, spread = float(np.nanmedian(logits)), float(np.nanstd(logits)) or 1.0
    # Two parameters, from a wide simplex; a second one begins where the first has ended, in case it had collapsed.
    at = np.array([0.0, middle])
    for _ in range(2):
        found = minimize(
            loss,
            at,
            method="Nelder-Mead",
            bounds=((low, high), (float(np.nanmin(logits)), float(np.nanmax(logits)))),
            options={
                "initial_simplex": at + np.array([[0.0, 0.0], [1.0, 0.0], [0.0, spread]]),
                "xatol": 1e-4,
                "fatol": 1e-9,
                "maxiter": 2000,
            },
        )
        at = found.x
    if not low + 1e-2 < found.x[0] < high - 1e-2:
        _log.warning(
            "the best temperature for %d scores lies at %.3g, the bound: they hardly rank cracked above uncracked",
            len(cracked),
            np.exp(found.x[0]),
        )
    return Scaling(temperature=float(np.exp(found.x[0])), offset=float(found.x[1]))
