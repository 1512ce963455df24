"""Wander of courses: none of lines and arcs however they lie, much of cracks at every scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.measure.wander import LEAST_PX, STRAIGHT_PX, wander_px
from edge.render.course import CrackSpec, true_crack


def turned(points: np.ndarray, angle: float) -> np.ndarray:
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, -sin], [sin, cos]]) + 1000


@given(length=st.floats(LEAST_PX + 1, 2000), angle=st.floats(0, np.pi), sag=st.floats(-40, 40))
def test_a_line_and_a_wire_that_sags_do_not_wander(length: float, angle: float, sag: float) -> None:
    along = np.linspace(0, 1, 300)
    wire = np.stack([along * length, sag * 4 * along * (1 - along) * length / 2000], axis=1)
    found = wander_px(turned(wire, angle))
    assert found is not None
    assert found < 0.3


@pytest.mark.parametrize("radius", [60.0, 120.0, 500.0])
def test_an_arc_bends_alike_everywhere(radius: float) -> None:
    angles = np.linspace(0, 180 / radius * 1.2, 400)
    found = wander_px(radius * np.stack([np.cos(angles), np.sin(angles)], axis=1))
    assert found == pytest.approx(0.0, abs=0.1)


@given(st.integers(0, 10_000))
def test_a_joint_as_measuring_finds_it_is_straight(seed: int) -> None:
    """Half a pixel off, alike over some ten pixels."""
    noise = np.random.default_rng(seed).normal(0, 1, 700)
    smooth = np.convolve(noise, np.ones(10), mode="valid")
    joint = np.stack([np.arange(len(smooth), dtype=float), 0.5 * smooth / smooth.std()], axis=1)
    found = wander_px(turned(joint, 0.3))
    assert found is not None
    assert found < STRAIGHT_PX


@given(seed=st.integers(0, 10_000), angle=st.floats(0, np.pi))
def test_a_crack_wanders_whatever_its_direction(seed: int, angle: float) -> None:
    """As rendered walls have them, the smoothest of them: a detour of a twentieth at each halving."""
    spec = CrackSpec(start_mm=(0, 0), end_mm=(600, 0), width_mm=3.0, waviness=0.05, step_mm=3.0)
    points = true_crack(np.random.default_rng(seed), "C", spec).points_mm
    plain, other = wander_px(points), wander_px(turned(points, angle))
    assert plain is not None
    assert plain > STRAIGHT_PX
    assert other == pytest.approx(plain, rel=1e-3)


def test_what_is_short_tells_nothing() -> None:
    assert wander_px(np.array([[0.0, 0.0], [LEAST_PX - 1, 0.0]])) is None
