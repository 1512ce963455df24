"""The wall of a log as one picture: the frames of its latest visit, their cracks drawn in, or why there is none."""

from collections.abc import Collection
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from driven_rover import MM_PER_PX
from edge_review_samples import make_log
from edge_review_wall_samples import CRACKS_MM, WALL_MM, make_wall_log

from edge.errors import LogError
from edge.exports.registry import exporter
from edge.log import CrackVisit, LogReader, read_log
from edge.log.database import open_to_read


class _Some(LogReader):
    """A log of which some cracks are seen."""

    def __init__(self, folder: Path, ids: Collection[int]) -> None:
        super().__init__(folder, open_to_read(folder))
        self._ids = ids

    def cracks(self, visit_id: int) -> list[CrackVisit]:
        return [crack for crack in super().cracks(visit_id) if crack.crack_id in self._ids]


def drawn(log: LogReader) -> np.ndarray:
    stream = BytesIO()
    exporter("mosaic")(log, log.runs(), stream)
    picture = cv2.imdecode(np.frombuffer(stream.getvalue(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture


def coloured(picture: np.ndarray, xy_mm: tuple[float, float]) -> bool:
    """Whether a crack is drawn near a place of the wall; concrete is grey."""
    x, y = round(xy_mm[0] / MM_PER_PX), round((WALL_MM[1] - xy_mm[1]) / MM_PER_PX)
    near = picture[max(0, y - 20) : y + 20, max(0, x - 20) : x + 20].astype(int)
    return bool(np.ptp(near, axis=2).max() > 60)


def test_it_shows_the_wall_with_the_cracks_that_were_chosen(tmp_path: Path) -> None:
    make_wall_log(tmp_path)
    second, third = CRACKS_MM[1][1][:2], CRACKS_MM[2][1][:2]
    with read_log(tmp_path) as log:
        picture = drawn(log)
    assert picture.shape[1] == pytest.approx(WALL_MM[0] / MM_PER_PX, rel=0.2)
    assert coloured(picture, second)
    assert coloured(picture, third)
    with _Some(tmp_path, {2}) as log:
        picture = drawn(log)
    assert coloured(picture, second)
    assert not coloured(picture, third)


def test_a_picture_that_is_missing_leaves_its_place_white(tmp_path: Path) -> None:
    runs = make_wall_log(tmp_path)
    with read_log(tmp_path) as log:
        whole = drawn(log)
    (tmp_path / "images" / runs[-1] / "000000.jpg").unlink()
    with read_log(tmp_path) as log:
        fewer = drawn(log)
    assert (fewer == 255).all(axis=2).mean() > (whole == 255).all(axis=2).mean()


def test_without_places_there_is_no_picture_of_the_wall(tmp_path: Path) -> None:
    make_log(tmp_path)
    with read_log(tmp_path) as log, pytest.raises(LogError, match="frames that know their place"):
        exporter("mosaic")(log, log.runs(), BytesIO())


def test_a_picture_that_is_none_is_said(tmp_path: Path) -> None:
    runs = make_wall_log(tmp_path)
    (tmp_path / "images" / runs[-1] / "000000.jpg").write_bytes(b"Dear all")
    with read_log(tmp_path) as log, pytest.raises(LogError, match=r"000000\.jpg|could not be drawn"):
        exporter("mosaic")(log, log.runs(), BytesIO())
