"""One picture, or a folder of them in the order in which a person would number them."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

from edge.cameras.camera import Camera
from edge.cameras.sources import PICTURE_SUFFIXES
from edge.clock import Clock
from edge.errors import SourceError
from edge.frame import Frame, Unreadable
from edge.imagefile import read_bgr

_log = logging.getLogger(__name__)


class PictureCamera(Camera):
    """A single picture. If it cannot be read, `frames` raises `SourceError`: there is nothing else."""

    def __init__(self, path: Path, *, clock: Clock) -> None:
        self.description = str(path)
        self.frame_count: int | None = 1
        self._path, self._clock = path, clock

    def frames(self) -> Iterator[Frame | Unreadable]:
        """The picture; its times are those of its reading."""
        yield _read(self._path, 0, self._clock)

    def close(self) -> None:
        """Nothing is held open."""


class FolderCamera(Camera):
    """The pictures that lie directly in a folder, `img2.jpg` before `img10.jpg`; hidden files are not looked
    at. What else lies there is counted in a warning.

    Raises `SourceError` for a folder that cannot be listed or holds no picture.
    """

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self._paths = pictures_in(folder)
        _warn_of_others(folder)
        self._clock = clock
        self.description = str(folder)
        self.frame_count: int | None = len(self._paths)

    def frames(self) -> Iterator[Frame | Unreadable]:
        """Every picture; an `Unreadable` for one that is damaged or gone. Times are those of reading."""
        for seq, path in enumerate(self._paths):
            try:
                item: Frame | Unreadable = _read(path, seq, self._clock)
            except SourceError as error:
                item = Unreadable(
                    seq=seq,
                    name=path.name,
                    reason=str(error).removeprefix(f"{path}: "),
                    t_mono_ns=self._clock.mono_ns(),
                    t_utc=self._clock.utc(),
                )
            yield item

    def close(self) -> None:
        """Nothing is held open."""


def pictures_in(folder: Path) -> list[Path]:
    """Every picture directly in `folder`, in natural order. Raises `SourceError` if there is none."""
    try:
        # A dangling link is kept: a picture that somebody expects must be reported, not passed over.
        paths = [p for p in folder.iterdir() if _is_picture(p) and not p.is_dir()]
    except OSError as error:
        raise SourceError(f"{folder}: the folder cannot be listed: {error.strerror or error}") from error
    if not paths:
        suffixes = " ".join(PICTURE_SUFFIXES)
        raise SourceError(f"{folder}: the folder holds no picture directly in it (looked for {suffixes})")
    return sorted(paths, key=lambda p: natural_key(p.name))


def _warn_of_others(folder: Path) -> None:
    """Says what is not inspected, so that nobody takes a folder of HEIC files or sub-folders for inspected."""
    others = [path for path in folder.iterdir() if not path.name.startswith(".")]
    folders = sum(path.is_dir() for path in others)
    files = sum(not path.is_dir() and not _is_picture(path) for path in others)
    if files or folders:
        _log.warning("%d other files and %d folders in %s are not looked at", files, folders, folder)


def _is_picture(path: Path) -> bool:
    return not path.name.startswith(".") and path.suffix.lower() in PICTURE_SUFFIXES


def natural_key(name: str) -> tuple[list[tuple[int, str]], str]:
    """Sorts digits by their value: `a2` before `a10`. The name itself breaks ties, so the order is total."""
    # The split alternates between text and digits, so text is never compared with a number.
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(int(part), "") if i % 2 else (0, part) for i, part in enumerate(parts)], name


def _read(path: Path, seq: int, clock: Clock) -> Frame:
    if path.exists() and not path.is_file():
        raise SourceError(f"{path}: is not a regular file")
    pixels = read_bgr(path)
    return Frame(pixels=pixels, seq=seq, name=path.name, t_mono_ns=clock.mono_ns(), t_utc=clock.utc())
