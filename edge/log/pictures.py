"""The pictures of a run's frames: written before the rows that name them, tidied up after a run that nobody ended."""

import logging
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from edge.durable import PART_SUFFIX, sync_folder, write_all_durably
from edge.log.database import IMAGES_FOLDER

_log = logging.getLogger(__name__)

# More pictures without a row than one batch can leave behind say that the database is an older copy: they are kept.
MOST_LEFT_BEHIND = 1000


def images_of(folder: Path, run_id: str) -> Path:
    """Where the pictures of a run lie."""
    return folder / IMAGES_FOLDER / run_id


def path_in_log(run_id: str, seq: int) -> PurePosixPath:
    """A frame's picture below the log's folder. It is named by number alone: a frame's own name comes from outside."""
    return PurePosixPath(IMAGES_FOLDER, run_id, f"{seq:06d}.jpg")


def plain_name(frame_picture: str, n: int | str) -> str:
    """The plain picture of a frame's `n`th find (`edge.plain`) lies beside the frame's picture, and is called so."""
    return f"{frame_picture.removesuffix('.jpg')}-{n}.jpg"


def frames_name(picture: str) -> str:
    """The frame's picture beside which a picture lies, or that it is."""
    return f"{picture.removesuffix('.jpg').partition('-')[0]}.jpg"


def write_pictures(folder: Path, run_id: str, jpegs: Mapping[int, Sequence[bytes]]) -> None:
    """Writes pictures by frame number, the frame's and those of its finds.

    Whole and flushed when this returns, their folder as well. Raises `OSError`.
    """
    contents: dict[str, bytes] = {}
    for seq, (own, *plain) in jpegs.items():
        name = path_in_log(run_id, seq).name
        contents |= {name: own, **{plain_name(name, n): jpeg for n, jpeg in enumerate(plain)}}
    write_all_durably(images_of(folder, run_id), contents)


def tidy(folder: Path, run_id: str, connection: sqlite3.Connection) -> None:
    """Removes what the batch that a run died in has left: temporary files, and pictures that no row names.

    What cannot be removed stays, and is said. Raises `sqlite3.Error`, `OSError` for a folder that cannot be listed.
    """
    images = images_of(folder, run_id)
    if not images.is_dir():
        return
    query = "SELECT overlay_path FROM frames WHERE run_id = ? AND overlay_path IS NOT NULL"
    named = {PurePosixPath(path).name for (path,) in connection.execute(query, (run_id,))}
    found = list(images.iterdir())
    left = [path for path in found if path.name.endswith(PART_SUFFIX)]
    nameless = [path for path in found if path.suffix == ".jpg" and frames_name(path.name) not in named]
    if len(nameless) > MOST_LEFT_BEHIND:
        _log.warning(
            "log %s: no frame of run %s names %d of its pictures; they are kept: is its database an older copy?",
            folder,
            run_id,
            len(nameless),
        )
        nameless = []
    for path in (*left, *nameless):
        with suppress(OSError):
            path.unlink()
    if left or nameless:
        with suppress(OSError):
            sync_folder(images)
        _log.warning(
            "log %s: run %s was broken off while %d pictures were written; their frames were never logged",
            folder,
            run_id,
            len(left) + len(nameless),
        )
