"""The rendered wall: the same every time, its truth where its pixels are dark, its frames where they say."""

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.cameras.calibrated import CalibratedCamera
from edge.cameras.wall import FOCAL_PX, WallCamera, serpentine
from edge.clock import ManualClock
from edge.frame import Frame
from edge.geometry import to_wall
from edge.render.concrete import ConcreteLook, concrete
from edge.render.course import CrackSpec, true_crack
from edge.render.layout import DEMO_SIZE_WH_MM, demo_wall
from edge.render.wall import RenderedWall, Shadow, WallSpec, render_wall
from edge.scale import Scale

FRAME_WH = (320, 240)


def small_spec(*, cracks: bool = True, seed: int = 5) -> WallSpec:
    """300 x 200 mm at 0.25 mm per px: 1200 x 800 px with one of everything."""
    rng = np.random.default_rng(seed)
    asked = (
        ("wide", CrackSpec(start_mm=(60, 180), end_mm=(70, 20), width_mm=2.0)),
        ("thin", CrackSpec(start_mm=(150, 170), end_mm=(190, 40), width_mm=0.5)),
        ("hairline", CrackSpec(start_mm=(250, 180), end_mm=(240, 30), width_mm=0.15)),
    )
    return WallSpec(
        size_wh_mm=(300.0, 200.0),
        mm_per_px=0.25,
        seed=seed,
        cracks=tuple(true_crack(rng, name, crack) for name, crack in asked) if cracks else (),
        joints_x_mm=(210.0,),
        joints_y_mm=(100.0,),
        tie_holes_mm=((110.0, 60.0),),
        rusty_ties=(0,),
        damp_mm=((20.0, 20.0),),
        shadows=(Shadow(through_mm=(110, 100), angle_rad=-1.0, half_width_mm=8, depth=0.15),),
    )


@pytest.fixture(scope="module")
def wall() -> RenderedWall:
    return render_wall(small_spec())


@pytest.fixture(scope="module")
def bare() -> RenderedWall:
    """The same wall without its cracks."""
    return render_wall(small_spec(cracks=False))


@pytest.fixture(scope="module")
def camera(wall: RenderedWall) -> WallCamera:
    return WallCamera(wall, clock=ManualClock(), frame_wh=FRAME_WH)


def frames(camera: WallCamera) -> list[Frame]:
    found = list(camera.frames())
    assert all(isinstance(frame, Frame) for frame in found)
    return found  # type: ignore[return-value]


def test_a_wall_is_the_same_every_time_and_another_seed_gives_another(wall: RenderedWall) -> None:
    again = render_wall(small_spec())
    assert np.array_equal(again.image, wall.image)
    other = render_wall(replace(small_spec(), seed=6))
    assert not np.array_equal(other.image, wall.image)


def test_only_the_cracks_differ_from_the_wall_without_them(wall: RenderedWall, bare: RenderedWall) -> None:
    """So truth is complete: nothing that is a crack lies away from the polylines."""
    changed = (wall.image != bare.image).any(axis=2)
    near = np.zeros(changed.shape, np.uint8)
    for crack in wall.truth.cracks:
        points = np.rint(wall.spec.to_px(crack.points_mm)).astype(np.int32)
        reach_px = int(crack.widths_mm.max() / wall.spec.mm_per_px) + 5
        cv2.polylines(near, [points], isClosed=False, color=1, thickness=2 * reach_px)
    assert changed.any()
    assert not (changed & (near == 0)).any()
    assert (wall.image.astype(int) <= bare.image.astype(int)).all()


def test_truth_lies_where_the_pixels_are_darker(wall: RenderedWall, bare: RenderedWall) -> None:
    lost = 1 - wall.image.mean(axis=2) / bare.image.mean(axis=2)
    for crack in wall.truth.cracks:
        columns, rows = np.rint(wall.spec.to_px(crack.points_mm)).astype(int).T
        assert np.median(lost[rows, columns]) > (0.1 if crack.width_mm < 0.2 else 0.35), crack.name


