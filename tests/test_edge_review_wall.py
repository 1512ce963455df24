"""The wall as the page draws it: where frames looked, by the pinhole's own arithmetic, and where cracks run."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from driven_rover import FRAME_WH, MM_PER_PX, calibration
from edge_log_samples import CLOCK, CRACK, MEASURED_FIND, SCALE, START, frame, skipped
from edge_review_samples import jpeg, make_log, serving
from edge_review_wall_samples import make_wall_log

from edge.geometry import facing, pixels
from edge.log import InspectionLog, LogReader, RunState, read_log
from edge.log.database import open_to_read
from edge.pose import Pose, PoseSource
from edge.review.wall import wall_content

WH = (320, 240)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A frame with a place and a find, one that was skipped at a place, one without a place, and a crack."""
    camera = calibration()
    pose = facing(500.0)
    pose[:2, 3] = 1000.0, 200.0
    placed = Pose(source=PoseSource.TAG, t_wall_camera=pose, covariance=np.eye(6))
    scale = replace(SCALE, calibration_id=camera.id)
    with InspectionLog.open(tmp_path, clock=CLOCK) as log:
        visit = log.start_visit("north")
        run = log.start_run(replace(START, calibration_id=camera.id, visit_id=visit), camera)
        log.log_frame(run, frame(0, frame_wh=WH, pose=placed, scale=scale), [MEASURED_FIND], jpeg(0))
        log.log_frame(run, replace(skipped(1, "too dark"), frame_wh=WH, pose=placed), [], None)
        log.log_frame(run, frame(2, frame_wh=WH), [], None)
        log.log_cracks(visit, [CRACK])
        log.end_run(run, RunState.FINISHED, None)
    return tmp_path


def test_footprints_are_where_the_camera_looked(folder: Path) -> None:
    with closing(open_to_read(folder)) as connection:
        wall = wall_content(connection, LogReader(folder, connection))
    assert wall["none"] is None
    assert [(one["seq"], one["skipped"], one["has_picture"]) for one in wall["frames"]] == [
        (0, None, True),
        (1, "too dark", False),
    ]
    corners = np.array(wall["frames"][0]["corners_mm"])
    # Back through the lens: wall's x right and y up are camera's x right and y down, 500 mm ahead.
    ahead = np.column_stack([corners[:, 0] - 1000, 200 - corners[:, 1], np.full(4, 500.0)])
    wanted = [[0, 0], [WH[0] - 1, 0], [WH[0] - 1, WH[1] - 1], [0, WH[1] - 1]]
    np.testing.assert_allclose(pixels(calibration(), ahead), wanted, atol=0.5)


def test_cracks_and_finds_are_on_it(folder: Path) -> None:
    with serving(folder) as server:
        wall = server.get("/api/wall")
        find = server.get("/api/finds/1")
        narrow = server.get("/api/finds?width_min_mm=0.26")["n"], server.get("/api/finds?width_min_mm=0.25")["n"]
    assert [(one["id"], one["state"], one["courses_mm"]) for one in wall["cracks"]] == [
        (1, "new", [[[0.0, 0.0], [3.0, -4.0]]])
    ]
    assert wall["finds"] == [{"id": 1, "state": "unreviewed", "courses_mm": [[[0.0, 0.0], [3.0, -4.0]]]}]
    assert wall["cracks"][0]["review"] == "unreviewed"
    assert find["measured"]["width_mm"] == [0.2, 0.25, 0.3]
    assert find["measured"]["courses_px"] == [[[1.0, 2.0], [30.5, 40.2]]]
    assert (find["measured"]["class"], find["measured"]["standard"]) == ("B", "a standard")
    assert narrow == (0, 1)


def test_a_log_without_places_says_so(tmp_path: Path) -> None:
    make_log(tmp_path)
    with serving(tmp_path) as server:
        wall = server.get("/api/wall")
    assert wall["frames"] == []
    assert "None of the 5 frames says where on the wall it was taken" in wall["none"]


def test_finds_are_sorted_along_the_wall(tmp_path: Path) -> None:
    make_wall_log(tmp_path)
    with serving(tmp_path) as server, read_log(tmp_path) as log:
        ids = server.get("/api/finds?order=position")["ids"]
        middles = {}
        for run in log.runs():
            poses = {one.frame.seq: one.frame.pose.t_wall_camera for one in log.frames(run.id)}
            for found in log.finds(run.id):
                x, _, w, _ = found.find.box_xywh_px
                pose = poses[found.seq]
                assert pose is not None
                middles[found.id] = pose[0, 3] + (x + w / 2 - FRAME_WH[0] / 2) * MM_PER_PX
        assert ids == sorted(middles, key=lambda find_id: (round(middles[find_id], 3), find_id))
        assert ids != sorted(ids)
