"""A camera's calibration: against boards rendered through a lens that is known exactly, and what is refused."""

from dataclasses import replace
from functools import cache

import cv2
import numpy as np
import pytest
from board_renderer import Lens, Look, Shot, charuco_texture, chessboard_texture, good_shots, render
from fake_picamera2 import World, install

from calibration.board import Board, parse_board
from calibration.camera import calibrate, poor_views
from calibration.collect import NOT_STEADY, TOO_SIMILAR, Collector, Progress, Views, collect
from calibration.coverage import TILTS, coverage, tilted
from calibration.sightings import BoardFinder, NotSeen, Sighting
from calibration.solve import solve
from edge.cameras import Camera, open_source
from edge.cameras.picamera import PiCamera, PiCameraSettings
from edge.clock import ManualClock
from edge.config import CameraConfig
from edge.errors import CalibrationError
from edge.frame import Exposure, Frame, Unreadable

LENS = Lens()
CHARUCO, CHESSBOARD = parse_board("charuco:10x7:25"), parse_board("chessboard:10x7:25")
TEXTURES = {CHARUCO: charuco_texture(10, 7, 25), CHESSBOARD: chessboard_texture(10, 7, 25)}


@cache
def pictures(board: Board) -> list[np.ndarray]:
    return [render(LENS, [(TEXTURES[board], shot)], Look(seed=i)) for i, shot in enumerate(good_shots())]


@cache
def sightings(board: Board) -> list[Sighting]:
    found = [BoardFinder(board).find(picture, name=f"view {i}") for i, picture in enumerate(pictures(board))]
    assert all(isinstance(one, Sighting) for one in found), found
    return found


class Shots(Camera):
    """Pictures as a camera hands them out."""

    def __init__(self, items, *, lens_position_dpt=None, names=None):
        self.description, self.frame_count = "shots", len(items)
        self._items, self._dpt = items, lens_position_dpt

    def frames(self):
        for seq, item in enumerate(self._items):
            common = {"seq": seq, "name": f"shot{seq}", "t_mono_ns": seq, "t_utc": ManualClock().utc()}
            if isinstance(item, str):
                yield Unreadable(**common, reason=item)
            else:
                yield Frame(**common, pixels=item, exposure=Exposure(lens_position_dpt=self._dpt))

    def close(self):
        pass


def gathered(items, board=CHARUCO, *, is_stream=False, camera_dpt=None, said_dpt=None) -> Views:
    collector = Collector(board, is_stream=is_stream, lens_position_dpt=said_dpt)
    camera = Shots(items, lens_position_dpt=camera_dpt)
    return collect(camera, collector, stop=lambda: False, watch=lambda progress: None)


def result(views: Views, board=CHARUCO, max_rms_px=0.5):
    return calibrate(board, views, source="shots", clock=ManualClock(), max_rms_px=max_rms_px)


@pytest.mark.parametrize("board", [CHARUCO, CHESSBOARD], ids=lambda board: board.kind)
def test_corners_are_found_where_the_lens_puts_them(board):
    errors = []
    for sighting, shot in zip(sightings(board), good_shots(), strict=True):
        on_board = board.corners_mm()[sighting.ids]
        matrix = shot.matrix(TEXTURES[board])
        truth = LENS.project(np.column_stack([on_board[:, :2], np.ones(len(on_board))]) @ matrix.T)
        if np.linalg.norm(sighting.points_px - truth, axis=1).mean() > 10:
            truth = truth[::-1]  # a chessboard read from its other end
        errors.append(sighting.points_px - truth)
    off = np.concatenate(errors)
    assert np.abs(off.mean(axis=0)).max() < 0.02, "a tenth of what half a pixel's confusion would make"
    assert off.std() < 0.12


@pytest.mark.parametrize("board", [CHARUCO, CHESSBOARD], ids=lambda board: board.kind)
def test_the_focal_length_is_known_within_a_fifth_of_a_per_cent(board):
    solution = solve(board, sightings(board), LENS.frame_wh)
    assert solution.lens[:2] == pytest.approx([LENS.fx, LENS.fy], rel=0.002)
    off = (solution.lens - LENS.values) / np.sqrt(np.diag(solution.covariance))
    assert np.abs(off).max() < 4, "the stated spread must hold the truth"