@pytest.mark.parametrize("name", ["wide", "thin", "hairline"])
def test_the_light_that_a_crack_takes_is_that_of_its_width(wall: RenderedWall, bare: RenderedWall, name: str) -> None:
    """Across a crack, lost light over depth is its width, however narrow: that is sub-pixel coverage."""
    (crack,) = [crack for crack in wall.truth.cracks if crack.name == name]
    lost = 1 - wall.image.mean(axis=2) / bare.image.mean(axis=2)
    points = wall.spec.to_px(crack.points_mm)
    left, right = int(points[:, 0].min()) - 15, int(points[:, 0].max()) + 16
    depth_mm = np.abs(np.diff(crack.points_mm[:, 1]))
    middle = slice(len(points) // 5, -len(points) // 5)
    rows = slice(int(points[middle, 1].min()), int(points[middle, 1].max()))
    area_mm2 = lost[rows, left:right].sum() * wall.spec.mm_per_px**2
    inside = (points[:-1, 1] >= rows.start) & (points[:-1, 1] < rows.stop)
    length_mm = np.linalg.norm(np.diff(crack.points_mm, axis=0), axis=1)
    asked_mm2 = (length_mm * (crack.widths_mm[:-1] + crack.widths_mm[1:]) / 2)[inside].sum()
    assert depth_mm[inside].sum() > 60
    # The rest is how dark a crack is: 0.55 to 0.84 of the light where it fills a pixel, less where it fades.
    assert 0.35 < area_mm2 / asked_mm2 < 0.9


def test_the_median_width_is_what_was_asked_for(wall: RenderedWall) -> None:
    assert [round(crack.width_mm, 6) for crack in wall.truth.cracks] == [2.0, 0.5, 0.15]
    for crack in wall.truth.cracks:
        assert crack.points_mm.shape == (len(crack.widths_mm), 2)
        assert crack.widths_mm.min() > 0


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    start=st.tuples(st.floats(0, 1000), st.floats(0, 1000)),
    reach=st.tuples(st.floats(5, 500), st.floats(-500, 500)),
    width_mm=st.floats(0.15, 2.0),
)
def test_a_course_runs_from_start_to_end_without_straying(
    seed: int, start: tuple[float, float], reach: tuple[float, float], width_mm: float
) -> None:
    end = (start[0] + reach[0], start[1] + reach[1])
    crack = true_crack(np.random.default_rng(seed), "c", CrackSpec(start_mm=start, end_mm=end, width_mm=width_mm))
    straight_mm = float(np.hypot(*reach))
    assert np.allclose(crack.points_mm[[0, -1]], [start, end])
    assert crack.width_mm == pytest.approx(width_mm)
    assert straight_mm <= crack.length_mm < 3 * straight_mm
    assert np.linalg.norm(crack.points_mm - np.array(start), axis=1).max() < 1.6 * straight_mm


def test_frames_that_overlap_show_the_same_wall(wall: RenderedWall, camera: WallCamera) -> None:
    taken = frames(camera)
    shared = 0
    for (left_a, top_a), a in zip(camera.corners_px, taken, strict=True):
        for (left_b, top_b), b in zip(camera.corners_px, taken, strict=True):
            w, h = FRAME_WH[0] - abs(left_a - left_b), FRAME_WH[1] - abs(top_a - top_b)
            if a.seq >= b.seq or w < 20 or h < 20:
                continue
            left, top = max(left_a, left_b), max(top_a, top_b)
            parts = [
                frame.pixels[top - y : top - y + h, left - x : left - x + w].astype(np.float32)
                for frame, x, y in ((a, left_a, top_a), (b, left_b, top_b))
            ]
            # Only noise and the lens's shading set them apart; one pixel beside, everything does.
            apart = parts[0] - parts[1]
            shading = cv2.blur(apart, (31, 31))
            assert np.abs(shading).max() < 0.1 * 255
            assert (apart - shading).std() < 3
            beside = parts[0][:, 1:] - parts[1][:, :-1]
            assert (beside - cv2.blur(beside, (31, 31))).std() > 1.5 * (apart - shading).std()
            shared += 1
    assert shared >= len(taken)


def test_a_frame_is_its_window_but_for_noise_and_vignetting(wall: RenderedWall, camera: WallCamera) -> None:
    for frame, corner in zip(frames(camera), camera.corners_px, strict=True):
        window = wall.window(*corner, FRAME_WH).astype(np.float32)
        ratio = frame.pixels.astype(np.float32).mean(axis=2) / window.mean(axis=2)
        assert np.median(ratio[100:140, 140:180]) == pytest.approx(1, abs=0.01)
        assert 0.88 < np.median(ratio[:12, :12]) < 0.94


