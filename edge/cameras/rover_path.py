"""The way of a rover along a wall: back and forth, wheels that slip, a body that sways, and what its odometry says."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.geometry import facing
from edge.pose import Matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class Drive:
    """How the rover drives. Spreads are standard deviations. `from_foot`: its rows lead up, not down.

    Wheels: the true way is that of the encoders less `slip_mean` and a share that changes from row to row
    (`slip_row_sd`) and from frame to frame (`slip_step_sd`). Steered back to its row by a guide, it sways across it by
    `sway_mm`. The body tilts about the wall's x and y, turns about z, and stands off as the ground lets it.
    """

    speed_mm_s: float = 60.0
    overlap: float = 0.25
    slip_mean: float = 0.01
    slip_row_sd: float = 0.006
    slip_step_sd: float = 0.01
    sway_mm: float = 1.5
    sway_memory: float = 0.9
    tilt_sd_rad: float = 0.02
    turn_sd_rad: float = 0.006
    standoff_sd: float = 0.004
    gyro_drift_rad: float = 0.0005
    from_foot: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stop:
    """One frame on the way. `t_wall_camera` (4, 4) and `velocity_mm_s` (2,) are true; `odometry` is what the rover
    reports: x and y in mm on the wall and the turn in rad, counterclockwise, reckoned from the true start.
    """

    t_ns: int
    t_wall_camera: Matrix
    velocity_mm_s: Matrix
    odometry: tuple[float, float, float]


def serpentine_drive(
    rng: np.random.Generator,
    *,
    size_wh_mm: tuple[float, float],
    footprint_wh_mm: tuple[float, float],
    standoff_mm: float,
    drive: Drive = Drive(),
) -> list[Stop]:
    """Rows from the top, or the foot, every other one from right to left; a row ends where the rover truly reaches its
    end.

    Every place of the wall lies in a frame as long as sway and slip stay within the overlap.
    """
    reach_x, reach_y = (_span(size, seen) for size, seen in zip(size_wh_mm, footprint_wh_mm, strict=True))
    rows = _rows(reach_y, footprint_wh_mm[1] * (1 - drive.overlap))[:: -1 if drive.from_foot else 1]
    stops: list[Stop] = []
    reckoned = np.array([reach_x[0], rows[0]])
    t_s, sway, drift = 0.0, 0.0, 0.0
    x = reach_x[0]
    for row, y in enumerate(rows):
        way = 1 if row % 2 == 0 else -1
        end = reach_x[1] if way > 0 else reach_x[0]
        slip_row = drive.slip_mean + rng.normal(0, drive.slip_row_sd)
        if row:
            reckoned[1] += (y - rows[row - 1]) * (1 + rng.normal(0, drive.slip_row_sd))
        step = footprint_wh_mm[0] * (1 - drive.overlap)
        while True:
            sway = drive.sway_memory * sway + rng.normal(0, drive.sway_mm * np.sqrt(1 - drive.sway_memory**2))
            turn = rng.normal(0, drive.turn_sd_rad)
            drift += rng.normal(0, drive.gyro_drift_rad)
            stops.append(
                Stop(
                    t_ns=round(t_s * 1e9),
                    t_wall_camera=_pose(rng, x, y + sway, turn, standoff_mm, drive),
                    velocity_mm_s=np.array([way * drive.speed_mm_s, 0.0]),
                    odometry=(float(reckoned[0]), float(reckoned[1]), float(turn + drift)),
                )
            )
            if (end - x) * way < 1e-6:
                break
            told = min(step, (end - x) * way)
            moved = min(told * (1 - slip_row + rng.normal(0, drive.slip_step_sd)), (end - x) * way)
            # At its end the row's guide stops the rover exactly.
            moved = (end - x) * way if (end - x) * way - moved < 0.05 * step else moved
            x += way * moved
            reckoned[0] += way * moved / (1 - slip_row)
            t_s += moved / drive.speed_mm_s
        t_s += footprint_wh_mm[1] / drive.speed_mm_s
    return stops


def _span(size_mm: float, seen_mm: float) -> tuple[float, float]:
    """The first and last place of the camera along one axis so that the wall's edges are seen."""
    return (size_mm / 2, size_mm / 2) if seen_mm >= size_mm else (seen_mm / 2, size_mm - seen_mm / 2)


def _rows(reach: tuple[float, float], step: float) -> Sequence[float]:
    """Heights from the top down, evenly, no further apart than `step`."""
    count = 1 + int(np.ceil((reach[1] - reach[0]) / step - 1e-9))
    return np.linspace(reach[1], reach[0], count).tolist()


def _pose(rng: np.random.Generator, x: float, y: float, turn: float, standoff_mm: float, drive: Drive) -> Matrix:
    """(4, 4): the camera looks at the wall at about (x, y); a tilted one sees a little beside it."""
    pose = facing(
        standoff_mm * (1 + rng.normal(0, drive.standoff_sd)),
        rng.normal(0, drive.tilt_sd_rad),
        rng.normal(0, drive.tilt_sd_rad),
    )
    c, s = np.cos(turn), np.sin(turn)
    pose[:3, :3] = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]) @ pose[:3, :3]
    axis = pose[:3, 2]  # where the middle of the frame looks along
    pose[:2, 3] = np.array([x, y]) - axis[:2] * (pose[2, 3] / -axis[2])
    return pose
