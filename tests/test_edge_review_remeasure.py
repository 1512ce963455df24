"""Masks drawn by hand: measured anew in the picture, by the scale that the log knows and no other, and said as such."""

import csv
import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from board_renderer import Lens, calibration_of
from edge_log_samples import CLOCK, FIND, START, frame, raw
from edge_review_samples import Server, serving
from edge_review_wall_samples import make_wall_log
from rendered_cracks import WH, rendered_crack

from edge.exports.fields import finds
from edge.geometry import facing
from edge.log import Entry, FrameScale, InspectionLog, RunState, read_log
from edge.log.corrected import corrections
from edge.log.database import open_to_read
from edge.log.edits import MaskEdit
from edge.overlay import encode_jpeg
from edge.plain import plain_box
from edge.pose import Pose, PoseSource

MM_PER_PX = 0.1
made_crack = cache(rendered_crack)
BOX = (64, 64, WH[0] - 128, WH[1] - 128)


def counts(mask: np.ndarray) -> list[int]:
    """COCO's counts of a mask, bool (h, w)."""
    flat = np.concatenate([[False], mask.T.ravel()])
    ends = np.flatnonzero(np.diff(flat.astype(np.int8))) if flat.any() else np.array([], int)
    edges = [0, *ends.tolist(), mask.size]
    return np.diff(edges).tolist()


