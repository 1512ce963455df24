"""What was measured of a frame's quality."""

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityFacts:
    """Of one frame; None where it could not be known.

    `blur_px`: the length of a straight movement that would blur as much, in the worse of the directions x and y; None
    where nothing but noise is seen. `median`: grey level, 0 to 255. Shares are of the frame's pixels: `dark` and
    `bright` of those that are clipped, `glare` of the largest bright patch. `tilt_deg`: between the optical axis and
    the wall's normal. `motion_px`: how far the picture moved while it was exposed. `overlap_share`: of the frame, how
    much the last accepted one saw.
    """

    blur_px: float | None
    median: float
    dark_share: float
    bright_share: float
    glare_share: float
    tilt_deg: float | None = None
    motion_px: float | None = None
    overlap_share: float | None = None

    def write(self) -> Mapping[str, float]:
        """What is known, by name: `edge.log.FrameRecord.quality`."""
        known = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: round(float(value), 4) for name, value in known.items() if value is not None}
