"""Tags of known position: their map, what a frame says of them, and what contradicts itself."""

import numpy as np
import pytest
from driven_rover import FRAME_WH, MM_PER_PX, Wall, bracket, calibration, middle_mm, with_tag

from edge.errors import CalibrationError
from edge.pose.plane import between
from edge.pose.sighting import sight
from edge.pose.tag_map import PlacedTag, TagMap, read_tag_map
from edge.tags import TagError

GREY = np.full((600, 900), 170, np.uint8)
SIDE_PX = 64
MAP = """
schema_version = 1
side_mm = 60.0
sd_mm = 2.0
turn_sd_deg = 2.0
[[tag]]
id = 3
x_mm = 500.0
y_mm = 120
[[tag]]
id = 4
x_mm = 3000.0
y_mm = 120.0
side_mm = 80.0
turn_deg = -90.0
"""


def written(tmp_path, text: str):
    path = tmp_path / "tags.toml"
    path.write_text(text)
    return path


def test_a_map_is_read(tmp_path):
    tags = read_tag_map(written(tmp_path, MAP))
    assert [tag.id for tag in tags.tags] == [3, 4]
    assert tags[4].side_mm == 80.0
    assert np.allclose(tags[4].place.values, [3000.0, 120.0, -np.pi / 2])
    assert np.allclose(np.sqrt(np.diag(tags[3].place.covariance)), [2.0, 2.0, np.radians(2.0)])


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("id = 4", "id = 3", "there more than once: 3"),
        ("x_mm = 3000.0", "x_mm = 530.0", "tags 3 and 4 are 30 mm apart"),
        ("id = 4", "id = 587", "ids 0 to 586"),
        ("id = 4", 'id = "4"', "id is a whole number"),
        ("x_mm = 3000.0", "x_mm = nan", "tag 4 has a finite place"),
        ("sd_mm = 2.0", "sd_mm = 0.0", "standard deviations above 0"),
        ("sd_mm = 2.0", "", r"missing: \['sd_mm'\]"),
        ("turn_deg", "angle_deg", r"unknown: \['angle_deg'\]"),
        ("schema_version = 1", "schema_version = 2", "schema_version 1; got 2"),
        ("[[tag]]", "[[tag]", "tags.toml"),
    ],
)
def test_a_map_that_cannot_be_true_is_refused(tmp_path, old, new, why):
    with pytest.raises(CalibrationError, match=why):
        read_tag_map(written(tmp_path, MAP.replace(old, new, 1)))


def test_a_map_that_is_not_there_is_named(tmp_path):
    with pytest.raises(CalibrationError, match=r"none\.toml: cannot be read"):
        read_tag_map(tmp_path / "none.toml")


def placed(picture: np.ndarray, tags: dict[int, tuple[int, int]], **off_mm: float) -> TagMap:
    """Of tags by the pixel of their middle; `t5=80` writes tag 5 that far right of where it is."""
    return TagMap(
        tags=tuple(
            PlacedTag(
                id=number,
                x_mm=middle_mm(picture, at)[0] + off_mm.get(f"t{number}", 0.0),
                y_mm=middle_mm(picture, at)[1],
                side_mm=SIDE_PX * MM_PER_PX,
                sd_mm=1.0,
                turn_sd_deg=1.0,
            )
            for number, at in tags.items()
        )
    )


def drawn(tags: dict[int, tuple[int, int]]) -> np.ndarray:
    picture = GREY
    for number, at in tags.items():
        picture = with_tag(picture, number, SIDE_PX, at)
    return picture


@pytest.mark.parametrize("left_top", [(100, 100), (180, 160), (40, 60)])
def test_a_tag_is_where_it_was_drawn(left_top):
    at = {5: (350, 260)}
    picture = drawn(at)
    wall, tag_map = Wall(picture=picture), placed(picture, at)
    (found,) = sight(calibration(), bracket(), tag_map, wall.frame(0, left_top).pixels, seq=7)
    truth = between(wall.foot_mm(left_top), tag_map[5].place.values)
    off = found.place.values - truth
    assert (found.frame, found.tag) == (7, 5)
    assert off @ np.linalg.solve(found.place.covariance, off) < 16.3  # chi square of 3 degrees, 99.9 %
    assert np.linalg.norm(off[:2]) < 2.0
    assert np.sqrt(found.place.covariance[0, 0]) < 2.0


def test_a_tag_that_is_not_in_the_map_is_passed_over():
    picture = drawn({5: (350, 260)})
    assert (
        sight(
            calibration(),
            bracket(),
            placed(picture, {6: (350, 260)}),
            Wall(picture=picture).frame(0, (100, 100)).pixels,
            seq=0,
        )
        == ()
    )


def test_two_tags_that_contradict_each_other_are_named():
    at = {5: (250, 250), 9: (450, 250)}
    picture = drawn(at)
    pixels = Wall(picture=picture).frame(0, (350 - FRAME_WH[0] // 2, 120)).pixels
    assert len(sight(calibration(), bracket(), placed(picture, at), pixels, seq=0)) == 2
    with pytest.raises(TagError, match="tags 5 and 9 are 50 mm apart and the map says 80 mm"):
        sight(calibration(), bracket(), placed(picture, at, t9=30.0), pixels, seq=0)


def test_a_tag_that_is_seen_twice_is_named():
    at = {5: (250, 250)}
    picture = with_tag(drawn(at), 5, SIDE_PX, (450, 250))
    with pytest.raises(TagError, match="seen more than once: 5"):
        sight(calibration(), bracket(), placed(picture, at), Wall(picture=picture).frame(0, (110, 120)).pixels, seq=0)
