"""The map of the wall: what it calls inspected really was, judged by the lens's formula written down a second time."""

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from board_renderer import Lens, calibration_of
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.coverage import NEVER_SEEN, TOO_COARSE, CoverageMap, scored_box
from edge.coverage_picture import draw_coverage
from edge.errors import CalibrationError, LogError
from edge.geometry import WallView, facing, left_covariance, moved
from edge.scale_bar import round_length_mm
from edge.tiling import window_origins

LENS = Lens()
CALIBRATION = calibration_of(LENS)
W, H = LENS.frame_wh
FULL = (0.0, 0.0, float(W), float(H))
SURE = np.zeros((6, 6))


def view(x_mm=0.0, y_mm=0.0, distance_mm=200.0, tilt=(0.0, 0.0), turn_deg=0.0, sd=None) -> WallView:
    pose = facing(distance_mm, *np.radians(tilt))
    pose[:2, 3] = x_mm, y_mm
    pose[:3, :3] = cv2.Rodrigues(np.array([0, 0, math.radians(turn_deg)]))[0] @ pose[:3, :3]
    covariance = SURE if sd is None else left_covariance(pose, np.diag(sd) ** 2)
    return WallView(t_wall_camera=pose, covariance=covariance)


def project(pose: np.ndarray, points_mm: np.ndarray) -> np.ndarray:
    """From the frame's corner."""
    in_camera = (np.column_stack([points_mm, np.zeros(len(points_mm))]) - pose[:3, 3]) @ pose[:3, :3]
    return LENS.project(in_camera) + 0.5


def within(points_px: np.ndarray, box: tuple[float, ...]) -> np.ndarray:
    return ((points_px >= box[:2]) & (points_px <= box[2:])).all(axis=1)


def cell_points(coverage: CoverageMap) -> np.ndarray:
    """Corners and middles of the cells that count, a hair inside."""
    rows, cols = np.nonzero(coverage.inspected_cells())
    first = np.stack([cols, rows], axis=1) + coverage.first_ij
    offsets = np.array([[0, 0], [0, 1], [1, 0], [1, 1], [0.5, 0.5]])
    return ((first[:, None] + offsets) * coverage.cell_mm).reshape(-1, 2)


@settings(deadline=None, max_examples=12)
@given(
    x=st.floats(-5000, 5000),
    y=st.floats(-500, 500),
    distance=st.floats(150, 600),
    tilt=st.tuples(st.floats(-6, 6), st.floats(-6, 6)),
    turn=st.floats(-180, 180),
    cut=st.tuples(st.floats(0, 200), st.floats(0, 150)),
)
def test_a_cell_counts_exactly_where_the_whole_of_it_is_in_the_scored_box(x, y, distance, tilt, turn, cut):
    seen = view(x, y, distance, tilt, turn)
    box = (cut[0], cut[1], W - cut[0], H - cut[1])
    coverage = CoverageMap(max_mm_per_px=2.0)
    coverage.inspected(7, CALIBRATION, seen, box)
    points = cell_points(coverage)
    assert within(project(seen.t_wall_camera, points), box).all()
    assert coverage.covered(points[4::5]).all()
    # And none is left out that lies within by more than the pixel that is allowed for the lens.
    cells = np.stack(np.meshgrid(np.arange(-30, 30), np.arange(-30, 30)), axis=-1).reshape(-1, 2)
    cells = cells + np.round(np.array([x, y]) / 10).astype(int)
    ring = (cells[:, None] + np.array([[0, 0], [0, 1], [1, 0], [1, 1]])) * 10.0
    small = (box[0] + 2.5, box[1] + 2.5, box[2] - 2.5, box[3] - 2.5)
    near = np.linalg.norm(ring.mean(axis=1) - [x, y], axis=1) < 0.5 * distance
    wholly = within(project(seen.t_wall_camera, ring.reshape(-1, 2)), small).reshape(-1, 4).all(axis=1) & near
    assert coverage.covered((cells[wholly] + 0.5) * 10.0).all()


def test_cells_count_wherever_the_frame_may_have_been():
    """The pose drawn at random: in 95 of 100 draws every cell that counts was in the frame."""
    sd = (2.0, 3.0, 1.5, 0.004, 0.004, 0.006)
    unsure = view(10, -30, 400, (2, -3), sd=sd)
    coverage = CoverageMap(max_mm_per_px=2.0)
    coverage.inspected(0, CALIBRATION, unsure, FULL)
    points = cell_points(coverage)
    assert len(points) > 500
    motions = np.random.default_rng(0).multivariate_normal(np.zeros(6), unsure.covariance, 300)
    held = [within(project(moved(unsure.t_wall_camera, m), points), FULL).all() for m in motions]
    assert np.mean(held) > 0.93


