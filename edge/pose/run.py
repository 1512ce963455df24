"""What a run knows of where its frames are: what `tracker` collects and `graph` solves."""

from dataclasses import dataclass

from edge.pose.plane import Bracket, Planar
from edge.pose.pose import PoseSource
from edge.pose.tag_map import TagMap


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanarStep:
    """From one frame to another, both by their `seq`, in the axes of the first; by registration or by odometry."""

    first: int
    second: int
    step: Planar
    source: PoseSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A tag of the map in a frame: its middle and turn in the frame's axes, where the foot is the origin."""

    frame: int
    tag: int
    place: Planar


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseRun:
    """`frames` by their `seq`, in order. `start` is where the first is, if that is known.

    `odometry_scale_sd`: the relative standard deviation of what the wheels call a millimetre, constant over the run.
    Raises `ValueError` for a step or sighting of a frame or tag that is not there.
    """

    bracket: Bracket
    frames: tuple[int, ...]
    steps: tuple[PlanarStep, ...]
    sightings: tuple[Sighting, ...]
    tag_map: TagMap | None
    odometry_scale_sd: float
    start: Planar | None = None

    def __post_init__(self) -> None:
        frames = set(self.frames)
        named = {s.first for s in self.steps} | {s.second for s in self.steps} | {s.frame for s in self.sightings}
        tags = {s.tag for s in self.sightings if self.tag_map is None or s.tag not in self.tag_map}
        if len(frames) != len(self.frames) or named - frames or tags:
            raise ValueError(
                "a run has each frame once, and steps and sightings of its frames and mapped tags only; unknown: "
                f"frames {sorted(named - frames)}, tags {sorted(tags)}"
            )
