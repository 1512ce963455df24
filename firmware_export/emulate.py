"""Boards without boards: images under QEMU and rp2040js, their instructions counted, their serial port offered.

An emulator has no timing model, so what is counted here are instructions, never cycles.
"""

import os
import pty
import re
import shutil
import subprocess
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from firmware_export.board import Board
from firmware_export.build import Image, build
from firmware_export.errors import BoardError
from firmware_export.golden import BoardModel
from firmware_export.toolchain import find_tool, run_tool

_QEMU = {"qemu-arm": "qemu-system-arm", "qemu-riscv32": "qemu-system-riscv32"}
_HERE = Path(str(files("firmware_export") / "emulators"))
NODE_FOLDER_VARIABLE = "HAIRLINE_NODE_FOLDER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One network on one emulated board. `instructions` of one inference, as two in a program less one.

    `flash_bytes`: the image that measures, without its golden tile. `ram_bytes`: arena (the input in it), data, bss
    and the stack that was used.
    """

    instructions: int
    exact: bool
    flash_bytes: int
    arena_bytes: int
    static_bytes: int
    stack_bytes: int

    @property
    def ram_bytes(self) -> int:
        return self.static_bytes + self.stack_bytes


def measure(board: Board, model: BoardModel, folder: Path, *, timeout_s: float = 600) -> Measurement:
    """Builds the measuring program twice, for one inference and for two, and runs both.

    Raises `BoardError` for a board without an emulator, a missing tool, or a program that did not end as it should.
    """
    _emulator_of(board)
    counted = []
    for runs in (1, 2):
        place = folder / f"{runs}-runs"
        place.mkdir(parents=True, exist_ok=True)
        image = build(board, model, place, program="bench", runs=runs, in_emulator=True)
        counted.append(_run_to_end(image, place, timeout_s))
    (one, stack, exact), (two, *_) = counted
    return Measurement(
        instructions=two - one,
        exact=exact,
        flash_bytes=image.flash_bytes,
        arena_bytes=image.arena_bytes,
        static_bytes=image.static_bytes,
        stack_bytes=stack,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A firmware that runs. `port`: the pseudo-terminal that is its serial port. `status`: the emulator's exit status,
    None as long as it runs."""

    port: str
    status: Callable[[], int | None]


@contextmanager
def serving(image: Image) -> Iterator[Served]:
    """Runs a firmware image in its emulator while the block lasts, and no longer."""
    ours, theirs = pty.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    try:
        process = subprocess.Popen(  # noqa: S603  (looked up by us, no shell)
            emulator_command(image), stdin=ours, stdout=ours, stderr=subprocess.DEVNULL
        )
        try:
            yield Served(port=os.ttyname(theirs), status=process.poll)
        finally:
            process.kill()
            process.wait()
    finally:
        os.close(ours)
        os.close(theirs)


def node_folder() -> Path:
    """Where rp2040js is installed: `make firmware` puts it there."""
    named = os.environ.get(NODE_FOLDER_VARIABLE)
    return Path(named) if named else Path.home() / ".cache" / "hairline" / "emulators"


def install_rp2040js() -> Path:
    """Installs the pinned rp2040js, checked by its hash. Raises `BoardError` where npm is missing or fails."""
    folder = node_folder()
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(_HERE / name, folder / name)
    run_tool([find_tool("npm"), "ci", "--no-audit", "--no-fund", "--prefix", folder], timeout_s=300)
    return folder


def _emulator_of(board: Board) -> str:
    if board.emulator is None:
        raise BoardError(f"{board.title} has no emulator; it can be built and flashed")
    return board.emulator.kind


def emulator_command(image: Image, extra: Sequence[str] = ()) -> list[str]:
    """The words that run an image in its emulator, its serial port on standard input and output.

    Raises `BoardError` for a board without an emulator, or a missing one.
    """
    kind = _emulator_of(image.board)
    if kind == "rp2040js":
        if not (node_folder() / "node_modules" / "rp2040js").is_dir():
            raise BoardError(
                "the RP2040 is emulated by rp2040js, which is not installed: hairline firmware emulate --install"
            )
        return [find_tool("node"), str(_HERE / "rp2040.mjs"), str(node_folder()), str(image.binary)]
    assert image.board.emulator is not None
    unused = ["-serial", "null"] * image.board.emulator.serial_port
    firmware = ["-bios", "none"] if kind == "qemu-riscv32" else ["-semihosting-config", "enable=on,target=native"]
    return [
        *(find_tool(_QEMU[kind]), "-M", image.board.emulator.machine, "-display", "none", "-monitor", "none"),
        *("-chardev", "stdio,id=line,signal=off", *unused, "-serial", "chardev:line", *firmware),
        *("-kernel", str(image.elf), *extra),
    ]


def _run_to_end(image: Image, folder: Path, timeout_s: float) -> tuple[int, int, bool]:
    """Instructions of the whole program, its stack in bytes, and whether its scores were exact."""
    command = emulator_command(image)
    if image.board.emulator is not None and image.board.emulator.kind in _QEMU:
        command += ["-d", "plugin", "-plugin", str(_plugin(folder, command[0]))]
    done = run_tool(command, timeout_s=timeout_s)
    stack = re.search(r"stack (\d+) (exact|WRONG)", done.stdout)
    count = re.search(r"instructions (\d+)", done.stderr)
    if stack is None or count is None:
        raise BoardError(f"{image.elf.name} must say its stack and its emulator the count; got: {done.stdout[-200:]!r}")
    return int(count[1]), int(stack[1]), stack[2] == "exact"


def _plugin(folder: Path, qemu: str) -> Path:
    """The counting plugin, compiled for the QEMU at hand."""
    said = run_tool([qemu, "--version"], timeout_s=60).stdout
    version = re.search(r"version (\d+)\.", said)
    if version is None:
        raise BoardError(f"{qemu} --version must name a version; it says: {said[:80]!r}")
    # QEMU 9 raised the lowest version that it takes to 2; the functions that we use did not change.
    interface = 1 if int(version[1]) < 9 else 2
    plugin = folder / "count.so"
    run_tool(
        [find_tool("gcc"), "-shared", "-fPIC", "-O2", f"-DPLUGIN_VERSION={interface}", _HERE / "count.c", "-o", plugin],
        timeout_s=60,
    )
    return plugin
