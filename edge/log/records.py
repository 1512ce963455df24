"""What is handed to the log and what comes back: a run, a frame, a find, each with its `write` and `read`.

`write` gives the columns that edge/log/schema.py describes; `read` takes a row that has them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Self

import numpy as np

from edge.frame import Exposure
from edge.log.columns import (
    Value,
    read_pose,
    read_score_map,
    read_utc,
    write_pose,
    write_score_map,
    write_text,
    write_utc,
)
from edge.manifest import Int8Array
from edge.pose import Pose

# A row of sqlite3 is untyped; the STRICT tables hold its types.
Stored = Mapping[str, Any]

# Followed by their number.
LOST_REASON = "ended without a word (power cut or killed); frames logged: "


class RunState(StrEnum):
    """How a run stands. `lost`: nobody ended it and nobody runs it any more (a power cut, a kill)."""

    RUNNING = "running"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStart:
    """Where a run's records come from: everything that is known when it starts.

    `window_threshold` is a probability; real score = output_scale * (q - output_zero_point), of kind
    `score_kind`; a logit is divided by `config["temperature"]` (1 where absent) before it becomes a probability.
    `calibration_id` names what turns pixels into millimetres; with None, nothing in the run is
    in millimetres. `config` is what JSON can hold.
    """

    started_utc: datetime
    started_mono_ns: int
    boot_id: str | None
    clock_synchronised: bool | None
    hairline_version: str | None
    hairline_commit: str | None
    command: tuple[str, ...]
    source: str
    bundle_name: str
    bundle_sha256: str
    classifier_sha256: str
    runtime: str
    threads: int
    window_threshold: float
    tile_px: int
    stride_px: int
    output_scale: float
    output_zero_point: int
    score_kind: Literal["logit", "probability"]
    calibration_id: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)

    def write(self) -> dict[str, Value]:
        return {
            "started_utc": write_utc(self.started_utc),
            "started_mono_ns": self.started_mono_ns,
            "boot_id": self.boot_id,
            "clock_synchronised": self.clock_synchronised,
            "hairline_version": self.hairline_version,
            "hairline_commit": self.hairline_commit,
            "command_json": json.dumps(self.command),
            "source": write_text(self.source),
            "bundle_name": write_text(self.bundle_name),
            "bundle_sha256": self.bundle_sha256,
            "classifier_sha256": self.classifier_sha256,
            "runtime": write_text(self.runtime),
            "threads": self.threads,
            "window_threshold": float(self.window_threshold),
            "tile_px": self.tile_px,
            "stride_px": self.stride_px,
            "output_scale": float(self.output_scale),
            "output_zero_point": self.output_zero_point,
            "score_kind": self.score_kind,
            "calibration_id": None if self.calibration_id is None else write_text(self.calibration_id),
            "config_json": json.dumps(dict(self.config), sort_keys=True, allow_nan=False),
        }

    @classmethod
    def read(cls, row: Stored) -> Self:
        synchronised = row["clock_synchronised"]
        return cls(
            started_utc=read_utc(row["started_utc"]),
            started_mono_ns=row["started_mono_ns"],
            boot_id=row["boot_id"],
            clock_synchronised=None if synchronised is None else bool(synchronised),
            hairline_version=row["hairline_version"],
            hairline_commit=row["hairline_commit"],
            command=tuple(json.loads(row["command_json"])),
            source=row["source"],
            bundle_name=row["bundle_name"],
            bundle_sha256=row["bundle_sha256"],
            classifier_sha256=row["classifier_sha256"],
            runtime=row["runtime"],
            threads=row["threads"],
            window_threshold=row["window_threshold"],
            tile_px=row["tile_px"],
            stride_px=row["stride_px"],
            output_scale=row["output_scale"],
            output_zero_point=row["output_zero_point"],
            score_kind=row["score_kind"],
            calibration_id=row["calibration_id"],
            config=json.loads(row["config_json"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run as logged: how it started, how it stands, and when it ended (unless running or lost)."""

    id: str
    start: RunStart
    state: RunState = RunState.RUNNING
    reason: str | None = None
    ended_utc: datetime | None = None
    ended_mono_ns: int | None = None

    def write(self) -> dict[str, Value]:
        return {
            "id": self.id,
            **self.start.write(),
            "state": self.state.value,
            "reason": None if self.reason is None else write_text(self.reason),
            "ended_utc": None if self.ended_utc is None else write_utc(self.ended_utc),
            "ended_mono_ns": self.ended_mono_ns,
        }

    @classmethod
    def read(cls, row: Stored) -> Self:
        ended = row["ended_utc"]
        return cls(
            id=row["id"],
            start=RunStart.read(row),
            state=RunState(row["state"]),
            reason=row["reason"],
            ended_utc=None if ended is None else read_utc(ended),
            ended_mono_ns=row["ended_mono_ns"],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameRecord:
    """A frame that was inspected, or skipped for the reason `skipped`.

    `name` is the source's: a picture's path, a video's name and index. `score_map_q` is int8 (rows, cols);
    where its windows lie follows from `frame_wh` and the run's tile and stride
    (`edge.tiling.window_origins`), so that is not stored. `image_score` is a probability. Raises `ValueError`
    for what contradicts itself.
    """

    seq: int
    name: str
    t_mono_ns: int
    t_utc: datetime
    frame_wh: tuple[int, int] | None
    exposure: Exposure = field(default_factory=Exposure)
    lost_before: int = 0
    skipped: str | None = None
    pose: Pose = field(default_factory=Pose)
    score_map_q: Int8Array | None = None
    image_score: float | None = None
    inference_ns: int | None = None

    def __post_init__(self) -> None:
        if self.skipped is None and self.frame_wh is None:
            raise ValueError(f"an inspected frame has a size; frame {self.seq} has none")
        if self.skipped is not None and (self.score_map_q is not None or self.image_score is not None):
            raise ValueError(f"a skipped frame has no scores; frame {self.seq}, skipped: {self.skipped}, has")
        q = self.score_map_q
        if q is not None and (q.dtype != np.int8 or q.ndim != 2):
            raise ValueError(f"a score map is int8 (rows, cols); got {q.dtype} {q.shape}")

    def write(self) -> dict[str, Value]:
        width_px, height_px = self.frame_wh or (None, None)
        return {
            "seq": self.seq,
            "name": write_text(self.name),
            "t_mono_ns": self.t_mono_ns,
            "t_utc": write_utc(self.t_utc),
            "width_px": width_px,
            "height_px": height_px,
            "exposure_us": self.exposure.exposure_us,
            "analogue_gain": self.exposure.analogue_gain,
            "lens_position_dpt": self.exposure.lens_position_dpt,
            "lost_before": self.lost_before,
            "status": "inspected" if self.skipped is None else "skipped",
            "reason": None if self.skipped is None else write_text(self.skipped),
            **write_pose(self.pose),
            **write_score_map(self.score_map_q),
            "image_score": None if self.image_score is None else float(self.image_score),
            "inference_ns": self.inference_ns,
        }

    @classmethod
    def read(cls, row: Stored) -> Self:
        return cls(
            seq=row["seq"],
            name=row["name"],
            t_mono_ns=row["t_mono_ns"],
            t_utc=read_utc(row["t_utc"]),
            frame_wh=None if row["width_px"] is None else (row["width_px"], row["height_px"]),
            exposure=Exposure(
                exposure_us=row["exposure_us"],
                analogue_gain=row["analogue_gain"],
                lens_position_dpt=row["lens_position_dpt"],
            ),
            lost_before=row["lost_before"],
            skipped=row["reason"],
            pose=read_pose(row),
            score_map_q=read_score_map(row),
            image_score=row["image_score"],
            inference_ns=row["inference_ns"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FindRecord:
    """A find in a frame: its box in the source image, its highest window's score (probability) and int8 `q`.

    What measurement adds is None until it has been measured: `mask_path` relative to the log's folder; the
    width in millimetres with its interval; `below_resolution` True where the crack is too fine for a width.
    """

    box_xywh_px: tuple[int, int, int, int]
    score: float
    q: int
    windows: int
    mask_path: str | None = None
    length_px: float | None = None
    width_px: float | None = None
    length_mm: float | None = None
    width_mm: float | None = None
    width_low_high_mm: tuple[float, float] | None = None
    below_resolution: bool | None = None

    def write(self) -> dict[str, Value]:
        low, high = self.width_low_high_mm or (None, None)
        return {
            **dict(zip(("box_x_px", "box_y_px", "box_w_px", "box_h_px"), self.box_xywh_px, strict=True)),
            "score": float(self.score),
            "q": int(self.q),
            "windows": self.windows,
            "mask_path": self.mask_path,
            "length_px": self.length_px,
            "width_px": self.width_px,
            "length_mm": self.length_mm,
            "width_mm": self.width_mm,
            "width_low_mm": low,
            "width_high_mm": high,
            "below_resolution": self.below_resolution,
        }

    @classmethod
    def read(cls, row: Stored) -> Self:
        below, low = row["below_resolution"], row["width_low_mm"]
        return cls(
            box_xywh_px=(row["box_x_px"], row["box_y_px"], row["box_w_px"], row["box_h_px"]),
            score=row["score"],
            q=row["q"],
            windows=row["windows"],
            mask_path=row["mask_path"],
            length_px=row["length_px"],
            width_px=row["width_px"],
            length_mm=row["length_mm"],
            width_mm=row["width_mm"],
            width_low_high_mm=None if low is None else (low, row["width_high_mm"]),
            below_resolution=None if below is None else bool(below),
        )