def test_frames_say_what_is_known_and_nothing_of_the_truth(wall: RenderedWall, camera: WallCamera) -> None:
    first = frames(camera)
    assert camera.frame_count == len(first) == len(camera.corners_px)
    assert [frame.seq for frame in first] == list(range(len(first)))
    assert {frame.mm_per_px for frame in first} == {0.25}
    assert all(frame.pixels.flags.c_contiguous and frame.wh == FRAME_WH for frame in first)
    assert camera.truth is wall.truth
    again = frames(camera)
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(first, again, strict=True))


def test_its_scale_is_exact_and_called_simulated(wall: RenderedWall, camera: WallCamera) -> None:
    calibrated = CalibratedCamera(camera, camera.calibration, camera.scale_spec)
    scales = [frame.scale for frame in calibrated.frames() if isinstance(frame, Frame)]
    assert len(scales) == camera.frame_count
    for scale in scales:
        assert isinstance(scale, Scale)
        assert scale.mm_per_px == pytest.approx(0.25, rel=1e-9)
        assert scale.sd_mm_per_px == 0
    assert "simulated" in camera.calibration.source
    # What a record says twice is one record.
    assert camera.calibration.id == WallCamera(wall, clock=ManualClock(), frame_wh=FRAME_WH).calibration.id
    place = to_wall(camera.calibration, scales[0].view, np.array([[0.0, 0.0], [FRAME_WH[0] - 1.0, 0.0]]))
    assert np.ptp(place.xy_mm[:, 0]) == pytest.approx((FRAME_WH[0] - 1) * 0.25)


def test_the_true_pose_projects_the_truth_onto_its_pixels(wall: RenderedWall, camera: WallCamera) -> None:
    """Through the pinhole, a wall point lands on the pixel at which it was drawn."""
    w, h = FRAME_WH
    points_mm = np.concatenate([crack.points_mm[::20] for crack in wall.truth.cracks])
    on_wall = np.column_stack([points_mm, np.zeros(len(points_mm)), np.ones(len(points_mm))])
    for seq, corner in enumerate(camera.corners_px):
        x, y, z, _ = np.linalg.inv(camera.truth_pose(seq)) @ on_wall.T
        assert (z > 0).all()
        projected = np.stack([FOCAL_PX * x / z + (w - 1) / 2, FOCAL_PX * y / z + (h - 1) / 2], axis=1)
        assert np.allclose(projected + corner, wall.spec.to_px(points_mm), atol=1e-6)
        rotation = camera.truth_pose(seq)[:3, :3]
        assert np.allclose(rotation @ rotation.T, np.eye(3))
        assert np.linalg.det(rotation) == pytest.approx(1)


@given(
    wall_wh=st.tuples(st.integers(100, 9000), st.integers(100, 9000)),
    frame_share=st.tuples(st.floats(0.05, 1), st.floats(0.05, 1)),
    overlap=st.floats(0, 0.7),
)
def test_a_serpentine_covers_the_wall_and_moves_one_step_at_a_time(
    wall_wh: tuple[int, int], frame_share: tuple[float, float], overlap: float
) -> None:
    frame_wh = (max(1, int(wall_wh[0] * frame_share[0])), max(1, int(wall_wh[1] * frame_share[1])))
    corners = serpentine(wall_wh, frame_wh, overlap)
    assert len(set(corners)) == len(corners)
    for axis in (0, 1):
        along = sorted({corner[axis] for corner in corners})
        assert along[0] == 0
        assert along[-1] == wall_wh[axis] - frame_wh[axis]
        assert max(np.diff(along), default=0) <= frame_wh[axis] * (1 - overlap) + 1
    for before, after in pairwise(corners):
        assert (before[0] == after[0]) != (before[1] == after[1])


def test_millimetres_and_pixels_are_inverse(wall: RenderedWall) -> None:
    corners_px = np.array([[-0.5, -0.5], [1199.5, 799.5], [10, 20]])
    assert np.allclose(wall.spec.to_mm(corners_px)[:2], [[0, 200], [300, 0]])
    assert np.allclose(wall.spec.to_px(wall.spec.to_mm(corners_px)), corners_px)


