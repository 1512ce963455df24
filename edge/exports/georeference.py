"""Where a wall stands on the earth: an affine map from millimetres on the wall to a coordinate reference system."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.errors import CalibrationError, MissingExtraError
from edge.manifest_json import from_plain, loads
from edge.pose import Matrix

SCHEMA_VERSION = 1
# What RFC 7946 (clause 4) allows: WGS 84, longitude first.
GEOJSON_CRS = "OGC:CRS84"


@dataclass(frozen=True, slots=True, kw_only=True)
class Georeference:
    """`affine`: two or three rows (a, b, c), so that easting (or longitude) = a x + b y + c for x, y in mm on the wall,
    then northing (or latitude), then height in metres. `crs`: a name that PROJ knows, "EPSG:25833" or "OGC:CRS84".
    Raises `ValueError`.
    """

    schema_version: int
    crs: str
    affine: tuple[tuple[float, float, float], ...]

    def __post_init__(self) -> None:
        if self.schema_version != SCHEMA_VERSION:
            raise ValueError(f"a georeference has schema_version {SCHEMA_VERSION}; got {self.schema_version}")
        if len(self.affine) not in (2, 3) or not np.isfinite(np.array(self.affine)).all():
            raise ValueError(f"an affine map has two or three rows of three finite numbers; got {self.affine}")
        if np.linalg.matrix_rank(np.array(self.affine)[:, :2]) < 2:
            raise ValueError("an affine map keeps places apart; this one folds the wall into a line (give heights too)")

    def to_crs(self, points_mm: Matrix) -> Matrix:
        """(n, 2) on the wall to (n, 2) or (n, 3) in `crs`, easting or longitude first."""
        affine = np.array(self.affine)
        return points_mm @ affine[:, :2].T + affine[:, 2]

    def to_wgs84(self, points_mm: Matrix) -> Matrix:
        """(n, 2) on the wall to longitude, latitude in degrees, and height where there is one.

        Raises `CalibrationError` for a CRS that is not known or points outside of where it holds.
        """
        points = self.to_crs(points_mm)
        if self.crs != GEOJSON_CRS:
            points = np.column_stack([_to_wgs84(self.crs, points[:, :2]), points[:, 2:]])
        lon, lat = np.abs(points[:, :2]).T
        if not (np.isfinite(points).all() and (lon <= 180).all() and (lat <= 90).all()):
            raise CalibrationError(
                f"places on the earth have a longitude within 180 and a latitude within 90 degrees; by this affine map "
                f"into {self.crs} some do not: check its units and the order of its rows"
            )
        return points


def read_georeference(path: Path) -> Georeference:
    """Raises `CalibrationError` for a file that is missing or says something else."""
    try:
        return from_plain(Georeference, loads(path.read_text(encoding="utf-8")), "georeference")
    except OSError as failed:
        raise CalibrationError(f"{path}: cannot be read: {failed.strerror or failed}") from failed
    except ValueError as wrong:
        raise CalibrationError(f"{path}: {wrong}") from wrong


def _to_wgs84(crs: str, points: Matrix) -> Matrix:
    try:
        from pyproj import Transformer
        from pyproj.exceptions import CRSError
    except ModuleNotFoundError as missing:
        raise MissingExtraError("log export --to geojson", "export", "pyproj") from missing
    try:
        transformer = Transformer.from_crs(crs, GEOJSON_CRS, always_xy=True)
    except CRSError as unknown:
        raise CalibrationError(f"a georeference names a CRS that PROJ knows; '{crs}' is none: {unknown}") from unknown
    return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))
