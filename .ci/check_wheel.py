"""Checks what a built wheel and sdist hold: `check_wheel.py [--release] DIR`; exits 1 with a line a fault.

--release also asks that CHANGELOG.md has a dated section for the version.
"""

import argparse
import hashlib
import json
import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

BUNDLE = "edge/default_bundle"
PACKAGES = ("edge", "calibration", "training", "firmware_export")
LARGEST_BYTES = 4_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release", action="store_true")
    parser.add_argument("folder", type=Path)
    args = parser.parse_args()
    wheel, sdist = (one(args.folder, pattern) for pattern in ("*.whl", "*.tar.gz"))
    faults = [*faults_of_wheel(wheel), *faults_of_sdist(sdist)]
    if args.release:
        faults += faults_of_changelog(Path("CHANGELOG.md"), version=wheel.name.split("-")[1])
    for fault in faults:
        sys.stderr.write(f"{fault}\n")
    sys.stdout.write(f"{wheel.name}, {sdist.name}: {len(faults)} faults\n")
    return 1 if faults else 0


def one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise SystemExit(f"{folder} must hold one {pattern}; it holds {len(found)}")
    return found[0]


def faults_of_wheel(path: Path) -> Iterator[str]:
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
        for name in names:
            if not re.match(rf"({'|'.join(PACKAGES)}|hairline-[^/]+\.dist-info)/", name):
                yield f"{path.name}: {name} lies outside the packages"
            if name.startswith(f"{BUNDLE}/float/"):
                yield f"{path.name}: {name}: the float weights do not ship"
        stated = json.loads(wheel.read(f"{BUNDLE}/manifest.json"))["files"]
        for name, digest in stated.items():
            member = f"{BUNDLE}/{name}"
            if member not in names:
                yield f"{path.name}: {member} is missing"
            elif hashlib.sha256(wheel.read(member)).hexdigest() != digest:
                yield f"{path.name}: {member} is not the file that its manifest names"
        for folder in ("training/recipes/", "training/datasets/splits/", "training/datasets/hashes/"):
            if not any(name.startswith(folder) for name in names):
                yield f"{path.name}: {folder} is empty"
    if path.stat().st_size > LARGEST_BYTES:
        yield f"{path.name}: {path.stat().st_size} bytes, more than {LARGEST_BYTES}"


def faults_of_sdist(path: Path) -> Iterator[str]:
    with tarfile.open(path) as sdist:
        inner = [name.partition("/")[2] for name in sdist.getnames()]
    for name in inner:
        if name.startswith(("tests/", "data/", "out/", "runs/", f"{BUNDLE}/float/")):
            yield f"{path.name}: {name} does not belong in it"
    for name in ("LICENSE", "README.md", "pyproject.toml"):
        if name not in inner:
            yield f"{path.name}: {name} is missing"


def faults_of_changelog(path: Path, *, version: str) -> Iterator[str]:
    if not re.search(rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)$", path.read_text(encoding="utf-8"), re.M):
        yield f"{path} has no line '## {version} (YYYY-MM-DD)'"


if __name__ == "__main__":
    sys.exit(main())
