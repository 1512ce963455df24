"""Where finds and cracks lie, as PostGIS geometry: SQL, and what a record says of its place.

`places.place` is a MultiLineString without a reference system: millimetres on the wall, x right, y up. Which wall: a
find's run names its visit, a crack its wall; both are records beside it. A find has a place where its frame has a pose.
"""

import base64
import binascii
import json
from collections.abc import Callable

from edge.log.columns import read_courses

TABLE = """
CREATE TABLE IF NOT EXISTS places (
    rover TEXT NOT NULL,
    log TEXT NOT NULL,
    key TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('find', 'crack')),
    place geometry(MultiLineString) NOT NULL,
    PRIMARY KEY (rover, log, key),
    FOREIGN KEY (rover, log, key) REFERENCES records
);
CREATE INDEX IF NOT EXISTS places_by_place ON places USING gist (place)
"""
PUT = """
INSERT INTO places VALUES (%s, %s, %s, %s, ST_GeomFromText(%s)) ON CONFLICT (rover, log, key) DO UPDATE SET
    place = excluded.place
"""
REMOVE = "DELETE FROM places WHERE rover = %s AND log = %s AND key = ANY(%s)"
STORED = "SELECT key, content FROM records WHERE rover = %s AND log = %s AND key = ANY(%s) AND content IS NOT NULL"

# Table, kind, and how many values each point of a course has (edge/log/tables.py).
_KINDS = {"finds": ("find", 2), "crack_visits": ("crack", 3)}


def may_have_place(key: str) -> bool:
    """Whether a record with this key may say where something lies."""
    return key.partition("/")[0] in _KINDS


def place_of(key: str, content: str, frame: Callable[[str], str | None]) -> tuple[str, str] | None:
    """Kind and well-known text of a record's place; None where it has none. `frame` gives the content of a frame."""
    kind, values = _KINDS[key.partition("/")[0]]
    try:
        row = json.loads(content)
        blob = row["courses_mm"]
        # Without a pose the courses are true in size, and lie nowhere on the wall.
        if blob is None or (kind == "find" and not _has_pose(frame(_frame_key(row)))):
            return None
        courses = read_courses(base64.b64decode(blob["base64"], validate=True), values)
        lines = [", ".join(f"{x!r} {y!r}" for x, y in course[:, :2].tolist()) for course in courses if len(course) > 1]
    except (ValueError, KeyError, TypeError, binascii.Error):
        # A base keeps whatever a rover brings; what it cannot read has no place.
        return None
    return (kind, f"MULTILINESTRING(({'), ('.join(lines)}))") if lines else None


def _frame_key(row: dict[str, object]) -> str:
    return f"frames/{json.dumps([row['run_id'], row['seq']])}"


def _has_pose(content: str | None) -> bool:
    return content is not None and json.loads(content)["pose_source"] != "none"