@settings(deadline=None, max_examples=8)
@given(sd=st.floats(0.1, 60), more=st.floats(1.01, 3))
def test_who_knows_less_of_its_place_covers_less(sd, more):
    maps = []
    for value in (sd, sd * more):
        coverage = CoverageMap(max_mm_per_px=2.0)
        coverage.inspected(0, CALIBRATION, view(sd=(value, value, 0, 0, 0, 0)), FULL)
        maps.append(coverage)
    assert maps[0].covered(cell_points(maps[1])[4::5]).all()


def test_frames_tied_to_each_other_leave_no_gaps_where_they_overlap():
    """Two frames that know each other to 0.5 mm and the wall to 8: a strip is lost around both, not between them."""
    loose, tied = (8.0, 8.0, 0, 0, 0, 0), (0.5, 0.5, 0, 0, 0, 0)
    middle = np.array([[95.0, 0.0]])
    maps = []
    for relative in (None, tied):
        coverage = CoverageMap(max_mm_per_px=2.0)
        for i, x in enumerate((0.0, 190.0)):
            near = None if relative is None else view(x, sd=relative).covariance
            coverage.inspected(i, CALIBRATION, view(x, sd=loose), FULL, relative_covariance=near)
        maps.append(coverage)
    alone, together = maps
    assert not alone.covered(middle)[0]
    assert together.covered(middle)[0]
    # 95 % of a place known to 8 mm each way lies within 19.6 mm.
    half_w_mm = W / 2 / LENS.fx * 200
    assert not together.covered(np.array([[-half_w_mm + 15.0, 0.0]]))[0]
    assert together.covered(np.array([[-half_w_mm + 50.0, 0.0]]))[0]


def test_too_coarse_is_not_inspected_and_the_finest_frame_is_named():
    coverage = CoverageMap(max_mm_per_px=0.5)
    coverage.inspected(1, CALIBRATION, view(distance_mm=500), FULL)
    assert not coverage.covered(np.zeros((1, 2)))[0]
    assert coverage.reasons(np.zeros((1, 2))) == [TOO_COARSE]
    for seq, distance in ((2, 300), (3, 200), (4, 250)):
        coverage.inspected(seq, CALIBRATION, view(distance_mm=distance), FULL)
    j, i = -coverage.first_ij[1], -coverage.first_ij[0]
    assert coverage.frame[j, i] == 3
    assert coverage.mm_per_px[j, i] == pytest.approx(200 / LENS.fx, rel=0.01)


def test_a_scale_that_is_not_sure_counts_as_its_coarse_end():
    # 0.44 mm per px, which may be 0.48 where the distance is known to 5 %.
    coverage = CoverageMap(max_mm_per_px=0.46)
    coverage.inspected(0, CALIBRATION, view(distance_mm=300, sd=(0, 0, 15, 0, 0, 0)), FULL)
    assert coverage.reasons(np.zeros((1, 2))) == [TOO_COARSE]


def test_a_miss_is_told_where_nothing_else_was_seen():
    coverage = CoverageMap(max_mm_per_px=1.0)
    here, there, nowhere = np.array([[0.0, 0.0], [300.0, 0.0], [900.0, 0.0]])
    coverage.inspected(0, CALIBRATION, view(), FULL)
    coverage.missed(CALIBRATION, view(), "blurred")
    coverage.missed(CALIBRATION, view(300), "too dark")
    assert coverage.reasons(np.stack([here, there, nowhere])) == ["inspected", "too dark", NEVER_SEEN]
    coverage.missed(CALIBRATION, view(300), "dropped by the camera")
    assert coverage.reasons(there) == ["dropped by the camera"]
    coverage.inspected(1, CALIBRATION, view(300), FULL)
    assert coverage.covered(np.stack([here, there, nowhere])).tolist() == [True, True, False]
    areas = coverage.areas_m2()
    assert areas["inspected"] == pytest.approx(2 * W * H * (200 / LENS.fx) ** 2 / 1e6, rel=0.2)
    assert areas["inspected"] == coverage.inspected_cells().sum() * 1e-4


