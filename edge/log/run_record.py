"""What the log holds of a run and of the visit that it belongs to.

Here as in every record of the log, `write` gives the columns that edge/log/tables.py describes; `read` takes a row that
has them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Self

from edge.log.columns import Stored, Value, read_utc, write_text, write_utc

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
    in millimetres. `config` is what JSON can hold. `visit_id` is what `InspectionLog.start_visit` gave, None where the
    wall has no name; `resumes_run_id` is the run that ended early and that this one goes on with.
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
    visit_id: int | None = None
    resumes_run_id: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)

    def write(self) -> dict[str, Value]:
        return {
            "visit_id": self.visit_id,
            "resumes_run_id": self.resumes_run_id,
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
            visit_id=row["visit_id"],
            resumes_run_id=row["resumes_run_id"],
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """What was added to a visit's places to bring its cracks over those of earlier visits; `sd_mm` of x and of y."""

    xy_mm: tuple[float, float]
    sd_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitRecord:
    """A visit to a wall; visits are ordered by `id`, for clocks jump. `shift` is None until cracks were compared."""

    id: int
    wall: str
    shift: Shift | None = None

    @classmethod
    def read(cls, row: Stored) -> Self:
        x_mm = row["shift_x_mm"]
        shift = None if x_mm is None else Shift(xy_mm=(x_mm, row["shift_y_mm"]), sd_mm=row["shift_sd_mm"])
        return cls(id=row["id"], wall=row["wall"], shift=shift)
