"""`hairline run --tags --wall`: pictures along a wall with tags get places on it, and their finds become its cracks.

The wall is one picture with one crack, from which every frame is cut: each frame's true place is known.
"""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from driven_rover import DISTANCE_MM, MM_PER_PX, Wall, calibration, middle_mm, with_tag
from test_edge_run_verb import error_of, hairline

from edge.calibration_record import write_calibration
from edge.log import CrackState, CrackVisit, read_log
from edge.pose import PoseSource
from edge.render.concrete import concrete
from edge.render.cracks import CrackPath, coverage, darken

PICTURE_WH = (1200, 760)
TAGS = {5: (200, 640), 9: (1000, 640)}
SIDE_PX = 64
PATH = [(x, 440) for x in range(0, 721, 90)]
CRACK_PX = np.array([(560, 470), (575, 530), (562, 590), (590, 640), (585, 690)], np.float32)
WIDTH_PX = 4.0
STANDOFF = ("--scale", f"standoff:{DISTANCE_MM}:0.5")


def wall(*, cracked: bool = True) -> Wall:
    light = concrete(np.random.default_rng(8), PICTURE_WH, mm_per_px=MM_PER_PX)
    if cracked:
        path = CrackPath(points_xy_px=CRACK_PX, widths_px=np.full(len(CRACK_PX), WIDTH_PX, np.float32))
        light = darken(light, coverage([path], PICTURE_WH), depth=0.8)
    picture = cv2.cvtColor(light, cv2.COLOR_BGR2GRAY)
    for number, at in TAGS.items():
        picture = with_tag(picture, number, SIDE_PX, at)
    return Wall(picture=picture)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a visit's pictures, the camera's calibration and the map of the tags."""
    folder = tmp_path_factory.mktemp("site")
    write_calibration(folder / "camera.json", calibration())
    tags = ["schema_version = 1", f"side_mm = {SIDE_PX * MM_PER_PX}", "sd_mm = 0.5", "turn_sd_deg = 0.5"]
    for number, at in TAGS.items():
        x, y = middle_mm(wall().picture, at)
        tags += ["[[tag]]", f"id = {number}", f"x_mm = {x}", f"y_mm = {y}"]
    (folder / "tags.toml").write_text("\n".join(tags), encoding="utf-8")
    for name, cracked in (("before", False), ("after", True)):
        (folder / name).mkdir()
        for seq, at in enumerate(PATH):
            cv2.imwrite(str(folder / name / f"{seq:03d}.png"), wall(cracked=cracked).frame(seq, at).pixels)
    return folder


def visit(site: Path, pictures: str, log: Path) -> None:
    calibrated = ("--calibration", site / "camera.json", *STANDOFF)
    done = hairline(
        "run", site / pictures, "--log", log, *calibrated, "--tags", site / "tags.toml", "--wall", "pier 3", "--json"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["frames_inspected"] == len(PATH)


def cracks_of(log: Path) -> list[list[CrackVisit]]:
    with read_log(log) as reader:
        return [reader.cracks(one.id) for one in reader.visits()]


def test_a_crack_that_many_frames_see_is_one_crack_where_it_is_and_the_same_at_the_next_visit(
    site: Path, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    for pictures in ("before", "after", "after"):
        visit(site, pictures, log)
    before, first, second = cracks_of(log)
    assert before == []
    (crack,) = first
    assert crack.state is CrackState.NEW
    assert crack.size is not None
    assert len(crack.courses) > 3  # of as many frames
    truth_mm = np.column_stack([CRACK_PX[:, 0], PICTURE_WH[1] - CRACK_PX[:, 1]]) * MM_PER_PX
    drawn = cv2.polylines(np.zeros((400, 400), np.uint8), [np.rint(truth_mm).astype(np.int32)], isClosed=False, color=1)
    away = cv2.distanceTransform(1 - drawn, cv2.DIST_L2, 5)
    course = np.concatenate([line[:, :2] for line in crack.size.courses_mm])
    x, y = np.rint(course).astype(int).T
    assert np.percentile(away[y, x], 95) < 4.0
    length_mm = float(np.linalg.norm(np.diff(truth_mm, axis=0), axis=1).sum())
    assert 0.85 * length_mm < crack.size.length_mm.value < 1.15 * length_mm
    assert crack.size.widths_mm is not None
    assert crack.size.widths_mm.median.value == pytest.approx(WIDTH_PX * MM_PER_PX, abs=0.2)
    (again,) = second
    assert (again.crack_id, again.state) == (crack.crack_id, CrackState.UNCHANGED)
    shown = hairline("log", "show", log).stdout
    assert "cracks of pier 3, visit 3" in shown
    assert CrackState.UNCHANGED.value in shown
    told = json.loads(hairline("log", "show", log, "--json").stdout)["visits"]
    assert [len(one["cracks"]) for one in told] == [0, 1, 1]
    assert told[1]["cracks"][0]["length_mm"] == pytest.approx(crack.size.length_mm.value)


def test_every_frame_has_its_place_once_the_whole_run_was_weighed(site: Path, tmp_path: Path) -> None:
    visit(site, "before", tmp_path / "log")
    with read_log(tmp_path / "log") as reader:
        (run,) = reader.runs()
        poses = [logged.frame.pose for logged in reader.frames(run.id)]
    assert {pose.source for pose in poses} <= {PoseSource.TAG, PoseSource.REGISTRATION}
    feet = [wall().foot_mm(at)[:2] for at in PATH]
    off = [np.linalg.norm(p.t_wall_camera[:2, 3] - foot) for p, foot in zip(poses, feet, strict=True)]
    assert max(off) < 3.0
    assert len(poses) == len(PATH)


@pytest.mark.parametrize("scale", [(), ("--scale", "tag:16:0.1")])
def test_places_need_a_camera_at_one_distance(site: Path, tmp_path: Path, scale: tuple[str, ...]) -> None:
    calibrated = ("--calibration", site / "camera.json", *scale)
    done = hairline("run", site / "before", "--log", tmp_path / "log", *calibrated, "--tags", site / "tags.toml")
    assert done.returncode == 1
    assert "--scale standoff:MM:SD" in error_of(done)
    assert not (tmp_path / "log").exists()


def test_a_map_whose_tags_repeat_is_refused_before_anything_is_logged(site: Path, tmp_path: Path) -> None:
    text = (site / "tags.toml").read_text(encoding="utf-8")
    (tmp_path / "tags.toml").write_text(text.replace("id = 9", "id = 5"), encoding="utf-8")
    calibrated = ("--calibration", site / "camera.json", *STANDOFF)
    done = hairline("run", site / "before", "--log", tmp_path / "log", *calibrated, "--tags", tmp_path / "tags.toml")
    assert done.returncode == 1
    assert "tags.toml" in error_of(done)
    assert not (tmp_path / "log").exists()
