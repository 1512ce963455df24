"""After a run that nobody ended (a power cut, a kill): it is closed, tidied up, and can be gone on with."""

import json
import logging
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from edge.clock import Clock
from edge.log.columns import read_utc
from edge.log.pictures import tidy
from edge.log.rows import transaction
from edge.log.run_record import LOST_REASON, RunState
from edge.skips import UNDONE

_log = logging.getLogger(__name__)


def lost_reason(connection: sqlite3.Connection, run_id: str) -> str:
    """What a run that ended without a word is closed with: how much it logged, and its last frame."""
    ask = connection.execute
    count = ask("SELECT count(*) FROM frames WHERE run_id = ?", (run_id,)).fetchone()[0]
    if not count:
        return f"{LOST_REASON}0"
    # By row, not by time: clocks jump.
    name, utc = ask("SELECT name, t_utc FROM frames WHERE run_id = ? ORDER BY rowid DESC LIMIT 1", (run_id,)).fetchone()
    return f"{LOST_REASON}{count}, the last {name} at {read_utc(utc):%Y-%m-%d %H:%M:%S} UTC"


def close_lost_runs(folder: Path, connection: sqlite3.Connection) -> None:
    """Marks the runs that nobody ended as lost and tidies up after them. Call it with the lock held.

    Raises `sqlite3.Error`, `OSError`.
    """
    lost = [row[0] for row in connection.execute("SELECT id FROM runs WHERE state = 'running'")]
    # First: where the power goes here too, the next start still knows whom to tidy up after.
    for run_id in lost:
        tidy(folder, run_id, connection)
    with transaction(connection):
        for run_id in lost:
            reason = lost_reason(connection, run_id)
            connection.execute("UPDATE runs SET state = 'lost', reason = ? WHERE id = ?", (reason, run_id))
            _log.warning("log %s: run %s %s; what it logged is kept", folder, run_id, reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfinished:
    """A run that ended early, which the next one may go on with.

    `names` are the frames that it and those it went on with itself have logged, by number, inspected or skipped, but
    for those that only lacked time or memory (`edge.skips.UNDONE`); none of a live camera, which sees nothing twice.
    `gap_s` is the time since the last of them, in which nothing was inspected: None where there is none, or where
    another boot or a clock that was not synchronised leaves it unknown.
    """

    run_id: str
    visit_id: int | None
    state: RunState
    frames_logged: int
    names: Mapping[int, str]
    gap_s: float | None

    def provenance(self) -> dict[str, Any]:
        """For the `config` of the run that goes on: what it knows of the one before."""
        return {
            "resumed": {
                "run_id": self.run_id,
                "state": self.state.value,
                "frames_logged": self.frames_logged,
                "gap_s": self.gap_s,
            }
        }


def find_unfinished(connection: sqlite3.Connection, source: str, clock: Clock, *, live: bool) -> Unfinished | None:
    """The last run on `source`, where it did not finish; None where it did, or where there is none.

    Raises `sqlite3.Error`.
    """
    ask = connection.execute
    last = ask(
        "SELECT id, visit_id, state FROM runs WHERE source = ? ORDER BY rowid DESC LIMIT 1", (source,)
    ).fetchone()
    if last is None or last[2] in (RunState.FINISHED, RunState.RUNNING):
        return None
    run_id, visit_id, state = last
    chain = (
        "WITH RECURSIVE chain (id) AS (SELECT ? UNION SELECT resumes_run_id FROM runs JOIN chain USING (id)"
        " WHERE resumes_run_id IS NOT NULL) "
    )
    # Of a source that waits, a frame that nobody had the time to look at is looked at now.
    logged = (
        "SELECT seq, name FROM frames JOIN chain ON chain.id = run_id"
        " WHERE reason IS NULL OR reason NOT IN (SELECT value FROM json_each(?))"
    )
    names = {} if live else dict(ask(chain + logged, (run_id, json.dumps(UNDONE))).fetchall())
    newest = ask(
        "SELECT t_mono_ns, t_utc, boot_id, clock_synchronised FROM frames WHERE run_id = ? ORDER BY rowid DESC LIMIT 1",
        (run_id,),
    ).fetchone()
    return Unfinished(
        run_id=run_id,
        visit_id=visit_id,
        state=RunState(state),
        frames_logged=ask("SELECT count(*) FROM frames WHERE run_id = ?", (run_id,)).fetchone()[0],
        names=names,
        gap_s=None if newest is None else _gap_s(clock, newest[0], read_utc(newest[1]), newest[2], newest[3]),
    )


def _gap_s(
    clock: Clock, t_mono_ns: int, t_utc: datetime, boot_id: str | None, synchronised: int | None
) -> float | None:
    if boot_id is not None and boot_id == clock.boot_id():
        return (clock.mono_ns() - t_mono_ns) / 1e9
    if synchronised and clock.synchronised():
        return (clock.utc() - t_utc).total_seconds()
    return None
