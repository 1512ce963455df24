"""A crack goes on where its mask does not, and ends where its darkness does: grey levels decide, not the mask."""

import cv2
import numpy as np
import pytest
from rendered_cracks import rendered_crack

from edge.measure.blur import Blur
from edge.measure.measure import CrackInPixels, measure_crack
from edge.measure.parts import Part
from edge.measure.tracing import AHEAD_PX, REACH_PX, completed

WH = (300, 160)


def wall(*lines: tuple[int, int, int], width: int = 5, noise: float = 1.5) -> np.ndarray:
    """Concrete, grey uint8 (h, w), with dark level lines (first x, last x, y)."""
    light = np.full((WH[1], WH[0]), 170.0)
    for first, last, y in lines:
        light[y - width // 2 : y + width // 2 + 1, first : last + 1] = 80
    light = cv2.GaussianBlur(light, (0, 0), 0.8) + np.random.default_rng(2).normal(0, noise, light.shape)
    return np.clip(np.rint(light), 0, 255).astype(np.uint8)


def mask(*lines: tuple[int, int, int], width: int = 7) -> np.ndarray:
    found = np.zeros((WH[1], WH[0]), bool)
    for first, last, y in lines:
        found[y - width // 2 : y + width // 2 + 1, first : last + 1] = True
    return found


def measured(grey: np.ndarray, found: np.ndarray) -> CrackInPixels:
    crack = measure_crack(grey, Part(mask=found, corner_xy=(0, 0)), Blur())
    assert crack is not None
    return crack


@pytest.mark.parametrize(("first", "last"), [(60, 240), (50, 250), (75, 225), (90, 240)])
def test_a_crack_ends_where_it_is_dark_no_more_whatever_its_mask_says(first: int, last: int) -> None:
    found = measured(wall((60, 240, 80)), mask((first, last, 80)))
    assert len(found.courses) == 1
    assert found.length_px == pytest.approx(181, abs=4)
    ends = found.courses[0].points_px[[0, -1]]
    assert sorted(ends[:, 0]) == pytest.approx([59.5, 240.5], abs=2)


def test_a_gap_of_the_mask_is_crossed_where_the_crack_goes_on() -> None:
    pieces = mask((40, 110, 80), (160, 250, 80))
    (course,) = measured(wall((40, 250, 80)), pieces).courses
    assert np.ptp(course.points_px[:, 0]) == pytest.approx(210, abs=5)
    assert len(measured(wall((40, 110, 80), (160, 250, 80)), pieces).courses) == 2


def test_a_crack_is_not_followed_for_ever() -> None:
    (line,) = completed(wall((10, 290, 80)), mask((140, 170, 80)))
    assert np.ptp(line.points_px[:, 0]) <= 30 + 2 * (REACH_PX + AHEAD_PX) + 2


def test_an_edge_of_a_shadow_is_no_crack() -> None:
    """Darker than one side only: a course that followed it would be longer by `REACH_PX`."""
    grey = wall((60, 240, 80))
    grey[80:, 241:] = 90
    assert measured(grey, mask((60, 240, 80))).length_px == pytest.approx(181, abs=AHEAD_PX + 3)


def test_what_lies_beside_a_find_is_not_its_largest_width() -> None:
    """A fine crack that ends at a hole: the rim was masked with it."""
    grey = wall((30, 220, 60), width=3)
    cv2.circle(grey, (262, 110), 26, 60, -1)
    found = mask((30, 220, 60), (245, 275, 110))
    widths = measured(grey, found).widths_px
    assert widths is not None
    assert widths.maximum.value < 6


def test_a_pore_beside_a_crack_is_no_width_of_it() -> None:
    plain = wall((40, 250, 80))
    pored = plain.copy()
    for x in (90, 150, 210):
        cv2.circle(pored, (x, 84), 2, 40, -1)
    found = mask((40, 250, 80), width=9)
    with_pores, without = (measured(grey, found).widths_px for grey in (pored, plain))
    assert with_pores is not None
    assert without is not None
    assert with_pores.maximum.value == pytest.approx(without.maximum.value, abs=1.0)
    assert with_pores.median.value == pytest.approx(without.median.value, abs=0.5)


def test_a_width_repeats_from_one_visit_to_the_next() -> None:
    off = []
    for seed in range(6):
        cracks = [rendered_crack(900 + seed, 0.5, visit=visit) for visit in (1, 2)]
        widths = [
            measured(cv2.cvtColor(crack.pixels, cv2.COLOR_BGR2GRAY), crack.mask(kind)).widths_px
            for crack, kind in zip(cracks, ("wide", "ragged"), strict=True)
        ]
        assert widths[0] is not None
        assert widths[1] is not None
        off.append((widths[1].median.value - widths[0].median.value) * 0.1)
    assert np.std(off) < 0.04
