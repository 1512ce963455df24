"""The tables of an inspection log, schema version 3 (docs/adr/0003-inspection-log.md, 0006-log-schema-2.md,
0011-what-a-log-may-take.md).

Times: `*_utc` is ISO 8601 with microseconds and +00:00, `*_mono_ns` compares within one boot. Sizes and places end in
their unit. `x_low_mm` to `x_high_mm` is the 95 % interval of `x_mm`. Paths are relative to the log's folder. real score
= output_scale * (q - output_zero_point), a logit or a probability (`score_kind`). Visits are in the order of their ids,
runs in that of their rowids: a clock that jumps reorders nothing.

A blob of courses: for each course its number of points n as a little-endian uint32, then n points of float32, little
endian: (x, y, width) in `courses_px` and in a crack's `courses_mm`, (x, y) in a find's. A width is NaN where none could
be taken. Pixels: x right, y down, in the frame. Millimetres: x right, y up, on the wall.
"""


def _interval(name: str, *, least: str = "") -> str:
    """The columns of a value in millimetres with its interval: all three, or none of them."""
    value, low, high = f"{name}_mm", f"{name}_low_mm", f"{name}_high_mm"
    floor = f"CHECK ({low} >= {least})" if least else ""
    return f"""{value} REAL CHECK (({value} IS NULL) = ({low} IS NULL) AND ({value} IS NULL) = ({high} IS NULL)),
    {low} REAL {floor},
    {high} REAL CHECK ({value} BETWEEN {low} AND {high})"""


_MM_SIZES = ",\n    ".join(_interval(name, least="0") for name in ("length", "width_median", "width_p95", "width_max"))

# The calibrations that runs name, as `edge.manifest_json.dumps` writes them; a run may name one that was not handed in.
_CALIBRATIONS = """
CREATE TABLE calibrations (
    id TEXT NOT NULL PRIMARY KEY,
    record_json TEXT NOT NULL CHECK (json_valid(record_json))
) STRICT
"""

_WALLS = """
CREATE TABLE walls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE CHECK (name <> '')
) STRICT
"""

# shift_*: what was added to the places of this visit to bring its cracks over those of earlier ones, and its standard
# deviation; NULL until that was done. A visit has several runs where one was resumed.
_VISITS = """
CREATE TABLE visits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    wall_id INTEGER NOT NULL REFERENCES walls (id),
    shift_x_mm REAL,
    shift_y_mm REAL,
    shift_sd_mm REAL CHECK (shift_sd_mm >= 0),
    CHECK ((shift_x_mm IS NULL) = (shift_y_mm IS NULL) AND (shift_x_mm IS NULL) = (shift_sd_mm IS NULL))
) STRICT
"""

