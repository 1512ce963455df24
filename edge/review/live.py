"""What the camera of a run sees now: the picture that the loop keeps beside the log (edge/live_view.py)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edge.errors import SourceError
from edge.live_view import LIVE_FILE


def live_picture(folder: Path) -> bytes:
    """JPEG of what the camera sees. Raises `SourceError` where there is none in the log's own folder."""
    path = _path(folder)
    try:
        return path.read_bytes()
    except OSError as unreadable:
        raise SourceError(f"{LIVE_FILE}: cannot be read: {unreadable.strerror}") from unreadable


def live_state(folder: Path, *, began_utc: datetime | None, now_utc: datetime) -> dict[str, Any] | None:
    """When the picture was written and how old it is; None where no run, `began_utc` the latest's start, wrote one.

    A picture older than the latest run is of another.
    """
    try:
        written_utc = datetime.fromtimestamp(_path(folder).stat().st_mtime, UTC)
    except OSError:  # SourceError is one
        return None
    if began_utc is None or written_utc < began_utc:
        return None
    age_s = max(0.0, (now_utc - written_utc).total_seconds())
    return {"t_utc": written_utc.isoformat(timespec="milliseconds"), "age_s": round(age_s, 1)}


def _path(folder: Path) -> Path:
    """A log may come from anywhere: a link is followed before it is judged."""
    path = (folder / LIVE_FILE).resolve()
    if path != folder.resolve() / LIVE_FILE or not path.is_file():
        raise SourceError(f"there is no {LIVE_FILE} in the log's folder: no camera's run has written one yet")
    return path
