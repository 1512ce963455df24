"""A board's own boot loader, by the program that speaks to it: which board it is, the image written, what is there."""

import re
from collections.abc import Sequence
from pathlib import Path

from firmware_export.board import Board, Tool
from firmware_export.errors import BoardError
from firmware_export.toolchain import INSTALL, find_tool, run_tool

_TOOL_S = 300
_COPY_SUFFIX = ".read-back.bin"


class BootLoader:
    """One board's boot loader with an image for it. `port`: its serial port, where it has one."""

    def __init__(self, board: Board, tool: Tool, binary: Path, port: str | None) -> None:
        self._board, self._tool, self._binary = board, tool, binary
        self._copy = binary.with_name(binary.stem + _COPY_SUFFIX)
        self._facts = {
            "image": str(binary),
            "origin": f"{board.flash_origin:#010x}",
            "size": str(binary.stat().st_size),
            "port": port,
            "copy": str(self._copy),
        }

    def steps(self) -> list[tuple[str, list[str]]]:
        """What is done, in order: why, and the command word for word."""
        tool = self._tool
        asking = (f"which board is there: it must say {tool.wanted}", self._filled(tool.ask))
        if not tool.read:
            return [asking, ("write, compare what the flash then holds, restart", self._filled(tool.write))]
        return [
            asking,
            ("write", self._filled(tool.write)),
            ("read back and restart", self._filled(tool.read)),
            ("compare", ["cmp", str(self._binary), str(self._copy)]),
        ]

    def check(self) -> None:
        """Raises `BoardError` where no board, more than one or another one answers."""
        tool = self._tool
        said = _run(self._filled(tool.ask))
        found = re.findall(tool.says, said, re.M)
        if not found:
            raise BoardError(
                f"{self._board.title} must be connected with its boot loader running; '{tool.ask[0]}' sees none: "
                "start the boot loader as docs/firmware.md says, and look at the cable"
            )
        if len(found) > 1:
            raise BoardError(f"one board must be connected; '{tool.ask[0]}' sees {len(found)}: {', '.join(found)}")
        if found != [tool.wanted]:
            raise BoardError(
                f"the board must be {self._board.title}, of which '{tool.ask[0]}' says {tool.wanted}; it says "
                f"{found[0]}: another board is connected; nothing was written"
            )

    def write(self) -> None:
        """Programs the flash and compares what it then holds. Raises `BoardError`."""
        _run(self._filled(self._tool.write))
        if self._tool.read:
            self._copy.unlink(missing_ok=True)  # dfu-util writes over no file
            _run(self._filled(self._tool.read))
            check_content(self._board, held=self._copy.read_bytes(), content=self._binary.read_bytes())
            self._copy.unlink()

    def _filled(self, words: Sequence[str]) -> list[str]:
        return [word.format(**self._facts) for word in words]


def check_content(board: Board, *, held: bytes, content: bytes) -> None:
    """Raises `BoardError` where what the flash holds is not the image."""
    if held == content:
        return
    pairs = zip(held, content, strict=False)
    wrong = next((at for at, (is_, want) in enumerate(pairs) if is_ != want), min(len(held), len(content)))
    raise BoardError(
        f"the flash must hold the image; read back, it differs from byte {board.flash_origin + wrong:#010x} on: "
        "flash again"
    )


def _run(words: Sequence[str]) -> str:
    if words[0] not in INSTALL:
        raise BoardError(f"no installation is known of '{words[0]}'")
    return run_tool([find_tool(words[0]), *words[1:]], timeout_s=_TOOL_S).stdout
