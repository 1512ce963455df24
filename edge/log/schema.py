"""The tables of an inspection log, schema version 1 (docs/adr/0003-inspection-log.md).

Times: `*_utc` is ISO 8601 with microseconds and +00:00, `*_mono_ns` compares within one boot. Sizes and
places end in their unit. Paths are relative to the log's folder. real score = output_scale * (q -
output_zero_point), a logit or a probability (`score_kind`).
"""

import sqlite3

SCHEMA_VERSION = 1
APPLICATION_ID = 0x48616972  # "Hair": tells a log from any other SQLite file

_RUNS = """
CREATE TABLE runs (
    id TEXT NOT NULL PRIMARY KEY,
    started_utc TEXT NOT NULL,
    started_mono_ns INTEGER NOT NULL,
    ended_utc TEXT,
    ended_mono_ns INTEGER,
    boot_id TEXT,
    clock_synchronised INTEGER CHECK (clock_synchronised IN (0, 1)),
    hairline_version TEXT,
    hairline_commit TEXT,
    command_json TEXT NOT NULL CHECK (json_valid(command_json)),
    source TEXT NOT NULL,
    bundle_name TEXT NOT NULL,
    bundle_sha256 TEXT NOT NULL CHECK (length(bundle_sha256) = 64),
    classifier_sha256 TEXT NOT NULL CHECK (length(classifier_sha256) = 64),
    runtime TEXT NOT NULL,
    threads INTEGER NOT NULL CHECK (threads >= 1),
    window_threshold REAL NOT NULL CHECK (window_threshold > 0 AND window_threshold <= 1),
    tile_px INTEGER NOT NULL CHECK (tile_px >= 1),
    stride_px INTEGER NOT NULL CHECK (stride_px BETWEEN 1 AND tile_px),
    output_scale REAL NOT NULL CHECK (output_scale > 0),
    output_zero_point INTEGER NOT NULL CHECK (output_zero_point BETWEEN -128 AND 127),
    score_kind TEXT NOT NULL CHECK (score_kind IN ('logit', 'probability')),
    calibration_id TEXT,
    config_json TEXT NOT NULL CHECK (json_valid(config_json)),
    state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'interrupted', 'failed', 'lost')),
    reason TEXT,
    CHECK ((state IN ('running', 'lost')) = (ended_utc IS NULL)),
    CHECK ((ended_utc IS NULL) = (ended_mono_ns IS NULL)),
    CHECK (state NOT IN ('failed', 'lost') OR reason IS NOT NULL)
) STRICT
"""

# score_map: int8, row after row; window (r, c) begins at (xs[c], ys[r]) of `edge.tiling.window_origins`,
# which the frame's size and the run's tile_px and stride_px determine. pose: t_wall_camera, 16 little-endian
# doubles, row after row, millimetres; pose_covariance: 36, order (x, y, z, rx, ry, rz), millimetres and
# radians.
_FRAMES = """
CREATE TABLE frames (
    run_id TEXT NOT NULL REFERENCES runs (id),
    seq INTEGER NOT NULL CHECK (seq >= 0),
    name TEXT NOT NULL,
    t_mono_ns INTEGER NOT NULL,
    t_utc TEXT NOT NULL,
    width_px INTEGER,
    height_px INTEGER,
    exposure_us REAL,
    analogue_gain REAL,
    lens_position_dpt REAL,
    lost_before INTEGER NOT NULL CHECK (lost_before >= 0),
    status TEXT NOT NULL CHECK (status IN ('inspected', 'skipped')),
    reason TEXT,
    pose_source TEXT NOT NULL,
    pose BLOB CHECK (length(pose) = 16 * 8),
    pose_covariance BLOB CHECK (length(pose_covariance) = 36 * 8),
    score_map BLOB,
    score_map_rows INTEGER,
    score_map_cols INTEGER,
    image_score REAL CHECK (image_score BETWEEN 0 AND 1),
    inference_ns INTEGER,
    overlay_path TEXT,
    PRIMARY KEY (run_id, seq),
    CHECK ((status = 'skipped') = (reason IS NOT NULL)),
    CHECK (status = 'skipped' OR width_px IS NOT NULL),
    CHECK (status = 'inspected' OR (score_map IS NULL AND image_score IS NULL)),
    CHECK ((width_px IS NULL) = (height_px IS NULL)),
    CHECK ((pose_source = 'none') = (pose IS NULL) AND (pose IS NULL) = (pose_covariance IS NULL)),
    CHECK ((score_map IS NULL) = (score_map_rows IS NULL) AND (score_map IS NULL) = (score_map_cols IS NULL)),
    CHECK (length(score_map) = score_map_rows * score_map_cols)
) STRICT
"""

