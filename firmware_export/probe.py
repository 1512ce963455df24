"""A debug probe (SWD): programs the flash, reads it back, and can tell one chip from another."""

from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from edge.errors import MissingExtraError
from firmware_export.board import Board
from firmware_export.board import Probe as Chip
from firmware_export.boot_loader import check_content
from firmware_export.errors import BoardError


class Probe(Protocol):
    """What flashing asks of a probe; its errors are `BoardError`."""

    def read_word(self, address: int) -> int:
        """The 32 bits at `address`."""

    def program(self, binary: Path, origin: int) -> None:
        """Writes the file's bytes to flash from `origin`."""

    def read(self, address: int, count: int) -> bytes:
        """What the flash holds."""

    def restart(self) -> None:
        """Resets the chip and lets it run."""


class PyocdProbe:
    """The one probe that is plugged in, by pyOCD."""

    def __init__(self, chip: Chip) -> None:
        """Raises `BoardError` where there is no probe or no chip behind it, `MissingExtraError` without pyOCD."""
        try:
            from pyocd.core import exceptions
            from pyocd.core.helpers import ConnectHelper
        except ModuleNotFoundError as missing:
            raise MissingExtraError("flashing by a probe", "flash", "pyocd") from missing
        self._error: type[Exception] = exceptions.Error
        probes = ConnectHelper.get_all_connected_probes(blocking=False)
        if len(probes) != 1:
            names = ", ".join(probe.description for probe in probes) or "none"
            raise BoardError(f"exactly one debug probe must be plugged in; there are {len(probes)}: {names}")
        try:
            self._session: Any = ConnectHelper.session_with_chosen_probe(
                blocking=False, unique_id=probes[0].unique_id, target_override=chip.target
            )
            self._session.open()
        except exceptions.TargetSupportError as unknown:
            raise BoardError(f"pyOCD does not know {chip.target}: pyocd pack install {chip.pack}") from unknown
        except exceptions.Error as refused:
            raise BoardError(f"the probe must reach a chip; {refused}: is the board powered and wired?") from refused

    def read_word(self, address: int) -> int:
        return int(self._asked(lambda: self._session.target.read32(address)))

    def program(self, binary: Path, origin: int) -> None:
        from pyocd.flash.file_programmer import FileProgrammer

        self._asked(lambda: FileProgrammer(self._session).program(str(binary), "bin", base_address=origin))

    def read(self, address: int, count: int) -> bytes:
        return bytes(self._asked(lambda: self._session.target.read_memory_block8(address, count)))

    def restart(self) -> None:
        self._asked(lambda: self._session.target.reset())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._session.close()

    def _asked(self, work: Any) -> Any:
        try:
            return work()
        except self._error as failed:
            raise BoardError(f"the probe must reach the chip all the while; {failed}") from failed


def probe_steps(board: Board, binary: Path) -> list[tuple[str, list[str]]]:
    """What `flash_by_probe` does through pyOCD's library, as pyOCD's own commands: why, and the words."""
    chip = board.probe
    assert chip is not None
    target, origin = ["--target", chip.target], f"{board.flash_origin:#010x}"
    ask, compare = f"read32 {chip.id_address:#010x}", f"compare {origin} {binary}"
    return [
        (
            f"which chip is behind the probe: its register & {chip.id_mask:#x} must be {chip.id_value:#x}",
            ["pyocd", "commander", *target, "--command", ask],
        ),
        (
            "write",
            ["pyocd", "load", *target, "--format", "bin", "--base-address", origin, "--no-reset", str(binary)],
        ),
        ("read back and compare", ["pyocd", "commander", *target, "--command", compare]),
        ("restart", ["pyocd", "reset", *target]),
    ]


def flash_by_probe(board: Board, binary: Path, probe: Probe) -> None:
    """Programs the image and compares what the flash then holds. Raises `BoardError` for another chip or content."""
    chip = board.probe
    if chip is None:
        raise BoardError(
            f"{board.title} is not flashed by a probe; its ways: {', '.join(board.ways_to_flash) or 'none'}"
        )
    found = probe.read_word(chip.id_address) & chip.id_mask
    if found != chip.id_value:
        raise BoardError(
            f"the chip must be that of {board.title}, whose register {chip.id_address:#010x} says {chip.id_value:#x}; "
            f"this one says {found:#x}: another board is connected; nothing was written"
        )
    content = binary.read_bytes()
    probe.program(binary, board.flash_origin)
    held = probe.read(board.flash_origin, len(content))
    check_content(board, held=held, content=content)
    probe.restart()
