"""An image onto a board: by a probe, a boot drive or the board's boot loader; and the proof that it is there."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from edge.serial_classifier import SerialBoard, describe
from firmware_export.board import Board
from firmware_export.boot_loader import BootLoader
from firmware_export.build import Image
from firmware_export.errors import BoardError, NotVerifiedError
from firmware_export.probe import PyocdProbe, flash_by_probe, probe_steps
from firmware_export.uf2_drive import copy_uf2, drive_steps, find_drive, mounted_folders


@dataclass(frozen=True, slots=True, kw_only=True)
class Flashing:
    """What was asked: the way, the serial port, the drive and the model; a None is found, not needed, or what ships."""

    board: Board
    model: Path | None = None
    way: str
    port: str | None
    drive: Path | None

    def __post_init__(self) -> None:
        if self.way not in self.board.ways_to_flash:
            ways = ", ".join(self.board.ways_to_flash) or "none, it is an emulator's"
            raise BoardError(f"{self.board.title} is flashed by one of: {ways}; got '{self.way}'")
        if self._port_is_the_boot_loaders and self.port is None:
            raise BoardError(f"{self.way} needs the serial port of the boot loader: --port")

    @property
    def _port_is_the_boot_loaders(self) -> bool:
        return self.way in self.board.tools and self.board.tools[self.way].needs_port

    @property
    def _reads_back(self) -> bool:
        return self.way != "uf2"

    @property
    def _test_port(self) -> str | None:
        """Where the firmware can be asked to test itself afterwards."""
        return None if self._port_is_the_boot_loaders else self.port

    def described(self, image: Image) -> list[str]:
        """What would be done: lines that a shell takes, each after a comment that says why. Nothing is touched."""
        steps = self._steps(image)
        if self._test_port is not None:
            steps.append(("the board tests itself", self._check_command(self._test_port)))
        lines = [line for why, words in steps for line in (f"# {why}", shlex.join(words))]
        if self._test_port is None and not self._reads_back:
            lines.append("# that does not verify it, which ends with status 3: give --port, and the board tests itself")
        return lines

    def run(self, image: Image) -> str:
        """Flashes, verifies, and says how it was verified.

        Raises `NotVerifiedError` where it could not be, `BoardError` or `SerialError` where it was not flashed.
        """
        if self.way == "pyocd":
            assert self.board.probe is not None
            assert image.binary is not None
            with PyocdProbe(self.board.probe) as probe:
                flash_by_probe(self.board, image.binary, probe)
        elif self.way == "uf2":
            assert image.uf2 is not None
            copy_uf2(image.uf2, find_drive(self.board, [self.drive] if self.drive else mounted_folders()))
        else:
            boot_loader = self._boot_loader(image)
            boot_loader.check()
            boot_loader.write()
        proofs = ["the flash was read back and is the image"] if self._reads_back else []
        if self._test_port is not None:
            proofs.append(self_test(self._test_port, self.board, image.model_sha256))
        if not proofs:
            raise NotVerifiedError(
                "flashed, but not verified: a boot drive cannot be read back. Connect the board's serial port, and: "
                + shlex.join(self._check_command("PORT"))
            )
        return f"flashed; {'; '.join(proofs)}"

    def _check_command(self, port: str) -> list[str]:
        model = [str(self.model)] if self.model else []
        return ["hairline", "firmware", "check", *model, "--board", self.board.name, "--port", port]

    def _steps(self, image: Image) -> list[tuple[str, list[str]]]:
        if self.way == "pyocd":
            assert image.binary is not None
            return probe_steps(self.board, image.binary)
        if self.way == "uf2":
            assert image.uf2 is not None
            return drive_steps(self.board, image.uf2, self.drive)
        return self._boot_loader(image).steps()

    def _boot_loader(self, image: Image) -> BootLoader:
        assert image.binary is not None
        return BootLoader(self.board, self.board.tools[self.way], image.binary, self.port)


def self_test(port: str, board: Board, model_sha256: bytes) -> str:
    """Every golden tile on the board: what it found, in words.

    Raises `BoardError` for another board, network or score, `SerialError` for one that does not answer.
    """
    with SerialBoard.open(port) as held:
        hello = held.hello
        if hello.board != board.name or hello.model_sha256 != model_sha256:
            wanted, found = model_sha256.hex()[:12], hello.model_sha256.hex()[:12]
            raise BoardError(
                f"the board at {port} must run this image ({board.name}, network {wanted}…); it is {hello.board} "
                f"with {found}…: the flashing did not take, or another board is connected"
            )
        if not hello.golden_count:
            raise BoardError(f"the board at {port} must carry golden tiles to test itself; it has none: flash again")
        results = [held.self_test(index) for index in range(hello.golden_count)]
        wrong = [result.index for result, exact in results if not exact]
        if wrong:
            raise BoardError(
                f"the board must give the golden scores exactly; golden tiles {wrong} are wrong: flash again"
            )
        cost = describe(hello, results[-1][0])
        return f"its self-test gave the scores of all {len(results)} golden tiles exactly; {cost} a tile"
