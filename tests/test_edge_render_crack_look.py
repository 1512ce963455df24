"""The frozen look of cracks: its hash is checked, its law is what it says, its cracks take the light of their width."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import DataError
from edge.render.crack_look import DEFAULT, CrackLook, read_crack_look
from edge.render.cracks import CrackPath
from edge.render.slits import Slit, draw_slits

LOOK = read_crack_look()


def test_the_look_that_ships_is_whole() -> None:
    assert (
        LOOK.split_sha256
        == json.loads((Path(__file__).parents[1] / "training/datasets/splits/default.json").read_text())["sha256"]
    )
    assert LOOK.pictures > 300


@pytest.mark.parametrize(
    ("was", "becomes"), [('"optics_px": 0.', '"optics_px": 1.'), ('"schema_version": 1', '"schema_version": 2')]
)
def test_a_changed_look_is_refused(tmp_path: Path, was: str, becomes: str) -> None:
    path = tmp_path / "look.json"
    text = DEFAULT.read_text()
    assert was in text
    path.write_text(text.replace(was, becomes))
    with pytest.raises(DataError, match=str(path)):
        read_crack_look(path)
    with pytest.raises(DataError, match="restore"):
        read_crack_look(tmp_path / "none.json")


def test_depths_follow_the_law() -> None:
    """Mean, spread and correlation of the logit over many cracks, against the formulas."""
    rng = np.random.default_rng(0)
    points = np.stack([np.arange(0, 60, 0.5), np.zeros(120)], axis=1)
    drawn = np.stack([LOOK.depths(rng, 0.8, points) for _ in range(3000)])
    logits = np.log(drawn / (1 - drawn))
    expected = LOOK.depth_at_1mm + LOOK.depth_per_ln_mm * np.log(0.8)
    assert logits.mean() == pytest.approx(expected, abs=0.03)
    assert logits.std() == pytest.approx(np.hypot(LOOK.depth_sd_between, LOOK.depth_sd_along), rel=0.04)
    apart = ((logits[:, 20:] - logits[:, :-20]) ** 2).mean() / 2
    assert apart == pytest.approx(LOOK.depth_sd_along**2 * (1 - np.exp(-10 / LOOK.fading_mm)), rel=0.06)
    assert LOOK.median_depth(0.05) == LOOK.median_depth(LOOK.narrowest_mm)


@settings(max_examples=40, deadline=None)
@given(width_px=st.floats(0.4, 9), angle=st.floats(0, np.pi), shift=st.floats(-0.5, 0.5), edge_px=st.floats(0, 1.5))
def test_the_light_that_is_missing_is_width_times_depth(
    width_px: float, angle: float, shift: float, edge_px: float
) -> None:
    """Integrated across, whatever blur: so a width can be had back from a profile."""
    side, depth, length = 160, 0.6, 90.0
    flat = replace(LOOK, tint_bgr=(1.0, 1.0, 1.0))
    reach = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    middle = side / 2 + shift
    path = CrackPath(
        points_xy_px=np.stack([middle - reach, middle + reach]).astype(np.float32),
        widths_px=np.full(2, width_px, np.float32),
        depths=np.full(2, depth, np.float32),
    )
    image = np.full((side, side, 3), 180, np.float32)
    draw_slits(image, [Slit(path=path, edge_px=edge_px)], flat, blur_px=0.7)
    missing = (1 - image[..., 0] / 180).sum(dtype=np.float64)
    ends = np.pi * width_px**2 / 4
    assert depth * width_px * length * 0.97 - 2 < missing < depth * (width_px * length + ends) * 1.03 + 2


def test_a_look_without_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="positive lengths"):
        replace(LOOK, fading_mm=0.0)


def test_a_look_keeps_its_hash() -> None:
    assert replace(LOOK, sha256="").with_sha256() == LOOK
    assert isinstance(LOOK, CrackLook)
