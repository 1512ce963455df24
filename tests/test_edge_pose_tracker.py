"""A tracker driven along one picture, from which every frame is cut: poses against the truth, and what goes wrong."""

from functools import cache

import cv2
import numpy as np
from driven_rover import FRAME_NS, MM_PER_PX, Wall, bracket, calibration, middle_mm, with_tag

from edge.odometry import Line, OdometryNoise, to_line
from edge.odometry_track import OdometryTrack
from edge.pose import Pose, PoseSource
from edge.pose.graph import solve
from edge.pose.plane import Planar
from edge.pose.tag_map import PlacedTag, TagMap
from edge.pose.tracker import PoseTracker
from edge.render.concrete import concrete

TAGS = {5: (300, 620), 9: (1150, 620)}
SIDE_PX = 64
# A row to the right, one step down, and back to the left: windows' left and top.
ROW = [(x, 440) for x in range(60, 960, 150)]
PATH = [*ROW, *((x, 560 - 300) for x in range(810, 0, -150))]
START_MS = 1000


@cache
def wall() -> Wall:
    picture = cv2.cvtColor(concrete(np.random.default_rng(8), (1500, 760), mm_per_px=MM_PER_PX), cv2.COLOR_BGR2GRAY)
    for number, at in TAGS.items():
        picture = with_tag(picture, number, SIDE_PX, at)
    return Wall(picture=picture)


def tag_map(**off_mm: float) -> TagMap:
    return TagMap(
        tags=tuple(
            PlacedTag(
                id=number,
                x_mm=middle_mm(wall().picture, at)[0] + off_mm.get(f"t{number}", 0.0),
                y_mm=middle_mm(wall().picture, at)[1],
                side_mm=SIDE_PX * MM_PER_PX,
                sd_mm=1.0,
                turn_sd_deg=1.0,
            )
            for number, at in TAGS.items()
        )
    )


class Told:
    """Odometry whose lines the test wrote."""

    def __init__(self, lines: list[tuple[int, str]]) -> None:
        self._lines = lines

    def poll(self, track: OdometryTrack, until_ns: int) -> None:
        for t_ns, text in self._lines:
            track.feed(text, t_ns)
        self._lines = []


