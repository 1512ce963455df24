"""SHA-256 of the pictures that this project was built with, to tell whether a download brought the same ones.

`hashes/NAME.sha256.xz` is what `sha256sum` writes, compressed, of the names below the data folder: `xz -dc
metu.sha256.xz | sha256sum -c` works there. They are made from a list of the whole data folder by

    python -m training.datasets.checksums SHA256SUMS
"""

import hashlib
import lzma
import sys
from collections.abc import Iterable
from pathlib import Path

HASHES = Path(__file__).parent / "hashes"
SETS = {"metu": "metu/", "sdnet2018": "sdnet2018/", "deepcrack": "deepcrack/"}
SUFFIX = ".jpg"
"""Only photos: the masks of DeepCrack were re-saved here, so that their hashes are not their source's."""


def known(dataset: str) -> dict[str, str]:
    """Name -> SHA-256, hexadecimal, of the pictures of a data set; empty where none are known."""
    path = HASHES / f"{dataset}.sha256.xz"
    return _parsed(lzma.decompress(path.read_bytes()).decode()) if path.is_file() else {}


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make(sums: str, folder: Path = HASHES) -> list[Path]:
    """Writes the file of each data set from a list by `sha256sum`; equal lists give equal bytes."""
    everything = _parsed(sums)
    written = []
    folder.mkdir(parents=True, exist_ok=True)
    for dataset, prefix in SETS.items():
        names = sorted(name for name in everything if name.startswith(prefix) and name.endswith(SUFFIX))
        text = "".join(f"{everything[name]}  {name}\n" for name in names)
        path = folder / f"{dataset}.sha256.xz"
        path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
        written.append(path)
    return written


def _parsed(sums: str) -> dict[str, str]:
    return {name: sha256 for sha256, name in _pairs(sums.splitlines())}


def _pairs(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        sha256, _, name = line.partition("  ")
        yield sha256, name


if __name__ == "__main__":
    for made in make(Path(sys.argv[1]).read_text(encoding="utf-8")):
        sys.stdout.write(f"{made.name}: {made.stat().st_size} bytes\n")
