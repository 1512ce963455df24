"""The rows of a visit's cracks: all that was said of the visit before is replaced."""

import sqlite3
from collections.abc import Sequence

from edge.log.crack_record import CrackVisit
from edge.log.rows import insert
from edge.log.run_record import Shift


def replace_cracks(
    connection: sqlite3.Connection, visit_id: int, cracks: Sequence[CrackVisit], shift: Shift | None
) -> list[int]:
    """Writes how cracks stand at a visit, inside a transaction; returns their ids, in order.

    Raises `ValueError` for a visit that is not there, `sqlite3.Error`.
    """
    do = connection.execute
    do(
        "DELETE FROM crack_finds WHERE find_id IN"
        " (SELECT finds.id FROM finds JOIN runs ON runs.id = finds.run_id WHERE visit_id = ?)",
        (visit_id,),
    )
    do("DELETE FROM crack_visits WHERE visit_id = ?", (visit_id,))
    ids = []
    for crack in cracks:
        crack_id = _new_crack(connection, visit_id) if crack.crack_id is None else crack.crack_id
        insert(connection, "crack_visits", {**crack.write(), "crack_id": crack_id, "visit_id": visit_id})
        for find_id, course_n in crack.courses:
            insert(connection, "crack_finds", {"find_id": find_id, "course_n": course_n, "crack_id": crack_id})
        ids.append(crack_id)
    do(
        "DELETE FROM cracks WHERE id NOT IN (SELECT crack_id FROM crack_visits)"
        " AND id NOT IN (SELECT crack_id FROM reviews WHERE crack_id IS NOT NULL)"
    )
    x_mm, y_mm, sd_mm = (None, None, None) if shift is None else (*shift.xy_mm, shift.sd_mm)
    do(
        "UPDATE visits SET shift_x_mm = ?, shift_y_mm = ?, shift_sd_mm = ? WHERE id = ?",
        (x_mm, y_mm, sd_mm, visit_id),
    )
    return ids


def _new_crack(connection: sqlite3.Connection, visit_id: int) -> int:
    query = "INSERT INTO cracks (wall_id, first_visit_id) SELECT wall_id, id FROM visits WHERE id = ? RETURNING id"
    row = connection.execute(query, (visit_id,)).fetchone()
    if row is None:
        raise ValueError(f"cracks are logged to a visit that is there; visit {visit_id} is not")
    crack_id: int = row[0]
    return crack_id
