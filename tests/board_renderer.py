"""Pictures of boards and tags by a camera that is known exactly: rays are bent by our own inverse of Brown-Conrady's
formula (fixed-point iteration, to 1e-10), meet the board's plane, and look up which module they hit.

Nothing here calls OpenCV's camera model, so that a calibration is judged by something else than itself. What a module's
colour is comes from OpenCV's own drawing of the board at one pixel a module (or plain parity, for a chessboard).
"""

from dataclasses import dataclass, field
from functools import cached_property

import cv2
import numpy as np

from edge.calibration_record import SCHEMA_VERSION, CameraCalibration

SUPERSAMPLING = 3


@dataclass(frozen=True, kw_only=True)
class Lens:
    """What the calibration should find."""

    frame_wh: tuple[int, int] = (720, 540)
    fx: float = 681.0
    fy: float = 678.5
    cx: float = 364.3
    cy: float = 264.8
    k: tuple[float, float, float, float, float] = (-0.12, 0.06, 0.0008, -0.0006, 0.0)  # k1 k2 p1 p2 k3

    @property
    def values(self) -> tuple[float, ...]:
        return (self.fx, self.fy, self.cx, self.cy, *self.k)

    def bend(self, xy: np.ndarray) -> np.ndarray:
        """Ideal to distorted normalised coordinates (..., 2)."""
        k1, k2, p1, p2, k3 = self.k
        x, y = xy[..., 0], xy[..., 1]
        r2 = x * x + y * y
        radial = 1 + r2 * (k1 + r2 * (k2 + r2 * k3))
        return np.stack(
            [
                x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x),
                y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y,
            ],
            axis=-1,
        )

    def project(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 3) in the camera's axes to pixels (n, 2)."""
        return self.bend(points[:, :2] / points[:, 2:]) * [self.fx, self.fy] + [self.cx, self.cy]

    def unbend(self, uv: np.ndarray) -> np.ndarray:
        """Pixels (..., 2) to ideal normalised coordinates."""
        bent = (uv - [self.cx, self.cy]) / [self.fx, self.fy]
        xy = bent.copy()
        for _ in range(200):
            step = bent - self.bend(xy)
            xy += step
            if np.abs(step).max() < 1e-10:
                return xy
        raise AssertionError("the lens cannot be inverted over the whole frame")

    @cached_property
    def rays(self) -> np.ndarray:
        """Every sample's ray (h * s, w * s, 2), s = SUPERSAMPLING."""
        w, h = self.frame_wh
        s = SUPERSAMPLING
        x, y = np.meshgrid(np.arange(w * s), np.arange(h * s))
        # On a regular grid of samples a straight edge would fall between two rows all along: each lies somewhere in its
        # own cell instead.
        jitter = np.random.default_rng(0).uniform(0, 1, (h * s, w * s, 2))
        return self.unbend((np.stack([x, y], axis=-1) + jitter) / s - 0.5)


@dataclass(frozen=True, kw_only=True)
class Texture:
    """A flat pattern: `modules` (rows, cols), one value a module of `module_mm`; its top left is (0, 0), y down."""

    modules: np.ndarray
    module_mm: float
    around: float = 235.0  # the sheet and the wall around it

    @property
    def size_wh_mm(self) -> tuple[float, float]:
        rows, cols = self.modules.shape
        return cols * self.module_mm, rows * self.module_mm


