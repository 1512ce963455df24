"""An image onto a board: by a probe, a boot drive or a serial boot loader; and the proof that it is there."""

from dataclasses import dataclass
from pathlib import Path

from edge.serial_classifier import SerialBoard, describe
from firmware_export.board import Board
from firmware_export.build import Image
from firmware_export.errors import BoardError
from firmware_export.probe import PyocdProbe, flash_by_probe
from firmware_export.toolchain import INSTALL, find_tool, run_tool
from firmware_export.uf2_drive import copy_uf2, find_drive, mounted_folders

_TOOL_S = 300
READS_BACK = ("pyocd", "stm32flash", "bossac")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flashing:
    """What was asked: the way, the serial port and the drive; a None is found, or not needed."""

    board: Board
    way: str
    port: str | None
    drive: Path | None

    def __post_init__(self) -> None:
        if self.way not in self.board.ways_to_flash:
            ways = ", ".join(self.board.ways_to_flash) or "none, it is an emulator's"
            raise BoardError(f"{self.board.title} is flashed by one of: {ways}; got '{self.way}'")
        if self._needs_port and self.port is None:
            raise BoardError(f"{self.way} needs the serial port of the boot loader: --port")

    @property
    def _needs_port(self) -> bool:
        return any("{port}" in word for word in self.board.tools.get(self.way, ()))

    def command(self, image: Image) -> list[str]:
        """The program that flashes, word for word."""
        facts = {"image": image.binary, "origin": f"{self.board.flash_origin:#010x}", "port": self.port}
        return [word.format(**facts) for word in self.board.tools[self.way]]

    def described(self, image: Image) -> list[str]:
        """What would be done, a line a step; nothing is touched."""
        assert image.binary is not None
        size = image.binary.stat().st_size
        origin = f"{self.board.flash_origin:#010x}"
        if self.way == "pyocd":
            chip = self.board.probe
            assert chip is not None
            steps = [
                f"connect to {chip.target} by the one probe that is plugged in",
                f"check that {chip.id_address:#010x} & {chip.id_mask:#x} is {chip.id_value:#x}",
                f"program {image.binary} ({size:,} bytes) to {origin}",
                f"read {size:,} bytes from {origin} back and compare; restart",
            ]
        elif self.way == "uf2":
            assert image.uf2 is not None
            assert self.board.uf2 is not None
            where = self.drive or f"the mounted drive whose Board-ID begins with {self.board.uf2.board_id}"
            steps = [
                f"copy {image.uf2} ({image.uf2.stat().st_size:,} bytes, family {self.board.uf2.family:#x}) to {where}",
                "wait until the drive has gone",
            ]
        else:
            steps = [f"run: {' '.join(self.command(image))}"]
        if self.way not in READS_BACK:
            steps.append(f"greet the board at {self.port or 'PORT (give --port)'} and run its self-test")
        return steps

    def run(self, image: Image) -> str:
        """Flashes, verifies, and says how it was verified. Raises `BoardError` or `SerialError`."""
        if self.way == "pyocd":
            assert self.board.probe is not None
            assert image.binary is not None
            with PyocdProbe(self.board.probe) as probe:
                flash_by_probe(self.board, image.binary, probe)
        elif self.way == "uf2":
            assert image.uf2 is not None
            folders = [self.drive] if self.drive else mounted_folders()
            copy_uf2(image.uf2, find_drive(self.board, folders))
        else:
            words = self.command(image)
            if words[0] not in INSTALL:
                raise BoardError(f"no installation is known of '{words[0]}'")
            run_tool([find_tool(words[0]), *words[1:]], timeout_s=_TOOL_S)
        if self.way in READS_BACK:
            return "flashed; the flash was read back and is the image"
        if self.port is None:
            return "flashed, but not verified: give --port, and the board tests itself"
        return f"flashed; {self_test(self.port, image)}"


def self_test(port: str, image: Image) -> str:
    """Every golden tile on the board. Raises `BoardError` for another board, network or score, `SerialError`."""
    with SerialBoard.open(port) as board:
        hello = board.hello
        if hello.board != image.board.name or hello.model_sha256 != image.model_sha256:
            wanted, found = image.model_sha256.hex()[:12], hello.model_sha256.hex()[:12]
            raise BoardError(
                f"the board at {port} must run this image ({image.board.name}, network {wanted}…); it is {hello.board} "
                f"with {found}…: the flashing did not take, or another board is connected"
            )
        results = [board.self_test(index) for index in range(hello.golden_count)]
        wrong = [result.index for result, exact in results if not exact]
        if wrong:
            raise BoardError(
                f"the board must give the golden scores exactly; golden tiles {wrong} are wrong: flash again"
            )
        cost = describe(hello, results[-1][0]) if results else "no golden tiles"
        return f"its self-test gave the scores of all {len(results)} golden tiles exactly; {cost} a tile"
