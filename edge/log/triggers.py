"""The rules of an inspection log that reach over two tables, or over time; they hold for every program that writes."""


def _refused(name: str, event: str, table: str, condition: str, message: str) -> str:
    return (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
    )


# SQLite has no CHECK over two tables.
_FRAME_OF_ANOTHER = """NEW.calibration_id IS NOT NULL
    AND NEW.calibration_id IS NOT (SELECT calibration_id FROM runs WHERE id = NEW.run_id)"""
_FIND_WITHOUT_SCALE = """NEW.length_mm IS NOT NULL
    AND (SELECT calibration_id FROM frames WHERE run_id = NEW.run_id AND seq = NEW.seq) IS NULL"""
_VISIT_WITHOUT_CALIBRATION = """NEW.length_mm IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM runs WHERE visit_id = NEW.visit_id AND calibration_id IS NOT NULL)"""
_CALIBRATION_CHANGES = "NEW.calibration_id IS NOT OLD.calibration_id"

TRIGGERS = (
    *(
        _refused(f"{table}_mm_{event.lower()}", event, table, condition, message)
        for event in ("INSERT", "UPDATE")
        for table, condition, message in (
            ("frames", _FRAME_OF_ANOTHER, "the calibration of a frame is that of its run"),
            ("finds", _FIND_WITHOUT_SCALE, "millimetres need a frame with a calibration and a scale"),
            ("crack_visits", _VISIT_WITHOUT_CALIBRATION, "millimetres need a run with a calibration"),
        )
    ),
    *(
        _refused(
            f"{table}_calibration_stays",
            "UPDATE OF calibration_id",
            table,
            _CALIBRATION_CHANGES,
            "the calibration does not change",
        )
        for table in ("runs", "frames")
    ),
    _refused("reviews_no_update", "UPDATE", "reviews", "1", "reviews are appended, never changed"),
    _refused("reviews_no_delete", "DELETE", "reviews", "1", "reviews are appended, never deleted"),
    # INSERT OR REPLACE deletes without firing the trigger above.
    _refused(
        "reviews_no_replace",
        "INSERT",
        "reviews",
        "EXISTS (SELECT 1 FROM reviews WHERE id = NEW.id)",
        "reviews are appended, never replaced",
    ),
)
