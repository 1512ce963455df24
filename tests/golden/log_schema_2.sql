-- A log of schema 2 as Hairline 0.1.0 wrote it at commit 0f50425 (its runs renamed): `sqlite3.Connection.iterdump`.
PRAGMA application_id = 1214343538;
PRAGMA user_version = 2;
BEGIN TRANSACTION;
CREATE TABLE calibrations (
    id TEXT NOT NULL PRIMARY KEY,
    record_json TEXT NOT NULL CHECK (json_valid(record_json))
) STRICT
;
CREATE TABLE crack_finds (
    find_id INTEGER NOT NULL REFERENCES finds (id),
    course_n INTEGER NOT NULL CHECK (course_n >= 0),
    crack_id INTEGER NOT NULL REFERENCES cracks (id),
    PRIMARY KEY (find_id, course_n)
) STRICT, WITHOUT ROWID
;
INSERT INTO "crack_finds" VALUES(1,0,1);
CREATE TABLE crack_visits (
    crack_id INTEGER NOT NULL REFERENCES cracks (id),
    visit_id INTEGER NOT NULL REFERENCES visits (id),
    state TEXT NOT NULL CHECK (state IN ('new', 'unchanged', 'grown', 'not seen')),
    covered_share REAL CHECK (covered_share BETWEEN 0 AND 1),
    courses_mm BLOB,
    place_sd_mm REAL CHECK (place_sd_mm >= 0),
    length_mm REAL CHECK ((length_mm IS NULL) = (length_low_mm IS NULL) AND (length_mm IS NULL) = (length_high_mm IS NULL)),
    length_low_mm REAL CHECK (length_low_mm >= 0),
    length_high_mm REAL CHECK (length_mm BETWEEN length_low_mm AND length_high_mm),
    width_median_mm REAL CHECK ((width_median_mm IS NULL) = (width_median_low_mm IS NULL) AND (width_median_mm IS NULL) = (width_median_high_mm IS NULL)),
    width_median_low_mm REAL CHECK (width_median_low_mm >= 0),
    width_median_high_mm REAL CHECK (width_median_mm BETWEEN width_median_low_mm AND width_median_high_mm),
    width_p95_mm REAL CHECK ((width_p95_mm IS NULL) = (width_p95_low_mm IS NULL) AND (width_p95_mm IS NULL) = (width_p95_high_mm IS NULL)),
    width_p95_low_mm REAL CHECK (width_p95_low_mm >= 0),
    width_p95_high_mm REAL CHECK (width_p95_mm BETWEEN width_p95_low_mm AND width_p95_high_mm),
    width_max_mm REAL CHECK ((width_max_mm IS NULL) = (width_max_low_mm IS NULL) AND (width_max_mm IS NULL) = (width_max_high_mm IS NULL)),
    width_max_low_mm REAL CHECK (width_max_low_mm >= 0),
    width_max_high_mm REAL CHECK (width_max_mm BETWEEN width_max_low_mm AND width_max_high_mm),
    severity_class TEXT,
    severity_standard TEXT,
    length_growth_mm REAL CHECK ((length_growth_mm IS NULL) = (length_growth_low_mm IS NULL) AND (length_growth_mm IS NULL) = (length_growth_high_mm IS NULL)),
    length_growth_low_mm REAL ,
    length_growth_high_mm REAL CHECK (length_growth_mm BETWEEN length_growth_low_mm AND length_growth_high_mm),
    width_growth_mm REAL CHECK ((width_growth_mm IS NULL) = (width_growth_low_mm IS NULL) AND (width_growth_mm IS NULL) = (width_growth_high_mm IS NULL)),
    width_growth_low_mm REAL ,
    width_growth_high_mm REAL CHECK (width_growth_mm BETWEEN width_growth_low_mm AND width_growth_high_mm),
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
;
INSERT INTO "crack_visits" VALUES(1,1,'new',NULL,X'0200000000000000000000000000803E00004040000080C00000C07F',4.0,5.0,4.5,5.5,0.25,0.2,0.3,0.25,0.2,0.3,0.25,0.2,0.3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE cracks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    wall_id INTEGER NOT NULL REFERENCES walls (id),
    first_visit_id INTEGER NOT NULL REFERENCES visits (id)
) STRICT
;
INSERT INTO "cracks" VALUES(1,1,1);
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
    length_mm REAL CHECK ((length_mm IS NULL) = (length_low_mm IS NULL) AND (length_mm IS NULL) = (length_high_mm IS NULL)),
    length_low_mm REAL CHECK (length_low_mm >= 0),
    length_high_mm REAL CHECK (length_mm BETWEEN length_low_mm AND length_high_mm),
    width_median_mm REAL CHECK ((width_median_mm IS NULL) = (width_median_low_mm IS NULL) AND (width_median_mm IS NULL) = (width_median_high_mm IS NULL)),
    width_median_low_mm REAL CHECK (width_median_low_mm >= 0),
    width_median_high_mm REAL CHECK (width_median_mm BETWEEN width_median_low_mm AND width_median_high_mm),
    width_p95_mm REAL CHECK ((width_p95_mm IS NULL) = (width_p95_low_mm IS NULL) AND (width_p95_mm IS NULL) = (width_p95_high_mm IS NULL)),
    width_p95_low_mm REAL CHECK (width_p95_low_mm >= 0),
    width_p95_high_mm REAL CHECK (width_p95_mm BETWEEN width_p95_low_mm AND width_p95_high_mm),
    width_max_mm REAL CHECK ((width_max_mm IS NULL) = (width_max_low_mm IS NULL) AND (width_max_mm IS NULL) = (width_max_high_mm IS NULL)),
    width_max_low_mm REAL CHECK (width_max_low_mm >= 0),
    width_max_high_mm REAL CHECK (width_max_mm BETWEEN width_max_low_mm AND width_max_high_mm),
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
;
INSERT INTO "finds" VALUES(1,'11111111-1111-4111-8111-111111111111',0,0,1,2,64,96,0.75,40,3,NULL,X'020000000000803F00000040000020400000F441000021420000C07F',48.5,127.5,0,2.5,3.0,3.5,X'02000000000000000000000000004040000080C0',NULL,5.0,4.5,5.5,0.25,0.2,0.3,0.25,0.2,0.3,0.25,0.2,0.3,'B','a standard');
INSERT INTO "finds" VALUES(2,'22222222-2222-4222-8222-222222222222',0,0,1,2,64,96,0.75,40,3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
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
;
INSERT INTO "frames" VALUES('11111111-1111-4111-8111-111111111111',0,'0.png',0,'2026-05-04T03:02:01.000000+00:00','manual',1,160,128,NULL,NULL,NULL,0,'inspected',NULL,NULL,'camera 7','tag',0.1,0.001,NULL,'tag',X'000000000000F03F0000000000000000000000000000000000000000000000000000000000000000000000000000F03F0000000000000000000000000000000000000000000000000000000000000000000000000000F03F0000000000000000000000000000000000000000000000000000000000000000000000000000F03F',X'000000000000F03F000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000F03F000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000F03F000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000F03F000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000F03F000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000F03F',X'000000000000000000000000',3,4,0.5,NULL,NULL);
INSERT INTO "frames" VALUES('11111111-1111-4111-8111-111111111111',1,'x',0,'2026-05-04T03:02:01.000000+00:00','manual',1,NULL,NULL,NULL,NULL,NULL,0,'skipped','cut short',NULL,NULL,NULL,NULL,NULL,NULL,'none',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "frames" VALUES('22222222-2222-4222-8222-222222222222',0,'0.png',0,'2026-05-04T03:02:01.000000+00:00','manual',1,160,128,NULL,NULL,NULL,0,'inspected',NULL,NULL,NULL,NULL,NULL,NULL,NULL,'none',NULL,NULL,X'000000000000000000000000',3,4,0.5,NULL,NULL);
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
;
INSERT INTO "reviews" VALUES(1,'2026-05-04T03:02:01.000000+00:00','Ann',1,NULL,'reject',NULL,NULL);
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
;
INSERT INTO "runs" VALUES('11111111-1111-4111-8111-111111111111',1,NULL,'2026-05-04T03:02:01.000000+00:00',5,'2026-01-01T00:00:00.000000+00:00',0,'boot',NULL,'0.1.0',NULL,'["hairline", "run", "wall"]','wall','tiny','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','a runtime 1.0',2,0.5,64,32,0.1,3,'logit','camera 7','{}','finished',NULL);
INSERT INTO "runs" VALUES('22222222-2222-4222-8222-222222222222',NULL,NULL,'2026-05-04T03:02:01.000000+00:00',5,'2026-01-01T00:00:00.000000+00:00',0,'boot',NULL,'0.1.0',NULL,'["hairline", "run", "wall"]','wall','tiny','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','a runtime 1.0',2,0.5,64,32,0.1,3,'logit',NULL,'{}','interrupted','stopped by its user');
CREATE TABLE visits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    wall_id INTEGER NOT NULL REFERENCES walls (id),
    shift_x_mm REAL,
    shift_y_mm REAL,
    shift_sd_mm REAL CHECK (shift_sd_mm >= 0),
    CHECK ((shift_x_mm IS NULL) = (shift_y_mm IS NULL) AND (shift_x_mm IS NULL) = (shift_sd_mm IS NULL))
) STRICT
;
INSERT INTO "visits" VALUES(1,1,NULL,NULL,NULL);
CREATE TABLE walls (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE CHECK (name <> '')
) STRICT
;
INSERT INTO "walls" VALUES(1,'north wall');
CREATE INDEX runs_of_visit ON runs (visit_id);
CREATE INDEX crack_visits_of_visit ON crack_visits (visit_id);
CREATE INDEX crack_finds_of_crack ON crack_finds (crack_id);
CREATE INDEX reviews_of_find ON reviews (find_id);
CREATE INDEX reviews_of_crack ON reviews (crack_id);
CREATE TRIGGER frames_mm_insert BEFORE INSERT ON frames WHEN NEW.calibration_id IS NOT NULL
    AND NEW.calibration_id IS NOT (SELECT calibration_id FROM runs WHERE id = NEW.run_id) BEGIN SELECT RAISE(ABORT, 'the calibration of a frame is that of its run'); END;
CREATE TRIGGER finds_mm_insert BEFORE INSERT ON finds WHEN NEW.length_mm IS NOT NULL
    AND (SELECT calibration_id FROM frames WHERE run_id = NEW.run_id AND seq = NEW.seq) IS NULL BEGIN SELECT RAISE(ABORT, 'millimetres need a frame with a calibration and a scale'); END;
CREATE TRIGGER crack_visits_mm_insert BEFORE INSERT ON crack_visits WHEN NEW.length_mm IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM runs WHERE visit_id = NEW.visit_id AND calibration_id IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'millimetres need a run with a calibration'); END;
CREATE TRIGGER frames_mm_update BEFORE UPDATE ON frames WHEN NEW.calibration_id IS NOT NULL
    AND NEW.calibration_id IS NOT (SELECT calibration_id FROM runs WHERE id = NEW.run_id) BEGIN SELECT RAISE(ABORT, 'the calibration of a frame is that of its run'); END;
CREATE TRIGGER finds_mm_update BEFORE UPDATE ON finds WHEN NEW.length_mm IS NOT NULL
    AND (SELECT calibration_id FROM frames WHERE run_id = NEW.run_id AND seq = NEW.seq) IS NULL BEGIN SELECT RAISE(ABORT, 'millimetres need a frame with a calibration and a scale'); END;
CREATE TRIGGER crack_visits_mm_update BEFORE UPDATE ON crack_visits WHEN NEW.length_mm IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM runs WHERE visit_id = NEW.visit_id AND calibration_id IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'millimetres need a run with a calibration'); END;
CREATE TRIGGER runs_calibration_stays BEFORE UPDATE OF calibration_id ON runs WHEN NEW.calibration_id IS NOT OLD.calibration_id BEGIN SELECT RAISE(ABORT, 'the calibration does not change'); END;
CREATE TRIGGER frames_calibration_stays BEFORE UPDATE OF calibration_id ON frames WHEN NEW.calibration_id IS NOT OLD.calibration_id BEGIN SELECT RAISE(ABORT, 'the calibration does not change'); END;
CREATE TRIGGER reviews_no_update BEFORE UPDATE ON reviews WHEN 1 BEGIN SELECT RAISE(ABORT, 'reviews are appended, never changed'); END;
CREATE TRIGGER reviews_no_delete BEFORE DELETE ON reviews WHEN 1 BEGIN SELECT RAISE(ABORT, 'reviews are appended, never deleted'); END;
CREATE TRIGGER reviews_no_replace BEFORE INSERT ON reviews WHEN EXISTS (SELECT 1 FROM reviews WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'reviews are appended, never replaced'); END;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('walls',1);
INSERT INTO "sqlite_sequence" VALUES('visits',1);
INSERT INTO "sqlite_sequence" VALUES('finds',2);
INSERT INTO "sqlite_sequence" VALUES('cracks',1);
INSERT INTO "sqlite_sequence" VALUES('reviews',1);
COMMIT;