def wheels(path: list[tuple[int, int]], *, scale: float = 1.0, until: int | None = None) -> Told:
    """Ten lines between two frames, as far as frame `until`, and one period on."""
    feet = np.array([wall().foot_mm(at) for at in path])
    lines = []
    for n in range(10 * (len(path) if until is None else until) + 1):
        x, y = (np.interp(n / 10, np.arange(len(feet)), feet[:, k]) * scale for k in (0, 1))
        line = Line(kind="HLO", number=n, t_us=n * FRAME_NS // 10_000, values=(x, y, 0.0))
        lines.append((n * FRAME_NS // 10, to_line(line)))
    return Told(lines)


def tracker(
    told: Told | None, tags: TagMap | None = None, start: Planar | None = None, noise: OdometryNoise | None = None
) -> PoseTracker:
    track = OdometryTrack(noise=noise or OdometryNoise())
    return PoseTracker(
        calibration=calibration(), bracket=bracket(), tag_map=tags, odometry=told, track=track, start=start
    )


def drive(follower: PoseTracker, path: list[tuple[int, int]], *, on: Wall | None = None) -> list[Pose]:
    return [follower.step((on or wall()).frame(seq, at)) for seq, at in enumerate(path)]


def start_at(at: tuple[int, int]) -> Planar:
    return Planar(values=wall().foot_mm(at), covariance=np.diag([0.5, 0.5, 1e-6]))


def off_mm(poses: list[Pose], path: list[tuple[int, int]]) -> list[float]:
    """The camera looks straight at the wall: its own x and y are the foot's, but for the tilts that were fitted."""
    feet = [wall().foot_mm(at)[:2] for at in path]
    return [
        float(np.linalg.norm(pose.t_wall_camera[:2, 3] - foot))
        for pose, foot in zip(poses, feet, strict=True)
        if pose.t_wall_camera is not None
    ]


def test_tags_registration_and_wheels_together():
    follower = tracker(wheels(PATH), tag_map())
    poses = drive(follower, PATH)
    sources = {pose.source for pose in poses}
    assert poses[0].source is PoseSource.TAG
    assert sources == {PoseSource.TAG, PoseSource.REGISTRATION}
    assert max(off_mm(poses, PATH)) < 3.0
    solution = solve(follower.run())
    feet = np.array([wall().foot_mm(at)[:2] for at in PATH])
    off = np.array([solution.places[seq].values[:2] for seq in range(len(PATH))]) - feet
    assert np.linalg.norm(off, axis=1).max() < 3.0
    # The way back lies above the way there: rows are tied.
    assert any(s.second - s.first > 1 for s in follower.run().steps)


def test_a_known_start_and_pictures_alone_lead_along():
    follower = tracker(None, start=start_at(ROW[0]))
    poses = drive(follower, ROW)
    assert [pose.source for pose in poses[1:]] == [PoseSource.REGISTRATION] * (len(ROW) - 1)
    assert max(off_mm(poses, ROW)) < 2.0
    spread = [np.trace(pose.covariance[:2, :2]) for pose in poses[1:]]
    assert sorted(spread) == spread


def test_a_bare_grey_wall_leaves_the_wheels():
    grey = Wall(picture=np.full((760, 1500), 150, np.uint8))
    follower = tracker(wheels(ROW), start=start_at(ROW[0]))
    poses = drive(follower, ROW, on=grey)
    assert {pose.source for pose in poses} == {PoseSource.ODOMETRY}
    assert any("too little texture" in note for note in follower.notes)
    # No confident step: what is known gets less with every frame, as fast as wheels allow.
    assert np.sqrt(poses[-1].covariance[0, 0]) > 2.0


def test_identical_panels_leave_the_wheels():
    panel = wall().picture[100:180, 100:180]
    """Panels of 20 mm, and wheels that are only sure to some five millimetres a step."""
    follower = tracker(wheels(ROW), start=start_at(ROW[0]), noise=OdometryNoise(place_sd_mm_per_root_m=30.0))
    poses = drive(follower, ROW[:3], on=Wall(picture=np.tile(panel, (10, 19))))
    assert {pose.source for pose in poses} == {PoseSource.ODOMETRY}
    assert any("repeats itself" in note for note in follower.notes)


def test_without_texture_and_wheels_nobody_knows_the_place_until_a_tag():
    picture = np.full((760, 1500), 150, np.uint8)
    for number, at in TAGS.items():
        picture = with_tag(picture, number, SIDE_PX, at)
    follower = tracker(None, tag_map())
    poses = drive(follower, ROW, on=Wall(picture=picture))
    assert [pose.source is PoseSource.NONE for pose in poses] == [False, False, True, True, True, False]
    assert any("lost until a tag" in note for note in follower.notes)


def test_before_the_first_tag_there_is_no_pose():
    follower = tracker(wheels(PATH[5:]), tag_map())
    poses = drive(follower, PATH[7:10])
    assert {pose.source for pose in poses} == {PoseSource.NONE}


def test_wheels_that_stop_are_named_and_pictures_go_on():
    follower = tracker(wheels(ROW, until=2), start=start_at(ROW[0]))
    poses = drive(follower, ROW)
    assert any("it stopped" in note for note in follower.notes)
    assert {pose.source for pose in poses[1:]} == {PoseSource.REGISTRATION}
    assert max(off_mm(poses, ROW)) < 2.0


def test_wheels_that_slip_are_named_and_overruled():
    follower = tracker(wheels(ROW, scale=0.75), start=start_at(ROW[0]))
    poses = drive(follower, ROW)
    assert any("they slip" in note for note in follower.notes)
    assert max(off_mm(poses, ROW)) < 2.0


def test_a_tag_that_contradicts_the_way_there_withholds_the_place():
    follower = tracker(wheels(ROW), tag_map(t9=40.0))
    poses = drive(follower, ROW)
    assert any("tag 9 is not where the steps" in note for note in follower.notes)
    assert poses[-1].source is PoseSource.NONE


def test_the_distance_of_a_pose_is_within_what_it_says():
    poses = drive(tracker(wheels(ROW), tag_map()), ROW)
    for pose, at in zip(poses, ROW, strict=True):
        truth = np.array([*wall().foot_mm(at)[:2], 200.0])
        off = pose.t_wall_camera[:3, 3] - truth
        assert np.abs(off[2]) < 4 * np.sqrt(pose.covariance[2, 2])
