"""From the tables of schema 1 or 2 to ours, inside the connection at hand."""

import sqlite3

from edge.log import schema
from edge.log.rows import transaction
from edge.log.tables import ABSENT_PICTURES

# What every Hairline of schema 1 wrote, table and columns. Schema 1 had columns and tables for what measuring and
# tracking would find, too, which no Hairline filled.
_KEPT = (
    (
        "runs",
        "id, started_utc, started_mono_ns, ended_utc, ended_mono_ns, boot_id, clock_synchronised, hairline_version,"
        " hairline_commit, command_json, source, bundle_name, bundle_sha256, classifier_sha256, runtime, threads,"
        " window_threshold, tile_px, stride_px, output_scale, output_zero_point, score_kind, calibration_id,"
        " config_json, state, reason",
    ),
    (
        "frames",
        "run_id, seq, name, t_mono_ns, t_utc, width_px, height_px, exposure_us, analogue_gain, lens_position_dpt,"
        " lost_before, status, reason, pose_source, pose, pose_covariance, score_map, score_map_rows, score_map_cols,"
        " image_score, inference_ns, overlay_path",
    ),
    ("finds", "id, run_id, seq, n, box_x_px, box_y_px, box_w_px, box_h_px, score, q, windows, mask_path"),
    ("reviews", "id, t_utc, reviewer, find_id, crack_id, verdict, reason, note"),
)
_OLD_TABLES = ("reviews", "crack_finds", "cracks", "finds", "frames", "runs")
_UNWRITTEN = (
    "SELECT (SELECT count(*) FROM cracks) + (SELECT count(*) FROM finds"
    " WHERE coalesce(length_px, width_px, length_mm, width_mm, below_resolution) IS NOT NULL)"
)


def migrate(connection: sqlite3.Connection) -> None:
    """Brings a log of an older schema up to ours, all or nothing; the connection is in autocommit mode.

    Raises `ValueError` for a log that holds what no Hairline of schema 1 has written, `sqlite3.Error`.
    """
    if schema.version(connection) == 1:
        _from_schema_1(connection)
    else:
        _from_schema_2(connection)


def _from_schema_2(connection: sqlite3.Connection) -> None:
    with transaction(connection):
        connection.execute(ABSENT_PICTURES)
        connection.execute(f"PRAGMA user_version = {schema.SCHEMA_VERSION}")


def _from_schema_1(connection: sqlite3.Connection) -> None:
    (unwritten,) = connection.execute(_UNWRITTEN).fetchone()
    if unwritten:
        raise ValueError(f"a log of schema 1 holds no cracks and no measured finds; this one holds {unwritten}")
    connection.execute("PRAGMA foreign_keys = OFF")  # tables change their names below; checked at the end
    try:
        with transaction(connection):
            _move(connection)
            broken = connection.execute("PRAGMA foreign_key_check").fetchone()
            if broken is not None:
                raise ValueError(f"a row of the log names another that is not there: {tuple(broken)}")
    finally:
        connection.execute("PRAGMA foreign_keys = ON")


def _move(connection: sqlite3.Connection) -> None:
    triggers = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        connection.execute(f'DROP TRIGGER "{name}"')
    for table in _OLD_TABLES:
        connection.execute(f"ALTER TABLE {table} RENAME TO old_{table}")
    for statement in schema.STATEMENTS:
        connection.execute(statement)
    for table, columns in _KEPT:
        # Names of this module's own.
        connection.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM old_{table} ORDER BY rowid")  # noqa: S608
    for table in _OLD_TABLES:
        connection.execute(f"DROP TABLE old_{table}")
