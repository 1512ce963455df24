"""A run's coverage from its log: skipped, lost and unscored frames are not inspected, and say why."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from board_renderer import Lens, calibration_of
from edge_log_samples import CALIBRATED, CLOCK, START, frame

from edge.coverage import NEVER_SEEN, CoverageMap
from edge.geometry import facing
from edge.log import FrameRecord, InspectionLog, read_log
from edge.pose import Pose, PoseSource
from edge.run_coverage import DROPPED, NOT_SCORED, coverage_of_run
from edge.skips import OVERTAKEN, RESTARTED, STANDING

# 160 x 128 px, as the frames of the samples, of which windows of 64 at every 32 leave a rim of 16: 128 x 96 px.
LENS = Lens(frame_wh=(160, 128), fx=400.0, fy=400.0, cx=79.5, cy=63.5, k=(0.0,) * 5)
CALIBRATION = calibration_of(LENS)


def at(seq: int, x_mm: float, **changes: object) -> FrameRecord:
    """At 1 mm per px."""
    matrix = facing(400.0)
    matrix[0, 3] = x_mm
    pose = Pose(source=PoseSource.TAG, t_wall_camera=matrix, covariance=np.zeros((6, 6)))
    return frame(seq, pose=pose, **changes)


def coverage(folder: Path, frames: list[FrameRecord], **changes: object) -> CoverageMap | None:
    with InspectionLog.open(folder, clock=CLOCK) as log:
        run = log.start_run(replace(CALIBRATED, calibration_id=CALIBRATION.id), CALIBRATION)
        for record in frames:
            log.log_frame(run, record, [], None)
    with read_log(folder) as log:
        return coverage_of_run(log, log.runs()[0], max_mm_per_px=1.5, **changes)


def reasons(coverage: CoverageMap | None, *xs_mm: float) -> list[str]:
    assert coverage is not None
    return coverage.reasons(np.array([[x, 5.0] for x in xs_mm]))


def test_every_frame_says_what_became_of_its_place(tmp_path):
    blank = {"score_map_q": None, "image_score": None}
    found = coverage(
        tmp_path,
        [
            at(0, 0),
            at(1, 300, **blank, skipped="too dark"),
            at(2, 600, **blank),
            at(3, 1200, lost_before=1),
            replace(at(4, 2000), pose=Pose()),
            at(5, 3000, lost_before=2),
        ],
    )
    assert reasons(found, 0, 300, 600, 900, 1200, 2000, 3000) == [
        "inspected",
        "too dark",
        NOT_SCORED,
        DROPPED,
        "inspected",
        NEVER_SEEN,
        "inspected",
    ]


def test_what_was_dropped_or_lost_in_a_gap_is_not_inspected_and_standing_still_costs_nothing(tmp_path):
    """Frames that nobody looked at have no pose: they lie evenly between those around them."""
    blank = {"score_map_q": None, "image_score": None, "pose": Pose()}
    given_up = dict.fromkeys(("frame_wh",)) | blank
    found = coverage(
        tmp_path,
        [
            at(0, 0),
            frame(1, **given_up, skipped=OVERTAKEN),
            frame(2, **given_up, skipped=OVERTAKEN),
            at(3, 900),
            frame(4, **given_up, skipped=RESTARTED, lost_before=1),
            at(5, 1800),
            at(6, 1800, score_map_q=None, image_score=None, skipped=STANDING),
            frame(7, **{**blank, "skipped": STANDING}),
            at(8, 2400),
        ],
    )
    assert reasons(found, 0, 300, 600, 900, 1200, 1500, 1800, 2100, 2400) == [
        "inspected",
        OVERTAKEN,
        OVERTAKEN,
        "inspected",
        DROPPED,
        RESTARTED,
        "inspected",
        NEVER_SEEN,
        "inspected",
    ]
    assert STANDING not in found.states


def test_only_what_was_scored_counts(tmp_path):
    found = coverage(tmp_path, [at(0, 0)], cell_mm=1.0)
    assert reasons(found, -62, -67, 61, 67) == ["inspected", NEVER_SEEN, "inspected", NEVER_SEEN]


def test_a_frame_of_another_size_than_the_calibration_is_not_inspected(tmp_path):
    assert reasons(coverage(tmp_path, [at(0, 0, frame_wh=(200, 128))]), 0) == [NOT_SCORED]


@pytest.mark.parametrize("start", [START, CALIBRATED])
def test_without_a_calibration_nothing_has_a_place(tmp_path, start):
    with InspectionLog.open(tmp_path, clock=CLOCK) as log:
        log.log_frame(log.start_run(start), at(0, 0), [], None)
    with read_log(tmp_path) as log:
        assert coverage_of_run(log, log.runs()[0], max_mm_per_px=1.0) is None
