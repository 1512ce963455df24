"""Flashing: what is written, read back and refused, with a probe, a drive and tools that are simulated."""

import json
import shlex
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from firmware_tools import faulty_line, host_firmware, need

from edge import cli
from firmware_export import uf2_drive
from firmware_export.board import find_board
from firmware_export.build import Image
from firmware_export.errors import BoardError, NotVerifiedError
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


# What the real programs print. stm32flash 0.7: recorded, with a boot loader that was simulated behind it. dfu-util 0.11
# and bossac 1.9.1-arduino2: the formats of their sources, with values from their users' reports.
STM32 = """stm32flash 0.7

http://stm32flash.sourceforge.net/

Interface serial_posix: 115200 8E1
Version      : 0x31
Option 1     : 0x00
Option 2     : 0x00
Device ID    : {chip}
- RAM        : Up to 128KiB  (12288b reserved by bootloader)
- Flash      : Up to 1024KiB (size first sector: 1x16384)
- Option RAM : 16b
- System RAM : 30KiB

"""
DFU = """dfu-util 0.11

Copyright 2005-2009 Weston Schmidt, Harald Welte and OpenMoko Inc.
Copyright 2010-2021 Tormod Volden and Stefan Schmidt
This program is Free Software and has ABSOLUTELY NO WARRANTY
Please report bugs to http://sourceforge.net/p/dfu-util/tickets/

"""
DFU_DEVICE = (
    'Found DFU: [0483:df11] ver=2200, devnum={number}, cfg=1, intf=0, path="1-{number}", alt=0, '
    'name="@Internal Flash  /0x08000000/{sectors}", serial="316D35733333"\n'
)
BOSSA = """Device       : {chip}
Version      : Arduino Bootloader (SAM-BA extended) 2.0 [Arduino:IKXYZ]
Address      : 0x0
Pages        : 256
Page Size    : 4096 bytes
Total Size   : 1024KB
Planes       : 1
Lock Regions : 0
Locked       : none
Security     : false
"""
F405 = STM32.format(chip="0x0413 (STM32F40xxx/41xxx)")
F405_DFU = DFU + DFU_DEVICE.format(number=7, sectors="04*016Kg,01*064Kg,07*128Kg")
NANO = BOSSA.format(chip="nRF52840-QIAA")
PORTS = {"stm32flash": "/dev/ttyUSB0", "dfu": None, "bossac": "/dev/ttyACM0"}
# Says what was asked for; copies an image to and from a file that plays the flash, whose last byte may be stuck.
TOOL = """#!{python} -S
import json, os, sys
words = sys.argv[1:]
with open({log!r}, "a") as log:
    log.write(json.dumps([{name!r}, *words]) + "\\n")
named = lambda *options: next((words[words.index(o) + 1] for o in options if o in words), None)
written = named("-w", "-D") or (words[-1] if "--write" in words else None)
if written:
    content = open(written, "rb").read()
    open({flash!r}, "wb").write(content[:-1] + b"\\0" if {stuck!r} else content)
elif named("-U"):
    with open(named("-U"), "xb") as copy:
        copy.write(open({flash!r}, "rb").read())
else:
    sys.stdout.write({said!r})
"""


class Tools:
    """Programs on the PATH in place of stm32flash, dfu-util and bossac: they say `said`."""

    def __init__(self, folder: Path, said: str, *, stuck: bool = False) -> None:
        self._log, self._flash = folder / "log", folder / "flash"
        for name in ("stm32flash", "dfu-util", "bossac"):
            facts = {"python": sys.executable, "log": str(self._log), "flash": str(self._flash)}
            program = folder / name
            program.write_text(TOOL.format(name=name, said=said, stuck=stuck, **facts))
            program.chmod(0o755)

    @property
    def calls(self) -> list[list[str]]:
        return [json.loads(line) for line in self._log.read_text().splitlines()]

    @property
    def flash(self) -> bytes | None:
        return self._flash.read_bytes() if self._flash.exists() else None


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Makes the programs say something."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return lambda said, **how: Tools(folder, said, **how)


def flashing(name: str, way: str, *, port: str | None = None, drive: Path | None = None) -> Flashing:
    return Flashing(board=find_board(name), way=way, port=port or PORTS.get(way), drive=drive)


@pytest.mark.parametrize(
    ("name", "way", "said"),
    [("stm32f405", "stm32flash", F405), ("stm32f405", "dfu", F405_DFU), ("nrf52840", "bossac", NANO)],
)
def test_the_right_board_is_asked_written_and_read_back(name: str, way: str, said: str, tmp_path: Path, tools) -> None:
    """And the dry run had said exactly that."""
    played, made = tools(said), image(name, tmp_path)
    promised = [shlex.split(line) for line in flashing(name, way).described(made) if not line.startswith("#")]
    assert played.flash is None
    words = flashing(name, way).run(made)
    assert played.flash == CONTENT
    assert "read back and is the image" in words
    assert played.calls == [command for command in promised if command[0] != "cmp"]
    verifies = {"stm32flash": "-v", "bossac": "--verify", "dfu": "-U"}[way]
    assert verifies in played.calls[-1]
    # A second time, over the first one's traces.
    assert "read back" in flashing(name, way).run(made)


