"""Where the parts of the demo wall lie: drawn from one seed, cracks and all."""

import numpy as np
import numpy.typing as npt

from edge.render.course import CrackSpec, TrueCrack, true_crack
from edge.render.wall import Shadow, WallSpec

# Four by four frames of 1920 x 1080 px that overlap by a fifth, at a quarter of a millimetre per pixel.
DEMO_SIZE_WH_MM = (1632.0, 918.0)
DEMO_MM_PER_PX = 0.25
DEMO_SEED = 23
# Median widths in mm: from what EN 1992-1-1 tolerates anywhere to what needs an engineer at once.
_WIDTHS_MM = (1.4, 0.7, 0.4, 0.25, 0.15)
_KEEP_OFF_MM = 45.0


def demo_wall(seed: int = DEMO_SEED) -> WallSpec:
    """The wall of `hairline run wall`: five cracks, one with a branch, and what may pass for cracks."""
    rng = np.random.default_rng((seed, 0))
    w, h = DEMO_SIZE_WH_MM
    cracks = _cracks(rng)
    joint_x, joint_y = _clear_of(cracks, rng.uniform(0.3, 0.75, 40) * w), rng.uniform(0.4, 0.6) * h
    ties = _tie_holes(rng, joint_x, joint_y, cracks)
    return WallSpec(
        size_wh_mm=DEMO_SIZE_WH_MM,
        mm_per_px=DEMO_MM_PER_PX,
        seed=seed,
        cracks=cracks,
        joints_x_mm=(joint_x,),
        joints_y_mm=(joint_y,),
        tie_holes_mm=ties,
        rusty_ties=(int(rng.integers(len(ties))),) if ties else (),
        damp_mm=tuple((rng.uniform(0, w), rng.uniform(0, h)) for _ in range(4)),
        shadows=(
            Shadow(
                through_mm=(rng.uniform(0.2, 0.8) * w, rng.uniform(0.3, 0.7) * h),
                angle_rad=rng.uniform(-1.3, -0.7),
                half_width_mm=rng.uniform(14, 24),
                depth=rng.uniform(0.13, 0.2),
            ),
        ),
    )


def _cracks(rng: np.random.Generator) -> tuple[TrueCrack, ...]:
    """One crack in each fifth of the wall, mostly upright as from shrinkage, and a branch of the widest."""
    w, h = DEMO_SIZE_WH_MM
    cracks = []
    for i, (column, width_mm) in enumerate(zip(rng.permutation(5), _WIDTHS_MM, strict=True)):
        x = (column + rng.uniform(0.3, 0.7)) * w / 5
        through = i == 1  # one runs on beyond the top of the wall
        length_mm = 0.62 * h if through else rng.uniform(0.2, 0.42) * h
        top = h + 5.0 if through else rng.uniform(length_mm + 0.05 * h, 0.95 * h)
        end_x = float(np.clip(x + rng.uniform(-0.07, 0.07) * w, 30, w - 30))
        spec = CrackSpec(start_mm=(x, top), end_mm=(end_x, top - length_mm), width_mm=width_mm, open_start=through)
        cracks.append(_within_wall(true_crack(rng, f"C{i + 1}", spec)))
    return (*cracks, _branch(rng, cracks[0]))


def _branch(rng: np.random.Generator, trunk: TrueCrack) -> TrueCrack:
    """Leaves `trunk` half way down, at 25 to 50 degrees to its course."""
    n = len(trunk.points_mm)
    start, ahead = trunk.points_mm[n // 2], trunk.points_mm[n // 2 + n // 8]
    heading = np.arctan2(*(ahead - start)[::-1]) + np.radians(rng.uniform(25, 50)) * rng.choice([-1, 1])
    length_mm = rng.uniform(0.25, 0.4) * trunk.length_mm
    end = start + length_mm * np.array([np.cos(heading), np.sin(heading)])
    spec = CrackSpec(
        start_mm=(float(start[0]), float(start[1])),
        end_mm=(float(end[0]), float(end[1])),
        width_mm=0.45 * trunk.width_mm,
        open_start=True,
    )
    return _within_wall(true_crack(rng, f"{trunk.name}a", spec))


def _clear_of(cracks: tuple[TrueCrack, ...], xs_mm: npt.NDArray[np.float64]) -> float:
    """The one of `xs_mm` that is furthest from every crack, so that no crack hides in the upright joint."""
    points_x = np.concatenate([crack.points_mm[:, 0] for crack in cracks])
    return float(xs_mm[np.abs(xs_mm[:, None] - points_x).min(axis=1).argmax()])


def _within_wall(crack: TrueCrack) -> TrueCrack:
    """What lies beyond the wall is no truth."""
    inside = ((crack.points_mm >= 0) & (crack.points_mm <= DEMO_SIZE_WH_MM)).all(axis=1)
    return TrueCrack(name=crack.name, points_mm=crack.points_mm[inside], widths_mm=crack.widths_mm[inside])


def _tie_holes(
    rng: np.random.Generator, joint_x: float, joint_y: float, cracks: tuple[TrueCrack, ...]
) -> tuple[tuple[float, float], ...]:
    """Ties lie in a grid about the joints; those that a crack would run through are left out."""
    w, h = DEMO_SIZE_WH_MM
    points_mm = np.concatenate([crack.points_mm for crack in cracks])
    holes = []
    for x in (joint_x + offset for offset in (-900, -300, 300, 900)):
        for y in (joint_y - 230, joint_y + 230):
            at = (x + rng.normal(0, 3), y + rng.normal(0, 3))
            inside = 20 < at[0] < w - 20 and 20 < at[1] < h - 20
            if inside and np.linalg.norm(points_mm - at, axis=1).min() > _KEEP_OFF_MM:
                holes.append(at)
    return tuple(holes)
