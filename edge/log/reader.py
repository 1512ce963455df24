"""Reading an inspection log, also while a run writes to it."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Self

from edge.calibration_record import CameraCalibration
from edge.errors import LogError
from edge.log import lock
from edge.log.columns import read_utc
from edge.log.corrected import Correction, corrected_finds_of_cracks, corrections
from edge.log.crack_record import CrackVisit
from edge.log.database import as_log_error, open_to_read
from edge.log.find_record import FindRecord
from edge.log.frame_record import FrameRecord, FrameScale
from edge.log.recovery import lost_reason
from edge.log.run_record import RunRecord, RunState, VisitRecord
from edge.log.said import ReviewState, Said, said_of_cracks, said_of_finds
from edge.manifest_json import from_plain, loads
from edge.pose import PoseSource

_ABSENCE = "absent.state AS absent_state, absent.t_utc AS absent_utc, absent.reason AS absent_reason"
_WITH_ABSENCE = "LEFT JOIN absent_pictures AS absent ON absent.run_id = frames.run_id AND absent.seq = frames.seq"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedFrame:
    """A frame as it was logged. `overlay_path` is relative to the log's folder; `t_mono_ns` is of that boot.

    `no_picture` says why a picture is not there any more, or never was although there should be one.
    """

    run_id: str
    frame: FrameRecord
    overlay_path: Path | None
    boot_id: str | None
    clock_synchronised: bool | None
    no_picture: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedFind:
    """A find as it was logged, with what its frame says of it. `id` is its number in this log.

    `correction`: where somebody corrected the mask, the mask and from when the sizes are (`corrected_finds`).
    """

    id: int
    run_id: str
    seq: int
    n: int
    find: FindRecord
    frame_name: str
    t_mono_ns: int
    t_utc: datetime
    pose_source: PoseSource
    scale: FrameScale | None
    overlay_path: Path | None
    no_picture: str | None = None
    correction: Correction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCounts:
    """What a run saw. `skipped` counts frames by reason; `lost` are frames that the camera knows it lost."""

    inspected: int
    skipped: Mapping[str, int]
    lost: int
    finds: int
    frames_with_finds: int


class LogReader:
    """A log, read only; a context manager. Every method raises `LogError` where the file fails."""

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self._connection = connection

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file."""
        self._connection.close()

    def runs(self) -> list[RunRecord]:
        """Every run, the oldest first. One that says it is running while nobody writes to the log is lost."""
        # The lock is asked first: a run that ends in between has said so by the time its row is read.
        with self._reading():
            written_to = lock.is_held(self.folder)
            records = [RunRecord.read(row) for row in self._connection.execute("SELECT * FROM runs ORDER BY rowid")]
        return records if written_to else [self._lost(record) for record in records]

    def run(self, id_or_start: str) -> RunRecord:
        """The one run whose id begins so. Raises `LogError` where none or several do."""
        runs = self.runs()
        matching = [run for run in runs if run.id.startswith(id_or_start)]
        if len(matching) != 1:
            known = ", ".join(run.id for run in matching or runs) or "none"
            raise LogError(
                f"log {self.folder}: a run is named by the start of one id; "
                f"'{id_or_start}' fits {len(matching)}; there are: {known}"
            )
        return matching[0]

    def counts(self, run_id: str) -> RunCounts:
        """How many frames and finds a run has logged so far."""
        with self._reading():
            ask = self._connection.execute
            frames = ask(
                "SELECT count(*) FILTER (WHERE status = 'inspected') AS inspected,"
                " coalesce(sum(lost_before), 0) AS lost FROM frames WHERE run_id = ?",
                (run_id,),
            ).fetchone()
            skipped = ask(
                "SELECT reason, count(*) AS n FROM frames WHERE run_id = ? AND status = 'skipped'"
                " GROUP BY reason ORDER BY n DESC, reason",
                (run_id,),
            ).fetchall()
            finds = ask(
                "SELECT count(*) AS finds, count(DISTINCT seq) AS frames FROM finds WHERE run_id = ?",
                (run_id,),
            ).fetchone()
        return RunCounts(
            inspected=frames["inspected"],
            skipped={row["reason"]: row["n"] for row in skipped},
            lost=frames["lost"],
            finds=finds["finds"],
            frames_with_finds=finds["frames"],
        )

    def frames(self, run_id: str) -> Iterator[LoggedFrame]:
        """The frames of a run, by sequence number."""
        with self._reading():
            query = (
                f"SELECT frames.*, {_ABSENCE} FROM frames {_WITH_ABSENCE} WHERE frames.run_id = ? ORDER BY frames.seq"  # noqa: S608
            )
            for row in self._connection.execute(query, (run_id,)):
                yield LoggedFrame(
                    run_id=row["run_id"],
                    frame=FrameRecord.read(row),
                    overlay_path=_picture(row),
                    boot_id=row["boot_id"],
                    clock_synchronised=None if row["clock_synchronised"] is None else bool(row["clock_synchronised"]),
                    no_picture=_no_picture(row),
                )

    def finds(self, run_id: str) -> Iterator[LoggedFind]:
        """The finds of a run, frame by frame, each frame's in the order in which they were logged."""
        return self._finds("ORDER BY finds.seq, finds.n", (run_id,))

    def corrected_finds(self, run_id: str) -> Iterator[LoggedFind]:
        """As `finds`, with the sizes that were measured again where somebody corrected the mask."""
        with self._reading():
            corrected = corrections(self._connection)
        for found in self.finds(run_id):
            one = corrected.get(found.id)
            yield found if one is None else replace(found, find=one.of(found.find), correction=one)

    def corrected_cracks(self) -> dict[int, list[int]]:
        """By crack, those of its finds whose mask was corrected after the crack was measured."""
        with self._reading():
            return corrected_finds_of_cracks(self._connection, corrections(self._connection))

    def said_of_finds(self) -> dict[int, tuple[ReviewState, str | None]]:
        """The last word on each find of which anything was said, with its reason."""
        with self._reading():
            return said_of_finds(self._connection)

    def said_of_cracks(self) -> dict[int, Said]:
        """By crack, where anything was said of it or of its finds."""
        with self._reading():
            return said_of_cracks(self._connection)

    def top_finds(self, run_id: str, limit: int) -> list[LoggedFind]:
        """The finds of a run with the highest scores."""
        return list(self._finds("ORDER BY finds.score DESC, finds.seq, finds.n LIMIT ?", (run_id, limit)))

    def find_boxes(self, run_id: str, seq: int) -> list[tuple[int, tuple[int, int, int, int]]]:
        """Of every find of a frame its number in the frame and its box: what is drawn in the frame's picture."""
        query = "SELECT n, box_x_px, box_y_px, box_w_px, box_h_px FROM finds WHERE run_id = ? AND seq = ? ORDER BY n"
        with self._reading():
            return [(n, (x, y, w, h)) for n, x, y, w, h in self._connection.execute(query, (run_id, seq))]

    def _finds(self, order: str, values: tuple[str | int, ...]) -> Iterator[LoggedFind]:
        # `order` is one of the two above.
        query = (
            "SELECT finds.*, name, t_mono_ns, frames.t_utc, pose_source, overlay_path, frames.calibration_id,"  # noqa: S608
            f" scale_source, mm_per_px, sd_mm_per_px, {_ABSENCE}"
            f" FROM finds JOIN frames USING (run_id, seq) {_WITH_ABSENCE} WHERE finds.run_id = ? {order}"
        )
        with self._reading():
            for row in self._connection.execute(query, values):
                yield LoggedFind(
                    id=row["id"],
                    run_id=row["run_id"],
                    seq=row["seq"],
                    n=row["n"],
                    find=FindRecord.read(row),
                    frame_name=row["name"],
                    t_mono_ns=row["t_mono_ns"],
                    t_utc=read_utc(row["t_utc"]),
                    pose_source=PoseSource(row["pose_source"]),
                    scale=FrameScale.read(row),
                    overlay_path=_picture(row),
                    no_picture=_no_picture(row),
                )

    def calibration(self, calibration_id: str) -> CameraCalibration | None:
        """The calibration of that id, None where no run brought it along."""
        with self._reading():
            query = "SELECT record_json FROM calibrations WHERE id = ?"
            row = self._connection.execute(query, (calibration_id,)).fetchone()
        return None if row is None else from_plain(CameraCalibration, loads(row["record_json"]), "calibration")

    def visits(self) -> list[VisitRecord]:
        """Every visit to a wall, the oldest first."""
        query = "SELECT visits.*, name AS wall FROM visits JOIN walls ON walls.id = wall_id ORDER BY visits.id"
        with self._reading():
            return [VisitRecord.read(row) for row in self._connection.execute(query)]

    def cracks(self, visit_id: int) -> list[CrackVisit]:
        """The cracks that a visit speaks of, those not seen again included, in the order of their ids."""
        return [crack for _, crack in self._cracks("visit_id = ?", (visit_id,))]

    def crack_history(self, crack_id: int) -> list[tuple[int, CrackVisit]]:
        """What each visit says of a crack, the oldest first, with the visit's id."""
        return self._cracks("crack_id = ?", (crack_id,))

    def cracks_before(self, visit_id: int) -> list[tuple[int, CrackVisit]]:
        """What a visit's cracks are compared with: the cracks that earlier visits to its wall know.

        Each as the last of them saw it at which it was new or grown, with that visit's id.
        """
        latest = (
            "(crack_id, visit_id) IN (SELECT crack_id, max(visit_id) FROM crack_visits"
            " JOIN cracks ON cracks.id = crack_id WHERE visit_id < ? AND state IN ('new', 'grown')"
            " AND wall_id = (SELECT wall_id FROM visits WHERE id = ?) GROUP BY crack_id)"
        )
        return self._cracks(latest, (visit_id, visit_id))

    def _cracks(self, condition: str, values: tuple[int, ...]) -> list[tuple[int, CrackVisit]]:
        # `condition` is one of those above.
        chosen = f"SELECT * FROM crack_visits WHERE {condition} ORDER BY crack_id, visit_id"  # noqa: S608
        seen_in = (
            f"SELECT chosen.crack_id, chosen.visit_id, find_id, course_n FROM ({chosen}) AS chosen"  # noqa: S608
            " JOIN crack_finds ON crack_finds.crack_id = chosen.crack_id"
            " JOIN finds ON finds.id = find_id JOIN runs ON runs.id = run_id AND runs.visit_id = chosen.visit_id"
            " ORDER BY find_id, course_n"
        )
        courses: dict[tuple[int, int], list[tuple[int, int]]] = {}
        with self._reading():
            for row in self._connection.execute(seen_in, values):
                key = row["crack_id"], row["visit_id"]
                courses.setdefault(key, []).append((row["find_id"], row["course_n"]))
            return [
                (row["visit_id"], CrackVisit.read(row, tuple(courses.get((row["crack_id"], row["visit_id"]), ()))))
                for row in self._connection.execute(chosen, values)
            ]

    def _lost(self, record: RunRecord) -> RunRecord:
        if record.state is not RunState.RUNNING:
            return record
        with self._reading():
            return replace(record, state=RunState.LOST, reason=lost_reason(self._connection, record.id))

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with as_log_error(self.folder, "could not be read"):
            yield


def read_log(folder: Path) -> LogReader:
    """Opens a log for reading. Raises `LogError` where there is none, or one of another schema."""
    with as_log_error(folder, "cannot be opened for reading"):
        return LogReader(folder, open_to_read(folder))


def _picture(row: sqlite3.Row) -> Path | None:
    return None if row["overlay_path"] is None or row["absent_state"] is not None else Path(row["overlay_path"])


def _no_picture(row: sqlite3.Row) -> str | None:
    if row["absent_state"] is None:
        return None
    return f"{row['absent_state']} {read_utc(row['absent_utc']):%Y-%m-%d %H:%M:%S} UTC: {row['absent_reason']}"
