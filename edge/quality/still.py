"""Whether a rover stands still, from its pictures: a wall that was inspected once is not inspected again."""

from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from edge.calibration_record import CameraCalibration
from edge.frame import Frame, U8Image
from edge.pose import Pose
from edge.quality.motion import FrameOutline
from edge.skips import MOVING, STANDING

_BLOCK_PX = 16
# Noise makes the differences of two pictures of one place 0.32 times (the square root of 2 / 20) as large as a
# picture's own from block to block; a movement of some 2 px makes them a third of that where the wall has a texture.
_SAME_SHARE = 0.1
# A block is something new from 8 standard deviations: of the 8,000 blocks of a frame none gets there by chance.
_NEW_SD, _NEW_GREY = 8.0, 0.5
# Between means of blocks; noise of 5 grey levels a pixel makes that much.
_NOISE_GREY = 0.5
_SD_OF_MEDIAN = 1.4826  # of a normal distribution, by the median of the absolute values
_STILL_PX = 1.0

F32 = npt.NDArray[np.float32]


class Likeness(StrEnum):
    """What two pictures say of a movement between them; `UNSURE` where too little is seen to show one."""

    SAME = "same"
    OTHER = "other"
    UNSURE = "unsure"


def blocks_of(picture: U8Image) -> F32:
    """The mean grey level of every whole block of 16 px of uint8 BGR (h, w, 3), by its green: (h // 16, w // 16)."""
    rows, columns = (side // _BLOCK_PX for side in picture.shape[:2])
    means = cv2.extractChannel(picture[: rows * _BLOCK_PX, : columns * _BLOCK_PX], 1)
    # Halving is what OpenCV does fastest. The last step is not in 8 bits: rounding would cost too much.
    for share in (2, 4):
        means = cv2.resize(
            means, (columns * _BLOCK_PX // share, rows * _BLOCK_PX // share), interpolation=cv2.INTER_AREA
        )
    blocks: F32 = cv2.resize(means.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    return blocks


def likeness(before: F32, now: F32) -> Likeness:
    """Of two pictures' blocks. A change of the light as a whole is none of the picture."""
    if before.shape != now.shape:
        return Likeness.OTHER
    difference = now - before
    difference -= np.median(difference)
    size = np.abs(difference)
    sd = _SD_OF_MEDIAN * float(np.median(size))
    if size.max() > max(_NEW_SD * sd, _NEW_GREY):
        return Likeness.OTHER
    grain = _SD_OF_MEDIAN * float(np.median(np.abs(cv2.Laplacian(now, cv2.CV_32F))))
    if sd < _SAME_SHARE * grain:
        return Likeness.SAME
    # Where little more than noise is seen, pictures of two places look as much alike as two of one.
    return Likeness.UNSURE if sd < _NOISE_GREY else Likeness.OTHER


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    blocks: F32
    pose: Pose


class Standstill:
    """Judges the frames of one run, in order. Where pictures cannot tell, poses of a calibrated camera do, if any.

    With `stop_and_shoot` a frame counts only where the rover stands: where it shows what the frame before it shows.
    """

    def __init__(self, *, calibration: CameraCalibration | None = None, stop_and_shoot: bool = False) -> None:
        self._outline = None if calibration is None else FrameOutline(calibration)
        self._stop_and_shoot = stop_and_shoot
        self._now: _Seen | None = None
        self._inspected: _Seen | None = None

    def objection(self, frame: Frame, pose: Pose) -> str | None:
        """Why the frame is not inspected; None where it is. It is asked of every frame once."""
        before, self._now = self._now, _Seen(blocks=blocks_of(frame.pixels), pose=pose)
        if self._stop_and_shoot and not self._alike(before, self._now):
            return MOVING
        return STANDING if self._alike(self._inspected, self._now) else None

    def inspected(self) -> None:
        """The frame that was asked about last was inspected: the next ones are compared with it."""
        self._inspected = self._now

    def _alike(self, before: _Seen | None, now: _Seen) -> bool:
        if before is None:
            return False
        found = likeness(before.blocks, now.blocks)
        if found is Likeness.UNSURE:
            return self._stood(before.pose, now.pose)
        return found is Likeness.SAME

    def _stood(self, before: Pose, now: Pose) -> bool:
        if self._outline is None or before.t_wall_camera is None or now.t_wall_camera is None:
            return False
        shift_px = self._outline.shift_px(before.t_wall_camera, now.t_wall_camera)
        return shift_px is not None and shift_px < _STILL_PX
