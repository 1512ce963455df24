"""`hairline run` measures what it finds: in pixels, and in millimetres only where a calibrated scale gives them."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from board_renderer import Lens, calibration_of
from edge_log_samples import MEASURED
from test_edge_run_verb import TINY, hairline
from test_edge_segmenter import floating, model, part, spec, with_segmenter  # noqa: F401  # fixtures

from edge.bundle import SegmenterPart
from edge.calibration_record import write_calibration
from edge.cameras.calibrated import NO_SCALE
from edge.log import read_log
from edge.manifest import SegmenterSpec
from edge.measure.measured import Interval, Measured
from edge.measure.tally import Tally
from edge.verbs.run_parts import COVERAGE_FILE, NO_SEGMENTER, NOT_ASKED

WH = (220, 160)
CALIBRATION = calibration_of(Lens(frame_wh=WH, fx=200.0, fy=200.0, cx=109.5, cy=79.5))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, spec: SegmenterSpec, part: SegmenterPart) -> Path:  # noqa: F811
    """With a segmenter that has learnt nothing: what it calls cracked has courses all the same."""
    folder = tmp_path_factory.mktemp("segmenting") / "bundle"
    with_segmenter(folder, spec, part)
    return folder


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """The same one twice, and a dark one."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    pixels = np.random.default_rng(1).integers(0, 256, (WH[1], WH[0], 3), np.uint8)
    for name, shown in (("a.png", pixels), ("b.png", pixels), ("c.png", pixels // 32)):
        cv2.imwrite(str(folder / name), shown)
    return folder


def run(*words: object) -> dict[str, Any]:
    done = hairline("run", *words, "--threshold", "0.01", "--json")
    assert done.returncode == 0, done.stderr
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def logged(folder: Path) -> list[Measured]:
    with read_log(folder) as reader:
        (one,) = reader.runs()
        found = [f.find.measured for f in reader.finds(one.id)]
    return [measured for measured in found if measured is not None]


def test_without_a_scale_finds_are_measured_in_pixels(bundle: Path, photographs: Path, tmp_path: Path) -> None:
    summary = run(photographs, "--log", tmp_path / "log", "--bundle", bundle)
    measured = logged(tmp_path / "log")
    assert 0 < summary["finds_measured"] == len(measured) <= summary["finds"]
    assert summary["finds_without_mm"] == {NO_SCALE: len(measured)}
    assert summary["widest_mm"] is None
    assert summary["finds_unmeasured_because"] is None
    assert all(one.on_wall is None and one.withheld == NO_SCALE for one in measured)


def test_with_a_calibrated_scale_they_are_in_millimetres(bundle: Path, photographs: Path, tmp_path: Path) -> None:
    write_calibration(tmp_path / "camera.json", CALIBRATION)
    summary = run(
        photographs,
        *("--log", tmp_path / "log", "--bundle", bundle, "--calibration", tmp_path / "camera.json"),
        *("--scale", "standoff:300:1"),
    )
    measured = logged(tmp_path / "log")
    assert summary["finds_measured"] == len(measured) > 0
    assert summary["finds_without_mm"] == {}
    for one in measured:
        assert one.on_wall is not None
        # 300 mm before 200 px of focal length.
        assert one.on_wall.length_mm.value == pytest.approx(1.5 * one.length_px, rel=0.02)


def test_no_measure_and_no_segmenter_say_so(bundle: Path, photographs: Path, tmp_path: Path) -> None:
    asked = (photographs, "--log", tmp_path / "log")
    for words, reason in ((("--bundle", bundle, "--no-measure"), NOT_ASKED), (("--bundle", TINY), NO_SEGMENTER)):
        summary = run(*asked, *words)
        assert summary["finds"] > 0
        assert (summary["finds_measured"], summary["finds_unmeasured_because"]) == (0, reason)
    table = hairline("run", *asked, "--bundle", TINY, "--threshold", "0.01").stdout
    assert NO_SEGMENTER in table


def test_frames_are_judged_where_it_is_asked_for(photographs: Path, tmp_path: Path) -> None:
    """Nothing is skipped unasked, and a second picture of the same place never is: it has no pose."""
    words = (photographs, "--log", tmp_path / "log", "--bundle", TINY)
    assert run(*words)["frames_skipped"] == {}
    assert run(*words, "--quality")["frames_skipped"] == {"too dark": 1}


def test_a_tally_keeps_the_widest_with_its_interval() -> None:
    tally = Tally()
    assert MEASURED.on_wall is not None
    assert MEASURED.on_wall.widths_mm is not None
    for one in (MEASURED, MEASURED):
        tally.add(one)
    assert tally.measured == 2
    assert tally.widest_mm == MEASURED.on_wall.widths_mm.maximum
    assert isinstance(tally.widest_mm, Interval)
    assert tally.widest_px == MEASURED.widths_px.maximum
    assert tally.withheld == {}


def test_the_map_of_a_run_is_drawn_where_its_frames_have_a_place(photographs: Path, tmp_path: Path) -> None:
    done = hairline("run", "wall:3", "--log", tmp_path / "log", "--bundle", TINY, "--coverage", "0.3")
    assert done.returncode == 0, done.stderr
    assert str(tmp_path / "log" / COVERAGE_FILE) in done.stderr
    shown = cv2.imread(str(tmp_path / "log" / COVERAGE_FILE))
    assert shown is not None
    # The wall is 0.25 mm per pixel: more than 0.75 of what counts, so in the palest green.
    assert (shown == (150, 195, 120)).all(axis=2).mean() > 0.3
    (tmp_path / "log" / COVERAGE_FILE).unlink()
    done = hairline("run", photographs, "--log", tmp_path / "log", "--bundle", TINY, "--coverage", "0.3")
    assert done.returncode == 0, done.stderr
    assert "no frame of this run has a place" in done.stderr
    assert not (tmp_path / "log" / COVERAGE_FILE).exists()


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "inf", "x"])
def test_an_impossible_scale_for_the_map_is_refused(scale: str, photographs: Path, tmp_path: Path) -> None:
    done = hairline("run", photographs, "--log", tmp_path / "log", f"--coverage={scale}")
    assert done.returncode == 2
    assert "mm per pixel" in done.stderr
