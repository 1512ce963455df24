"""A log as a GeoPackage: layers `cracks`, `finds` and `frames`, lines on the wall in metres, in a CRS of its own.

OGC 12-128r18 (GeoPackage 1.3), written with the standard library: a GeoPackage is a SQLite file with a few tables of
its own and geometries as well-known binary behind a short header (clause 2.1.3). GDAL, the usual way to write one,
would be the largest package on the rover by far.
"""

import sqlite3
import struct
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import BinaryIO

import numpy as np

from edge.errors import LogError
from edge.exports.fields import CRACK_FIELDS, FIND_FIELDS, FRAME_FIELDS, Item, cracks, finds, frames, kind
from edge.log import LogReader, RunRecord
from edge.pose import Matrix

_APPLICATION_ID = 0x47504B47  # "GPKG"
_USER_VERSION = 10300
_WALL_SRS = 100001
# ISO 19162 has no WKT 1 form of an engineering CRS but this one, which GDAL and QGIS read as one.
_WALL_WKT = 'LOCAL_CS["Hairline wall: x right, y up",UNIT["metre",1],AXIS["X",EAST],AXIS["Y",UP]]'
_M_PER_MM = 1e-3
# Well-known binary, little endian.
_LINE, _MULTI_LINE = 2, 5

_TABLES = """
CREATE TABLE gpkg_spatial_ref_sys (
    srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
    organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT
);
CREATE TABLE gpkg_contents (
    table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '',
    last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), min_x DOUBLE, min_y DOUBLE,
    max_x DOUBLE, max_y DOUBLE, srs_id INTEGER REFERENCES gpkg_spatial_ref_sys (srs_id)
);
CREATE TABLE gpkg_geometry_columns (
    table_name TEXT NOT NULL REFERENCES gpkg_contents (table_name), column_name TEXT NOT NULL,
    geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL REFERENCES gpkg_spatial_ref_sys (srs_id),
    z TINYINT NOT NULL, m TINYINT NOT NULL, PRIMARY KEY (table_name, column_name)
);
"""
# The two that clause 1.1.2.1.2 asks for beside ours have no definition; EPSG:4326 is the third.
_SYSTEMS = (
    ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", "undefined Cartesian coordinate reference system"),
    ("Undefined geographic SRS", 0, "NONE", 0, "undefined", "undefined geographic coordinate reference system"),
    (
        "WGS 84 geodetic",
        4326,
        "EPSG",
        4326,
        'GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],'
        'UNIT["degree",0.0174532925199433],AUTHORITY["EPSG","4326"]]',
        "longitude and latitude",
    ),
    ("Hairline wall", _WALL_SRS, "NONE", _WALL_SRS, _WALL_WKT, "on the wall: x right, y up, metres"),
)


def write_geopackage(log: LogReader, runs: Sequence[RunRecord], stream: BinaryIO) -> None:
    """Writes the file; what has no place on the wall has its row and no geometry. Frames are outlines, those that were
    not inspected with the reason. Raises `LogError`.

    Coordinates are in metres, because that is what programs for maps expect; fields keep the units of their names.
    """
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as package:
        package.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        package.execute(f"PRAGMA user_version = {_USER_VERSION}")
        package.executescript(_TABLES)
        package.executemany("INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)", _SYSTEMS)
        _write_layer(package, "cracks", CRACK_FIELDS, cracks(log, runs))
        _write_layer(package, "finds", FIND_FIELDS, finds(log, runs))
        _write_layer(package, "frames", FRAME_FIELDS, frames(log, runs))
        try:
            content = package.serialize()
        except sqlite3.Error as failed:
            raise LogError(f"log {log.folder}: the GeoPackage could not be made: {failed}") from failed
    stream.write(content)


def _write_layer(package: sqlite3.Connection, name: str, fields: Sequence[str], items: Iterable[Item]) -> None:
    columns = ", ".join(f"{field} {kind(field)}" for field in fields)
    package.execute(f"CREATE TABLE {name} (fid INTEGER PRIMARY KEY AUTOINCREMENT, geom MULTILINESTRING, {columns})")
    places = ", ".join("?" * (len(fields) + 1))
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    # Table and fields are this package's own names.
    insert = f"INSERT INTO {name} (geom, {', '.join(fields)}) VALUES ({places})"  # noqa: S608
    package.execute("BEGIN")
    for item in items:
        lines = [course * _M_PER_MM for course in item.courses_mm]
        for line in lines:
            low, high = np.minimum(low, line.min(axis=0)), np.maximum(high, line.max(axis=0))
        package.execute(insert, (_geometry(lines), *(item.fields[field] for field in fields)))
    bounds = [None] * 4 if np.isinf(low).any() else [*low.tolist(), *high.tolist()]
    package.execute(
        "INSERT INTO gpkg_contents (table_name, data_type, identifier, min_x, min_y, max_x, max_y, srs_id)"
        " VALUES (?, 'features', ?, ?, ?, ?, ?, ?)",
        (name, name, *bounds, _WALL_SRS),
    )
    package.execute(
        "INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'MULTILINESTRING', ?, 0, 0)", (name, _WALL_SRS)
    )
    package.execute("COMMIT")


def _geometry(lines: Sequence[Matrix]) -> bytes | None:
    """GeoPackageBinary: "GP", version 0, flags 1 (little endian, no envelope), the CRS, then well-known binary."""
    if not lines:
        return None
    header = struct.pack("<2sBBi", b"GP", 0, 1, _WALL_SRS)
    parts = [struct.pack("<BII", 1, _LINE, len(line)) + line.astype("<f8").tobytes() for line in lines]
    return header + struct.pack("<BII", 1, _MULTI_LINE, len(lines)) + b"".join(parts)