@pytest.mark.parametrize(
    ("name", "way", "said", "named"),
    [
        ("stm32f405", "stm32flash", STM32.format(chip="0x0431 (STM32F411xx)"), "0x0431"),
        ("stm32f405", "dfu", DFU + DFU_DEVICE.format(number=7, sectors="04*016Kg,01*064Kg,03*128Kg"), "03[*]128Kg"),
        ("stm32f405", "dfu", DFU + DFU_DEVICE.format(number=7, sectors="04*016Kg,01*064Kg,07*128Kg,04*016Kg"), "16Kg"),
        ("nrf52840", "bossac", BOSSA.format(chip="ATSAMD21x18"), "ATSAMD21x18"),
    ],
)
def test_another_board_is_named_and_nothing_written(
    name: str, way: str, said: str, named: str, tmp_path: Path, tools
) -> None:
    played = tools(said)
    with pytest.raises(BoardError, match=f"{named}: another board is connected; nothing was written"):
        flashing(name, way).run(image(name, tmp_path))
    assert played.flash is None
    assert len(played.calls) == 1


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (DFU, "'dfu-util' sees none"),
        (F405_DFU + DFU_DEVICE.format(number=9, sectors="04*016Kg,01*064Kg,07*128Kg"), "sees 2"),
    ],
)
def test_a_missing_or_second_board_is_named(said: str, words: str, tmp_path: Path, tools) -> None:
    played = tools(said)
    with pytest.raises(BoardError, match=words):
        flashing("stm32f405", "dfu").run(image("stm32f405", tmp_path))
    assert played.flash is None


def test_a_copy_that_differs_is_found(tmp_path: Path, tools) -> None:
    """dfu-util compares nothing by itself."""
    tools(F405_DFU, stuck=True)
    with pytest.raises(BoardError, match=f"{0x0800_0000 + len(CONTENT) - 1:#010x}"):
        flashing("stm32f405", "dfu").run(image("stm32f405", tmp_path))


@pytest.mark.parametrize(
    ("name", "way", "port", "expected"),
    [
        (
            "stm32f405",
            "pyocd",
            None,
            ["& 0xfff must be 0x413", "read32 0xe0042000", "--base-address 0x08000000", "compare 0x08000000", "reset"],
        ),
        ("rp2040", "uf2", None, ["begin with RPI-RP2", "RPI-RP2/INFO_UF2.TXT", "main.uf2 ", "status 3"]),
        ("rp2350", "uf2", "/dev/ttyACM0", ["RP2350/", "check --board rp2350 --port /dev/ttyACM0"]),
        ("stm32f405", "dfu", "/dev/ttyUSB0", [":2048:leave", "cmp ", "check --board stm32f405 --port /dev/ttyUSB0"]),
        ("nrf52840", "pyocd", "/dev/ttyUSB0", ["0x10000100", "check --board nrf52840"]),
    ],
)
def test_a_dry_run_says_every_step(
    name: str, way: str, port: str | None, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uf2_drive, "mounted_folders", list)
    lines = Flashing(board=find_board(name), way=way, port=port, drive=None).described(image(name, tmp_path))
    position = 0
    for words in expected:
        position = "\n".join(lines).find(words, position)
        assert position >= 0, (words, lines)
    assert all(line.startswith("#") or len(shlex.split(line)) > 1 for line in lines)


def test_a_dry_run_names_the_drive_that_is_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pico = drive(tmp_path / "My Pico", "RPI-RP2")
    monkeypatch.setattr(uf2_drive, "mounted_folders", lambda: [tmp_path, pico])
    lines = flashing("rp2040", "uf2").described(image("rp2040", tmp_path))
    assert shlex.join(["cp", str(tmp_path / "main.uf2"), f"{pico}/"]) in lines


@pytest.mark.parametrize(("name", "way"), [("stm32f405", "dfu"), ("rp2040", "uf2")])
def test_the_dry_run_of_the_verb_names_an_image_that_is_there(name: str, way: str, tmp_path: Path) -> None:
    """In the out folder, where it stays."""
    need("arm-none-eabi-gcc")
    words = ["firmware", "flash", str(TINY), "--board", name, "--by", way, "--dry-run", "--port", "/dev/ttyUSB0"]
    done = subprocess.run(
        [Path(sys.executable).with_name("hairline"), *words],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    named = {word for line in done.stdout.splitlines() for word in shlex.split(line, comments=True) if "main." in word}
    images = {word.split()[-1] for word in named if not word.endswith("read-back.bin")}
    assert images == {f"out/firmware/{name}/main.{'uf2' if way == 'uf2' else 'bin'}"}
    assert all((tmp_path / path).is_file() for path in images)


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
    tool = tmp_path / "stm32flash"
    tool.write_text("#!/bin/sh\necho 'Failed to init device, timeout.' >&2\nexit 1\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(BoardError, match="Failed to init device"):
        flashing("stm32f405", "stm32flash").run(image("stm32f405", tmp_path))


def test_a_drive_without_a_port_is_not_called_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It was flashed, which is no error, and nothing proves it, which is no success."""
    need("arm-none-eabi-gcc")
    pico = drive(tmp_path / "pico", "RPI-RP2")

    def boot_loader() -> None:
        while not (pico / "main.uf2").exists():
            time.sleep(0.01)
        (pico / "INFO_UF2.TXT").unlink()

    loader = threading.Thread(target=boot_loader, daemon=True)
    loader.start()
    words = ["firmware", "flash", str(TINY), "--board", "rp2040", "--by", "uf2", "--drive", str(pico)]
    status = cli.main([*words, "-o", str(tmp_path / "out")])
    assert status == NotVerifiedError.exit_status == 3
    said = capsys.readouterr().err
    assert "not verified" in said
    assert f"hairline firmware check {TINY} --board rp2040 --port PORT" in said


def test_the_boards_own_self_test_is_the_proof(tmp_path: Path) -> None:
    model = load_board_model(TINY, cpu="generic", golden_count=3)
    firmware = host_firmware(model, tmp_path)
    other = image("stm32f405", tmp_path)
    with faulty_line([firmware]) as port, pytest.raises(BoardError, match="it is host"):
        self_test(port, other.board, model.sha256)
