"""Where finds and cracks lie: PostGIS against the lengths and places that went in."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from edge_log_samples import (
    CALIBRATED,
    CLOCK,
    CRACK,
    MEASURED_FIND,
    POSED,
    SCALE,
    frame,
)

from edge.base.serve import open_store
from edge.log import InspectionLog
from edge.outbox import LogRows
from edge.upload_protocol import Record

pytest_plugins = ("edge_base_fixtures",)

# The course of the samples: from (0, 0) to (3, -4) mm.
LENGTH_MM = 5.0


def records_of(folder: Path) -> list[Record]:
    """A log with a crack, a find in a frame whose place is known and one in a frame without, as records."""
    with InspectionLog.open(folder, clock=CLOCK) as log:
        visit = log.start_visit("north")
        run = log.start_run(replace(CALIBRATED, visit_id=visit))
        log.log_frame(run, frame(0, scale=SCALE, pose=POSED), [MEASURED_FIND], None)
        log.log_frame(run, frame(1, scale=SCALE), [MEASURED_FIND], None)
        log.log_cracks(visit, [replace(CRACK, courses=((1, 0),))])
    rows = LogRows(folder)
    return [
        Record(key=row.key, revision=n + 1, content=row.content)
        for n, row in enumerate(row for table, key in rows.tables().items() for row in rows.all_rows(table, key))
    ]


def ask(database: str, query: str) -> list[Any]:
    with psycopg.connect(database) as connection:
        return connection.execute(query.encode()).fetchall()


@pytest.fixture
def postgis(postgres: str) -> str:
    with psycopg.connect(postgres) as connection:
        if connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'").fetchone() is None:
            pytest.skip("needs PostGIS")
        connection.execute("DROP TABLE IF EXISTS places, records")
    return postgres


def test_finds_and_cracks_with_a_place_are_geometry(postgis: str, tmp_path: Path) -> None:
    store = open_store(tmp_path / "base", postgis)
    records = records_of(tmp_path / "log")
    store.add("rover", "log", records)
    found = ask(postgis, "SELECT kind, ST_Length(place), ST_AsText(place) FROM places ORDER BY kind")
    assert [kind for kind, *_ in found] == ["crack", "find"]
    assert all(length == pytest.approx(LENGTH_MM) for _, length, _ in found)
    assert {text for *_, text in found} == {"MULTILINESTRING((0 0,3 -4))"}
    near = "SELECT kind FROM places WHERE ST_DWithin(place, ST_MakePoint(6, -8), {}) ORDER BY kind"
    assert ask(postgis, near.format(5.001)) == [("crack",), ("find",)]
    assert ask(postgis, near.format(4.999)) == []


def test_a_place_follows_its_record_and_no_late_duplicate(postgis: str, tmp_path: Path) -> None:
    store = open_store(tmp_path / "base", postgis)
    records = records_of(tmp_path / "log")
    store.add("rover", "log", records)
    crack = next(r for r in records if r.key.startswith("crack_visits/"))
    store.add("rover", "log", [replace(crack, revision=100, content=None)])
    store.add("rover", "log", [crack])
    assert ask(postgis, "SELECT kind FROM places") == [("find",)]


def test_records_that_came_before_postgis_get_their_places(postgis: str, tmp_path: Path) -> None:
    store = open_store(tmp_path / "base", postgis)
    store.add("rover", "log", records_of(tmp_path / "log"))
    before = ask(postgis, "SELECT key, ST_AsText(place) FROM places ORDER BY key")
    with psycopg.connect(postgis) as connection:
        connection.execute("DROP TABLE places")
    open_store(tmp_path / "base", postgis)
    assert ask(postgis, "SELECT key, ST_AsText(place) FROM places ORDER BY key") == before != []


@pytest.mark.parametrize("content", ["a text", "{}", '{"courses_mm": {"base64": "AAAA"}}', '{"courses_mm": 7}'])
def test_what_cannot_be_read_is_kept_without_a_place(postgis: str, tmp_path: Path, content: str) -> None:
    store = open_store(tmp_path / "base", postgis)
    store.add("rover", "log", [Record(key="crack_visits/[1, 1]", revision=1, content=content)])
    assert store.contents("rover", "log") == {"crack_visits/[1, 1]": content}
    assert ask(postgis, "SELECT * FROM places") == []


def test_a_database_without_postgis_keeps_records_all_the_same(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.base.postgres_store._open_places", lambda _: False)
    with psycopg.connect(postgres) as connection:
        connection.execute("DROP TABLE IF EXISTS places, records")
    store = open_store(tmp_path / "base", postgres)
    records = records_of(tmp_path / "log")
    store.add("rover", "log", records)
    assert len(store.contents("rover", "log")) == len(records)
    assert ask(postgres, "SELECT to_regclass('places')") == [(None,)]
