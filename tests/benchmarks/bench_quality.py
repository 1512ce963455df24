"""Processor time of judging a 1080p frame's quality, part by part. Target: 2 ms together.

Where HAIRLINE_DATA names the data folder, also: which 1080p pieces of its wall photographs the judge skips, as they are
and once they have been moved by so many pixels while they were exposed.
"""

import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
from harness import WH, arguments, median_ms, show

from edge.calibration_record import SCHEMA_VERSION, CameraCalibration
from edge.frame import Exposure, Frame
from edge.geometry import facing
from edge.imagefile import read_bgr
from edge.pose import Pose, PoseSource
from edge.quality import QualityGate
from edge.quality.blur import BlurGauge
from edge.quality.light import measure_light
from edge.render.concrete import concrete


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    repeat = 50 if args.short else 300
    picture = concrete(np.random.default_rng(0), WH)
    gauge, gate = BlurGauge(), QualityGate(calibration=camera())
    frame = Frame(
        pixels=picture,
        seq=0,
        name="x",
        t_mono_ns=0,
        t_utc=datetime(2026, 1, 1, tzinfo=UTC),
        exposure=Exposure(exposure_us=1000.0),
    )
    steps = iter(range(10**9))

    def judge() -> None:
        step = next(steps)
        matrix = facing(200.0)
        matrix[0, 3] = step
        pose = Pose(source=PoseSource.REGISTRATION, t_wall_camera=matrix, covariance=np.eye(6))
        gate.judge(replace(frame, t_mono_ns=step * 10**8), pose)

    parts = {"blur": lambda: gauge.blur_px(picture), "light": lambda: measure_light(picture), "all of a verdict": judge}
    rows = [
        {"part": name, "processor ms": median_ms(work, repeat=repeat, clock=time.process_time_ns)}
        for name, work in parts.items()
    ]
    facts = {}
    if "HAIRLINE_DATA" in os.environ:
        facts = skipped_photographs(Path(os.environ["HAIRLINE_DATA"]) / "frames" / "sdnet_walls", frame)
    show(f"{WH[0]}x{WH[1]}: judging a frame's quality", rows, args, **facts)


def skipped_photographs(folder: Path, frame: Frame) -> dict[str, str]:
    """How many pieces are skipped, by the movement in pixels."""
    gate, (w, h) = QualityGate(), WH
    pieces = [
        np.ascontiguousarray(photo[y : y + h, x : x + w])
        for photo in (read_bgr(path) for path in sorted(folder.glob("*.jpg")))
        for y in range(0, photo.shape[0] - h, h)
        for x in range(0, photo.shape[1] - w, w)
    ]
    skipped = {}
    for moved_px in (1, 3, 5, 7, 9):
        judged = [gate.judge(replace(frame, pixels=cv2.blur(piece, (moved_px, 1)))) for piece in pieces]
        skipped[f"skipped_of_{len(pieces)}_moved_{moved_px}_px"] = str(sum(not v.accepted for v in judged))
    return skipped


def camera(k1: float = 0.0) -> CameraCalibration:
    return CameraCalibration(
        schema_version=SCHEMA_VERSION,
        id="",
        made_utc="",
        hairline_version="",
        source="",
        board="",
        frame_wh=WH,
        lens_position_dpt=None,
        lens=(2000.0, 2000.0, WH[0] / 2, WH[1] / 2, k1, 0.0, 0.0, 0.0, 0.0),
        lens_covariance=tuple(tuple(row) for row in np.zeros((9, 9)).tolist()),
        rms_px=0.1,
        max_rms_px=0.5,
        views=(),
    )


if __name__ == "__main__":
    main()
