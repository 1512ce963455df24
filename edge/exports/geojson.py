"""A log as GeoJSON (RFC 7946): only for a wall whose place on the earth is known."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, BinaryIO

from edge.exports.fields import Item, cracks, finds, frames
from edge.exports.georeference import Georeference
from edge.log import LogReader, RunRecord

# Of a degree: a tenth of a millimetre.
_DECIMALS = 9


def write_geojson(log: LogReader, runs: Sequence[RunRecord], stream: BinaryIO, *, georeference: Georeference) -> None:
    """Writes one collection: cracks, finds and the outlines of frames, told apart by `kind`; what has no place has no
    geometry (null).

    Raises `LogError`, and `CalibrationError` for a georeference that leads off the earth.
    """
    features = [
        *_features("crack", cracks(log, runs), georeference),
        *_features("find", finds(log, runs), georeference),
        *_features("frame", frames(log, runs), georeference),
    ]
    stream.write(json.dumps({"type": "FeatureCollection", "features": features}, allow_nan=False).encode())


def _features(kind: str, items: Iterable[Item], georeference: Georeference) -> list[dict[str, Any]]:
    return [
        {
            "type": "Feature",
            "geometry": _geometry(item, georeference),
            "properties": {"kind": kind, **item.fields},
        }
        for item in items
    ]


def _geometry(item: Item, georeference: Georeference) -> dict[str, Any] | None:
    if not item.courses_mm:
        return None
    lines = [georeference.to_wgs84(course).round(_DECIMALS).tolist() for course in item.courses_mm]
    return {"type": "MultiLineString", "coordinates": lines}
