"""Who may write to a log: one process, for as long as it lives."""

import fcntl
import os
import time
from pathlib import Path

from edge.errors import LogError

LOCK_FILE = "lock"
# A reader holds the lock for microseconds to see whether it is free; a second writer for as long as it runs.
_PATIENCE_S = 0.5
_RETRY_S = 0.02


def acquire(folder: Path) -> int:
    """Takes the lock on a log and returns its file descriptor; closing it, or the process's end, releases it.

    flock(2) rather than a file that exists or not: the kernel releases it however the process dies. Raises
    `LogError` where another process holds it, `OSError` where the folder cannot be written.
    """
    descriptor = os.open(folder / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o666)
    deadline = time.monotonic() + _PATIENCE_S
    while not _try(descriptor, fcntl.LOCK_EX):
        if time.monotonic() > deadline:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise LogError(
                f"a log has one writer at a time; log {folder} is in use by process {holder}: "
                "wait for it to end, or choose another log"
            )
        time.sleep(_RETRY_S)
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
    except OSError:
        # A full disk: the lock must not outlive the refusal.
        os.close(descriptor)
        raise
    return descriptor


def is_held(folder: Path) -> bool:
    """Whether some process is writing to the log."""
    try:
        descriptor = os.open(folder / LOCK_FILE, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return not _try(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
