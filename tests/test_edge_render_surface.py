"""A large wall is drawn a window at a time: alike whatever is asked, tags and joints where the spec says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.render.concrete import concrete
from edge.render.hung import WallTag, Wire
from edge.render.patchwork import SEAM_PX, Patchwork
from edge.render.surface import Surface
from edge.render.wall import Shadow, WallSpec
from edge.tags import find_tags

MM = 0.3
SIZE_MM = (180.0, 120.0)
WH = (600, 400)


def pictures() -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.stack([concrete(rng, (128, 128)) for _ in range(4)])


def spec(**changes: object) -> WallSpec:
    facts = {
        "size_wh_mm": SIZE_MM,
        "mm_per_px": MM,
        "seed": 4,
        "joints_x_mm": (50.0,),
        "joints_y_mm": (80.0,),
        "tie_holes_mm": ((90.0, 60.0),),
        "rusty_ties": (0,),
        "damp_mm": ((20.0, 20.0),),
        "shadows": (Shadow(through_mm=(60, 60), angle_rad=-1.0, half_width_mm=8, depth=0.2),),
        "wires": (Wire(y0_mm=100, slope=-0.3, sag_per_mm=1e-3, middle_mm=90, radius_mm=1.5, grey=40, shadow=0.3),),
        "tags": (WallTag(id=7, centre_mm=(140.0, 90.0), side_mm=24.0),),
    }
    return WallSpec(**{**facts, **changes})


@pytest.fixture(scope="module")
def surface() -> Surface:
    return Surface(spec(), Patchwork(pictures(), seed=4))


@pytest.fixture(scope="module")
def whole(surface: Surface) -> np.ndarray:
    """With a margin of 40 px beyond the wall on every side."""
    return surface.window(-40, -40, (WH[0] + 80, WH[1] + 80))


@settings(max_examples=25, deadline=None)
@given(left=st.integers(-40, 500), top=st.integers(-40, 300), w=st.integers(1, 130), h=st.integers(1, 130))
def test_every_window_is_the_same_part_of_the_wall(
    surface: Surface, whole: np.ndarray, left: int, top: int, w: int, h: int
) -> None:
    part = whole[top + 40 : top + 40 + h, left + 40 : left + 40 + w]
    assert np.array_equal(surface.window(left, top, (w, h)), part)


def test_what_was_asked_before_changes_nothing(whole: np.ndarray) -> None:
    """Holes and tags are kept once drawn; drawn first from any window, they are the same."""
    fresh = Surface(spec(), Patchwork(pictures(), seed=4))
    tie_x, tie_y = (int(v) for v in fresh.spec.to_px(np.array([[90.0, 60.0]]))[0])
    assert np.array_equal(fresh.window(tie_x, tie_y, (30, 30)), whole[tie_y + 40 : tie_y + 70, tie_x + 40 : tie_x + 70])
    other = Surface(spec(seed=5), Patchwork(pictures(), seed=5))
    assert not np.array_equal(other.window(0, 0, (200, 200)), whole[40:240, 40:240])


def test_a_tag_is_found_where_it_hangs(whole: np.ndarray) -> None:
    """By OpenCV's detector, to a fraction of a pixel."""
    clear = Surface(spec(wires=(), shadows=()), Patchwork(pictures(), seed=4)).window(0, 0, WH)
    (tag,) = find_tags(clear)
    assert tag.id == 7
    corners_mm = np.array([[128.0, 102.0], [152.0, 102.0], [152.0, 78.0], [128.0, 78.0]])
    assert np.abs(tag.corners_px - spec().to_px(corners_mm)).max() < 0.35


@pytest.mark.parametrize(
    ("changes", "row_mm", "column_mm"), [({"joints_x_mm": ()}, 80.0, None), ({"joints_y_mm": ()}, None, 50.0)]
)
def test_a_joint_is_dark_where_it_runs(changes: dict, row_mm: float | None, column_mm: float | None) -> None:
    bare = {"tie_holes_mm": (), "rusty_ties": (), "damp_mm": (), "shadows": (), "wires": (), "tags": ()}
    drawn = Surface(spec(**bare, **changes), Patchwork(pictures(), seed=4)).window(0, 0, WH).mean(axis=2)
    without = Surface(spec(**bare, joints_x_mm=(), joints_y_mm=()), Patchwork(pictures(), seed=4))
    lost = (without.window(0, 0, WH).mean(axis=2) / drawn).mean(axis=0 if row_mm is None else 1)
    at = int(np.argmax(lost))
    asked = (SIZE_MM[1] - row_mm if row_mm is not None else column_mm) / MM
    assert abs(at - asked) < 12  # it wanders by some millimetres


def test_a_patchwork_has_the_grain_of_its_pictures_and_no_chequer() -> None:
    """White noise has the same variance everywhere; so has what is grown from it, on seams and between."""
    noise = np.random.default_rng(0).normal(128, 20, (6, 128, 128, 3)).clip(0, 255).astype(np.uint8)
    pitch = 128 - SEAM_PX
    grown = Patchwork(noise, seed=1).window(0, 0, (12 * pitch, 12 * pitch))
    assert grown.std() == pytest.approx(20, rel=0.05)
    folded = (grown.reshape(12, pitch, 12, pitch, 3) ** 2).mean(axis=(0, 4))
    rows, columns = np.sqrt(folded.mean(axis=(1, 2))), np.sqrt(folded.mean(axis=(0, 1)))
    assert np.abs(rows / 20 - 1).max() < 0.08
    assert np.abs(columns / 20 - 1).max() < 0.08
    assert abs(grown.mean()) < 1


def test_pictures_smaller_than_their_seams_are_refused() -> None:
    with pytest.raises(ValueError, match="a patchwork needs pictures"):
        Patchwork(np.zeros((2, 50, 50, 3), np.uint8), seed=1)
