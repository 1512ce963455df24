"""The boards: each a folder of `boards/` with its facts (board.toml), start-up (board.c) and memory (memory.ld)."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from firmware_export.errors import BoardError
from firmware_export.export import Export

# What the firmware needs beside the network: a bound on its own code and tables, on its memory, and the smallest stack.
FIRMWARE_FLASH_BYTES = 12_288
FIRMWARE_RAM_BYTES = 512
STACK_BYTES = 2_048


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulator:
    """`kind`: qemu-arm, qemu-riscv32 or rp2040js; `machine`: QEMU's name for it, and `serial_port` which of that
    machine's serial ports the firmware uses, counted from 0."""

    kind: str
    machine: str = ""
    serial_port: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Uf2:
    """The family in a UF2 file, and the Board-ID (its beginning) on the boot drive that takes it."""

    family: int
    board_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """pyOCD's name for the chip (and of the pack that teaches it, where it does not know it by itself), and the
    register that tells the chip from another."""

    target: str
    pack: str = ""
    id_address: int
    id_mask: int
    id_value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A program that speaks to the board's own boot loader; {image}, {origin}, {size}, {port} and {copy} stand for
    what is filled in.

    `ask` makes it say what is connected: `says` finds that in its words, and `wanted` is this board's. `write` programs
    the flash. `read`, for a program that does not compare by itself, writes what the flash then holds to {copy} and
    starts the board.
    """

    ask: tuple[str, ...]
    says: str
    wanted: str
    write: tuple[str, ...]
    read: tuple[str, ...] = ()

    @property
    def needs_port(self) -> bool:
        return any("{port}" in word for word in self.write)


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One board. `cpu` is what the generator packs for; `flags` are the compiler's; sizes in bytes."""

    name: str
    title: str
    compiler: str
    flags: tuple[str, ...]
    cpu: str
    flash_origin: int
    flash_bytes: int
    ram_bytes: int
    baud: int
    boot2: bool = False
    emulator: Emulator | None = None
    uf2: Uf2 | None = None
    probe: Probe | None = None
    tools: dict[str, Tool]

    @property
    def folder(self) -> Path:
        return boards_folder() / self.name

    @property
    def ways_to_flash(self) -> tuple[str, ...]:
        """The best first: a probe reads back, a drive takes a file."""
        return (
            *(("pyocd",) if self.probe else ()),
            *(("uf2",) if self.uf2 else ()),
            *self.tools,
        )


def boards_folder() -> Path:
    return Path(str(files("firmware_export") / "boards"))


def firmware_folder() -> Path:
    """The C that every board shares."""
    return Path(str(files("firmware_export") / "firmware"))


def board_names() -> tuple[str, ...]:
    return tuple(sorted(path.parent.name for path in boards_folder().glob("*/board.toml")))


def find_board(name: str) -> Board:
    """Raises `BoardError` for a name that no folder has."""
    if name not in board_names():
        raise BoardError(f"a board is one of {', '.join(board_names())}; got '{name}'")
    facts = tomllib.loads((boards_folder() / name / "board.toml").read_text(encoding="utf-8"))
    return Board(
        name=name,
        flags=tuple(facts.pop("flags")),
        emulator=Emulator(**facts.pop("emulator")) if "emulator" in facts else None,
        uf2=Uf2(**facts.pop("uf2")) if "uf2" in facts else None,
        probe=Probe(**facts.pop("probe")) if "probe" in facts else None,
        tools={name: _tool(parts) for name, parts in facts.pop("tools", {}).items()},
        **facts,
    )


def network_room(board: Board, *, golden_bytes: int) -> tuple[int, int]:
    """Bytes of flash and of RAM that a board leaves to a network's tables and arena; negative where it is too small."""
    return (
        board.flash_bytes - golden_bytes - FIRMWARE_FLASH_BYTES,
        board.ram_bytes - FIRMWARE_RAM_BYTES - STACK_BYTES,
    )


def _tool(parts: dict[str, Any]) -> Tool:
    words: dict[str, Any] = {key: tuple(part) if isinstance(part, list) else part for key, part in parts.items()}
    return Tool(**words)


def check_fits(board: Board, model: Export, *, golden_bytes: int) -> None:
    """Raises `BoardError`, with the numbers, for a network that this board's memory cannot hold.

    Known before anything is compiled: weights and golden tiles in flash, the arena in RAM, and bounds for the rest.
    """
    flash = model.weight_bytes + golden_bytes + FIRMWARE_FLASH_BYTES
    ram = model.arena_bytes + FIRMWARE_RAM_BYTES + STACK_BYTES
    for kind, needed, has, parts in (
        ("flash", flash, board.flash_bytes, f"{model.weight_bytes:,} weights, {golden_bytes:,} golden tiles"),
        ("RAM", ram, board.ram_bytes, f"{model.arena_bytes:,} arena, {STACK_BYTES:,} stack"),
    ):
        if needed > has:
            raise BoardError(
                f"a firmware must fit its board; this network needs at least {needed:,} bytes of {kind} ({parts}, the "
                f"rest firmware), and {board.title} has {has:,}: choose a smaller network, fewer golden tiles or "
                "another board"
            )
