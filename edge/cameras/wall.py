"""A camera that is driven along a rendered wall, back and forth from its top to its bottom."""

from collections.abc import Iterator

import cv2
import numpy as np

from edge.calibration_record import LENS, SCHEMA_VERSION, CameraCalibration
from edge.cameras.camera import Camera
from edge.clock import Clock
from edge.frame import Frame, U8Image, Unreadable
from edge.pose import Matrix, Pose, PoseSource
from edge.render.cracks import F32
from edge.render.wall import RenderedWall, Truth
from edge.scale import ScaleSource, ScaleSpec

# Of the simulated camera; a pinhole that looks straight at the wall, so its distance is FOCAL_PX * mm_per_px.
FOCAL_PX = 2000.0
_NOISE_SD = 1.4
_VIGNETTING = 0.09  # how much darker the corners are than the middle
_NOISE_SALT = 77


class WallCamera(Camera):
    """Frames of `frame_wh` px that overlap by at least `overlap`, with a sensor's noise and a lens's
    vignetting.

    Their `mm_per_px` is known, because the wall was made so. `truth` is for judging the result: no frame
    carries it, nor its pose; `step` is what its drive says. Raises `ValueError` for a wall smaller than a frame.
    """

    def __init__(
        self,
        wall: RenderedWall,
        *,
        clock: Clock,
        frame_wh: tuple[int, int] = (1920, 1080),
        overlap: float = 0.2,
    ) -> None:
        self._wall, self._clock, self._frame_wh = wall, clock, frame_wh
        self._corners = serpentine(wall.spec.wh_px, frame_wh, overlap)
        self._vignette = _vignette(frame_wh)
        w, h = wall.spec.size_wh_mm
        self.description = (
            f"wall:{wall.spec.seed} (rendered, {w:g} x {h:g} mm at {wall.spec.mm_per_px:g} mm per px, "
            f"{len(wall.truth.cracks)} known cracks)"
        )
        self.frame_count: int | None = len(self._corners)

    @property
    def calibration(self) -> CameraCalibration:
        """Its lens, exact because it is simulated, as the record's `source` says; for every wall the same."""
        w, h = self._frame_wh
        return CameraCalibration(
            schema_version=SCHEMA_VERSION,
            id="",
            made_utc="",
            hairline_version="",
            source="simulated: the exact pinhole before a rendered wall, of no camera that exists",
            board="none",
            frame_wh=self._frame_wh,
            lens_position_dpt=None,
            lens=(FOCAL_PX, FOCAL_PX, (w - 1) / 2, (h - 1) / 2, 0.0, 0.0, 0.0, 0.0, 0.0),
            lens_covariance=((0.0,) * len(LENS),) * len(LENS),
            rms_px=0.0,
            max_rms_px=0.5,
            views=(),
        ).with_id()

    @property
    def scale_spec(self) -> ScaleSpec:
        """Its stand-off, exact and square, as it is for no real camera."""
        distance_mm = FOCAL_PX * self._wall.spec.mm_per_px
        return ScaleSpec(source=ScaleSource.STANDOFF, length_mm=distance_mm, sd_mm=0.0, tilt_sd_rad=0.0)

    @property
    def truth(self) -> Truth:
        """The wall's cracks."""
        return self._wall.truth

    @property
    def corners_px(self) -> list[tuple[int, int]]:
        """Left and top of every frame in pixels of the whole wall."""
        return list(self._corners)

    def frames(self) -> Iterator[Frame | Unreadable]:
        """The same frames every time; only their times differ, which are those of rendering."""
        for seq, corner in enumerate(self._corners):
            pixels = self._expose(seq, self._wall.window(*corner, self._frame_wh))
            yield Frame(
                pixels=pixels,
                seq=seq,
                name=f"wall#{seq:06d}",
                t_mono_ns=self._clock.mono_ns(),
                t_utc=self._clock.utc(),
                mm_per_px=self._wall.spec.mm_per_px,
            )

    def truth_pose(self, seq: int) -> Matrix:
        """`t_wall_camera` (4, 4) of a frame in mm, axes as in `edge.pose.Pose`; for tests only."""
        left, top = self._corners[seq]
        middle_px = np.array([[left + (self._frame_wh[0] - 1) / 2, top + (self._frame_wh[1] - 1) / 2]])
        pose = np.diag([1.0, -1.0, -1.0, 1.0])  # the camera's y points down and its z at the wall
        pose[:2, 3] = self._wall.spec.to_mm(middle_px)[0]
        pose[2, 3] = FOCAL_PX * self._wall.spec.mm_per_px
        return pose

    def step(self, frame: Frame) -> Pose:
        """Where its drive took it for a frame: exact, as no rover's, because the drive is simulated too."""
        return Pose(source=PoseSource.ODOMETRY, t_wall_camera=self.truth_pose(frame.seq), covariance=np.zeros((6, 6)))

    def close(self) -> None:
        """Nothing is held open."""

    def _expose(self, seq: int, window: U8Image) -> U8Image:
        rng = np.random.default_rng((self._wall.spec.seed, _NOISE_SALT, seq))
        light = cv2.multiply(window, self._vignette, dtype=cv2.CV_32F)
        light += rng.standard_normal(window.shape, dtype=np.float32) * np.float32(_NOISE_SD)
        return np.clip(np.rint(light, out=light), 0, 255).astype(np.uint8)


def serpentine(wall_wh: tuple[int, int], frame_wh: tuple[int, int], overlap: float) -> list[tuple[int, int]]:
    """Left and top of frames that cover the wall: rows from the top, every other one from right to left."""
    if not 0 <= overlap < 1:
        raise ValueError(f"an overlap is a share in 0 up to 1; got {overlap}")
    xs, ys = (_spread(wall, frame, overlap) for wall, frame in zip(wall_wh, frame_wh, strict=True))
    return [(x, y) for row, y in enumerate(ys) for x in (xs if row % 2 == 0 else xs[::-1])]


def _spread(wall_px: int, frame_px: int, overlap: float) -> list[int]:
    if wall_px < frame_px:
        raise ValueError(
            f"a rendered wall is at least as large as a frame; got {wall_px} px for frames of {frame_px} px"
        )
    count = 1 + int(np.ceil((wall_px - frame_px) / (frame_px * (1 - overlap)) - 1e-9))
    return [round(v) for v in np.linspace(0, wall_px - frame_px, count)]


def _vignette(frame_wh: tuple[int, int]) -> F32:
    """(h, w, 3), 1 in the middle."""
    w, h = frame_wh
    x, y = np.linspace(-1, 1, w, dtype=np.float32), np.linspace(-1, 1, h, dtype=np.float32)
    fall = 1 - _VIGNETTING * (x[None, :] ** 2 + y[:, None] ** 2) / 2
    return np.repeat(fall[:, :, None], 3, axis=2).astype(np.float32)
