"""One picture from a camera, with everything that is known about how it came to be."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from edge.scale import Scale, Withheld

U8Image = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What the camera says of one exposure; None where it did not say."""

    exposure_us: float | None = None
    analogue_gain: float | None = None
    lens_position_dpt: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """A frame as every camera delivers it.

    `pixels`: uint8, BGR, (h, w, 3), C-contiguous. `t_mono_ns` comes from the sensor where there is one, else from
    CLOCK_MONOTONIC when the frame was read; `t_utc` is timezone-aware. `lost_before` counts the frames that the
    source knows it lost since the last one. `mm_per_px` is None unless somebody calibrated it; `scale` says how, or why
    it is withheld. `small` is the same picture for viewing, where the camera makes one (uint8 BGR).
    """

    pixels: U8Image
    seq: int
    name: str
    t_mono_ns: int
    t_utc: datetime
    exposure: Exposure = field(default_factory=Exposure)
    lost_before: int = 0
    mm_per_px: float | None = None
    scale: "Scale | Withheld | None" = None
    small: U8Image | None = None

    @property
    def wh(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]

    def given_up(self, reason: str) -> "Unreadable":
        """What is left of a frame that nobody will look at: everything but its pixels."""
        return Unreadable(
            seq=self.seq,
            name=self.name,
            reason=reason,
            t_mono_ns=self.t_mono_ns,
            t_utc=self.t_utc,
            lost_before=self.lost_before,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A frame that the source could not deliver, or that nobody had the time to look at: it is counted, logged as
    skipped, and the run goes on.

    `gap_s` is for how long a live camera delivered nothing before it was restarted: then it stands for that gap, in
    which `lost_before` frames were missed.
    """

    seq: int
    name: str
    reason: str
    t_mono_ns: int
    t_utc: datetime
    lost_before: int = 0
    gap_s: float | None = None
