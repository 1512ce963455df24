"""Tags of known position in a frame, and what they say of where its foot is."""

import math
from itertools import combinations

import numpy as np

from edge.calibration_record import CameraCalibration
from edge.frame import U8Image
from edge.pose.plane import Bracket, Planar
from edge.pose.run import Sighting
from edge.pose.tag_map import TagMap
from edge.tags import TagError, find_tags, places_of_tags

# Two tags whose distance is off by more contradict each other.
_CONTRADICTION_SD = 5.0


def sight(
    calibration: CameraCalibration, bracket: Bracket, tag_map: TagMap, picture: U8Image, *, seq: int
) -> tuple[Sighting, ...]:
    """The map's tags in a picture (h, w, 3); tags that the map does not have are passed over.

    Raises `TagError`, which names the tags, where one is seen twice, does not lie flat, or two are not as far apart as
    the map says: no place follows from such a frame.
    """
    tags = [tag for tag in find_tags(picture) if tag.id in tag_map]
    if not tags:
        return ()
    sides = np.array([tag_map[tag.id].side_mm for tag in tags])
    places, covariances = places_of_tags(calibration, tags, sides, bracket.values, bracket.covariance)
    found = tuple(
        Sighting(frame=seq, tag=tag.id, place=Planar(values=place, covariance=(spread + spread.T) / 2))
        for tag, place, spread in zip(tags, places, covariances, strict=True)
    )
    for one, other in combinations(found, 2):
        _check_distance(tag_map, one, other)
    return found


def _check_distance(tag_map: TagMap, one: Sighting, other: Sighting) -> None:
    mapped = tag_map[one.tag].place, tag_map[other.tag].place
    places = one.place, other.place
    seen_mm, said_mm = (float(np.linalg.norm(a.values[:2] - b.values[:2])) for a, b in (places, mapped))
    # At most: as if every error lay along the line between the tags.
    sd = math.sqrt(sum(float(np.linalg.eigvalsh(p.covariance[:2, :2])[-1]) for p in (*places, *mapped)))
    if abs(seen_mm - said_mm) > _CONTRADICTION_SD * sd:
        raise TagError(
            f"tags must lie where the map says; tags {one.tag} and {other.tag} are {seen_mm:.0f} mm apart and the map "
            f"says {said_mm:.0f} mm: measure them again"
        )
