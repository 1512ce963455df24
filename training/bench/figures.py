"""What the logs of a bench say of cracks' widths, lengths and places beside the truth, with intervals over walls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calibration.bootstrap import interval
from training.bench.judged import MeasuredCrack

F64 = npt.NDArray[np.float64]

WIDTHS_MM = (0.2, 2.0)  # the cracks whose width error is asked for
AIM_WIDTH_MM, AIM_HELD, AIM_LENGTH, AIM_PLACE_MM = 0.05, (0.93, 0.97), 0.03, 25.0
ENOUGH_WALLS = 5  # fewer, drawn again and again, say nothing of others


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure of `of` cracks or frames; `ci95` by a bootstrap over walls, None where there are too few."""

    value: float
    of: int
    ci95: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """Of true cracks that have an entry: the median width's mean absolute error and the share of its 95 % intervals
    that hold the truth (of cracks from 0.2 to 2 mm, but for `below_resolution`, which have no width); of those that are
    one entry, the length's mean absolute error and how many are within 3 %; how far off places are, at 95 in a hundred.

    `unplaced` frames have no place. None: there was nothing of it.
    """

    width_off_mm: Estimate | None
    width_held: Estimate | None
    below_resolution: int
    length_off: Estimate | None
    length_within_3_percent: Estimate | None
    crack_off_mm: Estimate | None
    frame_off_mm: Estimate | None
    unplaced: int


def measuring(cracks: Sequence[Sequence[MeasuredCrack]], off_mm: Sequence[Sequence[float | None]]) -> Measuring:
    """From each wall's cracks and its frames' errors."""
    own = [(str(wall), crack) for wall, of in enumerate(cracks) for crack in of]
    in_range = [(wall, crack) for wall, crack in own if WIDTHS_MM[0] <= crack.true_width_mm <= WIDTHS_MM[1]]
    wide = [(wall, crack.width_mm, crack.true_width_mm) for wall, crack in in_range if crack.width_mm is not None]
    lengths = [(wall, abs(crack.length_mm.value / crack.true_length_mm - 1)) for wall, crack in own if crack.alone]
    frames = [(str(wall), off) for wall, of in enumerate(off_mm) for off in of if off is not None]
    return Measuring(
        width_off_mm=_estimate([(wall, abs(width.value - true)) for wall, width, true in wide], np.mean),
        width_held=_estimate([(wall, float(width.low <= true <= width.high)) for wall, width, true in wide], np.mean),
        below_resolution=len(in_range) - len(wide),
        length_off=_estimate(lengths, np.mean),
        length_within_3_percent=_estimate([(wall, float(off <= AIM_LENGTH)) for wall, off in lengths], np.mean),
        crack_off_mm=_estimate([(wall, crack.off_mm) for wall, crack in own], _at_95),
        frame_off_mm=_estimate(frames, _at_95),
        unplaced=sum(off is None for of in off_mm for off in of),
    )


def rows(found: Measuring) -> list[tuple[str, str, str]]:
    """Name, value, what was aimed at."""
    low, high = AIM_HELD
    return [
        ("width error, mean absolute, mm", _told(found.width_off_mm, "{:.3f}"), f"<= {AIM_WIDTH_MM:.2f}"),
        ("width intervals that hold the truth, %", _percent(found.width_held), f"{low * 100:g} to {high * 100:g}"),
        ("cracks of 0.2 to 2 mm below resolution", str(found.below_resolution), ""),
        ("length error of single entries, mean absolute, %", _percent(found.length_off), f"<= {AIM_LENGTH * 100:g}"),
        ("single entries' lengths within 3 %, %", _percent(found.length_within_3_percent), ""),
        ("cracks are off by, 95 % less than, mm", _told(found.crack_off_mm, "{:.1f}"), f"<= {AIM_PLACE_MM:g}"),
        ("frames are off by, 95 % less than, mm", _told(found.frame_off_mm, "{:.1f}"), f"<= {AIM_PLACE_MM:g}"),
        ("frames without a place", str(found.unplaced), ""),
    ]


def _estimate(values: Sequence[tuple[str, float]], figure: Callable[[F64], float]) -> Estimate | None:
    if not values:
        return None
    walls, numbers = [wall for wall, _ in values], np.array([value for _, value in values])
    ci95 = interval(lambda at: float(figure(numbers[at])), walls, seed=0) if len(set(walls)) >= ENOUGH_WALLS else None
    return Estimate(value=float(figure(numbers)), of=len(numbers), ci95=ci95)


def _at_95(values: F64) -> float:
    return float(np.percentile(values, 95))


def _percent(one: Estimate | None) -> str:
    scaled = None if one is None or one.ci95 is None else (100 * one.ci95[0], 100 * one.ci95[1])
    return _told(None if one is None else Estimate(value=100 * one.value, of=one.of, ci95=scaled), "{:.1f}")


def _told(one: Estimate | None, form: str) -> str:
    if one is None:
        return "nothing to measure"
    between = "" if one.ci95 is None else f" ({form.format(one.ci95[0])}-{form.format(one.ci95[1])})"
    return f"{form.format(one.value)}{between} of {one.of}"