@dataclass(frozen=True, kw_only=True)
class Shot:
    """Where the pattern is: its middle at `at_mm` (camera axes), turned by `turn_deg` about x, y, z in this order."""

    at_mm: tuple[float, float, float]
    turn_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def matrix(self, texture: Texture) -> np.ndarray:
        """(3, 3): (x, y, 1) on the pattern in mm to the camera's axes."""
        rotation = np.eye(3)
        for i, angle in enumerate(np.radians(self.turn_deg)):
            c, s = np.cos(angle), np.sin(angle)
            a, b = [(1, 2), (2, 0), (0, 1)][i]
            one = np.eye(3)
            one[a, a] = one[b, b] = c
            one[a, b], one[b, a] = -s, s
            rotation = one @ rotation
        w, h = texture.size_wh_mm
        middle = rotation[:, 0] * w / 2 + rotation[:, 1] * h / 2
        return np.column_stack([rotation[:, 0], rotation[:, 1], np.array(self.at_mm) - middle])


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a sensor adds."""

    blur_px: float = 0.6
    noise: float = 2.0
    dark: float = 25.0
    seed: int = field(default=0)


def render(lens: Lens, scene: list[tuple[Texture, Shot]], look: Look = Look()) -> np.ndarray:
    """uint8 BGR (h, w, 3)."""
    rays = lens.rays
    fine = np.full(rays.shape[:2], 235.0, np.float32)
    for texture, shot in scene:
        place = shot.matrix(texture)
        part = _where(lens, texture, place)
        to_pattern = np.linalg.inv(place)
        u, v, w = (rays[part][..., 0] * row[0] + rays[part][..., 1] * row[1] + row[2] for row in to_pattern)
        col = np.floor(u / w / texture.module_mm).astype(np.int64)
        row = np.floor(v / w / texture.module_mm).astype(np.int64)
        rows, cols = texture.modules.shape
        on = (col >= 0) & (col < cols) & (row >= 0) & (row < rows) & (w > 0)
        fine[part][on] = texture.modules[row[on], col[on]]
    fine = look.dark + fine * (1 - look.dark / 255)
    if look.blur_px:
        fine = cv2.GaussianBlur(fine, (0, 0), look.blur_px * SUPERSAMPLING)
    s = SUPERSAMPLING
    grey = fine.reshape(fine.shape[0] // s, s, fine.shape[1] // s, s).mean(axis=(1, 3))
    grey = grey + np.random.default_rng(look.seed).normal(0, look.noise, grey.shape)
    return cv2.cvtColor(np.clip(np.rint(grey), 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)


def _where(lens: Lens, texture: Texture, place: np.ndarray) -> tuple[slice, slice]:
    """The samples that may hit a pattern: the box around its outline, with some to spare."""
    w, h = texture.size_wh_mm
    t = np.linspace(0, 1, 33)
    edges = [(t * w, 0 * t), (t * w, 0 * t + h), (0 * t, t * h), (0 * t + w, t * h)]
    outline = lens.project(np.concatenate([np.column_stack([x, y, np.ones(33)]) for x, y in edges]) @ place.T)
    (left, top), (right, bottom) = outline.min(axis=0) - 8, outline.max(axis=0) + 8
    s = SUPERSAMPLING
    return slice(max(0, int(top * s)), max(0, int(bottom * s))), slice(max(0, int(left * s)), max(0, int(right * s)))


def charuco_texture(cols: int, rows: int, square_mm: float) -> Texture:
    """4x4 markers of three quarters of a square: a square is eight modules, the marker the inner six."""
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_100)
    board = cv2.aruco.CharucoBoard((cols, rows), 8, 6, dictionary)
    return Texture(
        modules=board.generateImage((cols * 8, rows * 8), marginSize=0).astype(float), module_mm=square_mm / 8
    )


def chessboard_texture(cols: int, rows: int, square_mm: float) -> Texture:
    black_first = (np.arange(rows)[:, None] + np.arange(cols)) % 2
    return Texture(modules=black_first * 255.0, module_mm=square_mm)


def tag_texture(number: int, side_mm: float) -> Texture:
    """An AprilTag 36h11: ten modules with its white edge, of which `side_mm` is the black eight."""
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_APRILTAG_36h11)
    inner = cv2.aruco.generateImageMarker(dictionary, number, 8).astype(float)
    return Texture(modules=np.pad(inner, 1, constant_values=255.0), module_mm=side_mm / 8)


def good_shots(near_mm: float = 300.0) -> list[Shot]:
    """Views as a careful person takes them: every part of the frame, tilted every way."""
    shots = [Shot(at_mm=(x, y, near_mm * 1.5), turn_deg=(0, 0, 3 * i)) for i, (x, y) in enumerate(_PLACES)]
    for i, (about_x, about_y) in enumerate(
        [(28, 0), (-28, 0), (0, 28), (0, -28), (24, 20), (-26, -20), (20, -24), (-30, 10)]
    ):
        x, y = _PLACES[(i * 3) % len(_PLACES)]
        shots.append(Shot(at_mm=(x * 0.5, y * 0.5, near_mm * 1.4), turn_deg=(about_x, about_y, 5 * i)))
    return shots


_PLACES = [(-100, -80), (100, -80), (-100, 80), (100, 80), (0, 0)]


def calibration_of(lens: Lens, *, relative_sd: float = 0.0, **changes: object) -> CameraCalibration:
    """A calibration that says the truth of a lens, or states a spread that its user has put in."""
    sd = np.array([relative_sd * lens.fx] * 4 + [relative_sd] * 5)
    content = {
        "schema_version": SCHEMA_VERSION,
        "id": "",
        "made_utc": "2026-01-01T00:00:00+00:00",
        "hairline_version": "0",
        "source": "rendered",
        "board": "charuco:10x7:25",
        "frame_wh": lens.frame_wh,
        "lens_position_dpt": None,
        "lens": lens.values,
        "lens_covariance": tuple(tuple(row) for row in np.diag(sd**2).tolist()),
        "rms_px": 0.1,
        "max_rms_px": 0.5,
        "views": (),
    }
    return CameraCalibration(**(content | changes)).with_id()
