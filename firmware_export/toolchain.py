"""The programs that build, emulate and flash: found, or named with the command that installs them; and run."""

import logging
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from firmware_export.errors import BoardError

_log = logging.getLogger(__name__)

_DEBIAN = "sudo apt-get install"
_ARM = f"{_DEBIAN} gcc-arm-none-eabi libnewlib-arm-none-eabi"
_RISCV = f"{_DEBIAN} gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf"
INSTALL = {
    **{f"arm-none-eabi-{tool}": _ARM for tool in ("gcc", "objcopy", "size")},
    **{f"riscv64-unknown-elf-{tool}": _RISCV for tool in ("gcc", "objcopy", "size")},
    "gcc": f"{_DEBIAN} gcc libc6-dev",
    "qemu-aarch64": f"{_DEBIAN} qemu-user",
    **dict.fromkeys(("g++", "size"), f"{_DEBIAN} g++"),
    **{f"aarch64-linux-gnu-{tool}": f"{_DEBIAN} g++-aarch64-linux-gnu" for tool in ("g++", "size")},
    "arm-none-eabi-g++": f"{_ARM} libstdc++-arm-none-eabi-newlib",
    "qemu-system-arm": f"{_DEBIAN} qemu-system-arm",
    "qemu-system-riscv32": f"{_DEBIAN} qemu-system-misc",
    "node": f"{_DEBIAN} nodejs npm",
    "npm": f"{_DEBIAN} nodejs npm",
    "stm32flash": f"{_DEBIAN} stm32flash",
    "dfu-util": f"{_DEBIAN} dfu-util",
    "bossac": "Arduino's board package 'Arduino Mbed OS Nano Boards', whose tools include it",
}


def find_tool(name: str) -> str:
    """The program's path. Raises `BoardError` that says how to install a missing one."""
    found = shutil.which(name)
    if found is None:
        raise BoardError(f"this needs the program '{name}', which is not installed: {INSTALL[name]}")
    return found


def run_tool(command: Sequence[str | Path], *, timeout_s: float) -> subprocess.CompletedProcess[str]:
    """Runs a program to its end. Raises `BoardError` with its last words where it fails or takes too long."""
    words = [str(word) for word in command]
    _log.info("%s", " ".join(words))
    try:
        done = subprocess.run(  # noqa: S603  (the program was looked up by us, and there is no shell)
            words, capture_output=True, text=True, errors="replace", timeout=timeout_s, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as late:
        raise BoardError(f"{Path(words[0]).name} must end within {timeout_s:g} s; it did not") from late
    if done.returncode != 0:
        said = " | ".join((done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-8:])
        raise BoardError(f"{Path(words[0]).name} must succeed; it ended with {done.returncode} and said: {said}")
    return done
