"""A log as CSV: a row a find, read back by another reader; harmless in a spreadsheet."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from edge_log_samples import CALIBRATED, CLOCK, CRACK, FIND, MEASURED_FIND, SCALE, START, T, frame, skipped
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import LogError
from edge.exports.fields import CRACK_FIELDS, FIND_FIELDS
from edge.exports.registry import exporter
from edge.log import FindRecord, InspectionLog, read_log
from edge.pose import Pose, PoseSource

NUMBERS = ("frame_seq", "box_x_px", "box_y_px", "box_w_px", "box_h_px", "score", "windows", "threshold")


def exported(folder: Path, name: str = "csv") -> bytes:
    stream = io.BytesIO()
    with read_log(folder) as log:
        exporter(name)(log, log.runs(), stream)
    assert not stream.closed
    return stream.getvalue()


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""), strict=True))


def logged(folder: Path, name: str, finds: list[FindRecord]) -> None:
    with InspectionLog.open(folder, clock=CLOCK) as log:
        log.log_frame(log.start_run(START), frame(3, name=name), finds, b"jpeg")


def test_a_row_a_find_with_what_made_it(tmp_path: Path) -> None:
    other = replace(FIND, box_xywh_px=(-5, 0, 70, 80), score=0.1 + 0.2, windows=1)
    with InspectionLog.open(tmp_path, clock=CLOCK) as log:
        first, second = log.start_run(START), log.start_run(CALIBRATED)
        log.log_frame(first, frame(0), [], None)
        log.log_frame(first, skipped(1, "too dark"), [], None)
        path = log.log_frame(first, frame(2), [FIND, other], b"jpeg")
        pose = Pose(source=PoseSource.TAG, t_wall_camera=np.eye(4), covariance=np.eye(6))
        log.log_frame(second, frame(0, pose=pose), [FIND], None)
    content = exported(tmp_path)
    assert content.split(b"\r\n")[0] == ",".join(FIND_FIELDS).encode()
    assert content.endswith(b"\r\n")
    a, b, c = rows(content)
    assert {name: a[name] for name in FIND_FIELDS[:17]} == {
        "run_id": first,
        "frame_seq": "2",
        "frame_name": "2.png",
        "t_utc": T.isoformat(),
        "box_x_px": "1",
        "box_y_px": "2",
        "box_w_px": "64",
        "box_h_px": "96",
        "score": "0.75",
        "windows": "3",
        "threshold": "0.5",
        "bundle_name": "tiny",
        "bundle_sha256": "a" * 64,
        "runtime": "a runtime 1.0",
        "calibration_id": "",
        "pose_source": "none",
        "overlay_path": f"images/{first}/000002.jpg",
    }
    assert path is not None
    assert (tmp_path / a["overlay_path"]).read_bytes() == b"jpeg"
    # A negative number is no formula.
    assert (b["box_x_px"], float(b["score"])) == ("-5", 0.1 + 0.2)
    assert (c["run_id"], c["calibration_id"], c["pose_source"], c["overlay_path"]) == (
        second,
        "camera 7",
        "tag",
        "",
    )


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=12) | st.sampled_from("=+-@\t\r\n\",;'\x00").map(lambda c: f'{c}cmd|"/C calc"!A0'))
def test_any_frame_name_comes_through_and_none_is_a_formula(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    folder = tmp_path_factory.mktemp("log")
    logged(folder, name, [FIND])
    (row,) = rows(exported(folder))
    assert row["frame_name"] in (name, f"'{name}")
    assert not row["frame_name"].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    if name[:1].isalnum():
        assert row["frame_name"] == name
    for column in NUMBERS:
        float(row[column])


def test_a_log_without_finds_is_a_header(tmp_path: Path) -> None:
    logged(tmp_path, "x", [])
    assert rows(exported(tmp_path)) == []


def test_an_unknown_format_lists_the_known_ones() -> None:
    known = "coco, csv, csv-cracks, csv-frames, dxf, geojson, gpkg, mcap, mosaic"
    with pytest.raises(LogError, match=f"{known}; got 'xlsx'"):
        exporter("xlsx")


def test_a_measured_find_has_its_intervals(tmp_path: Path) -> None:
    with InspectionLog.open(tmp_path, clock=CLOCK) as log:
        log.log_frame(log.start_run(CALIBRATED), frame(0, scale=SCALE), [MEASURED_FIND, FIND], None)
    measured, plain = rows(exported(tmp_path))
    names = ("width_median_low_mm", "width_median_mm", "width_median_high_mm", "length_mm", "below_resolution")
    assert [float(measured[name]) for name in names] == [0.2, 0.25, 0.3, 5.0, 0.0]
    assert (measured["severity_class"], measured["severity_standard"]) == ("B", "a standard")
    assert float(measured["mm_per_px"]) == SCALE.mm_per_px
    assert {plain[name] for name in names} == {""}


def test_a_row_a_crack_and_visit(tmp_path: Path) -> None:
    with InspectionLog.open(tmp_path, clock=CLOCK) as log:
        visit = log.start_visit("=a wall")
        log.start_run(replace(CALIBRATED, visit_id=visit))
        log.log_cracks(visit, [CRACK, CRACK])
    content = exported(tmp_path, "csv-cracks")
    assert content.split(b"\r\n")[0] == ",".join(CRACK_FIELDS).encode()
    first, second = rows(content)
    assert (first["wall"], first["state"], float(first["place_sd_mm"])) == ("'=a wall", "new", 4.0)
    assert first["crack_id"] != second["crack_id"]
    assert (first["length_growth_mm"], first["severity_class"]) == ("", "")
