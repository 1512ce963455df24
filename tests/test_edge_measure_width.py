"""Widths to a fraction of a pixel: against slits drawn by supersampling, and against rendered cracks."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rendered_cracks import MASKS, rendered_crack

from edge.measure.blur import Blur, equivalent_width, true_width
from edge.measure.measure import CrackInPixels, measure_crack
from edge.measure.parts import Part

WH = (220, 200)
FINE = 6  # samples a pixel


def slit(
    width_px: float, *, angle_deg: float = 20.0, depth: float = 0.6, sigma_px: float = 0.7, noise: float = 1.5
) -> tuple[np.ndarray, np.ndarray]:
    """A straight slit across the middle, ending in the picture: grey uint8 (h, w), and its mask."""
    w, h = WH
    y, x = (np.mgrid[: h * FINE, : w * FINE] + 0.5) / FINE - 0.5
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    along, away = (x - w / 2) * c + (y - h / 2) * s, -(x - w / 2) * s + (y - h / 2) * c
    inside = ((np.abs(away) <= width_px / 2) & (np.abs(along) <= 80)).astype(np.float32)
    covered = cv2.GaussianBlur(inside, (0, 0), sigma_px * FINE).reshape(h, FINE, w, FINE).mean(axis=(1, 3))
    light = 170 * (1 - depth * covered) + np.random.default_rng(5).normal(0, noise, (h, w))
    mask = (np.abs(away) <= width_px / 2 + 1.5) & (np.abs(along) <= 80)
    return np.clip(np.rint(light), 0, 255).astype(np.uint8), mask[FINE // 2 :: FINE, FINE // 2 :: FINE]


def measured(grey: np.ndarray, mask: np.ndarray, blur: Blur | None = None) -> CrackInPixels:
    found = measure_crack(grey, Part(mask=mask, corner_xy=(0, 0)), blur or Blur())
    assert found is not None
    return found


@given(st.floats(0.05, 60.0), st.floats(0.3, 3.0))
def test_equivalent_width_and_true_width_are_inverse(width, sigma):
    seems = float(equivalent_width(width, sigma))
    assert seems >= max(width, np.sqrt(2 * np.pi) * sigma) * (1 - 1e-6)
    # Far below the blur everything seems alike.
    assert float(true_width(seems, sigma)) == pytest.approx(width, rel=2e-3, abs=0.15 * sigma)


def test_equivalent_width_is_that_of_a_slit_blurred_by_numbers():
    at = np.arange(-40, 40, 0.01)
    for width in (0.5, 2.0, 5.0):
        kernel = np.exp(-0.5 * (np.arange(-5, 5, 0.01) / 0.8) ** 2)
        seen = np.convolve((np.abs(at) <= width / 2).astype(float), kernel / kernel.sum(), mode="same")
        assert float(equivalent_width(width, 0.8)) == pytest.approx(seen.sum() * 0.01 / seen.max(), rel=5e-3)


@pytest.mark.parametrize("width_px", [2.0, 3.0, 5.0, 9.0, 16.0])
@pytest.mark.parametrize("angle_deg", [0.0, 20.0, 133.0])
def test_a_slit_is_measured_to_a_fraction_of_a_pixel(width_px, angle_deg):
    found = measured(*slit(width_px, angle_deg=angle_deg))
    assert found.widths_px is not None
    assert found.widths_px.median.value == pytest.approx(width_px, abs=0.3 if width_px > 2 else 0.6)
    assert found.widths_px.median.low <= width_px <= found.widths_px.median.high
    assert found.length_px == pytest.approx(160, abs=5 + width_px / 2)  # of a blunt end, the corners are as far


@pytest.mark.parametrize("depth", [0.25, 0.8])
@pytest.mark.parametrize("sigma_px", [0.5, 1.1])
def test_neither_depth_nor_blur_is_taken_for_width(depth, sigma_px):
    found = measured(*slit(4.0, depth=depth, sigma_px=sigma_px))
    assert found.widths_px is not None
    assert found.widths_px.median.value == pytest.approx(4.0, abs=0.4)


def test_a_blur_that_is_known_is_believed():
    grey, mask = slit(2.0, sigma_px=1.5)
    told = measured(grey, mask, Blur(sigma_px=1.5, relative_sd=0.05)).widths_px
    assert told is not None
    assert told.median.value == pytest.approx(2.0, abs=0.5)


def test_a_hairline_is_below_resolution_and_never_a_bare_number():
    found = measured(*slit(0.3, depth=0.5))
    assert found.widths_px is None
    assert np.isnan(np.concatenate([course.widths_px for course in found.courses])).all()
    assert found.length_px == pytest.approx(160, rel=0.1)


def test_an_even_wall_has_no_width():
    grey, mask = slit(3.0, depth=0.0, noise=2.0)
    assert measured(grey, mask).widths_px is None


@pytest.mark.parametrize("kind", MASKS)
def test_the_mask_does_not_decide_the_width(kind):
    crack = rendered_crack(8, 0.8)
    found = measured(cv2.cvtColor(crack.pixels, cv2.COLOR_BGR2GRAY), crack.mask(kind))
    assert found.widths_px is not None
    assert found.widths_px.median.value == pytest.approx(crack.true_widths_px()["median"], abs=0.8)


def test_rendered_cracks_are_measured_within_what_is_promised():
    errors, held, lengths = [], [], []
    for number, width_mm in enumerate([0.2, 0.3, 0.45, 0.7, 1.1, 1.6, 2.0] * 2):
        crack = rendered_crack(40 + number, width_mm)
        found = measured(cv2.cvtColor(crack.pixels, cv2.COLOR_BGR2GRAY), crack.mask("wide"))
        lengths.append(found.length_px / crack.length_px - 1)
        if found.widths_px is None:
            continue
        median, truth = found.widths_px.median, crack.true_widths_px()["median"]
        errors.append(abs(median.value - truth) * 0.1)
        held.append(median.low <= truth <= median.high)
    assert len(errors) >= 12
    assert np.mean(errors) <= 0.06
    assert np.mean(held) >= 0.8
    assert np.median(np.abs(lengths)) <= 0.03


def test_a_course_has_a_width_at_each_of_its_points():
    crack = rendered_crack(3, 1.0)
    found = measured(cv2.cvtColor(crack.pixels, cv2.COLOR_BGR2GRAY), crack.mask("true"))
    for course in found.courses:
        assert course.widths_px.shape == (len(course.points_px),)
    (course,) = found.courses[:1]
    away = np.linalg.norm(course.points_px[:, None] - crack.points_px, axis=2).min(axis=1)
    assert np.median(away) < 5  # vertices are up to 7 px apart


def test_a_blur_is_checked():
    with pytest.raises(ValueError, match=r"a blur is 0\.2 to 20 px"):
        Blur(sigma_px=0.0)
