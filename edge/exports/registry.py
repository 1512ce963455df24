"""The formats that a log can be exported to, by name: a file each."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

from edge.errors import LogError
from edge.exports.coco import write_coco
from edge.exports.csv import write_csv, write_csv_of_cracks, write_csv_of_frames
from edge.exports.drawing import write_dxf
from edge.exports.geojson import write_geojson
from edge.exports.geopackage import write_geopackage
from edge.exports.georeference import read_georeference
from edge.exports.mcap import write_mcap
from edge.exports.mosaic import write_wall
from edge.log import LogReader, RunRecord

Exporter = Callable[[LogReader, Sequence[RunRecord], BinaryIO], None]

EXPORTERS: dict[str, Exporter] = {
    "csv": write_csv,
    "csv-cracks": write_csv_of_cracks,
    "csv-frames": write_csv_of_frames,
    "coco": write_coco,
    "dxf": write_dxf,
    "gpkg": write_geopackage,
    "mcap": write_mcap,
    "mosaic": write_wall,
}
GEOJSON = "geojson"
FORMATS = (*EXPORTERS, GEOJSON)


def exporter(name: str, georeference: Path | None = None) -> Exporter:
    """The exporter of that name; `georeference` is the file that GeoJSON needs and nothing else takes.

    Raises `LogError` that lists the known ones, or for a georeference that is missing or not wanted;
    `CalibrationError` for one that cannot be read.
    """
    if name == GEOJSON:
        if georeference is None:
            raise LogError(
                "GeoJSON is longitude and latitude (RFC 7946), and a log knows places on the wall alone: give "
                "--georeference FILE, or export gpkg, which keeps the wall's own axes"
            )
        return partial(write_geojson, georeference=read_georeference(georeference))
    if name not in EXPORTERS:
        raise LogError(f"a log is exported to one of: {', '.join(sorted(FORMATS))}; got '{name}'")
    if georeference is not None:
        raise LogError(f"only geojson takes a georeference; '{name}' keeps the wall's own axes")
    return EXPORTERS[name]
