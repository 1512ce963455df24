"""Blur in pixels against movements that were rendered, over walls that look different and cameras that are noisy."""

import cv2
import numpy as np
import pytest

from edge.quality import QualityThresholds
from edge.quality.blur import BlurGauge
from edge.render.concrete import concrete

GAUGE = BlurGauge()
WH = (480, 400)


def wall(seed: int, mm_per_px: float) -> np.ndarray:
    return concrete(np.random.default_rng(seed), WH, mm_per_px=mm_per_px).astype(np.float32)


def moved(picture: np.ndarray, length_px: float, *, upright: bool, noise_sd: float) -> np.ndarray:
    """As exposed while the wall moved that far: a box, its ends at fractions of a pixel; then the sensor's noise."""
    if length_px:
        reach = np.arange(-np.ceil(length_px), np.ceil(length_px) + 1)
        box = np.clip(np.minimum(reach + 0.5, length_px / 2) - np.maximum(reach - 0.5, -length_px / 2), 0, None)
        kernels = np.ones(1), box / box.sum()
        picture = cv2.sepFilter2D(picture, -1, kernels[not upright], kernels[upright])
    noise = np.random.default_rng(0).normal(0, noise_sd, picture.shape)
    return np.clip(np.rint(picture + noise), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("mm_per_px", [0.1, 0.25])
@pytest.mark.parametrize("noise_sd", [0.7, 2.0])
@pytest.mark.parametrize("upright", [False, True])
def test_a_movement_is_measured_in_pixels(mm_per_px, noise_sd, upright):
    for seed in range(3):
        picture = wall(seed, mm_per_px)
        for length_px in (4, 6, 10):
            found = GAUGE.blur_px(moved(picture, length_px, upright=upright, noise_sd=noise_sd))
            assert found == pytest.approx(length_px, rel=0.35, abs=1.5)


@pytest.mark.parametrize("mm_per_px", [0.1, 0.25])
@pytest.mark.parametrize("noise_sd", [0.7, 2.0])
def test_a_sharp_wall_is_sharp(mm_per_px, noise_sd):
    found = [GAUGE.blur_px(moved(wall(s, mm_per_px), 0, upright=False, noise_sd=noise_sd)) for s in range(4)]
    assert max(found) < QualityThresholds().max_blur_px - 0.5


def test_out_of_focus_is_blurred_too():
    picture = cv2.GaussianBlur(wall(1, 0.25), (0, 0), 4)
    assert GAUGE.blur_px(moved(picture, 0, upright=False, noise_sd=1.0)) > 6


@pytest.mark.parametrize("sd", [0.0, 2.0])
def test_of_nothing_but_noise_no_blur_is_said(sd):
    grey = np.full((300, 300, 3), 120.0, np.float32)
    assert GAUGE.blur_px(moved(grey, 0, upright=False, noise_sd=sd)) is None


def test_a_tag_or_a_joint_in_one_corner_changes_nothing():
    picture = moved(wall(2, 0.25), 6, upright=False, noise_sd=1.0)
    found = GAUGE.blur_px(picture)
    picture[:120, :120] = np.indices((120, 120)).sum(axis=0)[:, :, None] // 10 % 2 * 255
    assert GAUGE.blur_px(picture) == pytest.approx(found, abs=1.3)
