-- A log of schema 1 as Hairline 0.1.0 wrote it at commit a76a296 (its runs renamed): `sqlite3.Connection.iterdump`.
PRAGMA application_id = 1214343538;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE crack_finds (
    crack_id INTEGER NOT NULL REFERENCES cracks (id),
    find_id INTEGER NOT NULL REFERENCES finds (id),
    PRIMARY KEY (crack_id, find_id)
) STRICT, WITHOUT ROWID
;
CREATE TABLE cracks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    first_run_id TEXT NOT NULL REFERENCES runs (id),
    polyline_wall_xy_mm_json TEXT NOT NULL CHECK (json_type(polyline_wall_xy_mm_json) = 'array')
) STRICT
;
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
;
INSERT INTO "finds" VALUES(1,'11111111-1111-4111-8111-111111111111',0,0,1,2,64,96,0.75,40,3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "finds" VALUES(2,'11111111-1111-4111-8111-111111111111',0,1,1,2,64,96,0.9,50,3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "finds" VALUES(3,'22222222-2222-4222-8222-222222222222',0,0,1,2,64,96,0.75,40,3,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
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
;
INSERT INTO "frames" VALUES('11111111-1111-4111-8111-111111111111',0,'0.png',0,'2026-05-04T03:02:01.000000+00:00',160,128,500.0,1.0,2.0,0,'inspected',NULL,'none',NULL,NULL,X'000000000000000000000000',3,4,0.5,7,'images/11111111-1111-4111-8111-111111111111/000000.jpg');
INSERT INTO "frames" VALUES('11111111-1111-4111-8111-111111111111',1,'1.png',1,'2026-05-04T03:02:01.000000+00:00',160,128,NULL,NULL,NULL,2,'inspected',NULL,'tag',X'000000000000F03F0000000000000000000000000000000000000000000000000000000000000000000000000000F03F0000000000000000000000000000000000000000000000000000000000000000000000000000F03F0000000000000000000000000000000000000000000000000000000000000000000000000000F03F',X'000000000000F03F000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000F03F000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000F03F000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000F03F000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000F03F000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000F03F',X'010101010101010101010101',3,4,0.5,NULL,NULL);
INSERT INTO "frames" VALUES('11111111-1111-4111-8111-111111111111',2,'x',0,'2026-05-04T03:02:01.000000+00:00',NULL,NULL,NULL,NULL,NULL,0,'skipped','cut short','none',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "frames" VALUES('22222222-2222-4222-8222-222222222222',0,'0.png',0,'2026-05-04T03:02:01.000000+00:00',160,128,NULL,NULL,NULL,0,'inspected',NULL,'none',NULL,NULL,X'000000000000000000000000',3,4,0.5,NULL,NULL);
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
INSERT INTO "reviews" VALUES(1,'2026-05-05T00:00:00.000000+00:00','Ann',1,NULL,'reject','joint',NULL);
INSERT INTO "reviews" VALUES(2,'2026-05-05T00:01:00.000000+00:00','Bo',1,NULL,'accept',NULL,'a crack beside it');
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
;
INSERT INTO "runs" VALUES('11111111-1111-4111-8111-111111111111','2026-05-04T03:02:01.000000+00:00',5,'2026-01-01T00:00:00.000000+00:00',0,'boot',NULL,'0.1.0',NULL,'["hairline", "run", "wall"]','wall','tiny','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','a runtime 1.0',2,0.5,64,32,0.1,3,'logit','camera 7','{}','finished',NULL);
INSERT INTO "runs" VALUES('22222222-2222-4222-8222-222222222222','2026-05-04T03:02:01.000000+00:00',5,'2026-01-01T00:00:00.000000+00:00',0,'boot',NULL,'0.1.0',NULL,'["hairline", "run", "wall"]','wall','tiny','aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa','bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb','a runtime 1.0',2,0.5,64,32,0.1,3,'logit',NULL,'{}','interrupted','stopped by its user');
CREATE TRIGGER finds_mm_insert BEFORE INSERT ON finds 
    WHEN coalesce(NEW.length_mm, NEW.width_mm, NEW.width_low_mm, NEW.width_high_mm) IS NOT NULL
        AND (SELECT calibration_id FROM runs WHERE id = NEW.run_id) IS NULL
    BEGIN SELECT RAISE(ABORT, 'millimetres need a run with a calibration'); END;
CREATE TRIGGER finds_mm_update BEFORE UPDATE ON finds 
    WHEN coalesce(NEW.length_mm, NEW.width_mm, NEW.width_low_mm, NEW.width_high_mm) IS NOT NULL
        AND (SELECT calibration_id FROM runs WHERE id = NEW.run_id) IS NULL
    BEGIN SELECT RAISE(ABORT, 'millimetres need a run with a calibration'); END;
CREATE TRIGGER runs_calibration_stays BEFORE UPDATE OF calibration_id ON runs
    WHEN NEW.calibration_id IS NOT OLD.calibration_id
    BEGIN SELECT RAISE(ABORT, 'the calibration of a run does not change'); END;
CREATE TRIGGER cracks_mm_insert BEFORE INSERT ON cracks
    WHEN (SELECT calibration_id FROM runs WHERE id = NEW.first_run_id) IS NULL
    BEGIN SELECT RAISE(ABORT, 'millimetres need a run with a calibration'); END;
CREATE TRIGGER reviews_no_update BEFORE UPDATE ON reviews
    BEGIN SELECT RAISE(ABORT, 'reviews are appended, never changed'); END;
CREATE TRIGGER reviews_no_delete BEFORE DELETE ON reviews
    BEGIN SELECT RAISE(ABORT, 'reviews are appended, never deleted'); END;
CREATE TRIGGER reviews_no_replace BEFORE INSERT ON reviews
    WHEN EXISTS (SELECT 1 FROM reviews WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'reviews are appended, never replaced'); END;
COMMIT;
