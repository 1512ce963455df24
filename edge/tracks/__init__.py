"""From finds to cracks: courses seen in overlapping frames become one crack on the wall, and visits are compared."""

from edge.tracks.from_log import placed_again, seen_courses, track_visit
from edge.tracks.seen import SeenCourse, place_covariance
from edge.tracks.track import Track, track
from edge.tracks.visits import Comparison, Known, compare

__all__ = [
    "Comparison",
    "Known",
    "SeenCourse",
    "Track",
    "compare",
    "place_covariance",
    "placed_again",
    "seen_courses",
    "track",
    "track_visit",
]
