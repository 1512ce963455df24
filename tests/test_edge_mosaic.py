"""The picture of a wall against the wall that its frames were taken of."""

import io
import math
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from board_renderer import Lens, calibration_of
from PIL import Image

from edge.cameras.wall import FOCAL_PX, WallCamera
from edge.clock import ManualClock
from edge.errors import SourceError
from edge.geometry import facing
from edge.mosaic import Mosaic, PosedFrame
from edge.mosaic_picture import DrawnCrack, class_colours, write_mosaic
from edge.render.layout import demo_wall
from edge.render.wall import RenderedWall, WallSpec, render_wall

W, H = 480, 270
PINHOLE = calibration_of(Lens(frame_wh=(W, H), fx=FOCAL_PX, fy=FOCAL_PX, cx=(W - 1) / 2, cy=(H - 1) / 2, k=(0.0,) * 5))


@pytest.fixture(scope="module")
def wall() -> RenderedWall:
    demo = demo_wall()
    return render_wall(WallSpec(size_wh_mm=(800, 460), mm_per_px=0.5, seed=3, cracks=demo.cracks, joints_x_mm=(200.0,)))


@pytest.fixture(scope="module")
def frames(wall: RenderedWall) -> list[PosedFrame]:
    camera = WallCamera(wall, clock=ManualClock(), frame_wh=(W, H))
    return [
        PosedFrame(name=f.name, t_wall_camera=camera.truth_pose(f.seq), read=lambda pixels=f.pixels: pixels)
        for f in camera.frames()
    ]


def png(mosaic: Mosaic, cracks: list[DrawnCrack] | None = None) -> np.ndarray:
    stream = io.BytesIO()
    write_mosaic(stream, mosaic, cracks or [])
    stream.seek(0)
    return cv2.cvtColor(np.asarray(Image.open(stream)), cv2.COLOR_RGB2BGR)


def test_a_mosaic_is_the_wall(wall, frames):
    mosaic = Mosaic(frames, PINHOLE, mm_per_px=0.5)
    assert mosaic.wh == wall.spec.wh_px
    assert mosaic.left_top_mm == pytest.approx((0, 460), abs=0.01)
    picture = mosaic.part(0, 0, *mosaic.wh).astype(float)
    # The camera darkens corners by up to 9 % and adds noise; weights keep the corners out where frames overlap.
    assert np.abs(picture - wall.image).mean() < 8
    grey, truth = (
        cv2.cvtColor(p.astype(np.uint8), cv2.COLOR_BGR2GRAY).astype(np.float32) for p in (picture, wall.image)
    )
    shift, _ = cv2.phaseCorrelate(grey, truth)
    assert np.abs(shift).max() < 0.05


def test_parts_and_strips_are_the_same_picture(frames):
    mosaic = Mosaic(frames, PINHOLE, mm_per_px=0.8)
    whole = mosaic.part(0, 0, *mosaic.wh)
    np.testing.assert_array_equal(np.concatenate(list(mosaic.strips(100))), whole)
    assert np.abs(mosaic.part(333, 77, 50, 60).astype(int) - whole[77:137, 333:383]).max() <= 1


def test_a_coarse_mosaic_is_the_wall_reduced(wall, frames):
    mosaic = Mosaic(frames, PINHOLE, mm_per_px=2.0)
    truth = cv2.resize(wall.image, mosaic.wh, interpolation=cv2.INTER_AREA).astype(float)
    assert np.abs(mosaic.part(0, 0, *mosaic.wh) - truth).mean() < 8


def test_the_lens_and_the_tilt_are_taken_out():
    """Dots of known places on a wall, seen through a lens that bends, by tilted and turned cameras."""
    lens = Lens()
    w, h = lens.frame_wh
    dots_mm = np.stack(np.meshgrid(np.arange(-60, 61, 30.0), np.arange(-60, 61, 30.0)), axis=-1).reshape(-1, 2)

    def shot(x: float, tilt: tuple[float, float], turn: float) -> PosedFrame:
        pose = facing(250.0, *np.radians(tilt))
        pose[:3, :3] = cv2.Rodrigues(np.array([0, 0, math.radians(turn)]))[0] @ pose[:3, :3]
        pose[0, 3] = x
        in_camera = (np.column_stack([dots_mm, np.zeros(len(dots_mm))]) - pose[:3, 3]) @ pose[:3, :3]
        picture = np.full((h, w, 3), 200, np.uint8)
        for u, v in lens.project(in_camera):
            cv2.circle(picture, (round(u * 16), round(v * 16)), 4 * 16, (0, 0, 0), -1, cv2.LINE_AA, 4)
        return PosedFrame(name="x", t_wall_camera=pose, read=lambda: picture)

    shots = [shot(0, (4, -3), 10), shot(20, (-4, 4), -8), shot(-20, (0, 5), 0)]
    mosaic = Mosaic(shots, calibration_of(lens), mm_per_px=0.25)
    picture = mosaic.part(0, 0, *mosaic.wh)
    for x, y in mosaic.to_px(dots_mm):
        patch = 200.0 - picture[round(y) - 12 : round(y) + 13, round(x) - 12 : round(x) + 13, 0]
        v, u = np.indices(patch.shape)
        patch = np.clip(patch, 0, None)
        centre = np.array([(u * patch).sum(), (v * patch).sum()]) / patch.sum() - 12 + [round(x), round(y)]
        assert np.abs(centre - [x, y]).max() < 0.5
        assert patch.max() > 100


