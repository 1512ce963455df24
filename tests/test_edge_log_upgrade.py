"""Logs of schema 1: read as they are, and brought up to ours where somebody asks for it."""

import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from edge_log_samples import (
    CLOCK,
    DB,
    FIND,
    POSED,
    START,
    assert_same_content,
    assert_same_frame,
    child,
    frame,
    raw,
    tables_of,
)

from edge.cli import main
from edge.errors import LogError
from edge.log import InspectionLog, LogReader, RunState, read_log, schema, upgrade_log

SCHEMA_1 = (Path(__file__).parent / "golden" / "log_schema_1.sql").read_text(encoding="utf-8")
FIRST, SECOND = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
KEPT = "inspection.schema-1.db"
SCHEMA_2 = (Path(__file__).parent / "golden" / "log_schema_2.sql").read_text(encoding="utf-8")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder with a log of schema 1, as its writer left it."""
    with closing(sqlite3.connect(tmp_path / DB, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(SCHEMA_1)
    return tmp_path


def assert_whole(reader: LogReader) -> None:
    """What the log of schema 1 says."""
    first, second = reader.runs()
    assert (first.id, first.state, first.start.calibration_id) == (FIRST, RunState.FINISHED, "camera 7")
    assert (second.id, second.state, second.start.visit_id) == (SECOND, RunState.INTERRUPTED, None)
    frames = [logged.frame for logged in reader.frames(FIRST)]
    assert [f.skipped for f in frames] == [None, None, "cut short"]
    assert_same_frame(frames[1], frame(1, pose=POSED, lost_before=2))
    assert [f.find for f in reader.finds(SECOND)] == [FIND]
    assert [f.id for f in reader.finds(FIRST)] == [1, 2]
    assert reader.counts(FIRST).finds == 2
    assert reader.visits() == []


def test_an_old_log_is_read_and_left_as_it_is(old: Path) -> None:
    before = (old / DB).read_bytes()
    with read_log(old) as reader:
        assert_whole(reader)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader._connection.execute("DELETE FROM reviews")
    assert (old / DB).read_bytes() == before


def test_an_old_log_is_not_written_to_unasked(old: Path) -> None:
    with pytest.raises(LogError, match=r"schema 1, older than the 3.*hairline log upgrade"):
        InspectionLog.open(old, clock=CLOCK)
    with raw(old) as db:
        assert schema.version(db) == 1


def test_an_upgraded_log_says_the_same_and_goes_on(old: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    new = tmp_path_factory.mktemp("new")
    InspectionLog.open(new, clock=CLOCK).close()
    assert upgrade_log(old) == old / KEPT
    with read_log(old) as reader:
        assert_whole(reader)
    with raw(old) as db, raw(new) as fresh:
        assert tables_of(db) == tables_of(fresh)
        reviews = db.execute("SELECT id, reviewer, find_id, verdict, reason, note FROM reviews").fetchall()
        assert reviews == [(1, "Ann", 1, "reject", "joint", None), (2, "Bo", 1, "accept", None, "a crack beside it")]
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with raw(old) as db, pytest.raises(sqlite3.IntegrityError, match="appended"):
        db.execute("DELETE FROM reviews")
    with InspectionLog.open(old, clock=CLOCK) as log:
        log.log_frame(log.start_run(START), frame(0), [FIND], None)
    with raw(old) as db:
        assert db.execute("SELECT max(id) FROM finds").fetchone() == (4,)
    with closing(sqlite3.connect(old / KEPT)) as kept:
        assert "\n".join(line for line in kept.iterdump() if "sqlite_sequence" not in line) in SCHEMA_1
    assert upgrade_log(old) is None, "once is enough"


def test_an_upgrade_never_overwrites_a_copy(old: Path) -> None:
    (old / KEPT).write_text("somebody's")
    with pytest.raises(LogError, match="never overwritten"):
        upgrade_log(old)
    with raw(old) as db:
        assert schema.version(db) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE finds SET length_mm = 5 WHERE id = 1",
        f"INSERT INTO cracks (first_run_id, polyline_wall_xy_mm_json) VALUES ('{FIRST}', '[]')",
        "PRAGMA foreign_keys = OFF; DELETE FROM frames WHERE seq = 0",
    ],
)
def test_what_no_hairline_wrote_is_not_guessed_at(old: Path, sql: str) -> None:
    with raw(old) as db:
        db.executescript(sql)
    for attempt in (upgrade_log, read_log):
        with pytest.raises(LogError, match=r"the Hairline that wrote it"):
            attempt(old)
    with raw(old) as db:
        assert schema.version(db) == 1
        assert db.execute("SELECT count(*) FROM reviews").fetchone() == (2,)


def test_a_log_in_use_is_not_upgraded(old: Path) -> None:
    holder = child(
        "import sys; from pathlib import Path; from edge.log import lock;"
        " lock.acquire(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()",
        str(old),
        stdin=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LogError, match="one writer at a time"):
            upgrade_log(old)
        holder.communicate()


def test_a_log_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="there is none"):
        upgrade_log(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_verb_upgrades_and_says_where_the_copy_is(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (f"kept as {old / KEPT}", "already"):
        assert main(["log", "upgrade", str(old)]) == 0
        assert words in capsys.readouterr().out


def test_a_log_of_schema_2_is_read_and_brought_up_with_everything_in_it(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    old = tmp_path / "old"
    old.mkdir()
    with closing(sqlite3.connect(old / DB, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.executescript(SCHEMA_2)
    with read_log(old) as reader:
        before = [(run.id, run.state, [f.find for f in reader.finds(run.id)]) for run in reader.runs()]
    assert [(run_id, len(finds)) for run_id, _, finds in before] == [(FIRST, 1), (SECOND, 1)]
    InspectionLog.open(tmp_path / "new", clock=CLOCK).close()
    assert upgrade_log(old) == old / "inspection.schema-2.db"
    with raw(old) as db, raw(tmp_path / "new") as fresh:
        assert tables_of(db) == tables_of(fresh)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert db.execute("SELECT count(*) FROM reviews").fetchone() == (1,)
    with read_log(old) as reader:
        after = [(run.id, run.state, [f.find for f in reader.finds(run.id)]) for run in reader.runs()]
        assert len(reader.cracks(1)) == 1
    assert_same_content(after[0][2][0], before[0][2][0])
    assert [a[:2] for a in after] == [b[:2] for b in before]