def test_a_window_must_lie_within_the_wall(wall: RenderedWall) -> None:
    assert wall.window(0, 0, wall.spec.wh_px).shape == (800, 1200, 3)
    for left, top in ((-1, 0), (0, -1), (881, 0), (0, 561)):
        with pytest.raises(ValueError, match="within the wall"):
            wall.window(left, top, FRAME_WH)


def test_a_background_of_the_caller_is_used(wall: RenderedWall) -> None:
    grey = np.full(wall.image.shape, 150, np.uint8)
    plain = WallSpec(size_wh_mm=(300.0, 200.0), mm_per_px=0.25, seed=1, cracks=wall.truth.cracks)
    image = render_wall(plain, background=grey).image
    assert (grey == 150).all()
    assert 140 < np.median(image) < 160
    with pytest.raises(ValueError, match="as large as the wall"):
        render_wall(plain, background=grey[:-1])


@pytest.mark.parametrize("size_wh_mm", [(0.0, 10.0), (10_000.0, 10_000.0), (9_000.0, 10.0)])
def test_a_wall_has_a_sensible_size(size_wh_mm: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match=r"a wall has a positive size|at most"):
        render_wall(WallSpec(size_wh_mm=size_wh_mm, mm_per_px=0.25, seed=1))


@pytest.mark.parametrize("seed", [0, 1, 23, 10**17])
def test_demo_walls_keep_their_promises(seed: int) -> None:
    spec = demo_wall(seed)
    assert len(spec.cracks) >= 4
    points_mm = np.concatenate([crack.points_mm for crack in spec.cracks])
    assert (points_mm >= 0).all()
    assert (points_mm <= DEMO_SIZE_WH_MM).all()
    widths_mm = [crack.width_mm for crack in spec.cracks]
    assert min(widths_mm) < 0.2 < 1 < max(widths_mm) <= 2
    for hole in spec.tie_holes_mm:
        assert np.linalg.norm(points_mm - hole, axis=1).min() > spec.tie_radius_mm


def test_some_frames_of_the_shipped_wall_are_free_of_cracks() -> None:
    spec = demo_wall()
    corners = serpentine(spec.wh_px, (1920, 1080), 0.2)
    assert 12 <= len(corners) <= 20
    points = np.concatenate([spec.to_px(crack.points_mm) for crack in spec.cracks])
    free = [c for c in corners if not ((points >= c) & (points < np.add(c, (1920, 1080)))).all(axis=1).any()]
    assert 3 <= len(free) <= len(corners) - 5


@pytest.mark.parametrize("wh_px", [(64, 64), (96, 64), (1, 1), (333, 77)])
def test_concrete_comes_in_any_size(wh_px: tuple[int, int]) -> None:
    for seed in range(5):
        patch = concrete(np.random.default_rng(seed), wh_px)
        assert patch.shape == (wh_px[1], wh_px[0], 3)
        assert patch.dtype == np.uint8
        assert np.array_equal(patch, concrete(np.random.default_rng(seed), wh_px))


def test_concrete_has_the_texture_of_wall_photographs() -> None:
    """Standard deviations of its octaves, a third of leeway, against those of four SDNET2018 photographs.

    The spans are of 7096, 7099, 7102 and 7109, of 1920 x 1080 px from the middle of each.
    """
    measured = (
        (2.98, 3.73),
        (3.22, 4.08),
        (2.42, 3.23),
        (1.77, 2.53),
        (1.17, 2.12),
        (0.84, 2.16),
        (0.66, 2.46),
    )
    patch = concrete(np.random.default_rng(3), (1200, 800), look=ConcreteLook())
    level = cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY).astype(np.float32)
    for low, high in measured:
        blurred = cv2.GaussianBlur(level, (0, 0), 1.0)
        assert low / 1.33 < (level - blurred).std() < high * 1.33
        level = blurred[::2, ::2]


def test_its_drive_says_where_it_was(camera: WallCamera) -> None:
    for frame in frames(camera):
        pose = camera.step(frame)
        assert pose.t_wall_camera is not None
        assert np.array_equal(pose.t_wall_camera, camera.truth_pose(frame.seq))
