"""Rendered cracks fill the area that their course and width say, wherever the pixel grid lies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.render.cracks import CrackPath, CrackStyle, branches, coverage, crack_path, darken

SHIFT = st.floats(-0.5, 0.5)
LENGTH_PX, SIDE_PX = 80.0, 120


def ribbon(width_px: float, *, angle_rad: float = 0.0, shift_xy: tuple[float, float] = (0.0, 0.0)) -> CrackPath:
    """A straight one of `LENGTH_PX`, in the middle of a canvas of `SIDE_PX`."""
    centre = np.array([SIDE_PX / 2 + shift_xy[0], SIDE_PX / 2 + shift_xy[1]])
    reach = np.array([np.cos(angle_rad), np.sin(angle_rad)]) * LENGTH_PX / 2
    return CrackPath(
        points_xy_px=np.stack([centre - reach, centre + reach]).astype(np.float32),
        widths_px=np.full(2, width_px, np.float32),
    )


def area_px(path: CrackPath) -> float:
    return float(coverage([path], (SIDE_PX, SIDE_PX)).sum(dtype=np.float64))


@pytest.mark.parametrize("width_px", [0.35, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 9.0])
def test_coverage_sums_to_width_times_length(width_px: float) -> None:
    rng = np.random.default_rng(0)
    worst = 0.0
    for _ in range(40):
        path = ribbon(width_px, angle_rad=rng.uniform(0, np.pi), shift_xy=tuple(rng.uniform(-0.5, 0.5, 2)))
        most = width_px * LENGTH_PX + np.pi * width_px**2 / 4  # with round ends
        found = area_px(path)
        worst = max(worst, 1 - found / (width_px * LENGTH_PX), found / most - 1)
    assert worst < 0.02 + 0.012 / width_px


@settings(max_examples=60, deadline=None)
@given(st.floats(0.2, 9), st.floats(0, np.pi), SHIFT, SHIFT)
def test_the_pixel_grid_hardly_changes_the_area(width_px: float, angle_rad: float, dx: float, dy: float) -> None:
    still = area_px(ribbon(width_px, angle_rad=angle_rad))
    moved = area_px(ribbon(width_px, angle_rad=angle_rad, shift_xy=(dx, dy)))
    assert abs(moved - still) / LENGTH_PX < 0.08  # pixels of width


@settings(max_examples=40, deadline=None)
@given(st.floats(0.3, 9), st.floats(0, np.pi), SHIFT, SHIFT)
def test_it_lies_where_its_course_is(width_px: float, angle_rad: float, dx: float, dy: float) -> None:
    """Its centre of mass is on the course, and nothing lies far from it.

    A crack narrower than a pixel may lie in one whole: nobody can tell where in it.
    """
    covered = coverage([ribbon(width_px, angle_rad=angle_rad, shift_xy=(dx, dy))], (SIDE_PX, SIDE_PX))
    ys, xs = np.mgrid[:SIDE_PX, :SIDE_PX]
    away_x, away_y = xs - SIDE_PX / 2 - dx, ys - SIDE_PX / 2 - dy
    across = -away_x * np.sin(angle_rad) + away_y * np.cos(angle_rad)
    along = away_x * np.cos(angle_rad) + away_y * np.sin(angle_rad)
    assert abs((covered * across).sum() / covered.sum()) < 0.15 + max(0, 1 - width_px) / 2
    assert abs((covered * along).sum() / covered.sum()) < 0.4  # its ends are drawn less exactly
    assert covered[np.abs(across) > width_px / 2 + 1.5].max() == 0


def test_a_wide_crack_fills_its_pixels_and_a_hairline_a_part_of_them() -> None:
    wide, hairline = (coverage([ribbon(w)], (SIDE_PX, SIDE_PX)) for w in (5.0, 0.3))
    assert wide[60, 40:80].min() == 1
    assert wide.dtype == np.float32
    assert 0.2 < hairline[60, 40:80].max() < 0.8


def test_a_window_s_coverage_is_cut_out_of_the_whole() -> None:
    path = ribbon(3.0, angle_rad=0.4)
    whole = coverage([path], (SIDE_PX, SIDE_PX))
    part = coverage([path], (50, 40), origin_xy_px=(30, 45))
    np.testing.assert_allclose(part, whole[45:85, 30:80], atol=0.03)


def test_crossing_cracks_never_cover_more_than_a_pixel() -> None:
    paths = [ribbon(4.0, angle_rad=a) for a in np.linspace(0, 3, 7)]
    covered = coverage(paths, (SIDE_PX, SIDE_PX))
    assert covered.max() <= 1
    assert covered.sum() < sum(area_px(path) for path in paths)
    assert coverage([], (20, 10)).shape == (10, 20)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.3, 9), st.floats(20, 600))
def test_a_course_has_the_width_and_about_the_length_that_were_asked_for(
    seed: int, width: float, length: float
) -> None:
    paths = [
        crack_path(
            np.random.default_rng((seed, i)),
            start_xy_px=(5.0, 7.0),
            heading_rad=0.3,
            length_px=length,
            width_px=width,
        )
        for i in range(30)
    ]
    for path in paths:
        assert path.points_xy_px.shape == (len(path.widths_px), 2)
        assert path.points_xy_px[0].tolist() == [5, 7]
        assert float(np.median(path.widths_px)) == pytest.approx(width, rel=0.08)
        assert path.widths_px.min() >= 0.499 * width
        assert path.widths_px.max() <= 1.81 * width
    found = [np.linalg.norm(np.diff(path.points_xy_px, axis=0), axis=1).sum() for path in paths]
    assert np.mean(found) == pytest.approx(length, rel=0.15)


def test_branches_leave_the_trunk_and_are_finer() -> None:
    rng = np.random.default_rng(3)
    style = CrackStyle(branch_per_step=0.2)
    trunk = crack_path(rng, start_xy_px=(0, 0), heading_rad=0, length_px=300, width_px=4.0, style=style)
    found = branches(rng, trunk, style)
    assert len(found) > 5
    for branch in found:
        (at,) = np.flatnonzero((trunk.points_xy_px == branch.points_xy_px[0]).all(axis=1))
        assert np.median(branch.widths_px) < trunk.widths_px[at]


def test_darken_takes_light_away_in_proportion_and_rounds() -> None:
    image = np.full((1, 4, 3), 201, np.uint8)
    covered = np.array([[0, 0.5, 1.0, 0.25]], np.float32)
    found = darken(image, covered, depth=0.5, tint_bgr=(1.0, 0.5, 2.0))
    assert found[0].tolist() == [[201, 201, 201], [151, 176, 100], [100, 151, 0], [176, 188, 151]]
    assert found.dtype == np.uint8
