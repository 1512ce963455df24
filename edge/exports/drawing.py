"""A log as a DXF drawing of the damage: cracks as polylines in millimetres, on a layer a class of severity."""

import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

from edge.errors import LogError, MissingExtraError
from edge.exports.fields import Item, cracks, finds, frames
from edge.log import LogReader, RunRecord

if TYPE_CHECKING:
    from ezdxf.document import Drawing
    from ezdxf.layouts.layout import Modelspace

APP_ID = "HAIRLINE"
_TEXT_LAYER = "HAIRLINE_TEXT"
_TEXT_HEIGHT_MM = 10.0
# The outlines of frames: what is drawn on neither was never looked at.
INSPECTED_LAYER, NOT_INSPECTED_LAYER = "HAIRLINE_INSPECTED", "HAIRLINE_NOT_INSPECTED"
_GREY, _MAGENTA = 8, 6
# AutoCAD's colours by index: what is worst is red. Classes beyond these share the last.
_COLOURS = (3, 2, 30, 1)
# XDATA's code of a string (DXF reference, "Extended Data").
_STRING = 1000
_MAX_STRING = 255


def write_dxf(log: LogReader, runs: Sequence[RunRecord], stream: BinaryIO) -> None:
    """Writes DXF R2010 in millimetres, wall x right and y up: the cracks of the latest of the visits, or, where no
    cracks have been made of them, the finds that have a place.

    Two layers have the outlines of frames, those that were inspected and those that were not, with the reason.
    Each polyline carries its fields as XDATA of `HAIRLINE` ("name=value"), and a text with its width and interval.
    Raises `LogError` where nothing has a place on the wall, or the runs are of several walls.
    """
    try:
        from ezdxf import units
        from ezdxf.filemanagement import new
    except ModuleNotFoundError as missing:
        raise MissingExtraError("log export --to dxf", "export", "ezdxf") from missing
    items = _items(log, runs)
    drawing = new("R2010", units=units.MM)
    drawing.appids.add(APP_ID)
    drawing.layers.add(_TEXT_LAYER, color=7)
    space = drawing.modelspace()
    for layer, colour in ((INSPECTED_LAYER, _GREY), (NOT_INSPECTED_LAYER, _MAGENTA)):
        drawing.layers.add(layer, color=colour)
    for frame in frames(log, runs):
        _draw_frame(space, frame)
    for item in items:
        _draw(drawing, space, item)
    text = io.StringIO()
    drawing.write(text)
    stream.write(drawing.encode(text.getvalue()))


def _items(log: LogReader, runs: Sequence[RunRecord]) -> list[Item]:
    known = [item for item in cracks(log, runs) if item.courses_mm]
    walls = sorted({str(item.fields["wall"]) for item in known})
    if len(walls) > 1:
        raise LogError(f"a drawing shows one wall; these runs are of {', '.join(walls)}: choose one with --run")
    visits = [int(str(item.fields["visit_id"])) for item in known]
    drawn = [item for item, visit in zip(known, visits, strict=True) if visit == max(visits)]
    if not drawn:
        drawn = [item for item in finds(log, runs) if item.courses_mm]
    if not drawn:
        raise LogError(
            f"log {log.folder}: a drawing needs places on the wall, and no find here has one: run with --calibration, "
            "a scale and poses"
        )
    return drawn


def _draw(drawing: "Drawing", space: "Modelspace", item: Item) -> None:
    layer = layer_name(item)
    if layer not in drawing.layers:
        others = sum(name.dxf.name.startswith("CRACK_") for name in drawing.layers)
        drawing.layers.add(layer, color=_COLOURS[min(others, len(_COLOURS) - 1)])
    for course in item.courses_mm:
        line = space.add_lwpolyline(course.tolist(), dxfattribs={"layer": layer})
        line.set_xdata(APP_ID, [_tag(name, value) for name, value in item.fields.items() if value is not None])
    middle = item.courses_mm[0][len(item.courses_mm[0]) // 2]
    text = space.add_text(label(item), height=_TEXT_HEIGHT_MM, dxfattribs={"layer": _TEXT_LAYER})
    text.set_placement((float(middle[0]) + _TEXT_HEIGHT_MM, float(middle[1])))


def _draw_frame(space: "Modelspace", frame: Item) -> None:
    layer = INSPECTED_LAYER if frame.fields["not_inspected"] is None else NOT_INSPECTED_LAYER
    for ring in frame.courses_mm:
        line = space.add_lwpolyline(ring[:-1].tolist(), close=True, dxfattribs={"layer": layer})
        line.set_xdata(APP_ID, [_tag(name, value) for name, value in frame.fields.items() if value is not None])


def layer_name(item: Item) -> str:
    """`CRACK_` and the class of severity, in the letters that every program allows in a layer's name."""
    severity = item.fields["severity_class"]
    return "CRACK_" + ("UNCLASSED" if severity is None else re.sub(r"[^0-9A-Za-z]+", "_", str(severity)).strip("_"))


def label(item: Item) -> str:
    """What is written beside a crack: its number, and its median width with the interval, or that there is none."""
    fields = item.fields
    number = fields.get("crack_id") or fields.get("find_id")
    width = fields["width_median_mm"]
    if width is None:
        return f"{number}: below resolution"
    before = f" {fields['correction']}" if "before" in str(fields["correction"]) else ""
    return (
        f"{number}: {width:.2f} mm ({fields['width_median_low_mm']:.2f}-{fields['width_median_high_mm']:.2f}){before}"
    )


def _tag(name: str, value: str | float) -> tuple[int, str]:
    return _STRING, f"{name}={value}"[:_MAX_STRING]