def test_the_covariance_agrees_with_opencvs_standard_deviations():
    solution = solve(CHARUCO, sightings(CHARUCO), LENS.frame_wh)
    assert np.sqrt(np.diag(solution.covariance)) == pytest.approx(solution.sd_opencv, rel=1e-3)


def test_a_calibration_says_what_it_was_made_from():
    views = gathered(pictures(CHARUCO), camera_dpt=4.0)
    calibration = result(views)
    assert calibration.frame_wh == LENS.frame_wh
    assert calibration.lens_position_dpt == 4.0
    assert calibration.board == "charuco:10x7:25:18.75"
    assert [view.name for view in calibration.views] == [f"shot{i}" for i in range(len(good_shots()))]
    assert 0.01 < calibration.rms_px < 0.2
    assert calibration.withholds_mm is None
    assert result(views, max_rms_px=0.01).withholds_mm is not None


def test_a_view_that_fits_badly_is_named():
    views = gathered(pictures(CHARUCO))
    rng = np.random.default_rng(3)
    bad = replace(views.kept[4], points_px=views.kept[4].points_px + rng.normal(0, 0.25, views.kept[4].points_px.shape))
    calibration = result(replace(views, kept=(*views.kept[:4], bad, *views.kept[5:])), max_rms_px=5)
    assert [view.name for view in poor_views(calibration)] == ["shot4"]


def test_too_few_views_are_refused_with_what_is_missing():
    with pytest.raises(CalibrationError, match=r"of 4 that were taken .* 8 more views") as refused:
        result(gathered(pictures(CHARUCO)[:4]))
    assert "tilted by 15 degrees or more, top edge nearer, bottom edge nearer" in str(refused.value)


def test_views_without_tilt_are_refused():
    with pytest.raises(CalibrationError, match="left edge nearer, right edge nearer"):
        result(gathered(pictures(CHARUCO)[:5]))


def test_views_that_leave_a_corner_open_are_named():
    views = gathered(pictures(CHARUCO))
    w, h = LENS.frame_wh
    kept = []
    for view in views.kept:
        seen = ~((view.points_px[:, 0] < w / 4) & (view.points_px[:, 1] > h * 3 / 4))
        kept.append(replace(view, ids=view.ids[seen], points_px=view.points_px[seen]))
    with pytest.raises(CalibrationError, match=r"these are missing: the board at bottom far left$"):
        result(replace(views, kept=tuple(kept)))


def test_the_same_view_again_does_not_count():
    again = [*pictures(CHARUCO)[:2], *pictures(CHARUCO)[:2]]
    views = gathered(again)
    assert len(views.kept) == 2
    assert views.passed_over == {TOO_SIMILAR: 2}


def test_in_a_stream_the_board_must_stand_still():
    first, second = pictures(CHARUCO)[:2]
    views = gathered([first, second, second], is_stream=True)
    assert [view.name for view in views.kept] == ["shot2"]
    assert views.passed_over == {NOT_STEADY: 2}


def test_what_is_no_picture_is_passed_over():
    views = gathered(["damaged", *pictures(CHARUCO)[:1], np.full((540, 720, 3), 99, np.uint8)])
    assert len(views.kept) == 1
    assert views.passed_over == {"damaged": 1, "0 corners are seen and 8 are needed": 1}


def test_nothing_seen_at_all():
    with pytest.raises(CalibrationError, match="must be seen; it was not; 2 frames: 0 corners"):
        gathered([np.zeros((540, 720, 3), np.uint8)] * 2)


def test_pictures_of_two_sizes_are_refused():
    with pytest.raises(CalibrationError, match=r"shot1 has 360 x 270 px, those before it 720 x 540"):
        gathered([pictures(CHARUCO)[0], cv2.resize(pictures(CHARUCO)[1], (360, 270))])


@pytest.mark.parametrize(("camera_dpt", "said_dpt", "fits"), [(4.0, 4.0, True), (4.5, 4.0, False), (None, 4.0, True)])
def test_the_lens_position_must_be_the_one_stated(camera_dpt, said_dpt, fits):
    if fits:
        assert gathered(pictures(CHARUCO)[:1], camera_dpt=camera_dpt, said_dpt=said_dpt).lens_position_dpt == said_dpt
        return
    with pytest.raises(CalibrationError, match=r"shot0 has 4\.5 dioptres, and 4 was expected"):
        gathered(pictures(CHARUCO)[:1], camera_dpt=camera_dpt, said_dpt=said_dpt)


