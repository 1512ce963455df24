"""From a frame's finds to millimetres: whose crack it is, what the scale adds, and what is withheld."""

import cv2
import numpy as np
import pytest
from board_renderer import Lens, calibration_of
from rendered_cracks import WH, rendered_crack

from edge.bundle import default_bundle_path, read_bundle
from edge.errors import CalibrationError
from edge.finds import Find, group_windows
from edge.geometry import WallView, facing
from edge.measure.measure import NO_CALIBRATION, Measurer
from edge.measure.measured import Course, Interval, OnWall, Widths
from edge.measure.on_wall import on_wall
from edge.measure.polyline import length
from edge.scale import Scale, Withheld, fixed_scale, parse_scale
from edge.tiling import ScoreMap, window_origins

LENS = Lens(frame_wh=WH, fx=1000.0, fy=1000.0, cx=(WH[0] - 1) / 2, cy=(WH[1] - 1) / 2, k=(0.0, 0.0, 0.0, 0.0, 0.0))
CALIBRATION = calibration_of(LENS)
SPEC = read_bundle(default_bundle_path()).manifest.classifier
THRESHOLD = 0.5
UNKNOWN = Withheld(reason="nobody said")


class KnownMask:
    """The mask that is known, within the boxes; counts how often it is asked."""

    def __init__(self, mask: np.ndarray) -> None:
        self._mask, self.asked = mask, 0

    def mask(self, frame_bgr: np.ndarray, boxes_xywh: np.ndarray) -> np.ndarray:
        self.asked += 1
        inside = np.zeros_like(self._mask)
        for x, y, w, h in boxes_xywh:
            inside[y : y + h, x : x + w] = True
        return self._mask & inside


def fired(on: np.ndarray) -> tuple[ScoreMap, list[Find]]:
    """The scores and finds of windows (rows, cols) that fired."""
    xs, ys = (window_origins(side, SPEC.tile_px, SPEC.stride_px) for side in WH)
    scores = ScoreMap(q=np.where(on[: len(ys), : len(xs)], 127, -128).astype(np.int8), xs=xs, ys=ys, spec=SPEC)
    return scores, group_windows(scores, THRESHOLD)


def everywhere() -> np.ndarray:
    return np.ones((100, 100), bool)


def stand_off(text: str) -> Scale:
    scale = fixed_scale(CALIBRATION, parse_scale(text))
    assert isinstance(scale, Scale)
    return scale


def course(angle_deg: float = 0.0) -> Course:
    towards = np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))])
    points = np.array(WH) / 2 + np.linspace(-100, 100, 201)[:, np.newaxis] * towards
    return Course(points_px=points, widths_px=np.full(201, 4.0))


WIDTHS = Widths(
    median=Interval(low=3.5, value=4.0, high=4.6),
    p95=Interval(low=3.5, value=4.0, high=4.6),
    maximum=Interval(low=3.5, value=4.0, high=4.6),
)


def test_without_a_find_nothing_is_computed():
    masks = KnownMask(np.ones(WH[::-1], bool))
    scores, finds = fired(~everywhere())
    assert (
        Measurer(segmenter=masks, threshold=THRESHOLD).measure(
            np.zeros((*WH[::-1], 3), np.uint8), finds, scores, UNKNOWN
        )
        == []
    )
    assert masks.asked == 0


def test_a_find_without_a_mask_is_none():
    scores, finds = fired(everywhere())
    measurer = Measurer(segmenter=KnownMask(np.zeros(WH[::-1], bool)), threshold=THRESHOLD)
    assert measurer.measure(np.zeros((*WH[::-1], 3), np.uint8), finds, scores, UNKNOWN) == [None]


def test_without_a_scale_there_are_pixels_and_the_reason():
    crack = rendered_crack(11, 0.6, angle_deg=30.0)
    scores, finds = fired(everywhere())
    measurer = Measurer(segmenter=KnownMask(crack.mask("wide")), threshold=THRESHOLD)
    (found,) = measurer.measure(crack.pixels, finds, scores, UNKNOWN)
    assert found is not None
    assert (found.on_wall, found.withheld) == (None, "nobody said")
    assert found.orientation_deg == pytest.approx(30, abs=8)
    assert found.length_px == pytest.approx(crack.length_px, rel=0.06)
    assert found.widths_px is not None
    assert found.widths_px.median == pytest.approx(6.0, abs=0.8)
    (no_camera,) = measurer.measure(crack.pixels, finds, scores, stand_off("standoff:100:0"))
    assert no_camera is not None
    assert no_camera.withheld == NO_CALIBRATION