def test_what_is_no_place_is_not_covered():
    coverage = CoverageMap(max_mm_per_px=1.0)
    odd = np.array([[np.nan, 0.0], [np.inf, 0.0], [1e300, 0.0]])
    assert not coverage.covered(odd).any()
    coverage.inspected(0, CALIBRATION, view(), FULL)
    assert not coverage.covered(odd).any()


def test_the_box_is_the_middles_of_the_windows():
    xs, ys = window_origins(W, 96, 24), window_origins(H, 96, 24)
    assert scored_box(xs, ys, 96, 24) == (36, 36, W - 36, H - 36)


@settings(deadline=None, max_examples=10)
@given(frames=st.lists(st.tuples(st.floats(-3000, 3000), st.floats(-3000, 3000), st.booleans()), max_size=6))
def test_a_map_comes_back_from_its_bytes(frames):
    coverage = CoverageMap(max_mm_per_px=1.0)
    for i, (x, y, good) in enumerate(frames):
        if good:
            coverage.inspected(i, CALIBRATION, view(x, y), FULL)
        else:
            coverage.missed(CALIBRATION, view(x, y), "ünscharf")
    read = CoverageMap.from_bytes(coverage.to_bytes())
    assert (read.states, read.first_ij, read.cell_mm) == (coverage.states, coverage.first_ij, coverage.cell_mm)
    for name in ("state", "mm_per_px", "frame", "reach_mm"):
        np.testing.assert_array_equal(getattr(read, name), getattr(coverage, name))
    points = np.random.default_rng(0).uniform(-3200, 3200, (200, 2))
    np.testing.assert_array_equal(read.covered(points), coverage.covered(points))


def test_a_wall_is_stored_compactly():
    coverage = CoverageMap(max_mm_per_px=1.0)
    for i in range(10):
        for j in range(6):
            coverage.inspected(10 * j + i, CALIBRATION, view(180 * i, 130 * j), FULL)
    cells = coverage.inspected_cells().sum()
    assert cells > 12_000
    assert len(coverage.to_bytes()) < 2 * cells


@pytest.mark.parametrize("spoil", [lambda b: b[:-40], lambda b: b"", lambda b: b"PK" + b[2:50], lambda b: b[:200]])
def test_a_damaged_map_is_refused(spoil):
    coverage = CoverageMap(max_mm_per_px=1.0)
    coverage.inspected(0, CALIBRATION, view(), FULL)
    with pytest.raises(LogError, match="coverage map"):
        CoverageMap.from_bytes(spoil(coverage.to_bytes()))


def test_poses_that_cannot_be_are_refused():
    coverage = CoverageMap(max_mm_per_px=1.0)
    coverage.inspected(0, CALIBRATION, view(), FULL)
    with pytest.raises(CalibrationError, match="pose is wrong"):
        coverage.inspected(1, CALIBRATION, view(1e7, 1e7), FULL)
    with pytest.raises(CalibrationError, match="pose is wrong"):
        coverage.inspected(1, CALIBRATION, view(distance_mm=1e6), FULL)
    lost = view(sd=(1e7, 1e7, 0, 0, 0, 0))
    coverage.inspected(2, CALIBRATION, replace(lost), FULL)
    coverage.missed(CALIBRATION, lost, "blurred")
    assert coverage.covered(np.zeros((1, 2)))[0]


def test_the_picture_shows_what_does_not_count_in_other_colours():
    coverage = CoverageMap(max_mm_per_px=1.0)
    coverage.inspected(0, CALIBRATION, view(), FULL)
    coverage.missed(CALIBRATION, view(230), "blurred")
    picture = draw_coverage(coverage)
    green = (picture[..., 1] > picture[..., 2].astype(int) + 20) & (picture[..., 1] > picture[..., 0].astype(int) + 20)
    columns = np.flatnonzero(green[: picture.shape[0] // 3].any(axis=0))
    assert columns.size
    assert columns.max() < 0.62 * picture.shape[1]
    empty = draw_coverage(CoverageMap(max_mm_per_px=1.0))
    assert empty.shape[2] == 3


@given(most=st.floats(0.01, 1e6))
def test_a_scale_bar_is_round_and_as_long_as_fits(most):
    length = round_length_mm(most)
    assert length <= most * (1 + 1e-9) < 2.6 * length
    assert float(f"{length:.0e}"[0]) in (1, 2, 5)