def test_a_board_that_is_cut_off():
    """A ChArUco board counts with what is seen of it, a chessboard does not count."""
    beyond = Shot(at_mm=(-180, -40, 400))
    found = BoardFinder(CHARUCO).find(render(LENS, [(TEXTURES[CHARUCO], beyond)]), name="cut")
    assert isinstance(found, Sighting)
    assert 8 <= len(found.ids) < 54
    found = BoardFinder(CHESSBOARD).find(render(LENS, [(TEXTURES[CHESSBOARD], beyond)]), name="cut")
    assert found == NotSeen(name="cut", reason="no whole chessboard of 10 x 7 squares is seen (every square must be)")


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ("charuco:9x7:25", "do not lie as on the board|not on the board|do not match"),
        ("charuco:7x10:25", "do not lie as on the board|do not match"),
        ("charuco:6x5:25", "not on the board"),
        ("chessboard:8x5:25", "no whole chessboard"),
    ],
)
def test_a_description_of_another_board_is_noticed(described, words):
    picture = pictures(CHESSBOARD if described.startswith("chess") else CHARUCO)[4]
    found = BoardFinder(parse_board(described)).find(picture, name="other")
    assert isinstance(found, NotSeen)
    assert any(part in found.reason for part in words.split("|")), found.reason


@pytest.mark.parametrize(
    ("turn_deg", "nearer"),
    [((25, 0, 0), "top"), ((-25, 0, 0), "bottom"), ((0, 25, 0), "right"), ((0, -25, 0), "left"), ((5, 5, 90), None)],
)
def test_a_tilt_is_named_by_the_edge_that_is_nearer(turn_deg, nearer):
    matrix = Shot(at_mm=(0, 0, 400), turn_deg=turn_deg).matrix(TEXTURES[CHARUCO])
    rotation = np.column_stack([matrix[:, :2], np.cross(matrix[:, 0], matrix[:, 1])])
    named = [name for name, is_so in zip(TILTS, tilted(rotation), strict=True) if is_so]
    assert named == ([] if nearer is None else [f"{nearer} edge nearer"])
    if nearer:
        edges = {"top": (125, 0), "bottom": (125, 175), "left": (0, 87), "right": (250, 87)}
        depths = {name: (matrix @ [*xy, 1])[2] for name, xy in edges.items()}
        assert min(depths, key=depths.get) == nearer


def test_the_map_of_the_frame_shows_what_is_covered():
    one = Sighting(
        name="one", ids=np.arange(8), points_px=np.array([[5.0, 5], [9, 5], [5, 9], [9, 9], *[[715.0, 535]] * 4])
    )
    covered = coverage(CHARUCO, [one], LENS.frame_wh)
    assert covered.map() == "#... .... .... ...#"
    assert covered.missing()[0].startswith("the board at top left, top right, top far right, upper far left")


def test_live_it_says_what_is_missing_and_ends_by_itself(monkeypatch):
    """The Pi camera, simulated: each view is held for two frames; more shots lie ready than are needed."""
    world = World()
    install(monkeypatch, world)
    shown = [picture for picture in pictures(CHARUCO) for _ in range(2)]
    for picture in [*shown, *[shown[-1]] * 5]:
        world.shots.append((np.ascontiguousarray(picture).ravel(), {"LensPosition": 4.0}))
    settings = PiCameraSettings(size_wh=LENS.frame_wh, lens_position_dpt=4.0)
    told: list[Progress] = []
    with PiCamera(settings, clock=ManualClock()) as camera:
        collector = Collector(CHARUCO, is_stream=True, lens_position_dpt=4.0)
        views = collect(camera, collector, stop=lambda: False, watch=told.append)
    assert told[0].last == f"picamera#000000: {NOT_STEADY}"
    assert told[1].last == "picamera#000001: taken"
    assert told[1].coverage.views == 1
    assert len(told[1].coverage.missing()) == 3
    assert told[-1].coverage.is_complete
    assert world.shots, "it ended because nothing was missing, not because the camera ran dry"
    assert result(views).lens_position_dpt == 4.0


def test_the_pi_cameras_focus_is_set(monkeypatch):
    world = World()
    install(monkeypatch, world)
    open_source("picamera", clock=ManualClock(), settings=CameraConfig(lens_position_dpt=3.5)).close()
    assert world.configuration["controls"]["LensPosition"] == 3.5
