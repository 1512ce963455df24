"""Millimetres per pixel from a stand-off, tags or two points: against rendered tags, and withheld where unknown."""

import numpy as np
import pytest
from board_renderer import Lens, Look, Shot, calibration_of, render, tag_texture

from edge.errors import CalibrationError
from edge.scale import POINT_SD_PX, Scale, ScaleSource, Withheld, fixed_scale, parse_scale, tag_scale
from edge.tags import CORNER_SD_PX, find_tags

LENS = Lens()
STRAIGHT = Lens(k=(0.0, 0.0, 0.0, 0.0, 0.0))
CALIBRATION = calibration_of(LENS)
# On its own axis the lens bends nothing: millimetres per pixel are distance over focal length.
PX_A_MM = np.sqrt(LENS.fx * LENS.fy)


def tags(*shots: tuple[int, float, Shot], seed: int = 0) -> np.ndarray:
    """A picture of (id, side in mm, where)."""
    return render(LENS, [(tag_texture(number, side), shot) for number, side, shot in shots], Look(seed=seed))


@pytest.mark.parametrize(
    "text", ["standoff:250:2", "tag:40:0.1", "points:10,20,600.5,400:120:0.5", "standoff:1e3:0", "tag:40:0"]
)
def test_a_scale_is_read(text):
    spec = parse_scale(text)
    assert spec.source.value == text.partition(":")[0]
    assert (spec.points_px is None) == (spec.source is not ScaleSource.POINTS)


@pytest.mark.parametrize(
    "text",
    [
        "standoff",
        "standoff:250",
        "standoff:0:1",
        "standoff:-5:1",
        "standoff:nan:1",
        "standoff:250:inf",
        "tag:40:20",
        "points:1,2,3:50:1",
        "points:1,2,1,2:50:1",
        "points:1,2,3,nan:50:1",
        "ruler:5:1",
        "tag:40:0.1:7",
        ":",
    ],
)
def test_what_is_no_scale_is_refused(text):
    with pytest.raises(CalibrationError, match="a scale is 'standoff"):
        parse_scale(text)


def test_a_standoff_gives_the_scale_of_a_pinhole():
    scale = fixed_scale(calibration_of(STRAIGHT), parse_scale("standoff:250:2"))
    assert isinstance(scale, Scale)
    assert scale.mm_per_px == pytest.approx(250 / PX_A_MM, rel=1e-4)
    assert scale.sd_mm_per_px == pytest.approx(2 / PX_A_MM, rel=0.02)


def test_two_points_of_known_distance_give_the_scale():
    """The distance of two pixels that a ruler of 80 mm at 300 mm would span."""
    ends = STRAIGHT.project(np.array([[-30.0, 5, 300], [50, 5, 300]]))
    spec = parse_scale(f"points:{','.join(map(str, ends.ravel()))}:80:0.4")
    scale = fixed_scale(calibration_of(STRAIGHT), spec)
    assert isinstance(scale, Scale)
    assert scale.mm_per_px == pytest.approx(300 / PX_A_MM, rel=1e-4)
    by_hand = np.hypot(0.4 / 80, POINT_SD_PX * np.sqrt(2) / np.linalg.norm(ends[1] - ends[0]))
    assert scale.sd_mm_per_px / scale.mm_per_px == pytest.approx(by_hand, rel=0.5)


def test_above_its_limit_a_calibration_gives_no_millimetres():
    rough = calibration_of(LENS, rms_px=0.8)
    for scale in (
        fixed_scale(rough, parse_scale("standoff:250:2")),
        tag_scale(rough, parse_scale("tag:40:0.1"), np.zeros((540, 720, 3), np.uint8)),
    ):
        assert scale == Withheld(reason="the calibration's reprojection error, 0.80 px, is above its limit of 0.5 px")


