"""An ONNX file to deepC's C++, by deepC 0.13's own generator in a process of its own."""

import os
import platform
import subprocess
import sys
from pathlib import Path

from firmware_export.deepc.errors import DeepcError

_TIMEOUT_S = 300


def generated(onnx: Path, deepc: Path, folder: Path) -> str:
    """The C++ that deepC, unpacked in `deepc`, makes of an ONNX file; its files go into `folder`, which must exist.

    Raises `DeepcError` where it writes none, and on other processors than x86-64, for which its wheel is.
    """
    if platform.machine() != "x86_64":
        raise DeepcError(
            f"deepC 0.13's generator runs on x86-64 only; this machine is {platform.machine()}: build the program on "
            "an x86-64 machine (--target aarch64) and copy it here"
        )
    done = subprocess.run(  # noqa: S603  (our own interpreter, fixed words, paths of ours)
        [sys.executable, "-m", "deepC.scripts.onnx2cpp", str(onnx), str(folder)],
        env={**os.environ, "PYTHONPATH": str(deepc)},
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
    )
    written = folder / f"{onnx.stem}.cpp"
    if not written.is_file():  # its exit status is 1 either way
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
        raise DeepcError(f"{onnx.name}: deepC must write C++; it wrote none and said: {said}")
    return written.read_text(encoding="utf-8")
