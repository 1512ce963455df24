"""Files that are whole or absent, and that a power cut cannot take back once the call has returned.

The order is that of fsync(2) and rename(2): write a temporary file beside the target, flush it, rename it
over the target (atomic within one file system), flush the folder that holds the name.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

PART_SUFFIX = ".part"


def sync_folder(folder: Path) -> None:
    """Flushes a folder's entries: names made, renamed or removed in it. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it that are missing, every new name flushed. Raises `OSError`."""
    missing = []
    above = folder
    while not above.exists():
        missing.append(above)
        above = above.parent
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        sync_folder(path.parent)
    # Says "not a directory" or "exists" where the path itself is something else.
    folder.mkdir(exist_ok=True)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A binary file to write; `path` holds the whole of it once the block ends, or what it held before.

    A link is followed; a pipe or a device (`/dev/stdout`) is written straight. Raises `OSError`.
    """
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            yield stream
        return
    target = path.resolve()
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}{PART_SUFFIX}")
    try:
        with part.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def write_durably(path: Path, content: bytes) -> None:
    """Writes one file: whole and flushed when this returns, name included. Raises `OSError`."""
    with replacing(path) as stream:
        stream.write(content)


def write_all_durably(folder: Path, contents: Mapping[str, bytes]) -> None:
    """Writes files into a folder by name: all whole and flushed when this returns, the folder flushed once.

    Raises `OSError`; then each of them is whole or absent, or what it was before.
    """
    parts: list[tuple[Path, Path]] = []
    try:
        for name, content in contents.items():
            path = folder / name
            part = folder / f".{name}.{secrets.token_hex(4)}{PART_SUFFIX}"
            parts.append((part, path))
            with part.open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
        for part, path in parts:
            part.replace(path)
    except BaseException:
        for part, _ in parts:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        raise
    if parts:
        sync_folder(folder)
