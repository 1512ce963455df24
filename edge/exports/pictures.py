"""The pictures of a log's frames for exports: read in their own run's folder, with nothing drawn in."""

from pathlib import Path

from edge.errors import SourceError
from edge.frame import U8Image
from edge.imagefile import read_bgr
from edge.log import LoggedFrame, LogReader
from edge.log.database import IMAGES_FOLDER
from edge.plain import plain_frame, plain_path


def within_its_run(log: LogReader, logged: LoggedFrame, named: Path | None) -> Path | None:
    """The file that a log names; None where it is missing or beyond its run's folder: a log may come from anywhere."""
    if named is None:
        return None
    path = (log.folder / named).resolve()
    inside = path.parent == (log.folder / IMAGES_FOLDER / logged.run_id).resolve()
    return path if inside and path.is_file() else None


def frame_of(log: LogReader, logged: LoggedFrame) -> U8Image:
    """A frame, uint8 BGR (h, w, 3), with nothing drawn in as far as that is kept. Raises `SourceError`."""
    path = within_its_run(log, logged, logged.overlay_path)
    if path is None:
        raise SourceError(f"{logged.frame.name}: its picture is missing from the log's folder")

    def read(n: int) -> bytes | None:
        at = within_its_run(log, logged, plain_path(path, n))
        return None if at is None else at.read_bytes()

    return plain_frame(read_bgr(path), log.find_boxes(logged.run_id, logged.frame.seq), read)
