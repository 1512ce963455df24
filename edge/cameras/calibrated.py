"""A camera whose frames carry millimetres per pixel, where calibration and scale allow it."""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Protocol

from edge.calibration_record import CameraCalibration, check_fits
from edge.cameras.camera import Camera
from edge.errors import CalibrationError
from edge.frame import Frame, Unreadable
from edge.pose import Pose
from edge.scale import Scale, ScaleSource, ScaleSpec, Withheld, fixed_scale, tag_scale

_log = logging.getLogger(__name__)

NO_SCALE = "no scale is known: state one with --scale"


class Poses(Protocol):
    """What follows the camera along the wall: `edge.pose.tracker.PoseTracker`."""

    def step(self, frame: Frame) -> Pose:
        """Where the camera was; source none where nobody knows. It is asked of every frame once, in order."""


class CalibratedCamera(Camera):
    """Another camera's frames, `mm_per_px` and `scale` set: none keeps one that this calibration does not give.

    `poses` is what knows where this camera was, if anything does. `withheld` counts the frames without a scale by
    reason; each reason is logged once, as a warning.
    """

    def __init__(
        self, camera: Camera, calibration: CameraCalibration, spec: ScaleSpec | None, *, poses: Poses | None = None
    ) -> None:
        self._camera, self.calibration, self._spec, self.poses = camera, calibration, spec, poses
        self._fixed = self._fixed_scale()
        self.description, self.frame_count, self.live = camera.description, camera.frame_count, camera.live
        self.calibration_id = calibration.id
        self.withheld: Counter[str] = Counter()

    def provenance(self) -> Mapping[str, Any]:
        """What a run records of its scale, besides the calibration's id: what JSON can hold."""
        scale: dict[str, Any] = {"source": None if self._spec is None else self._spec.source.value}
        if self._spec is not None:
            scale |= {"length_mm": self._spec.length_mm, "sd_mm": self._spec.sd_mm, "points_px": self._spec.points_px}
            scale["tilt_sd_rad"] = self._spec.tilt_sd_rad
        if isinstance(self._fixed, Scale):
            scale |= {"mm_per_px": self._fixed.mm_per_px, "sd_mm_per_px": self._fixed.sd_mm_per_px}
        if isinstance(self._fixed, Withheld):
            scale["withheld"] = self._fixed.reason
        return {"scale": scale}

    def frames(self) -> Iterator[Frame | Unreadable]:
        """The frames, in order, once."""
        for item in self._camera.frames():
            if isinstance(item, Unreadable):
                yield item
                continue
            scale = self._scale_of(item)
            if isinstance(scale, Withheld):
                if not self.withheld[scale.reason]:
                    _log.warning("%s: no millimetres: %s", item.name, scale.reason)
                self.withheld[scale.reason] += 1
            yield replace(item, mm_per_px=scale.mm_per_px if isinstance(scale, Scale) else None, scale=scale)

    def close(self) -> None:
        """Closes the other camera."""
        self._camera.close()

    def _fixed_scale(self) -> Scale | Withheld | None:
        """None where every frame has its own."""
        if self._spec is None:
            return Withheld(reason=NO_SCALE)
        return None if self._spec.source is ScaleSource.TAG else fixed_scale(self.calibration, self._spec)

    def _scale_of(self, frame: Frame) -> Scale | Withheld:
        try:
            check_fits(self.calibration, frame.wh, frame.exposure.lens_position_dpt)
        except CalibrationError as misfit:
            return Withheld(reason=str(misfit))
        if self._fixed is not None or self._spec is None:
            return self._fixed or Withheld(reason=NO_SCALE)
        return tag_scale(self.calibration, self._spec, frame.pixels)
