"""The walls of the test bench: drawn from a seed, with cracks of every width and what passes for cracks."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from edge.calibration_record import SCHEMA_VERSION, CameraCalibration
from edge.cameras.rover import RoverCamera
from edge.cameras.rover_path import Drive, serpentine_drive
from edge.cameras.rover_sensor import Sensor
from edge.clock import Clock
from edge.frame import U8Image
from edge.render.course import CrackSpec, TrueCrack, true_crack
from edge.render.crack_look import CrackLook
from edge.render.hung import WallTag, Wire
from edge.render.patchwork import Patchwork
from edge.render.surface import Surface
from edge.render.wall import Shadow, WallSpec

FRAME_WH = (1920, 1080)
FOCAL_PX = 2000.0
# A wide-angle lens of a small camera: a barrel of 3 % in the corners, its middle a little off.
_LENS = (FOCAL_PX, FOCAL_PX, 967.3, 533.8, -0.115, 0.062, 0.0004, -0.0003, 0.0)

WIDTHS_MM = (0.05, 2.0)
LENGTHS_MM = (80.0, 600.0)
CRACKS_PER_M2 = 8.0
APART_MM = 45.0  # so that every find belongs to one crack, also at 0.4 mm per pixel
_TRIES = 60
_JOINT_STEP_MM = (1250.0, 2500.0)
_TIE_STEP_MM = (600.0, 800.0)
_TIE_FREE_MM = 30.0
_NEAR_FIXTURE_MM = 20.0
_TAG_STEP_MM, _TAG_SIDE_MM, _TAG_HEIGHT_MM = 2500.0, 60.0, 60.0


def bench_wall(seed: int, *, size_wh_mm: tuple[float, float], mm_per_px: float, look: CrackLook) -> WallSpec:
    """A wall with about eight cracks a square metre, joints, tie holes, stains, shadows, wires; tags at its foot."""
    rng = np.random.default_rng((seed, 21))
    w, h = size_wh_mm
    cracks = tuple(_cracks(rng, size_wh_mm, mm_per_px, look))
    joints_x, joints_y = _joints(rng, w, _JOINT_STEP_MM), _joints(rng, h, _JOINT_STEP_MM)
    ties = tuple(_ties(rng, size_wh_mm, cracks))
    area_m2 = w * h / 1e6
    return WallSpec(
        size_wh_mm=size_wh_mm,
        mm_per_px=mm_per_px,
        seed=seed,
        cracks=cracks,
        joints_x_mm=joints_x,
        joints_y_mm=joints_y,
        tie_holes_mm=ties,
        rusty_ties=tuple(i for i in range(len(ties)) if rng.random() < 0.3),
        damp_mm=tuple((rng.uniform(0, w), rng.uniform(0, h)) for _ in range(1 + rng.poisson(0.5 * area_m2))),
        shadows=tuple(_shadow(rng, w, h) for _ in range(1 + rng.poisson(0.15 * area_m2))),
        wires=tuple(_wire(rng, w, h) for _ in range(rng.poisson(0.12 * area_m2))),
        tags=tuple(WallTag(id=i, centre_mm=(x, _TAG_HEIGHT_MM), side_mm=_TAG_SIDE_MM) for i, x in enumerate(_tags_x(w)))
        if h > 4 * _TAG_HEIGHT_MM
        else (),
    )


def bench_camera(spec: WallSpec, pictures: U8Image, look: CrackLook, *, clock: Clock) -> RoverCamera:
    """A rover before the wall `spec` of the concrete on `pictures`, at the wall's own mm per pixel."""
    standoff_mm = FOCAL_PX * spec.mm_per_px
    seen = (0.96 * FRAME_WH[0] * spec.mm_per_px, 0.96 * FRAME_WH[1] * spec.mm_per_px)
    stops = serpentine_drive(
        np.random.default_rng((spec.seed, 22)),
        size_wh_mm=spec.size_wh_mm,
        footprint_wh_mm=seen,
        standoff_mm=standoff_mm,
        drive=bench_drive(spec.mm_per_px),
    )
    return RoverCamera(
        Surface(spec, Patchwork(pictures, seed=spec.seed)),
        stops,
        calibration=bench_calibration(),
        look=look,
        clock=clock,
        sensor=Sensor(),
        nominal_mm_per_px=spec.mm_per_px,
    )


def bench_drive(mm_per_px: float) -> Drive:
    """From the foot, where the tags are. Exposure and speed go with the scale: at each, motion blurs half a pixel."""
    return Drive(speed_mm_s=400 * mm_per_px, sway_mm=15 * mm_per_px, from_foot=True)


def bench_calibration() -> CameraCalibration:
    """The true lens of the bench's camera, known exactly."""
    return CameraCalibration(
        schema_version=SCHEMA_VERSION,
        id="",
        made_utc="2026-01-01T00:00:00+00:00",
        hairline_version="bench",
        source="the bench's own lens",
        board="none",
        frame_wh=FRAME_WH,
        lens_position_dpt=None,
        lens=_LENS,
        lens_covariance=tuple(tuple(0.0 for _ in _LENS) for _ in _LENS),
        rms_px=0.0,
        max_rms_px=1.0,
        views=(),
    ).with_id()


