"""Cracks rather than windows: what is counted of them against labelled tiles is what counting by hand gives."""

import csv
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np

from edge.bundle import default_bundle_path
from edge.classifier import load_classifier
from edge.measure.measure import Measurer
from edge.measure.measured import Course, Measured
from edge.render.concrete import concrete
from edge.segmenter import segmenter_of
from training.datasets.item import Item
from training.two_stage import LEAST_LENGTHS_PX, frame_cracks, uncracked_cracks


def line(start: tuple[float, float], end: tuple[float, float]) -> Measured:
    points = np.linspace(start, end, 50)
    return Measured(
        courses=(Course(points_px=points, widths_px=np.full(50, 2.0)),),
        length_px=float(np.hypot(*np.subtract(end, start))),
        orientation_deg=0.0,
        widths_px=None,
    )


def seeing(*cracks: Measured | None) -> Any:
    """A measurer that measures these, whatever was found."""
    return SimpleNamespace(threshold=0.5, measure=lambda *_: list(cracks))


def frame(folder: Path) -> Path:
    """One frame of 400 x 200 of two tiles, the left one called cracked."""
    cv2.imwrite(str(folder / "wall.png"), concrete(np.random.default_rng(1), (400, 200)))
    with (folder / "tiles.csv").open("w", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(["frame", "tile", "row", "col", "x", "y", "w", "h", "label"])
        rows.writerow(["wall.png", 1, 0, 0, 0, 0, 200, 200, 1])
        rows.writerow(["wall.png", 2, 0, 1, 200, 0, 200, 200, 0])
    return folder / "tiles.csv"


def test_a_crack_is_false_where_hardly_any_of_it_lies_in_cracked_tiles(tmp_path: Path) -> None:
    _, classifier = load_classifier(default_bundle_path())
    cracks = (
        line((20, 20), (160, 20)),  # within the tile called cracked
        line((150, 50), (350, 50)),  # a quarter of it
        line((190, 80), (350, 80)),  # a sixteenth: false
        line((210, 100), (250, 100)),  # beside it, 40 long: false
        None,
    )
    rows = {row.least_px: row for row in frame_cracks(frame(tmp_path), classifier, seeing(*cracks))}
    assert tuple(rows) == LEAST_LENGTHS_PX
    assert (rows[0].cracks, rows[0].false, rows[0].cracked, rows[0].crossed) == (4, 2, 1, 1)
    assert (rows[64].cracks, rows[64].false, rows[64].crossed) == (3, 1, 1)
    assert (rows[256].cracks, rows[256].false, rows[256].crossed) == (0, 0, 0)


def test_on_uncracked_pictures_every_crack_is_false(tmp_path: Path) -> None:
    _, classifier = load_classifier(default_bundle_path())
    frame(tmp_path)
    item = Item(dataset="own", name="wall.png", path=tmp_path / "wall.png", label=0, group=None, licence="own")
    rows = uncracked_cracks([item, item], classifier, seeing(line((20, 20), (160, 20))))
    assert [(row.cracks, row.false) for row in rows] == [(2, 2), (2, 2), (2, 2), (2, 2), (0, 0)]


def test_the_bundle_that_ships_sees_no_crack_in_bare_concrete(tmp_path: Path) -> None:
    bundle, classifier = load_classifier(default_bundle_path())
    point = bundle.manifest.window_threshold
    measurer = Measurer(segmenter=segmenter_of(bundle), threshold=point.score)
    rows = frame_cracks(frame(tmp_path), classifier, measurer)
    assert all(row.cracks == 0 for row in rows)
