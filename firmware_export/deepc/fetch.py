"""deepC 0.13 in a folder of its own: fetched by pip where it is missing, its hash checked, never installed.

Its wheel is tagged for Python 3.6, yet its generator runs under ours; nothing of it is put into the environment. A
plain `pip install deepC` would take 0.1, which writes wrong weights.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from edge.errors import FetchError

VERSION = "0.13"
WHEEL = "deepC-0.13-cp36-cp36m-manylinux2010_x86_64.whl"
SHA256 = "ee2f6262ea1f687a157efa78865d86898886ae4f2a9439302165031747430ecc"
_TIMEOUT_S = 600


def deepc_folder() -> Path:
    """Where deepC lies or will lie: in the user's cache."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "hairline" / f"deepc-{VERSION}"


def fetch_deepc(folder: Path) -> Path:
    """`folder`, which holds deepC's package afterwards. Raises `FetchError` without a network or for another wheel."""
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".deepc-", dir=folder.parent) as scratch_name:
        scratch = Path(scratch_name)
        unpack_wheel(_download(scratch), scratch / "new")
        (scratch / "new").rename(folder)
    return folder


def unpack_wheel(wheel: Path, folder: Path) -> None:
    """Unpacks deepC's wheel, if it is the one that this code was made for. Raises `FetchError` otherwise."""
    found = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if found != SHA256:
        raise FetchError(f"{wheel.name}: its SHA-256 must be {SHA256}; got {found}: it is not used")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)


def _download(folder: Path) -> Path:
    options = ["--no-deps", "--only-binary=:all:", "--python-version=3.6", "--platform=manylinux2010_x86_64"]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", *options]
    done = subprocess.run(  # noqa: S603  (our own interpreter, fixed words)
        [*command, f"--dest={folder}", f"deepC=={VERSION}"], capture_output=True, text=True, timeout=_TIMEOUT_S
    )
    wheel = folder / WHEEL
    if done.returncode != 0 or not wheel.is_file():
        said = (done.stderr.strip() or "nothing").splitlines()[-1]
        raise FetchError(f"deepC {VERSION} must be fetched once, by pip; pip gave no {WHEEL} and said: {said}")
    return wheel


if __name__ == "__main__":
    sys.stdout.write(f"deepC {VERSION}: {fetch_deepc(deepc_folder())}\n")
