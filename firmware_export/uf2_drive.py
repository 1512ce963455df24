"""The drive that a board shows while its boot loader waits for a UF2 file."""

import getpass
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from firmware_export.board import Board
from firmware_export.errors import BoardError

INFO_FILE = "INFO_UF2.TXT"
_GONE_S = 15.0


def mounted_folders() -> list[Path]:
    """Where desktops mount drives: /media/USER/NAME, /run/media/USER/NAME, /mnt/NAME, /Volumes/NAME."""
    patterns = (("/media", "*"), ("/media", "*/*"), ("/run/media", "*/*"), ("/mnt", "*"), ("/Volumes", "*"))
    return [path for root, pattern in patterns for path in sorted(Path(root).glob(pattern)) if path.is_dir()]


def board_id(drive: Path) -> str | None:
    """What the drive says it is, None for a folder that is no boot drive."""
    try:
        lines = (drive / INFO_FILE).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    stated = [line.partition(":")[2].strip() for line in lines if line.startswith("Board-ID:")]
    return stated[0] if stated else ""


def find_drive(board: Board, folders: Iterable[Path]) -> Path:
    """The board's boot drive. Raises `BoardError` where there is none, another board's, or more than one."""
    if board.uf2 is None:
        raise BoardError(f"{board.title} takes no UF2 file; its ways: {', '.join(board.ways_to_flash) or 'none'}")
    drives = {folder: stated for folder in folders if (stated := board_id(folder)) is not None}
    fitting = [folder for folder, stated in drives.items() if stated.startswith(board.uf2.board_id)]
    if len(fitting) == 1:
        return fitting[0]
    seen = ", ".join(f"{folder} ({stated or 'without a Board-ID'})" for folder, stated in drives.items()) or "none"
    raise BoardError(
        f"one boot drive of {board.title} must be mounted, with a Board-ID that begins with '{board.uf2.board_id}'; "
        f"found: {seen}. Hold BOOTSEL while plugging the board in, or name the drive with --drive"
    )


def drive_steps(board: Board, uf2: Path, drive: Path | None) -> list[tuple[str, list[str]]]:
    """What is done with the drive: why, and the command.

    Where no drive is named or mounted, the place at which desktops mount it stands for it.
    """
    assert board.uf2 is not None
    wanted = board.uf2.board_id
    fitting = [folder for folder in mounted_folders() if (board_id(folder) or "").startswith(wanted)]
    where = drive or (fitting[0] if len(fitting) == 1 else Path("/media") / getpass.getuser() / wanted)
    return [
        (f"which board is there: its Board-ID must begin with {wanted}", ["cat", str(where / INFO_FILE)]),
        ("copy; the board restarts, and the drive goes", ["cp", str(uf2), f"{where}/"]),
    ]


def copy_uf2(uf2: Path, drive: Path, *, gone_s: float = _GONE_S) -> None:
    """Copies the file and waits until the drive has gone, as it does when the boot loader has taken the whole of it."""
    try:
        with uf2.open("rb") as source, (drive / uf2.name).open("wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
    except OSError as refused:
        # The board restarts as soon as it has the last block, often before the copy is closed.
        if (drive / INFO_FILE).exists():
            raise BoardError(f"{drive}: cannot be written: {refused.strerror or refused}") from refused
    until = time.monotonic() + gone_s
    while (drive / INFO_FILE).exists():
        if time.monotonic() > until:
            raise BoardError(f"{drive}: the boot loader must take the image and restart; it did not in {gone_s:g} s")
        time.sleep(0.1)