@pytest.mark.parametrize(
    ("at_mm", "turn_deg"),
    [((0, 0, 300), (0, 0, 0)), ((60, -30, 400), (0, 0, 35)), ((-70, 40, 400), (3, -4, 80)), ((10, 20, 700), (0, 0, 5))],
)
def test_a_tag_gives_the_scale_and_its_honest_spread(at_mm, turn_deg):
    """The wall is the tag's plane; its distance along its normal is what the scale in the middle hangs on."""
    shot = Shot(at_mm=at_mm, turn_deg=turn_deg)
    picture = tags((7, 50.0, shot))
    (found,) = find_tags(picture)
    truth = LENS.project(inner_corners(shot, 50.0))
    assert found.id == 7
    assert np.abs(found.corners_px - truth).max() < 3 * CORNER_SD_PX
    scale = tag_scale(CALIBRATION, parse_scale("tag:50:0.05"), picture)
    assert isinstance(scale, Scale)
    expected = true_scale(shot)
    assert abs(scale.mm_per_px - expected) < 3 * scale.sd_mm_per_px
    assert scale.mm_per_px == pytest.approx(expected, rel=0.02)
    assert scale.sd_mm_per_px < 0.03 * scale.mm_per_px


def test_two_tags_know_the_scale_better_than_one():
    one, two = (1, 50.0, Shot(at_mm=(-100, 0, 400))), (2, 50.0, Shot(at_mm=(100, 30, 400), turn_deg=(0, 0, 20)))
    alone = tag_scale(CALIBRATION, parse_scale("tag:50:0"), tags(one))
    both = tag_scale(CALIBRATION, parse_scale("tag:50:0"), tags(one, two))
    assert isinstance(alone, Scale)
    assert isinstance(both, Scale)
    assert both.sd_mm_per_px < 0.7 * alone.sd_mm_per_px
    assert both.mm_per_px == pytest.approx(true_scale(one[2]), rel=0.004)


def test_tags_that_contradict_each_other_are_named():
    picture = tags((3, 50.0, Shot(at_mm=(-80, 0, 400))), (8, 45.0, Shot(at_mm=(80, 0, 400))))
    scale = tag_scale(CALIBRATION, parse_scale("tag:50:0.1"), picture)
    assert isinstance(scale, Withheld)
    assert "tag 3" in scale.reason
    assert "tag 8" in scale.reason


def test_a_tag_that_stands_off_the_wall_is_named():
    picture = tags((3, 50.0, Shot(at_mm=(0, 0, 400), turn_deg=(0, 50, 0))))
    scale = tag_scale(CALIBRATION, parse_scale("tag:50:0.1"), picture)
    assert isinstance(scale, Withheld)
    assert "tag 3" in scale.reason


def test_a_tag_that_is_there_twice_is_named():
    picture = tags((5, 50.0, Shot(at_mm=(-80, 0, 400))), (5, 50.0, Shot(at_mm=(80, 0, 400))))
    scale = tag_scale(CALIBRATION, parse_scale("tag:50:0.1"), picture)
    assert scale == Withheld(reason="every tag must be there once; seen more than once: 5")


def test_without_a_tag_there_is_no_scale():
    scale = tag_scale(CALIBRATION, parse_scale("tag:50:0.1"), np.full((540, 720, 3), 180, np.uint8))
    assert scale == Withheld(reason="no AprilTag 36h11 is seen in the frame")


def inner_corners(shot: Shot, side_mm: float) -> np.ndarray:
    """The black square's corners (4, 3) in the camera's axes, clockwise from its top left."""
    module = side_mm / 8
    low, high = module, module + side_mm
    on_tag = np.array([[low, low, 1], [high, low, 1], [high, high, 1], [low, high, 1]])
    return on_tag @ shot.matrix(tag_texture(0, side_mm)).T


def true_scale(shot: Shot) -> float:
    """In the middle of the frame, by the four rays half a pixel around it, on the tag's plane."""
    w, h = LENS.frame_wh
    middle = np.array([(w - 1) / 2, (h - 1) / 2])
    around = middle + 0.5 * np.array([[-1.0, 0], [1, 0], [0, -1], [0, 1]])
    towards = np.column_stack([LENS.unbend(around), np.ones(4)])
    matrix = shot.matrix(tag_texture(0, 50.0))
    normal = np.cross(matrix[:, 0], matrix[:, 1])
    hits = towards * (normal @ matrix[:, 2] / (towards @ normal))[:, None]
    return float(np.sqrt(np.linalg.norm(np.cross(hits[1] - hits[0], hits[3] - hits[2]))))
