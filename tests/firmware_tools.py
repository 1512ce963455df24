"""What tests of the firmware share: compilers or the reason to skip, the firmware as a program of this computer, and a
serial line that loses, changes and invents bytes."""

import os
import pty
import select
import shutil
import subprocess
import threading
import tty
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware_export.board import firmware_folder
from firmware_export.export import write_export
from firmware_export.golden import BoardModel, model_header, model_source
from firmware_export.protocol import HEADER_NAME, protocol_header

HERE = Path(__file__).parent
SANITIZED = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def need(*tools: str) -> None:
    """Skips where a program is missing; CI installs them all (`make firmware-tools`)."""
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}: make firmware-tools")


def host_firmware(model: BoardModel, folder: Path) -> Path:
    """The firmware compiled for this computer under the address and undefined-behaviour sanitizers."""
    need("gcc")
    write_export(model.made, folder)
    for name, text in (
        ("model.h", model_header(model)),
        ("model.c", model_source(model)),
        (HEADER_NAME, protocol_header()),
    ):
        (folder / name).write_text(text)
    own = [firmware_folder() / name for name in ("main.c", "link.c", "counter.c")]
    network = [folder / name for name in model.made.sources]
    program = folder / "firmware"
    command = ["gcc", "-std=gnu99", "-O1", "-Wall", "-Wextra", "-Werror", *SANITIZED, f"-I{firmware_folder()}"]
    command += [f"-I{folder}", '-DHAIRLINE_BOARD="host"', "-o", program, folder / "model.c", HERE / "host_board.c"]
    subprocess.run([*command, *own, *network], check=True)
    return program


Fault = Callable[[bytes], bytes]


def sound(data: bytes) -> bytes:
    return data


class AtBytes:
    """Does something to the bytes at some places of a stream, and remembers the whole of it as it came."""

    def __init__(self, changes: Mapping[int, Fault]) -> None:
        self._changes = dict(changes)
        self.passed = bytearray()

    def __call__(self, data: bytes) -> bytes:
        begin = len(self.passed)
        self.passed += data
        out = bytearray()
        for at, byte in enumerate(data, begin):
            out += self._changes[at](bytes([byte])) if at in self._changes else bytes([byte])
        return bytes(out)

    @property
    def frame_lengths(self) -> list[int]:
        """Of every frame that was sent, without its zeros."""
        return [len(frame) for frame in bytes(self.passed).split(b"\0") if frame]


@contextmanager
def faulty_line(program: Sequence[Path | str], to_board: Fault = sound, to_host: Fault = sound) -> Iterator[str]:
    """Runs a program behind a pseudo-terminal whose name is given; each direction's bytes go through its fault."""
    ours, theirs = pty.openpty()
    tty.setraw(ours)
    tty.setraw(theirs)
    process = subprocess.Popen([str(word) for word in program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    board_in, board_out = process.stdin.fileno(), process.stdout.fileno()
    stop_read, stop_write = os.pipe()

    def pump() -> None:
        while True:
            ready = select.select([ours, board_out, stop_read], [], [])[0]
            if stop_read in ready:
                return
            for source, target, fault in ((ours, board_in, to_board), (board_out, ours, to_host)):
                if source in ready:
                    data = os.read(source, 4096)
                    if not data:
                        return
                    data = fault(data)
                    while data:
                        data = data[os.write(target, data) :]

    pumping = threading.Thread(target=pump, daemon=True)
    pumping.start()
    try:
        yield os.ttyname(theirs)
    finally:
        os.write(stop_write, b"x")
        pumping.join(timeout=5)
        process.kill()
        process.wait()
        for descriptor in (ours, theirs, stop_read, stop_write):
            os.close(descriptor)
        process.stdin.close()
        process.stdout.close()
    assert not pumping.is_alive()