# What measurement fills stays NULL until it has been measured; below_resolution = 1 says that it was, and
# that the crack is too fine for a width.
_FINDS = """
CREATE TABLE finds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    n INTEGER NOT NULL CHECK (n >= 0),
    box_x_px INTEGER NOT NULL,
    box_y_px INTEGER NOT NULL,
    box_w_px INTEGER NOT NULL CHECK (box_w_px > 0),
    box_h_px INTEGER NOT NULL CHECK (box_h_px > 0),
    score REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
    q INTEGER NOT NULL CHECK (q BETWEEN -128 AND 127),
    windows INTEGER NOT NULL CHECK (windows >= 1),
    mask_path TEXT,
    length_px REAL CHECK (length_px >= 0),
    width_px REAL CHECK (width_px >= 0),
    length_mm REAL CHECK (length_mm >= 0),
    width_mm REAL CHECK (width_mm >= 0),
    width_low_mm REAL CHECK (width_low_mm >= 0),
    width_high_mm REAL CHECK (width_high_mm >= width_low_mm),
    below_resolution INTEGER CHECK (below_resolution IN (0, 1)),
    UNIQUE (run_id, seq, n),
    FOREIGN KEY (run_id, seq) REFERENCES frames (run_id, seq),
    CHECK ((width_mm IS NULL) OR (width_low_mm IS NOT NULL AND width_high_mm IS NOT NULL)),
    CHECK (width_mm BETWEEN width_low_mm AND width_high_mm)
) STRICT
"""

_CRACKS = """
CREATE TABLE cracks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    first_run_id TEXT NOT NULL REFERENCES runs (id),
    polyline_wall_xy_mm_json TEXT NOT NULL CHECK (json_type(polyline_wall_xy_mm_json) = 'array')
) STRICT
"""

_CRACK_FINDS = """
CREATE TABLE crack_finds (
    crack_id INTEGER NOT NULL REFERENCES cracks (id),
    find_id INTEGER NOT NULL REFERENCES finds (id),
    PRIMARY KEY (crack_id, find_id)
) STRICT, WITHOUT ROWID
"""

_REVIEWS = """
CREATE TABLE reviews (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    t_utc TEXT NOT NULL,
    reviewer TEXT NOT NULL CHECK (reviewer <> ''),
    find_id INTEGER REFERENCES finds (id),
    crack_id INTEGER REFERENCES cracks (id),
    verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'reject', 'unsure')),
    reason TEXT,
    note TEXT,
    CHECK ((find_id IS NULL) <> (crack_id IS NULL))
) STRICT
"""

# SQLite has no CHECK over two tables.
_MM_NEED_A_CALIBRATION = """
    WHEN coalesce(NEW.length_mm, NEW.width_mm, NEW.width_low_mm, NEW.width_high_mm) IS NOT NULL
        AND (SELECT calibration_id FROM runs WHERE id = NEW.run_id) IS NULL
    BEGIN SELECT RAISE(ABORT, 'millimetres need a run with a calibration'); END
"""

_TRIGGERS = (
    f"CREATE TRIGGER finds_mm_insert BEFORE INSERT ON finds {_MM_NEED_A_CALIBRATION}",
    f"CREATE TRIGGER finds_mm_update BEFORE UPDATE ON finds {_MM_NEED_A_CALIBRATION}",
    """CREATE TRIGGER runs_calibration_stays BEFORE UPDATE OF calibration_id ON runs
    WHEN NEW.calibration_id IS NOT OLD.calibration_id
    BEGIN SELECT RAISE(ABORT, 'the calibration of a run does not change'); END""",
    """CREATE TRIGGER cracks_mm_insert BEFORE INSERT ON cracks
    WHEN (SELECT calibration_id FROM runs WHERE id = NEW.first_run_id) IS NULL
    BEGIN SELECT RAISE(ABORT, 'millimetres need a run with a calibration'); END""",
    """CREATE TRIGGER reviews_no_update BEFORE UPDATE ON reviews
    BEGIN SELECT RAISE(ABORT, 'reviews are appended, never changed'); END""",
    """CREATE TRIGGER reviews_no_delete BEFORE DELETE ON reviews
    BEGIN SELECT RAISE(ABORT, 'reviews are appended, never deleted'); END""",
    # INSERT OR REPLACE deletes without firing the trigger above.
    """CREATE TRIGGER reviews_no_replace BEFORE INSERT ON reviews
    WHEN EXISTS (SELECT 1 FROM reviews WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'reviews are appended, never replaced'); END""",
)

STATEMENTS = (
    _RUNS,
    _FRAMES,
    _FINDS,
    _CRACKS,
    _CRACK_FINDS,
    _REVIEWS,
    *_TRIGGERS,
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)


def create(connection: sqlite3.Connection) -> None:
    """Makes the tables in a connection in autocommit mode, all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in STATEMENTS:
            connection.execute(statement)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def is_empty(connection: sqlite3.Connection) -> bool:
    """Whether nothing has been made in this file yet (new, or cut off before `create` had committed)."""
    objects: int = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    return objects == 0 and _pragma(connection, "application_id") == 0


def objection(connection: sqlite3.Connection) -> str | None:
    """Why this file is no log of our schema and what to do about it, or None."""
    if _pragma(connection, "application_id") != APPLICATION_ID:
        return "is a SQLite file, but no inspection log: choose another folder"
    version = _pragma(connection, "user_version")
    if version > SCHEMA_VERSION:
        return f"has schema {version}, newer than the {SCHEMA_VERSION} of this Hairline: upgrade hairline"
    if version < SCHEMA_VERSION:
        return (
            f"has schema {version}, older than the {SCHEMA_VERSION} of this Hairline: "
            "start a new log, or use the Hairline that wrote it"
        )
    return None


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    value: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return value
