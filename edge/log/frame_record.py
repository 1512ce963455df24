"""What the log holds of a frame that was inspected or skipped."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import numpy as np

from edge.frame import Exposure
from edge.log.columns import (
    Stored,
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


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameScale:
    """Millimetres per pixel in the middle of a frame, standard deviation; `source` is an `edge.scale.ScaleSource`."""

    calibration_id: str
    source: str
    mm_per_px: float
    sd_mm_per_px: float

    @staticmethod
    def write(scale: "FrameScale | None") -> dict[str, Value]:
        return {
            "calibration_id": None if scale is None else write_text(scale.calibration_id),
            "scale_source": None if scale is None else scale.source,
            "mm_per_px": None if scale is None else float(scale.mm_per_px),
            "sd_mm_per_px": None if scale is None else float(scale.sd_mm_per_px),
        }

    @classmethod
    def read(cls, row: Stored) -> "FrameScale | None":
        if row["mm_per_px"] is None:
            return None
        return cls(
            calibration_id=row["calibration_id"],
            source=row["scale_source"],
            mm_per_px=row["mm_per_px"],
            sd_mm_per_px=row["sd_mm_per_px"],
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameRecord:
    """A frame that was inspected, or skipped for the reason `skipped`.

    `name` is the source's: a picture's path, a video's name and index. `score_map_q` is int8 (rows, cols);
    where its windows lie follows from `frame_wh` and the run's tile and stride
    (`edge.tiling.window_origins`), so that is not stored. `image_score` is a probability. `quality` is what was
    measured of the frame, names that end in their unit and numbers; None where nobody judged it. `mm_withheld` says why
    a frame of a calibrated run has no `scale`. Raises `ValueError` for what contradicts itself.
    """

    seq: int
    name: str
    t_mono_ns: int
    t_utc: datetime
    frame_wh: tuple[int, int] | None
    exposure: Exposure = field(default_factory=Exposure)
    lost_before: int = 0
    skipped: str | None = None
    quality: Mapping[str, float] | None = None
    scale: FrameScale | None = None
    mm_withheld: str | None = None
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
        if self.scale is not None and self.mm_withheld is not None:
            raise ValueError(f"millimetres are there or withheld; frame {self.seq} has both: {self.mm_withheld}")

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
            "quality_json": None if self.quality is None else json.dumps(dict(self.quality), allow_nan=False),
            **FrameScale.write(self.scale),
            "mm_withheld": None if self.mm_withheld is None else write_text(self.mm_withheld),
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
            quality=None if row["quality_json"] is None else json.loads(row["quality_json"]),
            scale=FrameScale.read(row),
            mm_withheld=row["mm_withheld"],
            pose=read_pose(row),
            score_map_q=read_score_map(row),
            image_score=row["image_score"],
            inference_ns=row["inference_ns"],
        )
