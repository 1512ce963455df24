"""Records of the inspection log: what is written is what is read."""

import hashlib
import json
import os
import struct
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import cv2
import numpy as np
import pytest
from edge_log_samples import CLOCK, FIND, SCALE, START, assert_same_content, assert_same_frame, frame
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edge.bundle import read_bundle
from edge.frame import Exposure
from edge.log import (
    FindRecord,
    FrameRecord,
    FrameScale,
    InspectionLog,
    RunRecord,
    RunStart,
    RunState,
    read_log,
    run_start,
)
from edge.log.columns import read_courses, write_courses, write_text
from edge.measure.measured import Course, Interval, Measured, OnWall, Widths
from edge.pose import Pose, PoseSource

# Records: what is written is what is read.

INT64 = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(max_size=20)
UNIT = st.floats(0, 1)
REAL = st.floats(allow_nan=False)
UTC_TIMES = st.datetimes(timezones=st.just(UTC))
SHA = st.text("0123456789abcdef", min_size=64, max_size=64)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
STARTS = st.builds(
    RunStart,
    started_utc=UTC_TIMES,
    started_mono_ns=INT64,
    command=st.lists(TEXT, max_size=3).map(tuple),
    bundle_sha256=SHA,
    classifier_sha256=SHA,
    threads=st.integers(1, 64),
    window_threshold=st.floats(0, 1, exclude_min=True),
    tile_px=st.integers(64, 227),
    stride_px=st.integers(1, 64),
    output_scale=st.floats(1e-9, 10),
    output_zero_point=st.integers(-128, 127),
    source=TEXT,
    bundle_name=TEXT,
    runtime=TEXT,
    boot_id=st.none() | TEXT,
    hairline_version=st.none() | TEXT,
    hairline_commit=st.none() | TEXT,
    calibration_id=st.none() | TEXT,
    config=st.dictionaries(TEXT, JSON, max_size=3),
)


@st.composite
def known_poses(draw: st.DrawFn) -> Pose:
    rotation = cv2.Rodrigues(draw(arrays(np.float64, 3, elements=st.floats(-3, 3))))[0]
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation, draw(arrays(np.float64, 3, elements=st.floats(-1e6, 1e6)))
    root = draw(arrays(np.float64, (6, 6), elements=st.floats(-1e3, 1e3)))
    source = draw(st.sampled_from([PoseSource.ODOMETRY, PoseSource.REGISTRATION, PoseSource.TAG]))
    return Pose(source=source, t_wall_camera=pose, covariance=root @ root.T)


POSES = st.just(Pose()) | known_poses()
SCALES = st.builds(
    FrameScale, calibration_id=TEXT, source=TEXT, mm_per_px=st.floats(1e-9, 1e3), sd_mm_per_px=st.floats(0, 1e3)
)
COMMON = {
    "seq": st.integers(0, 2**63 - 1),
    "name": TEXT,
    "t_mono_ns": INT64,
    "t_utc": UTC_TIMES,
    "exposure": st.builds(
        Exposure,
        exposure_us=st.none() | REAL,
        analogue_gain=st.none() | REAL,
        lens_position_dpt=st.none() | REAL,
    ),
    "lost_before": st.integers(0, 10**6),
    "pose": POSES,
    "quality": st.none() | st.dictionaries(TEXT, st.floats(allow_nan=False, allow_infinity=False), max_size=3),
    "mm_withheld": st.none() | TEXT,
}
SIZES = st.tuples(st.integers(1, 9000), st.integers(1, 9000))
MAPS = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(lambda shape: arrays(np.int8, shape))
FRAMES = st.builds(
    FrameRecord,
    **COMMON,
    frame_wh=SIZES,
    skipped=st.none(),
    score_map_q=st.none() | MAPS,
    image_score=st.none() | UNIT,
    inference_ns=st.none() | st.integers(0, 2**40),
) | st.builds(FrameRecord, **COMMON, frame_wh=st.none() | SIZES, skipped=TEXT)
SORTED = st.lists(st.floats(0, 1e6), min_size=3, max_size=3).map(sorted)
INTERVALS = SORTED.map(lambda three: Interval(low=three[0], value=three[1], high=three[2]))
SINGLE = st.floats(width=32, allow_nan=False)


@st.composite
def measured(draw: st.DrawFn) -> Measured:
    points = draw(st.lists(st.integers(0, 4), min_size=1, max_size=3))
    below = draw(st.booleans())
    on_wall = OnWall(
        courses_mm=tuple(draw(arrays(np.float64, (n, 2), elements=SINGLE)) for n in points),
        length_mm=draw(INTERVALS),
        widths_mm=None if below else draw(st.builds(Widths, median=INTERVALS, p95=INTERVALS, maximum=INTERVALS)),
    )
    scaled = draw(st.booleans())
    widths_px = draw(SORTED)
    return Measured(
        courses=tuple(
            Course(
                points_px=draw(arrays(np.float64, (n, 2), elements=SINGLE)),
                widths_px=draw(arrays(np.float64, n, elements=st.floats(0, width=32) | st.just(np.nan))),
            )
            for n in points
        ),
        length_px=draw(st.floats(0, 1e6)),
        orientation_deg=draw(st.floats(0, 180, exclude_max=True)),
        widths_px=None if below else Widths(median=widths_px[0], p95=widths_px[1], maximum=widths_px[2]),
        on_wall=on_wall if scaled else None,
        withheld=None if scaled else draw(st.none() | TEXT),
    )


