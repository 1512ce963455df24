"""Each export opened again by a library that is not ours: pyogrio, pycocotools, ezdxf, json."""

import io
import json
from dataclasses import replace
from pathlib import Path

import ezdxf
import numpy as np
import pyogrio
import pytest
from edge_log_samples import CALIBRATED, CLOCK, CRACK, FIND, MEASURED_FIND, POSED, SCALE, START, frame, skipped
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pycocotools.coco import COCO

from edge.cli import main
from edge.errors import CalibrationError, LogError
from edge.exports.coco import outline
from edge.exports.fields import CRACK_FIELDS, FIND_FIELDS, FRAME_FIELDS, kind
from edge.exports.georeference import Georeference
from edge.exports.registry import FORMATS, exporter
from edge.log import InspectionLog, read_log
from edge.measure.measured import Course

# A wall that faces south, its foot 34 m above the sea, one metre a metre: x runs east and y up.
UTM = {"schema_version": 1, "crs": "EPSG:25833", "affine": [[1e-3, 0, 391000], [0, 0, 5820000], [0, 1e-3, 34]]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A visit with a crack of one measured find, a find without a place, a skipped frame, an uncalibrated run."""
    folder = tmp_path_factory.mktemp("log")
    with InspectionLog.open(folder, clock=CLOCK) as log:
        visit = log.start_visit("north wall")
        run = log.start_run(replace(CALIBRATED, visit_id=visit))
        log.log_frame(run, frame(0, pose=POSED, scale=SCALE), [MEASURED_FIND], b"jpeg")
        log.log_frame(run, skipped(1, "too dark"), [], None)
        log.log_frame(run, frame(2, scale=SCALE), [MEASURED_FIND], None)
        with read_log(folder) as reader:
            find_id = next(reader.finds(run)).id
        size = replace(CRACK.size, severity_class="XC3 / 0.3", severity_standard="a standard")
        log.log_cracks(visit, [replace(CRACK, size=size, courses=((find_id, 0),))])
        other = log.start_run(START)
        log.log_frame(other, frame(0), [FIND], None)
    return folder


def exported(folder: Path, name: str, georeference: Path | None = None) -> bytes:
    stream = io.BytesIO()
    with read_log(folder) as log:
        exporter(name, georeference)(log, log.runs(), stream)
    return stream.getvalue()


def lines_of(wkb: bytes) -> list[np.ndarray]:
    """A 2D multi-line as arrays: read from well-known binary by its description (OGC 06-103r4, clause 8)."""
    lines, at = [], 9
    for _ in range(int.from_bytes(wkb[5:9], "little")):
        n = int.from_bytes(wkb[at + 5 : at + 9], "little")
        lines.append(np.frombuffer(wkb, "<f8", 2 * n, at + 9).reshape(n, 2))
        at += 9 + 16 * n
    assert at == len(wkb)
    return lines


def test_a_geopackage_opens_in_gdal(folder, tmp_path):
    path = tmp_path / "log.gpkg"
    path.write_bytes(exported(folder, "gpkg"))
    assert [layer[0] for layer in pyogrio.list_layers(path)] == ["cracks", "finds", "frames"]
    info, _, (geometry,), columns = pyogrio.raw.read(path, layer="cracks")
    assert tuple(info["fields"]) == CRACK_FIELDS
    (line,) = lines_of(geometry)
    assert np.allclose(line, [[0, 0], [0.003, -0.004]])
    crack = dict(zip(info["fields"], (column[0] for column in columns), strict=True))
    assert (crack["wall"], crack["state"], crack["finds"]) == ("north wall", "new", 1)
    assert (crack["width_median_low_mm"], crack["width_median_mm"], crack["width_median_high_mm"]) == (0.2, 0.25, 0.3)
    assert np.isnan(crack["covered_share"])
    info, _, geometries, columns = pyogrio.raw.read(path, layer="finds")
    assert tuple(info["fields"]) == FIND_FIELDS
    assert [geometry is None for geometry in geometries] == [False, True, True]
    lengths = columns[FIND_FIELDS.index("length_mm")]
    assert lengths[:2].tolist() == [5.0, 5.0]
    assert np.isnan(lengths[2])
    info, _, geometries, columns = pyogrio.raw.read(path, layer="frames")
    assert tuple(info["fields"]) == FRAME_FIELDS
    with read_log(folder) as log:
        logged = [one for run in log.runs() for one in log.frames(run.id)]
    assert columns[FRAME_FIELDS.index("frame_seq")].tolist() == [one.frame.seq for one in logged]
    assert columns[FRAME_FIELDS.index("not_inspected")].tolist() == [one.frame.skipped for one in logged]


def test_a_geopackage_has_the_walls_own_crs_and_bounds(folder, tmp_path):
    from pyproj import CRS

    path = tmp_path / "log.gpkg"
    path.write_bytes(exported(folder, "gpkg"))
    for layer in ("cracks", "finds"):
        info = pyogrio.read_info(path, layer=layer)
        crs = CRS(info["crs"])
        assert crs.is_engineering
        assert [axis.unit_name for axis in crs.axis_info] == ["metre", "metre"]
        assert np.allclose(info["total_bounds"], [0, -0.004, 0.003, 0])
    assert info["features"] == 3


@pytest.mark.parametrize("fields", [FIND_FIELDS, CRACK_FIELDS])
def test_fields_are_typed_and_named_once(fields):
    assert len(set(fields)) == len(fields)
    assert {kind(name) for name in fields if name.endswith("_mm")} == {"REAL"}


def test_coco_opens_in_pycocotools(folder, tmp_path):
    path = tmp_path / "log.json"
    path.write_bytes(exported(folder, "coco"))
    coco = COCO(str(path))
    assert [coco.imgs[i]["file_name"] for i in coco.getImgIds()] == ["0.png", "2.png", "0.png"]
    measured, _, boxed = coco.loadAnns(coco.getAnnIds())
    assert (measured["measured"], boxed["measured"]) == (True, False)
    assert measured["attributes"]["severity_class"] == "B"
    mask = coco.annToMask(measured)
    assert mask.shape == (128, 160)
    # A course of 48 px whose width is 2.5 px at one end and unknown, drawn as one pixel, at the other.
    assert mask.sum() == pytest.approx(measured["area"], rel=0.1)
    assert measured["area"] == pytest.approx(48.3 * 1.75, rel=0.02)
    assert coco.annToMask(boxed).sum() == 64 * 96
    x, y, w, h = (round(v) for v in boxed["bbox"])
    assert (x, y, w, h) == FIND.box_xywh_px


@settings(deadline=None, max_examples=40)
@given(
    turn=st.floats(0, 6.28),
    widths=arrays.arrays(np.float64, 20, elements=st.floats(1, 6)),
)
def test_an_outline_is_as_wide_as_its_course(turn, widths):
    along = np.linspace(0, 200, 20)
    points = np.stack([along * np.cos(turn), along * np.sin(turn)], axis=1)
    sides = outline(Course(points_px=points, widths_px=widths))
    left, right = sides[:20], sides[20:][::-1]
    assert np.allclose(np.linalg.norm(left - right, axis=1), widths)
    assert np.allclose((left + right) / 2, points + 0.5)


def test_dxf_opens_in_ezdxf(folder, tmp_path):
    path = tmp_path / "log.dxf"
    path.write_bytes(exported(folder, "dxf"))
    drawing = ezdxf.readfile(path)
    assert not drawing.audit().has_errors
    assert drawing.units == ezdxf.units.MM
    (line,) = drawing.modelspace().query("LWPOLYLINE")
    assert line.dxf.layer == "CRACK_XC3_0_3"
    assert np.allclose([(x, y) for x, y, *_ in line.get_points()], [[0, 0], [3, -4]])
    data = dict(tag.value.split("=", 1) for tag in line.get_xdata("HAIRLINE"))
    assert data["severity_class"] == "XC3 / 0.3"
    assert float(data["width_median_mm"]) == 0.25
    (text,) = drawing.modelspace().query("TEXT")
    assert text.dxf.text.endswith(": 0.25 mm (0.20-0.30)")


def test_a_drawing_of_finds_where_no_cracks_were_made_and_of_nothing_where_nothing_has_a_place(tmp_path):
    with InspectionLog.open(tmp_path / "a", clock=CLOCK) as log:
        run = log.start_run(CALIBRATED)
        log.log_frame(run, frame(0, pose=POSED, scale=SCALE), [MEASURED_FIND], None)
        log.log_frame(run, frame(1, scale=SCALE), [MEASURED_FIND], None)
    drawing = ezdxf.read(io.StringIO(exported(tmp_path / "a", "dxf").decode()))
    assert [line.dxf.layer for line in drawing.modelspace().query("LWPOLYLINE")] == ["CRACK_B"]
    with InspectionLog.open(tmp_path / "b", clock=CLOCK) as log:
        log.log_frame(log.start_run(START), frame(0), [FIND], None)
    with pytest.raises(LogError, match="needs places on the wall"):
        exported(tmp_path / "b", "dxf")


def test_geojson_stands_where_the_wall_does(folder, tmp_path):
    path = tmp_path / "where.json"
    path.write_text(json.dumps(UTM))
    content = exported(folder, "geojson", path)
    features = json.loads(content)["features"]
    assert [f["properties"]["kind"] for f in features] == ["crack", *["find"] * 3, *["frame"] * 4]
    assert [f["geometry"] is None for f in features[:4]] == [False, False, True, True]
    (tmp_path / "log.geojson").write_bytes(content)
    info, _, geometries, _ = pyogrio.raw.read(tmp_path / "log.geojson")
    assert info["crs"] == "EPSG:4979"  # WGS 84 with heights
    assert len(geometries) == 8
    (start, end), *_ = features[0]["geometry"]["coordinates"]
    # Zone 33's 391 km east, 5820 km north is in Berlin. 3 mm to the east are 3e-3 / (111320 * cos(52.5 deg)) degrees.
    assert start == pytest.approx([13.4, 52.5, 34], abs=0.05)
    assert end[0] - start[0] == pytest.approx(3e-3 / (111320 * np.cos(np.radians(52.5))), rel=0.02, abs=1e-9)
    assert end[2] - start[2] == pytest.approx(-0.004, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"crs": "EPSG:999999"}, "PROJ knows"),
        ({"crs": "OGC:CRS84"}, "check its units"),
        ({"affine": [[1e-3, 0, 0], [1e-3, 0, 0]]}, "folds the wall"),
        ({"affine": [[1, 0, 0]]}, "two or three rows"),
        ({"schema_version": 2}, "schema_version 1"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_georeference_that_cannot_be_is_refused(folder, tmp_path, change, match):
    path = tmp_path / "where.json"
    path.write_text(json.dumps(UTM | change))
    with pytest.raises(CalibrationError, match=match):
        exported(folder, "geojson", path)


def test_degrees_need_no_transformation():
    where = Georeference(schema_version=1, crs="OGC:CRS84", affine=((1e-8, 0, 13), (0, 1e-8, 52)))
    assert np.allclose(where.to_wgs84(np.array([[100.0, 200.0]])), [[13.000001, 52.000002]])


def test_geojson_without_a_georeference_is_refused_and_others_take_none(tmp_path):
    with pytest.raises(LogError, match="--georeference"):
        exporter("geojson")
    with pytest.raises(LogError, match="only geojson"):
        exporter("csv", tmp_path)


# A picture of the wall needs pictures, which this log has not: tests/test_edge_export_mosaic.py.
@pytest.mark.parametrize("name", [name for name in FORMATS if name != "mosaic"])
def test_the_command_writes_every_format(folder, tmp_path, name):
    where = tmp_path / "where.json"
    where.write_text(json.dumps(UTM))
    more = ["--georeference", str(where)] if name == "geojson" else []
    output = tmp_path / "out"
    assert main(["log", "export", str(folder), "--to", name, "-o", str(output), *more]) == 0
    assert output.read_bytes()


@pytest.mark.parametrize("name", ["csv", "csv-cracks", "coco", "gpkg"])
def test_an_empty_log_is_an_empty_export(tmp_path, name):
    with InspectionLog.open(tmp_path / "log", clock=CLOCK) as log:
        log.start_run(START)
    path = tmp_path / "out"
    path.write_bytes(exported(tmp_path / "log", name))
    if name == "gpkg":
        assert pyogrio.read_info(path, layer="finds")["features"] == 0
    elif name == "coco":
        assert COCO(str(path)).anns == {}
    else:
        assert path.read_text().count("\n") == 1
