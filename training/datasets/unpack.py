"""Archives from the network, unpacked into a new folder: nothing may leave it or be a link."""

import shutil
import stat
import subprocess
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from edge.errors import FetchError

MAX_BYTES = 20 * 1024**3
MAX_MEMBERS = 200_000
"""The largest known set, METU, has 40,000 files and 0.25 GB."""

_RAR_TOOLS = (("bsdtar", ("-tf",), ("-xf",), "-C"), ("unar", (), ("-q", "-D"), "-o"))


def unpack(archive: Path, into: Path) -> None:
    """Unpacks a .zip (and any .zip in it) or a .rar into the new folder `into`.

    Raises FetchError for an archive that is damaged, of another kind, or that would write outside `into`.
    """
    into.mkdir(parents=True)
    with archive.open("rb") as file:
        magic = file.read(4)
    if magic == b"PK\x03\x04":
        _unzip(archive, into)
        for inner in sorted(into.rglob("*.zip")):
            _unzip(inner, inner.with_suffix(""))
    elif magic == b"Rar!":
        _unrar(archive, into)
    else:
        raise FetchError(f"a data set comes as .zip or .rar, and this file begins with {magic!r}: {archive}")


def check_names(names: Iterable[str], archive: Path) -> None:
    """Raises FetchError where a member's name is absolute or leads out of the folder."""
    for name in names:
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in name:
            raise FetchError(f"an archive writes only into its own folder, and {name!r} would not: {archive}")


def _unzip(archive: Path, into: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as opened:
            members = opened.infolist()
            check_names((member.filename for member in members), archive)
            links = [member.filename for member in members if stat.S_ISLNK(member.external_attr >> 16)]
            if links:
                raise FetchError(f"an archive of pictures holds no links, and {links[0]!r} is one: {archive}")
            size = sum(member.file_size for member in members)
            if size > MAX_BYTES or len(members) > MAX_MEMBERS:
                raise FetchError(
                    f"an archive unpacks to at most {MAX_BYTES} bytes in {MAX_MEMBERS} files, and this one "
                    f"holds {size} "
                    f"in {len(members)}: {archive}"
                )
            opened.extractall(into)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        # RuntimeError: an encrypted member; NotImplementedError: an unknown compression.
        raise FetchError(f"the archive is damaged ({error}): delete it and fetch it again: {archive}") from error


def _unrar(archive: Path, into: Path) -> None:
    """By a program, since no well-kept library unpacks .rar without one."""
    for program, list_args, unpack_args, folder_flag in _RAR_TOOLS:
        found = shutil.which(program)
        if found is None:
            continue
        if list_args:
            check_names(_run([found, *list_args, str(archive)], archive).splitlines(), archive)
        _run([found, *unpack_args, str(archive), folder_flag, str(into)], archive)
        links = [path for path in into.rglob("*") if path.is_symlink()]
        if links:
            raise FetchError(f"an archive of pictures holds no links, and {links[0].name!r} is one: {archive}")
        return
    raise FetchError(
        f"a .rar archive needs the program bsdtar or unar: `sudo apt-get install libarchive-tools`, then run "
        f"again with "
        f"--archive {archive}"
    )


def _run(command: list[str], archive: Path) -> str:
    # An argument list without a shell: the archive's name cannot be read as a command.
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, errors="replace", check=False
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise FetchError(f"{Path(command[0]).name} cannot unpack the archive ({said}): {archive}")
    return done.stdout
