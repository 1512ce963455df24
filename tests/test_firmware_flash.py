"""Flashing: what is written, read back and refused, with a probe, a drive and tools that are simulated."""

import threading
import time
from pathlib import Path

import pytest
from firmware_tools import faulty_line, host_firmware

from firmware_export import uf2_drive
from firmware_export.board import find_board
from firmware_export.build import Image
from firmware_export.errors import BoardError
from firmware_export.flash import Flashing, self_test
from firmware_export.golden import load_board_model
from firmware_export.probe import flash_by_probe
from firmware_export.uf2_drive import board_id, copy_uf2, find_drive

TINY = Path(__file__).parent / "golden" / "tiny_bundle"
CONTENT = bytes(range(256)) * 8


class SimulatedProbe:
    """A chip with its identity and its flash; `stuck` bits do not take."""

    def __init__(self, identity: int, *, stuck: int | None = None) -> None:
        self.identity, self.stuck = identity, stuck
        self.flash: dict[int, int] = {}
        self.restarted = False

    def read_word(self, address: int) -> int:
        return self.identity

    def program(self, binary: Path, origin: int) -> None:
        for offset, byte in enumerate(binary.read_bytes()):
            self.flash[origin + offset] = 0 if origin + offset == self.stuck else byte

    def read(self, address: int, count: int) -> bytes:
        return bytes(self.flash.get(address + offset, 0xFF) for offset in range(count))

    def restart(self) -> None:
        self.restarted = True


def image(name: str, folder: Path) -> Image:
    binary, uf2 = folder / "main.bin", folder / "main.uf2"
    binary.write_bytes(CONTENT)
    uf2.write_bytes(CONTENT)
    return Image(
        board=find_board(name),
        model_sha256=bytes(32),
        elf=folder / "main.elf",
        binary=binary,
        uf2=uf2 if find_board(name).uf2 else None,
        flash_bytes=len(CONTENT),
        golden_bytes=0,
        static_bytes=0,
        arena_bytes=0,
    )


def drive(folder: Path, name: str) -> Path:
    """A boot drive as the RP2040's ROM shows it."""
    folder.mkdir()
    (folder / "INFO_UF2.TXT").write_text(f"UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: {name}\r\n")
    return folder


def test_a_probe_programs_reads_back_and_restarts(tmp_path: Path) -> None:
    made = image("stm32f405", tmp_path)
    assert made.binary is not None
    probe = SimulatedProbe(0x1000_6413)
    flash_by_probe(made.board, made.binary, probe)
    assert probe.read(0x0800_0000, len(CONTENT)) == CONTENT
    assert probe.restarted


def test_another_chip_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    made = image("stm32f405", tmp_path)
    assert made.binary is not None
    probe = SimulatedProbe(0x1000_6411)
    with pytest.raises(BoardError, match="another board is connected; nothing was written"):
        flash_by_probe(made.board, made.binary, probe)
    assert not probe.flash


def test_a_byte_that_did_not_take_is_found(tmp_path: Path) -> None:
    made = image("stm32f405", tmp_path)
    assert made.binary is not None
    with pytest.raises(BoardError, match="0x08000007"):
        flash_by_probe(made.board, made.binary, SimulatedProbe(0x413, stuck=0x0800_0007))


def test_the_drive_of_the_board_is_found_among_others(tmp_path: Path) -> None:
    pico, pico2, stick = drive(tmp_path / "a", "RPI-RP2"), drive(tmp_path / "b", "RP2350"), tmp_path / "stick"
    stick.mkdir()
    folders = [pico, pico2, stick]
    assert find_drive(find_board("rp2040"), folders) == pico
    assert find_drive(find_board("rp2350"), folders) == pico2
    assert board_id(stick) is None


@pytest.mark.parametrize(
    ("there", "words"), [((), "found: none"), (("RP2350",), r"RP2350"), (("RPI-RP2",) * 2, "RPI-RP2")]
)
def test_a_wrong_missing_or_second_drive_is_named(there: tuple[str, ...], words: str, tmp_path: Path) -> None:
    folders = [drive(tmp_path / f"d{number}", name) for number, name in enumerate(there)]
    with pytest.raises(BoardError, match=words):
        find_drive(find_board("rp2040"), folders)


def test_a_copy_waits_until_the_drive_has_gone(tmp_path: Path) -> None:
    made, pico = image("rp2040", tmp_path), drive(tmp_path / "pico", "RPI-RP2")
    assert made.uf2 is not None
    taken: list[bytes] = []

    def boot_loader() -> None:
        while not (pico / "main.uf2").exists() or (pico / "main.uf2").stat().st_size < len(CONTENT):
            time.sleep(0.01)
        taken.append((pico / "main.uf2").read_bytes())
        (pico / "INFO_UF2.TXT").unlink()

    loader = threading.Thread(target=boot_loader)
    loader.start()
    copy_uf2(made.uf2, pico)
    loader.join()
    assert taken == [CONTENT]
    stubborn = drive(tmp_path / "stubborn", "RPI-RP2")
    with pytest.raises(BoardError, match="did not"):
        copy_uf2(made.uf2, stubborn, gone_s=0.1)


@pytest.mark.parametrize(
    ("name", "way", "port", "expected"),
    [
        ("stm32f405", "pyocd", None, ["stm32f405rgtx", "0xe0042000", "2,048 bytes) to 0x08000000", "read 2,048 bytes"]),
        ("rp2040", "uf2", None, ["Board-ID begins with RPI-RP2", "drive has gone", "give --port"]),
        ("rp2350", "uf2", "/dev/ttyACM0", ["0xe48bff59", "drive has gone", "self-test"]),
        ("stm32f405", "stm32flash", "/dev/ttyUSB0", ["stm32flash -b 115200 -w"]),
        ("stm32f405", "dfu", None, ["dfu-util -d 0483:df11 -a 0 -s 0x08000000:leave -D", "self-test"]),
        ("nrf52840", "bossac", "/dev/ttyACM0", ["bossac --info --port=/dev/ttyACM0 --erase"]),
    ],
)
def test_a_dry_run_says_every_step(
    name: str, way: str, port: str | None, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uf2_drive, "mounted_folders", lambda: pytest.fail("a dry run touches nothing"))
    steps = Flashing(board=find_board(name), way=way, port=port, drive=None).described(image(name, tmp_path))
    position = 0
    for words in expected:
        position = "\n".join(steps).find(words, position)
        assert position >= 0, (words, steps)


@pytest.mark.parametrize(
    ("name", "way", "words"),
    [
        ("rp2040", "bossac", "pyocd, uf2"),
        ("mps2-an386", "pyocd", "an emulator's"),
        ("stm32f405", "stm32flash", "--port"),
    ],
)
def test_an_impossible_way_is_refused(name: str, way: str, words: str) -> None:
    with pytest.raises(BoardError, match=words):
        Flashing(board=find_board(name), way=way, port=None, drive=None)


def test_a_tool_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "dfu-util"
    tool.write_text("#!/bin/sh\necho 'No DFU capable USB device available' >&2\nexit 74\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(BoardError, match="No DFU capable USB device"):
        Flashing(board=find_board("stm32f405"), way="dfu", port=None, drive=None).run(image("stm32f405", tmp_path))


def test_the_boards_own_self_test_is_the_proof(tmp_path: Path) -> None:
    model = load_board_model(TINY, cpu="generic", golden_count=3)
    firmware = host_firmware(model, tmp_path)
    other = image("stm32f405", tmp_path)
    with faulty_line([firmware]) as port, pytest.raises(BoardError, match="it is host"):
        self_test(port, other)
