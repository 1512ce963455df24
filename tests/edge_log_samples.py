"""What the tests of the inspection log share: records to hand in, other programs that look at its file."""

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
from edge.log import (
    FindRecord,
    FrameRecord,
    RunStart,
)
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
FIND = FindRecord(box_xywh_px=(1, 2, 64, 96), score=0.75, q=40, windows=3)
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


def picture(seq: int) -> bytes:
    """Stands for a JPEG; each differs."""
    return hashlib.sha256(str(seq).encode()).digest() * 500


def child(code: str, *args: str) -> "subprocess.Popen[str]":
    """Runs code in another process, which may import this module."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    command = [sys.executable, "-c", code, *args]
    return subprocess.Popen(
        command,
        env=environment,
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
