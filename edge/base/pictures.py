"""The pictures of a base: files named by their SHA-256, received piece by piece."""

import hashlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from edge.durable import make_folder, sync_folder
from edge.errors import BaseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """How many bytes of a picture are there, on the disk, and whether that is the whole of it."""

    received: int
    complete: bool


class WrongOffsetError(BaseError):
    """A piece that does not begin where what is there ends."""

    def __init__(self, there: Received) -> None:
        super().__init__(f"the next piece begins at {there.received}")
        self.there = there


class PictureStore:
    """Pictures below a folder, each rover's apart. Raises `BaseError` where the disk fails. Threads may share one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def path(self, rover: str, sha256: str) -> Path:
        """Where a whole picture lies."""
        return self._folder / rover / sha256[:2] / sha256

    def received(self, rover: str, sha256: str) -> Received:
        """What is there of a picture."""
        whole, part = self.path(rover, sha256), self._part(rover, sha256)
        try:
            if whole.exists():
                return Received(received=whole.stat().st_size, complete=True)
            return Received(received=part.stat().st_size if part.exists() else 0, complete=False)
        except OSError as failed:
            raise BaseError(f"{self._folder}: {failed}") from failed

    def append(self, rover: str, sha256: str, piece: bytes, *, offset: int, size: int) -> Received:
        """Adds a piece; what it returns is on the disk. A picture that is whole is checked and gets its name.

        Raises `WrongOffsetError` for a piece that does not begin where the last ended, `BaseError` for pieces that make
        up something else than the picture: they are thrown away, so that it can be sent again.
        """
        with self._lock:
            there = self.received(rover, sha256)
            if there.complete:
                return there
            if offset != there.received or offset + len(piece) > size:
                raise WrongOffsetError(there)
            try:
                return self._appended(rover, sha256, piece, offset + len(piece) == size)
            except OSError as failed:
                raise BaseError(f"{self._folder}: a picture cannot be stored: {failed}") from failed

    def _appended(self, rover: str, sha256: str, piece: bytes, last: bool) -> Received:
        part = self._part(rover, sha256)
        make_folder(part.parent)
        with part.open("ab") as stream:
            stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())
        if not last:
            return Received(received=part.stat().st_size, complete=False)
        with part.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != sha256:
            part.unlink()
            raise BaseError(
                f"the pieces of picture {sha256[:12]}… make up {found[:12]}…; they are thrown away: send it again"
            )
        whole = self.path(rover, sha256)
        make_folder(whole.parent)
        part.rename(whole)
        sync_folder(whole.parent)
        return Received(received=whole.stat().st_size, complete=True)

    def _part(self, rover: str, sha256: str) -> Path:
        return self._folder / rover / "incoming" / sha256