def nearest_fixture(spec: WallSpec, at_mm: tuple[float, float]) -> str:
    """What lies nearest to a place on a wall but for cracks: 'joint', 'tie hole', 'wire', 'tag' or bare 'concrete'."""
    x, y = at_mm
    away = {"concrete": _NEAR_FIXTURE_MM}
    away["joint"] = min([abs(x - at) for at in spec.joints_x_mm] + [abs(y - at) for at in spec.joints_y_mm] + [np.inf])
    ties = [np.hypot(x - a, y - b) - spec.tie_radius_mm for a, b in spec.tie_holes_mm]
    away["tie hole"] = min([*ties, np.inf])
    wires = [abs(y - w.y0_mm - w.slope * x - w.sag_per_mm * (x - w.middle_mm) ** 2) for w in spec.wires]
    away["wire"] = min([*wires, np.inf])
    tags = [max(abs(x - t.centre_mm[0]), abs(y - t.centre_mm[1])) - 0.7 * t.side_mm for t in spec.tags]
    away["tag"] = min([*tags, np.inf])
    return min(away, key=lambda kind: away[kind])


def _cracks(
    rng: np.random.Generator, size_wh_mm: tuple[float, float], mm_per_px: float, look: CrackLook
) -> Iterator[TrueCrack]:
    """Widths evenly over their logarithm; every crack keeps clear of those before it and of the wall's edge."""
    taken: list[np.ndarray] = []
    count = max(1, round(CRACKS_PER_M2 * size_wh_mm[0] * size_wh_mm[1] / 1e6))
    for k in range(count):
        share = (k + rng.random()) / count  # one width from each part of the range
        width_mm = WIDTHS_MM[0] * (WIDTHS_MM[1] / WIDTHS_MM[0]) ** share
        for _ in range(_TRIES):
            spec = _course(rng, size_wh_mm, width_mm, mm_per_px)
            crack = true_crack(rng, f"C{k + 1}", spec)
            few = crack.points_mm[::10]
            inside = ((crack.points_mm > 2) & (crack.points_mm < np.array(size_wh_mm) - 2)).all()
            if inside and all(np.linalg.norm(few[:, None] - other, axis=2).min() > APART_MM for other in taken):
                taken.append(few)
                yield TrueCrack(
                    name=crack.name,
                    points_mm=crack.points_mm,
                    widths_mm=crack.widths_mm,
                    depths=look.depths(rng, width_mm, crack.points_mm),
                )
                break


def _course(rng: np.random.Generator, size_wh_mm: tuple[float, float], width_mm: float, mm_per_px: float) -> CrackSpec:
    length = float(np.exp(rng.uniform(*np.log(LENGTHS_MM))))
    length = min(length, 0.8 * max(size_wh_mm))
    # Most cracks of walls are upright, from restrained shrinkage; some run along, some askew.
    angle = {0: np.pi / 2, 1: 0.0, 2: rng.uniform(0, np.pi)}[int(rng.choice(3, p=(0.5, 0.2, 0.3)))] + rng.normal(
        0, 0.15
    )
    start = rng.uniform(0, 1, 2) * size_wh_mm
    end = start + length * np.array([np.cos(angle), np.sin(angle)])
    return CrackSpec(
        start_mm=(float(start[0]), float(start[1])),
        end_mm=(float(end[0]), float(end[1])),
        width_mm=width_mm,
        waviness=float(rng.uniform(0.05, 0.1)),
        step_mm=max(0.3, 2 * mm_per_px, 0.7 * width_mm),
    )


def _joints(rng: np.random.Generator, length_mm: float, step_mm: tuple[float, float]) -> tuple[float, ...]:
    first, step = rng.uniform(0.2, 0.8) * step_mm[0], rng.uniform(*step_mm)
    return tuple(np.arange(first, length_mm, step).tolist())


def _tags_x(length_mm: float) -> npt.NDArray[np.float64]:
    """Every 2.5 m; on a short wall nearer, for with one tag a wall is turned as that was glued."""
    step = min(_TAG_STEP_MM, length_mm / 2)
    return np.arange(0.5, length_mm / step) * step


def _ties(
    rng: np.random.Generator, size_wh_mm: tuple[float, float], cracks: tuple[TrueCrack, ...]
) -> Iterator[tuple[float, float]]:
    points = np.concatenate([crack.points_mm for crack in cracks]) if cracks else np.full((1, 2), np.inf)
    first = rng.uniform(100, 400, 2)
    for x in np.arange(first[0], size_wh_mm[0], _TIE_STEP_MM[0]):
        for y in np.arange(first[1], size_wh_mm[1], _TIE_STEP_MM[1]):
            at = np.array([x, y]) + rng.normal(0, 3, 2)
            if np.linalg.norm(points - at, axis=1).min() > _TIE_FREE_MM:
                yield float(at[0]), float(at[1])


def _shadow(rng: np.random.Generator, w: float, h: float) -> Shadow:
    return Shadow(
        through_mm=(rng.uniform(0, w), rng.uniform(0, h)),
        angle_rad=rng.uniform(-1.4, 1.4),
        half_width_mm=rng.uniform(8, 60),
        depth=rng.uniform(0.1, 0.35),
    )


def _wire(rng: np.random.Generator, w: float, h: float) -> Wire:
    return Wire(
        y0_mm=rng.uniform(0, h),
        slope=rng.normal(0, 0.35),
        sag_per_mm=rng.uniform(0, 4e-5),
        middle_mm=w / 2,
        radius_mm=rng.uniform(0.8, 3.0),
        grey=rng.choice([32.0, 45.0, 190.0]),
        shadow=rng.uniform(0.15, 0.4),
    )
