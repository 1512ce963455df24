"""Brings a published data set into the data folder, and says what of it could be verified."""

import logging
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from edge.errors import FetchError
from training.datasets.checksums import known, sha256_of
from training.datasets.download import Progress, download
from training.datasets.location import FOLDERS
from training.datasets.sources import Source
from training.datasets.unpack import unpack

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchReport:
    """Files of a data set after fetching it: how many were put there, were there before, and were verified.

    `not_verified`: pictures without a known hash. `different`: names of those whose bytes are not the known
    ones.
    """

    dataset: str
    placed: int
    already_there: int
    verified: int
    not_verified: int
    different: tuple[str, ...]


def fetch(
    source: Source,
    root: Path,
    *,
    progress: Progress,
    archive: Path | None = None,
    hashes: Mapping[str, str] | None = None,
) -> FetchReport:
    """Downloads (or takes `archive`), unpacks, places and verifies a data set below `root`.

    Files that are there already are not touched. `hashes`: name -> SHA-256, by default those that ship. A
    downloaded archive is deleted once its files are in place; a given one stays. Raises FetchError.
    """
    if archive is not None and not archive.is_file():
        raise FetchError(f"--archive names the archive of {source.dataset}, and there is no such file: {archive}")
    if source.url is None:
        raise FetchError(
            f"{source.dataset} cannot be fetched without a login: get it from {source.page} and unpack it to "
            f"{root / FOLDERS[source.dataset]}"
        )
    own = archive is None
    packed = archive or download(
        source.url, root / ".fetched" / f"{source.dataset}.archive", page=source.page, progress=progress
    )
    names, placed = _unpack_and_place(source, packed, root)
    if own:
        packed.unlink()
    return _verified(source.dataset, root, names, placed, known(source.dataset) if hashes is None else hashes)


def _unpack_and_place(source: Source, packed: Path, root: Path) -> tuple[list[str], int]:
    """The names of the archive's files below `root`, and how many of them were not there before."""
    root.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that placing a file is a rename.
    with tempfile.TemporaryDirectory(dir=root, prefix=".unpacked-") as folder:
        unpacked = Path(folder) / "archive"
        unpack(packed, unpacked)
        found = {}
        for path in sorted(path for path in unpacked.rglob("*") if path.is_file()):
            name = source.place(PurePosixPath(path.relative_to(unpacked).as_posix()))
            if name is not None:
                found[name] = path
        if not found:
            raise FetchError(f"the archive holds nothing of {source.dataset} where its source puts it: {packed}")
        new = {name: path for name, path in found.items() if not (root / name).exists()}
        for name, path in new.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, root / name)
    _log.info("%s: %d files placed below %s", source.dataset, len(new), root)
    return sorted(found), len(new)


def _verified(dataset: str, root: Path, names: list[str], placed: int, hashes: Mapping[str, str]) -> FetchReport:
    with_hash = [name for name in names if name in hashes]
    different = tuple(name for name in with_hash if sha256_of(root / name) != hashes[name])
    return FetchReport(
        dataset=dataset,
        placed=placed,
        already_there=len(names) - placed,
        verified=len(with_hash) - len(different),
        not_verified=len(names) - len(with_hash),
        different=different,
    )
