"""What the tests of the inspection log share: records to hand in, other programs that look at its file."""

import dataclasses
import hashlib
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from edge.clock import ManualClock
from edge.log import CrackSize, CrackState, CrackVisit, FindRecord, FrameRecord, FrameScale, RunStart
from edge.measure.measured import Course, Interval, Measured, OnWall, Widths
from edge.pose import Pose, PoseSource

CLOCK = ManualClock()
DB = "inspection.db"
ROOT = Path(__file__).parents[1]
T = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)

START = RunStart(
    started_utc=T,
    started_mono_ns=5,
    boot_id="boot",
    clock_synchronised=None,
    hairline_version="0.1.0",
    hairline_commit=None,
    command=("hairline", "run", "wall"),
    source="wall",
    bundle_name="tiny",
    bundle_sha256="a" * 64,
    classifier_sha256="b" * 64,
    runtime="a runtime 1.0",
    threads=2,
    window_threshold=0.5,
    tile_px=64,
    stride_px=32,
    output_scale=0.1,
    output_zero_point=3,
    score_kind="logit",
)
CALIBRATED = replace(START, calibration_id="camera 7")
SCALE = FrameScale(calibration_id="camera 7", source="tag", mm_per_px=0.1, sd_mm_per_px=0.001)
FIND = FindRecord(box_xywh_px=(1, 2, 64, 96), score=0.75, q=40, windows=3)
POINTS_PX = np.array([[1.0, 2.0], [30.5, 40.25]])
WIDTH = Interval(low=0.2, value=0.25, high=0.3)
ON_WALL = OnWall(
    courses_mm=(np.array([[0.0, 0.0], [3.0, -4.0]]),),
    length_mm=Interval(low=4.5, value=5.0, high=5.5),
    widths_mm=Widths(median=WIDTH, p95=WIDTH, maximum=WIDTH),
)
MEASURED = Measured(
    courses=(Course(points_px=POINTS_PX, widths_px=np.array([2.5, np.nan])),),
    length_px=48.5,
    orientation_deg=127.5,
    widths_px=Widths(median=2.5, p95=3.0, maximum=3.5),
    on_wall=ON_WALL,
)
MEASURED_FIND = replace(FIND, measured=MEASURED, severity_class="B", severity_standard="a standard")
CRACK = CrackVisit(
    crack_id=None,
    state=CrackState.NEW,
    size=CrackSize(
        courses_mm=(np.array([[0.0, 0.0, 0.25], [3.0, -4.0, np.nan]]),),
        place_sd_mm=4.0,
        length_mm=ON_WALL.length_mm,
        widths_mm=ON_WALL.widths_mm,
    ),
)
POSED = Pose(source=PoseSource.TAG, t_wall_camera=np.eye(4), covariance=np.eye(6))


def frame(seq: int, **changes: object) -> FrameRecord:
    q = np.full((3, 4), seq % 100, np.int8)
    record = FrameRecord(
        seq=seq,
        name=f"{seq}.png",
        t_mono_ns=seq,
        t_utc=T,
        frame_wh=(160, 128),
        score_map_q=q,
        image_score=0.5,
    )
    return replace(record, **changes)  # type: ignore[arg-type]


def skipped(seq: int, reason: str) -> FrameRecord:
    return FrameRecord(seq=seq, name="x", t_mono_ns=0, t_utc=T, frame_wh=None, skipped=reason)


def raw(folder: Path) -> "closing[sqlite3.Connection]":
    """The file as any other program sees it."""
    connection = sqlite3.connect(folder / DB, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    return closing(connection)


def tables_of(db: sqlite3.Connection) -> str:
    """The text of everything that was made in a file, in an order that is always the same."""
    rows = db.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").fetchall()
    # A table that was renamed to its name has quotes around it.
    return "\n".join(" ".join(row[0].replace('"', "").split()) for row in rows)


def picture(seq: int) -> bytes:
    """Stands for a JPEG; each differs."""
    return hashlib.sha256(str(seq).encode()).digest() * 500


def child(code: str, *args: str, stdin: int | None = None) -> "subprocess.Popen[str]":
    """Runs code in another process, which may import this module."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    command = [sys.executable, "-c", code, *args]
    return subprocess.Popen(
        command,
        env=environment,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def assert_same_frame(got: FrameRecord, given_: FrameRecord) -> None:
    """Both say the same, array by array and field by field."""
    pairs = [(got.score_map_q, given_.score_map_q)]
    pairs += [(getattr(got.pose, name), getattr(given_.pose, name)) for name in ("t_wall_camera", "covariance")]
    for a, b in pairs:
        assert (a is None) == (b is None)
        if a is not None:
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
    assert got.pose.source == given_.pose.source
    plain = {"pose": Pose(), "score_map_q": None}
    for field in FrameRecord.__dataclass_fields__.keys() - plain.keys():
        assert getattr(got, field) == getattr(given_, field), field


def assert_same_content(got: object, given_: object) -> None:
    """Dataclasses, tuples, arrays and plain values say the same; points of courses to the float32 that is kept."""
    if dataclasses.is_dataclass(given_):
        assert type(got) is type(given_)
        for field in dataclasses.fields(given_):
            assert_same_content(getattr(got, field.name), getattr(given_, field.name))
    elif isinstance(given_, tuple):
        assert isinstance(got, tuple)
        for one, other in zip(got, given_, strict=True):
            assert_same_content(one, other)
    elif isinstance(given_, np.ndarray):
        assert got.dtype == given_.dtype
        np.testing.assert_array_equal(got, given_.astype(np.float32))
    else:
        assert got == given_
