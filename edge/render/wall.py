"""A rendered wall whose cracks are known: where they run, in millimetres, and how wide they are."""

from dataclasses import dataclass, field

import cv2
import numpy as np
import numpy.typing as npt

from edge.frame import U8Image
from edge.render.concrete import ConcreteLook, concrete, octaves
from edge.render.course import F64, TrueCrack
from edge.render.cracks import F32, CrackPath, coverage, darken
from edge.render.fixtures import draw_joint, draw_tie_hole, joint
from edge.render.hung import WallTag, Wire
from edge.render.tones import Tones

# A wall is held as one array: 64 million pixels are 192 MB, and about as much again while it is drawn.
MAX_PIXELS = 64_000_000
MAX_SIDE_PX = 32_000  # OpenCV warps images of less than 2**15 pixels a side
_CHUNK = 96  # vertices of a crack drawn at a time
_STRIP_PX = 512
_OPTICS_SIGMA_PX = 0.6
_SALTS = {"concrete": 1, "tones": 2, "fixtures": 3, "fading": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """A rail's shadow through `through_mm` (wall x, y up), `angle_rad` clockwise from the horizontal."""

    through_mm: tuple[float, float]
    angle_rad: float
    half_width_mm: float
    depth: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WallSpec:
    """What a wall shows. Positions in wall millimetres: x right, y up, the origin at the lower left corner.

    Raises `ValueError` for a size that is not positive.
    """

    size_wh_mm: tuple[float, float]
    mm_per_px: float
    seed: int
    cracks: tuple[TrueCrack, ...] = ()
    joints_x_mm: tuple[float, ...] = ()
    joints_y_mm: tuple[float, ...] = ()
    tie_holes_mm: tuple[tuple[float, float], ...] = ()
    tie_radius_mm: float = 11.0
    rusty_ties: tuple[int, ...] = ()
    damp_mm: tuple[tuple[float, float], ...] = ()
    shadows: tuple[Shadow, ...] = ()
    wires: tuple[Wire, ...] = ()
    tags: tuple[WallTag, ...] = ()
    look: ConcreteLook = field(default_factory=ConcreteLook)

    def __post_init__(self) -> None:
        if min(*self.size_wh_mm, self.mm_per_px) <= 0:
            raise ValueError(f"a wall has a positive size and scale; got {self.size_wh_mm} mm at {self.mm_per_px}")

    @property
    def wh_px(self) -> tuple[int, int]:
        """Width and height of the whole wall in pixels."""
        return round(self.size_wh_mm[0] / self.mm_per_px), round(self.size_wh_mm[1] / self.mm_per_px)

    def to_px(self, points_mm: F64) -> F64:
        """Wall mm (n, 2), y up, to pixels (n, 2) of the whole wall: centres at integers, y down."""
        x = points_mm[:, 0] / self.mm_per_px - 0.5
        y = (self.size_wh_mm[1] - points_mm[:, 1]) / self.mm_per_px - 0.5
        return np.stack([x, y], axis=1)

    def to_mm(self, points_px: F64) -> F64:
        """The inverse of `to_px`."""
        x = (points_px[:, 0] + 0.5) * self.mm_per_px
        y = self.size_wh_mm[1] - (points_px[:, 1] + 0.5) * self.mm_per_px
        return np.stack([x, y], axis=1)

    def rng(self, purpose: str) -> np.random.Generator:
        """A generator for one purpose: a change in one part of the wall leaves the others as they are."""
        return np.random.default_rng((self.seed, _SALTS[purpose]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """Every crack of a wall, and the wall's scale."""

    cracks: tuple[TrueCrack, ...]
    mm_per_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedWall:
    """`image`: uint8 BGR (h, w, 3) of the whole wall, row 0 at its top."""

    spec: WallSpec
    truth: Truth
    image: U8Image

    def window(self, left_px: int, top_px: int, wh_px: tuple[int, int]) -> U8Image:
        """A copy of one window: uint8 BGR (h, w, 3). Raises `ValueError` where it leaves the wall."""
        (w, h), (wall_w, wall_h) = wh_px, self.spec.wh_px
        if not (0 <= left_px <= wall_w - w and 0 <= top_px <= wall_h - h and w > 0 and h > 0):
            raise ValueError(
                f"a window lies within the wall's {wall_w} x {wall_h} px; got {wh_px} at {left_px}, {top_px}"
            )
        return np.ascontiguousarray(self.image[top_px : top_px + h, left_px : left_px + w])


def render_wall(spec: WallSpec, *, background: U8Image | None = None) -> RenderedWall:
    """Draws the wall as one picture. `background`, uint8 BGR of the wall's size, replaces the procedural concrete.

    Raises `ValueError` for a wall of more than `MAX_PIXELS` or `MAX_SIDE_PX`: `edge.render.surface` draws those.
    """
    w, h = spec.wh_px
    if w * h > MAX_PIXELS or max(w, h) > MAX_SIDE_PX:
        raise ValueError(
            f"a rendered wall has at most {MAX_PIXELS} pixels, {MAX_SIDE_PX} a side; got {w} x {h}: raise mm_per_px"
        )
    if background is None:
        image = concrete(spec.rng("concrete"), spec.wh_px, mm_per_px=spec.mm_per_px, look=spec.look)
    elif background.shape[:2] == spec.wh_px[::-1]:
        image = background.copy()
    else:
        raise ValueError(f"the background is as large as the wall, {spec.wh_px} px; got shape {background.shape}")
    wall_tones(spec).apply(image, spec.mm_per_px)
    _draw_fixtures(spec, image)
    _draw_cracks(spec, image)
    return RenderedWall(spec=spec, truth=Truth(cracks=spec.cracks, mm_per_px=spec.mm_per_px), image=image)


def wall_tones(spec: WallSpec) -> Tones:
    """The slow tones of the wall: panels, streaks, damp, rust, shadows."""
    rng, height = spec.rng("tones"), spec.size_wh_mm[1]
    tones = Tones(spec.size_wh_mm)
    tones.panels(rng, x_mm=sorted(spec.joints_x_mm), down_mm=sorted(height - y for y in spec.joints_y_mm))
    tones.streaks(rng)
    for x, y in spec.damp_mm:
        radius = rng.uniform(40, 110, 2)
        tones.stain(rng, centre_mm=(x, height - y), radius_mm=(radius[0], radius[1]), tint_bgr=(0.85, 0.885, 0.905))
    for i in spec.rusty_ties:
        x, y = spec.tie_holes_mm[i]
        top = (x, height - y + 0.6 * spec.tie_radius_mm)
        tones.run_off(rng, top_mm=top, length_mm=rng.uniform(90, 190), tint_bgr=(0.66, 0.80, 0.93))
    for shadow in spec.shadows:
        x, y = shadow.through_mm
        tones.shadow(
            through_mm=(x, height - y),
            angle_rad=shadow.angle_rad,
            half_mm=shadow.half_width_mm,
            depth=shadow.depth,
        )
    return tones


def _draw_fixtures(spec: WallSpec, image: U8Image) -> None:
    rng = spec.rng("fixtures")
    for y_mm in spec.joints_y_mm:
        at_px = (spec.size_wh_mm[1] - y_mm) / spec.mm_per_px - 0.5
        draw_joint(image, joint(rng, spec.size_wh_mm[0]), at_px=at_px, upright=False, mm_per_px=spec.mm_per_px)
    for x_mm in spec.joints_x_mm:
        at_px = x_mm / spec.mm_per_px - 0.5
        draw_joint(image, joint(rng, spec.size_wh_mm[1]), at_px=at_px, upright=True, mm_per_px=spec.mm_per_px)
    for x, y in spec.to_px(np.array(spec.tie_holes_mm, np.float64).reshape(-1, 2)):
        draw_tie_hole(
            rng,
            image,
            centre_xy_px=(float(x), float(y)),
            radius_mm=spec.tie_radius_mm,
            mm_per_px=spec.mm_per_px,
        )


def _draw_cracks(spec: WallSpec, image: U8Image) -> None:
    """Darkens the cracks in place: each pixel by the share of it that a crack fills, blurred as by a lens."""
    shade = np.zeros(image.shape[:2], np.uint8)
    fading_cell_px = 16
    wh = (spec.wh_px[0] // fading_cell_px + 2, spec.wh_px[1] // fading_cell_px + 2)
    mm = 1 / spec.mm_per_px / fading_cell_px
    fading = 0.85 + octaves(spec.rng("fading"), wh, [(50 * mm, 0.14), (16 * mm, 0.12)])
    for crack in spec.cracks:
        points, widths = spec.to_px(crack.points_mm), crack.widths_mm / spec.mm_per_px
        # A wide crack is deep, and what is deep is dark; a hairline is lit to its bottom in places.
        deepest = float(np.clip(0.58 + 0.06 * np.log2(max(crack.width_mm, 0.1) / 0.1), 0.55, 0.84))
        faint = 1 - (1 - np.clip(fading, 0.45, 1)) * np.float32(np.clip(1.1 - crack.width_mm / 0.8, 0.1, 1))
        for i in range(0, len(points) - 1, _CHUNK):
            piece = slice(i, i + _CHUNK + 1)  # one vertex shared with the next chunk
            _shade_piece(shade, points[piece], widths[piece], faint, fading_cell_px, deepest)
    cv2.GaussianBlur(shade, (0, 0), _OPTICS_SIGMA_PX, dst=shade)
    for top in range(0, image.shape[0], _STRIP_PX):
        rows = slice(top, top + _STRIP_PX)
        touched = np.flatnonzero(shade[rows].any(axis=0))
        if touched.size:
            part = rows, slice(touched[0], touched[-1] + 1)
            covered = shade[part].astype(np.float32) / np.float32(255)
            image[part] = darken(image[part], covered, depth=1.0, tint_bgr=(1, 0.99, 0.97))


def _shade_piece(
    shade: npt.NDArray[np.uint8],
    points_px: F64,
    widths_px: F64,
    faint: F32,
    fading_cell_px: int,
    depth: float,
) -> None:
    margin = int(np.ceil(widths_px.max())) + 2
    low = np.maximum(np.floor(points_px.min(axis=0)).astype(int) - margin, 0)
    high = np.minimum(np.ceil(points_px.max(axis=0)).astype(int) + margin + 1, shade.shape[::-1])
    if (low >= high).any():
        return
    (left, top), (w, h) = (int(v) for v in low), (int(v) for v in high - low)
    path = CrackPath(points_xy_px=points_px.astype(np.float32), widths_px=widths_px.astype(np.float32))
    cell = 1 / fading_cell_px
    kept = cv2.warpAffine(
        faint,
        np.array([[cell, 0, left * cell], [0, cell, top * cell]]),
        (w, h),
        flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR,
    )
    covered = coverage([path], (w, h), origin_xy_px=(left, top)) * kept * (255 * depth)
    window = shade[top : top + h, left : left + w]
    np.maximum(window, np.rint(covered).astype(np.uint8), out=window)