def test_with_a_scale_there_are_millimetres():
    crack = rendered_crack(11, 0.6)
    scores, finds = fired(everywhere())
    measurer = Measurer(segmenter=KnownMask(crack.mask("wide")), threshold=THRESHOLD, calibration=CALIBRATION)
    (found,) = measurer.measure(crack.pixels, finds, scores, stand_off("standoff:100:0.5"))
    assert found is not None
    assert found.withheld is None
    assert found.on_wall is not None
    assert found.on_wall.widths_mm is not None
    truth = crack.true_widths_px()["median"] * 0.1
    assert found.on_wall.widths_mm.median.low <= truth <= found.on_wall.widths_mm.median.high
    assert found.on_wall.length_mm.value == pytest.approx(found.length_px * 0.1, rel=0.01)
    assert found.on_wall.length_mm.low <= crack.length_px * 0.1 <= found.on_wall.length_mm.high


def test_a_crack_in_two_finds_is_measured_once_for_the_one_with_more_of_it():
    crack = rendered_crack(11, 0.6, angle_deg=0.0)
    xs = window_origins(WH[0], SPEC.tile_px, SPEC.stride_px)
    on = everywhere()
    gap = len(xs) // 3
    on[:, gap] = False
    scores, finds = fired(on)
    assert len(finds) == 2
    wide_first = [find.box_xywh[2] > WH[0] / 2 for find in finds]
    found = Measurer(segmenter=KnownMask(crack.mask("true")), threshold=THRESHOLD).measure(
        crack.pixels, finds, scores, UNKNOWN
    )
    assert [one is not None for one in found] == wide_first


def test_two_cracks_are_given_to_their_finds_in_order():
    mask = np.zeros(WH[::-1], np.uint8)
    cv2.line(mask, (20, 60), (90, 60), 1, 5)
    cv2.line(mask, (450, 330), (540, 330), 1, 5)
    grey = np.where(mask > 0, 60, 170).astype(np.uint8)
    on = ~everywhere()
    on[0, 0] = True
    ys, xs = (len(window_origins(side, SPEC.tile_px, SPEC.stride_px)) for side in WH[::-1])
    on[ys - 3 : ys, xs - 5 : xs] = True
    scores, finds = fired(on)
    found = Measurer(segmenter=KnownMask(mask > 0), threshold=THRESHOLD).measure(
        cv2.merge([grey] * 3), finds, scores, UNKNOWN
    )
    for find, one in zip(finds, found, strict=True):
        assert one is not None
        x, y = one.courses[0].points_px.mean(axis=0)
        left, top, w, h = find.box_xywh
        assert left <= x <= left + w
        assert top <= y <= top + h


def test_square_to_the_wall_it_is_pixels_times_the_scale():
    view = WallView(t_wall_camera=facing(100.0), covariance=np.zeros((6, 6)))
    found = on_wall(CALIBRATION, view, [course(25.0)], 200.0, WIDTHS)
    assert found.length_mm.value == pytest.approx(20.0, rel=1e-6)
    assert length(found.courses_mm[0]) == pytest.approx(20.0, rel=1e-6)
    assert found.widths_mm is not None
    assert found.widths_mm.median.value == pytest.approx(0.4, rel=1e-6)
    assert found.widths_mm.median.high == pytest.approx(0.46, rel=1e-6)


def test_tilted_it_is_wider_across_the_tilt_only():
    view = WallView(t_wall_camera=facing(100.0, tilt_y_rad=np.radians(30.0)), covariance=np.zeros((6, 6)))
    along, upright = (on_wall(CALIBRATION, view, [course(angle)], 200.0, WIDTHS) for angle in (0.0, 90.0))
    assert along.widths_mm is not None
    assert upright.widths_mm is not None
    assert upright.widths_mm.median.value / along.widths_mm.median.value == pytest.approx(
        1 / np.cos(np.radians(30)), rel=0.01
    )


def test_what_is_not_known_of_the_scale_widens_the_intervals():
    def spread(sd_mm: float) -> OnWall:
        return on_wall(CALIBRATION, stand_off(f"standoff:100:{sd_mm}").view, [course()], 200.0, WIDTHS)

    sharp, vague = spread(0.0).widths_mm, spread(10.0).widths_mm
    assert sharp is not None
    assert vague is not None
    assert vague.median.high - vague.median.value == pytest.approx(np.hypot(0.06, 1.96 * 0.04), rel=0.03)
    assert sharp.median.high - sharp.median.value == pytest.approx(0.06, rel=0.03)


def test_below_resolution_there_is_a_length_only():
    view = WallView(t_wall_camera=facing(100.0), covariance=np.zeros((6, 6)))
    assert on_wall(CALIBRATION, view, [course()], 200.0, None).widths_mm is None


def test_past_the_wall_there_is_nothing():
    view = WallView(t_wall_camera=facing(100.0, tilt_y_rad=np.radians(89.0)), covariance=np.zeros((6, 6)))
    with pytest.raises(CalibrationError, match="look at the wall"):
        on_wall(CALIBRATION, view, [course()], 200.0, WIDTHS)