# visit_id: NULL where the wall was not named. resumes_run_id: the run that ended early and that this one goes on with.
_RUNS = """
CREATE TABLE runs (
    id TEXT NOT NULL PRIMARY KEY,
    visit_id INTEGER REFERENCES visits (id),
    resumes_run_id TEXT REFERENCES runs (id),
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
# radians. boot_id and clock_synchronised are of when the frame was logged. mm_per_px: in the middle of the frame;
# mm_withheld: why there is none although the run is calibrated. quality_json: what the judge of quality measured, an
# object of names that end in their unit and numbers; `reason` says which of them a skipped frame failed.
_FRAMES = """
CREATE TABLE frames (
    run_id TEXT NOT NULL REFERENCES runs (id),
    seq INTEGER NOT NULL CHECK (seq >= 0),
    name TEXT NOT NULL,
    t_mono_ns INTEGER NOT NULL,
    t_utc TEXT NOT NULL,
    boot_id TEXT,
    clock_synchronised INTEGER CHECK (clock_synchronised IN (0, 1)),
    width_px INTEGER,
    height_px INTEGER,
    exposure_us REAL,
    analogue_gain REAL,
    lens_position_dpt REAL,
    lost_before INTEGER NOT NULL CHECK (lost_before >= 0),
    status TEXT NOT NULL CHECK (status IN ('inspected', 'skipped')),
    reason TEXT,
    quality_json TEXT CHECK (json_type(quality_json) = 'object'),
    calibration_id TEXT,
    scale_source TEXT,
    mm_per_px REAL CHECK (mm_per_px > 0),
    sd_mm_per_px REAL CHECK (sd_mm_per_px >= 0),
    mm_withheld TEXT,
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
    CHECK ((mm_per_px IS NULL) = (calibration_id IS NULL) AND (mm_per_px IS NULL) = (scale_source IS NULL)
        AND (mm_per_px IS NULL) = (sd_mm_per_px IS NULL)),
    CHECK (mm_per_px IS NULL OR mm_withheld IS NULL),
    CHECK ((pose_source = 'none') = (pose IS NULL) AND (pose IS NULL) = (pose_covariance IS NULL)),
    CHECK ((score_map IS NULL) = (score_map_rows IS NULL) AND (score_map IS NULL) = (score_map_cols IS NULL)),
    CHECK (length(score_map) = score_map_rows * score_map_cols)
) STRICT
"""

# From courses_px on, NULL until it has been measured; below_resolution = 1 says that it was, and that the crack is
# too fine for a width. courses_mm: on the wall where the frame has a pose; else in axes of the frame's own view, true
# in size alone. withheld: why a measured find has no millimetres. orientation_deg: of the longest course, which is the
# first, in the frame: 0 along x, 90 along y upwards.
_FINDS = f"""
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
    courses_px BLOB,
    length_px REAL CHECK (length_px >= 0),
    orientation_deg REAL CHECK (orientation_deg >= 0 AND orientation_deg < 180),
    below_resolution INTEGER CHECK (below_resolution IN (0, 1)),
    width_median_px REAL CHECK (width_median_px >= 0),
    width_p95_px REAL,
    width_max_px REAL CHECK (width_max_px >= width_median_px),
    courses_mm BLOB,
    withheld TEXT,
    {_MM_SIZES},
    severity_class TEXT,
    severity_standard TEXT,
    UNIQUE (run_id, seq, n),
    FOREIGN KEY (run_id, seq) REFERENCES frames (run_id, seq),
    CHECK ((courses_px IS NULL) = (length_px IS NULL) AND (courses_px IS NULL) = (orientation_deg IS NULL)
        AND (courses_px IS NULL) = (below_resolution IS NULL)),
    CHECK (courses_px IS NOT NULL OR (courses_mm IS NULL AND withheld IS NULL)),
    CHECK (coalesce(below_resolution, 1) = (width_median_px IS NULL)
        AND (width_median_px IS NULL) = (width_p95_px IS NULL) AND (width_median_px IS NULL) = (width_max_px IS NULL)),
    CHECK ((courses_mm IS NULL) = (length_mm IS NULL)),
    CHECK (withheld IS NULL OR courses_mm IS NULL),
    CHECK (width_median_mm IS NULL OR (length_mm IS NOT NULL AND below_resolution = 0)),
    CHECK ((width_median_mm IS NULL) = (width_p95_mm IS NULL) AND (width_median_mm IS NULL) = (width_max_mm IS NULL)),
    CHECK ((severity_class IS NULL) = (severity_standard IS NULL)),
    CHECK (severity_class IS NULL OR length_mm IS NOT NULL)
) STRICT
"""

_CRACKS = """
CREATE TABLE cracks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    wall_id INTEGER NOT NULL REFERENCES walls (id),
    first_visit_id INTEGER NOT NULL REFERENCES visits (id)
) STRICT
"""

# How a crack stood at a visit. 'not seen': it was there before and was not found again; covered_share is how much of
# its course this visit looked at. Growth is against the last visit at which it was new or grown, so that slow growth
# adds up, and may be negative. place_sd_mm: how well its place on the wall is known, in the direction in which it is
# known least. doubt: what could not be decided.
_CRACK_VISITS = f"""
CREATE TABLE crack_visits (
    crack_id INTEGER NOT NULL REFERENCES cracks (id),
    visit_id INTEGER NOT NULL REFERENCES visits (id),
    state TEXT NOT NULL CHECK (state IN ('new', 'unchanged', 'grown', 'not seen')),
    covered_share REAL CHECK (covered_share BETWEEN 0 AND 1),
    courses_mm BLOB,
    place_sd_mm REAL CHECK (place_sd_mm >= 0),
    {_MM_SIZES},
    severity_class TEXT,
    severity_standard TEXT,
    {_interval("length_growth")},
    {_interval("width_growth")},
    doubt TEXT,
    PRIMARY KEY (crack_id, visit_id),
    CHECK ((state = 'not seen') = (courses_mm IS NULL) AND (state = 'not seen') = (covered_share IS NOT NULL)),
    CHECK ((courses_mm IS NULL) = (place_sd_mm IS NULL) AND (courses_mm IS NULL) = (length_mm IS NULL)),
    CHECK (width_median_mm IS NULL OR length_mm IS NOT NULL),
    CHECK ((width_median_mm IS NULL) = (width_p95_mm IS NULL) AND (width_median_mm IS NULL) = (width_max_mm IS NULL)),
    CHECK ((severity_class IS NULL) = (severity_standard IS NULL)),
    CHECK (severity_class IS NULL OR length_mm IS NOT NULL),
    CHECK (state IN ('unchanged', 'grown') OR coalesce(length_growth_mm, width_growth_mm) IS NULL)
) STRICT
"""

# Which courses of which finds a crack was seen in; the key keeps a course from being counted twice.
_CRACK_FINDS = """
CREATE TABLE crack_finds (
    find_id INTEGER NOT NULL REFERENCES finds (id),
    course_n INTEGER NOT NULL CHECK (course_n >= 0),
    crack_id INTEGER NOT NULL REFERENCES cracks (id),
    PRIMARY KEY (find_id, course_n)
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

# Why there is no picture of a frame: it was taken away to make room, its row in `frames` unchanged, or never written,
# because the hour's writing was used up.
ABSENT_PICTURES = """
CREATE TABLE absent_pictures (
    run_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    t_utc TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('removed', 'withheld')),
    reason TEXT NOT NULL,
    PRIMARY KEY (run_id, seq),
    FOREIGN KEY (run_id, seq) REFERENCES frames (run_id, seq)
) STRICT
"""

_INDEXES = (
    "CREATE INDEX runs_of_visit ON runs (visit_id)",
    "CREATE INDEX crack_visits_of_visit ON crack_visits (visit_id)",
    "CREATE INDEX crack_finds_of_crack ON crack_finds (crack_id)",
    "CREATE INDEX reviews_of_find ON reviews (find_id)",
    "CREATE INDEX reviews_of_crack ON reviews (crack_id)",
)

TABLES = (
    _CALIBRATIONS,
    _WALLS,
    _VISITS,
    _RUNS,
    _FRAMES,
    _FINDS,
    _CRACKS,
    _CRACK_VISITS,
    _CRACK_FINDS,
    _REVIEWS,
    ABSENT_PICTURES,
    *_INDEXES,
)