def test_cracks_are_drawn_by_class_where_they_run(wall, frames):
    mosaic = Mosaic(frames, PINHOLE, mm_per_px=1.0)
    line = np.array([[100.0, 100.0], [300.0, 100.0]])
    cracks = [
        DrawnCrack(courses_mm=[line], severity="above 0.3 mm"),
        DrawnCrack(courses_mm=[line + np.array([0, 200]), line + np.array([5000, 0])], severity="up to 0.3 mm"),
    ]
    picture, plain = png(mosaic, cracks), png(mosaic)
    assert picture.shape[1] == plain.shape[1] == mosaic.wh[0]
    assert picture.shape[0] > plain.shape[0] > mosaic.wh[1]
    colours = class_colours(cracks)
    assert len(set(colours.values())) == 2
    for crack, y_mm in zip(cracks, (100.0, 300.0), strict=True):
        x, y = np.rint(mosaic.to_px(np.array([[200.0, y_mm]]))[0]).astype(int)
        near = picture[y - 1 : y + 2, x].astype(int)
        assert np.abs(near - colours[crack.severity]).sum(axis=1).min() < 60
    changed = (picture[: mosaic.wh[1]] != plain[: mosaic.wh[1]]).any(axis=2)
    assert changed.sum() < 400 * 6


def test_the_png_is_what_was_drawn(frames):
    mosaic = Mosaic(frames, PINHOLE, mm_per_px=0.7)
    picture = png(mosaic)
    np.testing.assert_array_equal(picture[: mosaic.wh[1]], np.concatenate(list(mosaic.strips(512))))
    # The bar is dark on white.
    assert (picture[mosaic.wh[1] :] < 60).all(axis=2).any()


def counted(frame: PosedFrame, reads: list[str]) -> PosedFrame:
    def read() -> np.ndarray:
        reads.append(frame.name)
        return frame.read()

    return PosedFrame(name=frame.name, t_wall_camera=frame.t_wall_camera, read=read)


def test_frames_are_read_once_or_twice_and_few_are_held(frames):
    reads: list[str] = []
    mosaic = Mosaic([counted(frame, reads) for frame in frames], PINHOLE, mm_per_px=0.5)
    for _ in mosaic.strips(512):
        pass
    assert len(reads) <= 2.5 * len(frames)
    assert len(mosaic._kept) <= 12


def test_what_no_frame_shows_is_white(frames):
    mosaic = Mosaic([frames[0], frames[-1]], PINHOLE, mm_per_px=2.0)
    assert (mosaic.part(mosaic.wh[0] // 2, 0, 2, mosaic.wh[1] // 3) == 255).all()


def spoilt(frame: PosedFrame, read: Callable[[], np.ndarray], pose: np.ndarray | None = None) -> PosedFrame:
    return PosedFrame(name="odd", t_wall_camera=frame.t_wall_camera if pose is None else pose, read=read)


def test_frames_that_cannot_be_are_refused(frames):
    small = spoilt(frames[0], lambda: np.zeros((10, 10, 3), np.uint8))
    with pytest.raises(SourceError, match="odd: a mosaic's frames are of one camera"):
        Mosaic([small], PINHOLE, mm_per_px=1.0).part(0, 0, 10, 10)
    with pytest.raises(SourceError, match="looks at the wall"):
        Mosaic([spoilt(frames[0], frames[0].read, np.eye(4))], PINHOLE, mm_per_px=1.0)
    far = frames[0].t_wall_camera.copy()
    far[0, 3] = 1e9
    with pytest.raises(SourceError, match="one wall"):
        Mosaic([frames[0], spoilt(frames[0], frames[0].read, far)], PINHOLE, mm_per_px=1.0)
    with pytest.raises(SourceError, match="coarser"):
        write_mosaic(io.BytesIO(), Mosaic(frames, PINHOLE, mm_per_px=0.01), [])
    with pytest.raises(ValueError, match="needs frames"):
        Mosaic([], PINHOLE, mm_per_px=1.0)
