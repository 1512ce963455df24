"""What a rover's wheels say, line by line: a protocol in text that any microcontroller can print.

    $HLO,<number>,<time us>,<x mm>,<y mm>,<turn mrad>*<CRC>      a place, in axes of the odometry's own
    $HLW,<number>,<time us>,<left ticks>,<right ticks>*<CRC>     or what two wheels have counted, `Wheels` says in what

Both are sums since the device started, so a line that is lost loses nothing. `number` grows by one a line; time is the
device's own and only grows; turn is counter-clockwise as seen from before the wall, in thousandths of a radian. CRC is
four hexadecimal digits: CRC-16/CCITT-FALSE (polynomial 0x1021, start 0xFFFF) of what stands between `$` and `*`. Lines
end with a line feed, 20 or more a second.
"""

import binascii
import math
from dataclasses import dataclass

import numpy as np

from edge.pose import Matrix
from edge.pose.plane import compose

_FIELDS = {"HLO": 6, "HLW": 5}
_CRC_START = 0xFFFF
LONGEST_LINE = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheels:
    """Two driven wheels: what a tick is worth, and how far the wheels stand apart."""

    mm_per_tick: float
    track_mm: float

    def __post_init__(self) -> None:
        if not (self.mm_per_tick > 0 and self.track_mm > 0 and math.isfinite(self.mm_per_tick + self.track_mm)):
            raise ValueError(f"a tick and a track have lengths above 0; got {self.mm_per_tick}, {self.track_mm} mm")

    def step(self, left_ticks: int, right_ticks: int) -> Matrix:
        """(3,): along a circle's arc, in the axes of where it began, x ahead."""
        left, right = left_ticks * self.mm_per_tick, right_ticks * self.mm_per_tick
        turn, length = (right - left) / self.track_mm, (left + right) / 2
        # The chord of the arc, and half of its turn to it.
        chord = length * float(np.sinc(turn / 2 / np.pi))
        return np.array([chord * math.cos(turn / 2), chord * math.sin(turn / 2), turn])


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: `values` are (x mm, y mm, turn rad) of an HLO, (left, right) ticks of an HLW."""

    kind: str
    number: int
    t_us: int
    values: tuple[float, ...]


def to_line(line: Line) -> str:
    """As the device sends it, with its line feed."""
    *places, last = line.values
    values = [f"{v:.3f}" for v in (*places, last * 1000)] if line.kind == "HLO" else [f"{v:.0f}" for v in line.values]
    content = ",".join([line.kind, str(line.number), str(line.t_us), *values])
    return f"${content}*{_crc(content):04X}\n"


def from_line(text: str) -> Line:
    """What `to_line` made. Raises `ValueError` for a line that is damaged or of another kind."""
    content, star, stated = text.strip().removeprefix("$").rpartition("*")
    if not text.startswith("$") or not star or not text.isascii() or len(text) > LONGEST_LINE:
        raise ValueError("a line is $CONTENT*CRC; this one is not")
    if f"{_crc(content):04X}" != stated.upper():
        raise ValueError(f"a line's CRC must be {_crc(content):04X}; it says {stated}")
    kind, *fields = content.split(",")
    if _FIELDS.get(kind) != len(fields) + 1:
        raise ValueError(f"a line is HLO with five or HLW with four numbers; got {content}")
    number, t_us = int(fields[0]), int(fields[1])
    if kind == "HLW":
        return Line(kind=kind, number=number, t_us=t_us, values=(int(fields[2]), int(fields[3])))
    x, y, turn = (float(field) for field in fields[2:])
    if not math.isfinite(x + y + turn):
        raise ValueError(f"a place is finite; got {content}")
    return Line(kind=kind, number=number, t_us=t_us, values=(x, y, turn / 1000))


def place_after(place: Matrix, before: Line | None, line: Line, wheels: Wheels | None) -> Matrix:
    """The odometry's own place (3,) that a line says; of ticks, the one that they lead to from the line before.

    Raises `ValueError` for ticks of wheels that nobody described.
    """
    if line.kind == "HLO":
        return np.array(line.values)
    if wheels is None:
        raise ValueError("ticks are lengths only where the wheels are known; state mm per tick and the track")
    if before is None or before.kind != line.kind:
        return place
    left, right = (int(now - then) for now, then in zip(line.values, before.values, strict=True))
    return compose(place, wheels.step(left, right))


@dataclass(frozen=True, slots=True, kw_only=True)
class OdometryNoise:
    """How far wheels are off: at random, growing with the square root of the way, and by a scale that stays.

    The defaults are those of rubber wheels on dry concrete that nobody calibrated: measure your own.
    """

    place_sd_mm_per_root_m: float = 6.0
    turn_sd_rad_per_root_m: float = 0.015
    turn_share_sd: float = 0.03
    still_sd_mm: float = 0.2
    still_sd_rad: float = 5e-4
    scale_sd: float = 0.02

    def covariance(self, way_mm: float, turned_rad: float) -> Matrix:
        """(3, 3) of a step, without the scale."""
        metres = way_mm / 1000
        place = self.still_sd_mm**2 + self.place_sd_mm_per_root_m**2 * metres
        turn = self.still_sd_rad**2 + self.turn_sd_rad_per_root_m**2 * metres + (self.turn_share_sd * turned_rad) ** 2
        return np.diag([place, place, turn])


def _crc(content: str) -> int:
    return binascii.crc_hqx(content.encode("ascii", "replace"), _CRC_START)