def brushed(mask: np.ndarray, brush_px: int) -> np.ndarray:
    """As a person paints it: a stroke some pixels wider than the crack, and a little beside it."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (brush_px, brush_px))
    painted = cv2.dilate(mask.astype(np.uint8), kernel)
    return np.roll(painted, (1, 1), axis=(0, 1)).astype(bool)


def one_find(folder: Path, pixels: np.ndarray, *, scaled: bool, plain: bool = True) -> None:
    """A log of one find that fills its frame; `scaled`: its camera is calibrated and its place known."""
    w, h = WH
    lens = Lens(frame_wh=WH, fx=1000.0, fy=1000.0, cx=(w - 1) / 2, cy=(h - 1) / 2, k=(0.0,) * 5)
    camera = calibration_of(lens)
    pose = Pose()
    with InspectionLog.open(folder, clock=CLOCK) as log:
        run_id = log.start_run(replace(START, calibration_id=camera.id if scaled else None), camera if scaled else None)
        if scaled:
            at = facing(MM_PER_PX * lens.fx)
            pose = Pose(source=PoseSource.TAG, t_wall_camera=at, covariance=np.diag([0.01] * 3 + [1e-8] * 3))
        scale = FrameScale(calibration_id=camera.id, source="tag", mm_per_px=MM_PER_PX, sd_mm_per_px=0.001)
        record = frame(0, frame_wh=WH, pose=pose, scale=scale if scaled else None, score_map_q=None, image_score=None)
        assert plain_box(BOX, WH) == (0, 0, *WH)
        kept = [encode_jpeg(pixels, 95)] if plain else []
        entry = Entry(
            frame=record, finds=[replace(FIND, box_xywh_px=BOX)], overlay_jpeg=encode_jpeg(pixels), plain_jpegs=kept
        )
        log.log_frames(run_id, [entry])
        log.end_run(run_id, RunState.FINISHED, None)


def correct(server: Server, mask: np.ndarray) -> Any:
    edit = {"box_xywh_px": [0, 0, *WH], "counts": counts(mask)}
    answer = server.ask("/api/edits", "POST", {"find_id": 1, "mask": edit, "reviewer": "Ann"})
    assert answer.status == 201, answer.body
    return server.get("/api/finds/1")


@pytest.mark.parametrize(("width_mm", "brush_px"), [(0.3, 5), (0.6, 9), (1.0, 5)])
def test_the_width_comes_from_the_picture_however_thick_the_brush(
    tmp_path: Path, width_mm: float, brush_px: int
) -> None:
    crack = made_crack(11, width_mm)
    one_find(tmp_path, crack.pixels, scaled=True)
    with serving(tmp_path) as server:
        found = correct(server, brushed(crack.mask("wide"), brush_px))
    low, value, high = found["measured"]["width_mm"]
    assert low <= width_mm <= high
    assert value == pytest.approx(width_mm, abs=0.1)
    assert found["measured"]["length_mm"][1] == pytest.approx(crack.length_px * MM_PER_PX, rel=0.08)
    assert found["mask"]["measured_again"]
    assert found["mask"]["sizes"] == "measured again on the mask that Ann drew"
    assert found["before"] is None


def test_without_a_scale_there_are_no_millimetres(tmp_path: Path) -> None:
    crack = made_crack(11, 0.6)
    one_find(tmp_path, crack.pixels, scaled=False)
    with serving(tmp_path) as server:
        found = correct(server, brushed(crack.mask("wide"), 7))
    assert found["measured"]["width_px"] == pytest.approx(6.0, abs=1.0)
    assert (found["measured"]["width_mm"], found["measured"]["length_mm"]) == (None, None)
    assert found["measured"]["withheld"] == "the frame has no scale"


def test_half_a_mask_is_half_as_long(tmp_path: Path) -> None:
    """What was rubbed out is not followed in the picture."""
    crack = made_crack(11, 0.6)
    one_find(tmp_path, crack.pixels, scaled=True)
    mask = brushed(crack.mask("wide"), 7)
    columns = np.flatnonzero(mask.any(axis=0))
    half = mask.copy()
    half[:, (columns[0] + columns[-1]) // 2 :] = False
    with serving(tmp_path) as server:
        whole = correct(server, mask)["measured"]["length_mm"][1]
        assert correct(server, half)["measured"]["length_mm"][1] == pytest.approx(whole / 2, rel=0.15)


def test_where_nothing_can_be_measured_the_old_sizes_are_said_to_be_old(tmp_path: Path) -> None:
    crack = made_crack(11, 0.6)
    one_find(tmp_path, crack.pixels, scaled=True, plain=False)
    with serving(tmp_path) as server:
        found = correct(server, brushed(crack.mask("wide"), 7))
        table = list(csv.DictReader(io.StringIO(server.ask("/api/export/csv").body.decode())))
    words = "measured before Ann corrected the mask: the log keeps no picture of it without drawings"
    assert found["mask"]["sizes"] == words
    assert not found["mask"]["measured_again"]
    assert table[0]["correction"] == words


def test_a_dot_holds_nothing_that_is_long_enough(tmp_path: Path) -> None:
    crack = made_crack(11, 0.6)
    one_find(tmp_path, crack.pixels, scaled=True)
    dot = np.zeros(WH[::-1], bool)
    dot[200:203, 200:203] = True
    with serving(tmp_path) as server:
        found = correct(server, dot)
    assert found["measured"] is None
    assert found["mask"]["sizes"].startswith("not measured: ")


def test_a_request_cannot_say_what_was_measured(tmp_path: Path) -> None:
    crack = made_crack(11, 0.6)
    one_find(tmp_path, crack.pixels, scaled=False)
    mask = {"box_xywh_px": [0, 0, 2, 2], "counts": [0, 4], "size": {"length_mm": 5.0, "why_not": "I say so"}}
    with serving(tmp_path) as server:
        assert server.ask("/api/edits", "POST", {"find_id": 1, "mask": mask, "reviewer": "Ann"}).status == 201
        assert server.get("/api/finds/1")["mask"]["sizes"].startswith("not measured: ")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("wall")
    make_wall_log(folder)
    return folder


@pytest.fixture
def wall(made: Path, tmp_path: Path) -> Iterator[Server]:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    with serving(tmp_path) as server:
        yield server


def test_every_file_says_from_when_the_sizes_are(wall: Server, tmp_path: Path) -> None:
    (crack_id, *_) = wall.get("/api/finds/1")["cracks"]
    mask = {"box_xywh_px": [20, 20, 60, 60], "counts": [0, 3600]}
    answer = wall.ask("/api/edits", "POST", {"find_id": 1, "mask": mask, "reviewer": "Ann"})
    assert answer.status == 201
    words = "measured before the mask was corrected of find 1"
    cards = {card["id"]: card["corrected_finds"] for card in wall.get("/api/cracks")["cracks"]}
    assert cards.pop(crack_id) == [1]
    assert not any(cards.values())
    rows = list(csv.DictReader(io.StringIO(wall.ask("/api/export/csv-cracks").body.decode())))
    assert {row["crack_id"] for row in rows if row["correction"] == words} == {str(crack_id)}
    assert {row["review"] for row in rows if row["crack_id"] == str(crack_id)} == {"accepted"}
    for name in ("dxf", "gpkg", "mcap"):
        assert words.encode() in wall.ask(f"/api/export/{name}").body, name
    (drawn,) = [one for one in wall.ask("/api/export/coco").json["annotations"] if one["id"] == 1]
    assert drawn["bbox"] == [20.5, 20.5, 59, 59]
    assert "measured before Ann corrected" in drawn["attributes"]["correction"]
    assert wall.ask("/api/undo", "POST", {"review_id": answer.json["review_id"], "reviewer": "Ann"}).status == 201
    with read_log(tmp_path) as log:
        assert {item.fields["correction"] for item in finds(log, log.runs())} == {None}


def test_filters_and_lists_go_by_the_size_that_holds(tmp_path: Path) -> None:
    crack = made_crack(11, 0.6)
    one_find(tmp_path, crack.pixels, scaled=True)
    with serving(tmp_path) as server:
        assert server.get("/api/finds?width_min_mm=0.1")["n"] == 0
        edit = correct(server, brushed(crack.mask("wide"), 7))["history"][-1]["id"]
        assert server.get("/api/finds?width_min_mm=0.5&width_max_mm=0.7")["n"] == 1
        assert server.ask("/api/undo", "POST", {"review_id": edit, "reviewer": "Ann"}).status == 201
        assert server.get("/api/finds?width_min_mm=0.1")["n"] == 0


def test_what_was_measured_is_kept_as_it_was(tmp_path: Path) -> None:
    crack = made_crack(11, 0.6)
    one_find(tmp_path, crack.pixels, scaled=True)
    with serving(tmp_path) as server:
        correct(server, brushed(crack.mask("wide"), 7))
    shutil.rmtree(tmp_path / "images")
    connection = open_to_read(tmp_path)
    (one,) = corrections(connection).values()
    again = MaskEdit.read(one.mask.write())
    connection.close()
    assert again.size is not None
    assert again.size.write() == one.mask.write()["size"]
    with raw(tmp_path) as db:
        assert db.execute("SELECT courses_px, width_median_mm FROM finds").fetchall() == [(None, None)]