FINDS = st.builds(
    FindRecord,
    box_xywh_px=st.tuples(*[st.integers(0, 9000)] * 2, *[st.integers(1, 9000)] * 2),
    score=UNIT,
    q=st.integers(-128, 127),
    windows=st.integers(1, 10**6),
    mask_path=st.none() | TEXT,
    measured=st.none() | measured(),
)
GRADED = st.builds(
    replace,
    FINDS.filter(lambda find: find.measured and find.measured.on_wall),
    severity_class=TEXT,
    severity_standard=TEXT,
)


@settings(max_examples=40, deadline=None)
@given(STARTS, FRAMES, st.lists(FINDS | GRADED, max_size=3), SCALES)
def test_what_is_handed_in_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    start: RunStart,
    record: FrameRecord,
    found: list[FindRecord],
    scale: FrameScale,
) -> None:
    start = replace(start, calibration_id=scale.calibration_id)
    if any(find.measured and find.measured.on_wall for find in found):
        record = replace(record, scale=scale, mm_withheld=None)
    folder = tmp_path_factory.mktemp("log")
    with InspectionLog.open(folder, clock=CLOCK) as log:
        run_id = log.start_run(start)
        log.log_frame(run_id, record, found, None)
        log.end_run(run_id, RunState.FINISHED, None)
    with read_log(folder) as reader:
        (run,) = reader.runs()
        ended = {"ended_utc": CLOCK.utc(), "ended_mono_ns": CLOCK.mono_ns()}
        assert run == RunRecord(id=run_id, start=start, state=RunState.FINISHED, reason=None, **ended)
        (logged,) = reader.frames(run_id)
        assert_same_frame(logged.frame, record)
        for logged_find, given_find in zip(reader.finds(run_id), found, strict=True):
            assert_same_content(logged_find.find, given_find)
        assert [(f.seq, f.n, f.frame_name) for f in reader.finds(run_id)] == [
            (record.seq, n, record.name) for n in range(len(found))
        ]


def test_a_file_name_that_is_no_utf8_can_be_logged(tmp_path: Path) -> None:
    with InspectionLog.open(tmp_path, clock=CLOCK) as log:
        run_id = log.start_run(START)
        log.log_frame(run_id, frame(0, name=os.fsdecode(b"wall\xff.png")), [FIND], None)
    with read_log(tmp_path) as reader:
        assert [f.frame_name for f in reader.finds(run_id)] == ["wall\\udcff.png"]
    assert write_text("Brücke 墙.png") == "Brücke 墙.png"


@pytest.mark.parametrize(
    "changes",
    [
        {"frame_wh": None},
        {"skipped": "dark"},
        {"score_map_q": np.zeros((2, 2), np.uint8)},
        {"score_map_q": np.zeros(4, np.int8)},
        {"scale": SCALE, "mm_withheld": "no tag is seen"},
    ],
)
def test_a_frame_that_contradicts_itself_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"frame|score map|millimetres"):
        frame(0, **changes)


def test_run_start_takes_its_facts_from_bundle_and_clock() -> None:
    path = Path(__file__).parent / "golden" / "tiny_bundle"
    start = run_start(
        clock=CLOCK,
        source="x",
        bundle=read_bundle(path),
        runtime="r",
        threads=1,
        threshold=0.25,
        command=["c", "d"],
    )
    manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    spec = manifest["classifier"]
    assert start.bundle_name == manifest["name"]
    assert start.bundle_sha256 == hashlib.sha256((path / "manifest.json").read_bytes()).hexdigest()
    assert start.classifier_sha256 == manifest["files"][spec["file"]]
    assert (start.tile_px, start.stride_px, start.score_kind) == (
        spec["tile_px"],
        spec["stride_px"],
        spec["score"],
    )
    assert (start.output_scale, start.output_zero_point) == (
        spec["output"]["scale"],
        spec["output"]["zero_point"],
    )
    assert (start.window_threshold, start.command, start.calibration_id) == (0.25, ("c", "d"), None)
    assert (start.boot_id, start.clock_synchronised) == ("manual", True)


def test_a_blob_of_courses_is_read_by_its_description_alone() -> None:
    """Little-endian: the number of points as uint32, then float32 (x, y, width) of each."""
    blob = struct.pack("<I6fI3f", 2, 1.0, 2.0, 0.5, 3.0, 4.5, float("nan"), 1, 7.0, 8.0, 9.0)
    first, second = read_courses(blob, 3)
    np.testing.assert_array_equal(first, [[1.0, 2.0, 0.5], [3.0, 4.5, np.nan]])
    np.testing.assert_array_equal(second, [[7.0, 8.0, 9.0]])
    assert write_courses([first, second]) == blob
    assert read_courses(b"", 2) == ()
    for cut in (1, 3, 5, len(blob) - 1):
        with pytest.raises(ValueError, match="cut short"):
            read_courses(blob[:cut], 3)
