"""Boards: their facts hold together, every one builds, and what a boot ROM checks is there."""

import json
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from firmware_tools import need
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.bundle import default_bundle_path
from firmware_export.board import (
    FIRMWARE_FLASH_BYTES,
    FIRMWARE_RAM_BYTES,
    STACK_BYTES,
    Board,
    board_names,
    check_fits,
    find_board,
)
from firmware_export.build import Image, build, load_for_board
from firmware_export.errors import BoardError
from firmware_export.export import Export
from firmware_export.golden import load_board_model
from firmware_export.toolchain import find_tool, run_tool
from firmware_export.uf2 import boot2_crc, seal_boot2, to_uf2

WINOGRAD = "hairline_winograd_dsp.c"
TINY = Path(__file__).parent / "golden" / "tiny_bundle"


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Image]:
    need("arm-none-eabi-gcc", "riscv64-unknown-elf-gcc")
    made = {}
    for name in board_names():
        board = find_board(name)
        model = load_board_model(TINY, cpu=board.cpu, golden_count=2)
        made[name] = build(board, model, tmp_path_factory.mktemp(name))
    return made


def test_the_boards_that_we_promise() -> None:
    promised = {"stm32f405", "nucleo-f446re", "rp2040", "rp2350", "nrf52840", "riscv-virt"}
    emulated = {"mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547"}
    assert set(board_names()) == promised | emulated
    for name in emulated | {"riscv-virt", "stm32f405", "nucleo-f446re", "rp2040"}:
        assert find_board(name).emulator is not None, name
    for name in ("stm32f405", "nucleo-f446re", "rp2040", "rp2350", "nrf52840"):
        assert find_board(name).ways_to_flash, name


def test_an_unknown_board_is_named_with_the_known_ones() -> None:
    for name in ("pico", "../boards/rp2040", ""):
        with pytest.raises(BoardError, match="rp2040, rp2350, stm32f405"):
            find_board(name)


@pytest.mark.parametrize("name", board_names())
def test_every_board_builds_and_fits(name: str, images: dict[str, Image]) -> None:
    image = images[name]
    assert image.golden_bytes >= 2 * 64 * 64 * 3
    assert 0 < image.arena_bytes < image.static_bytes < image.board.ram_bytes
    assert 0 < image.flash_bytes < image.board.flash_bytes
    assert image.static_bytes - image.arena_bytes < 512, "the firmware's own memory, as board.py bounds it"


@pytest.mark.parametrize("name", board_names())
def test_the_size_is_that_of_the_binary(name: str, images: dict[str, Image]) -> None:
    """What is loaded into flash, by a second tool, is what we say it weighs; sections are aligned to 16."""
    image = images[name]
    if image.binary is None:
        return
    assert abs(image.binary.stat().st_size - image.flash_bytes - image.golden_bytes) < 256


@pytest.mark.parametrize("name", [name for name in board_names() if name != "riscv-virt"])
def test_the_vectors_stand_where_the_processor_looks(name: str, images: dict[str, Image]) -> None:
    image = images[name]
    said = run_tool(["arm-none-eabi-readelf", "-S", "-s", "-W", image.elf], timeout_s=60).stdout
    at = {
        "stm32f405": 0x0800_0000,
        "nucleo-f446re": 0x0800_0000,
        "rp2040": 0x1000_0100,
        "rp2350": 0x1000_0000,
        "nrf52840": 0x0001_0000,
        "mps2-an505": 0x1000_0000,
    }.get(name, 0)
    line = next(line for line in said.splitlines() if " .vectors " in line)
    assert int(line.split(".vectors")[1].split()[1], 16) == at
    assert at % 128 == 0 or name == "rp2040"


def test_the_rp2040s_boot2_has_its_crc(images: dict[str, Image]) -> None:
    """By another implementation: CRC-32/MPEG-2 is zlib's with both reflections taken out of it."""
    binary = images["rp2040"].binary
    assert binary is not None
    content = binary.read_bytes()
    import zlib

    reflected = bytes(int(f"{byte:08b}"[::-1], 2) for byte in content[:252])
    mirrored = zlib.crc32(reflected) ^ 0xFFFFFFFF
    expected = int(f"{mirrored:032b}"[::-1], 2)
    assert struct.unpack("<I", content[252:256])[0] == expected
    assert boot2_crc(b"123456789") == 0x0376E6E7  # the catalogue's check value for CRC-32/MPEG-2
    stack, entry = struct.unpack("<II", content[256:264])
    assert stack == 0x2000_0000 + 264 * 1024
    assert entry & 1
    assert 0x1000_0100 <= entry < 0x1000_0000 + len(content)


def test_an_image_without_room_for_the_crc_is_refused() -> None:
    with pytest.raises(BoardError, match="252 bytes"):
        seal_boot2(bytes(512))
    with pytest.raises(BoardError, match="252 bytes"):
        seal_boot2(b"\x01" * 512)


def test_the_rp2350s_image_definition(images: dict[str, Image]) -> None:
    """RP2350 datasheet 5.9.5.1: the five words, within the first 4 KB."""
    binary = images["rp2350"].binary
    assert binary is not None
    block = struct.pack("<5I", 0xFFFFDED3, 0x10210142, 0x000001FF, 0x00000000, 0xAB123579)
    assert 0 <= binary.read_bytes().find(block) <= 4096 - len(block)


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=3000), st.sampled_from([0x1000_0000, 0x2000_0000]))
def test_uf2_blocks_give_the_image_back(image: bytes, origin: int) -> None:
    """A reader written from the format's description."""
    blocks = to_uf2(image, origin=origin, family=0xE48BFF56)
    assert len(blocks) % 512 == 0
    count, held = len(blocks) // 512, bytearray()
    for number in range(count):
        block = blocks[number * 512 : (number + 1) * 512]
        first, second, flags, address, size, index, total, family = struct.unpack_from("<8I", block)
        assert (first, second) == (0x0A324655, 0x9E5D5157)
        assert struct.unpack("<I", block[-4:])[0] == 0x0AB16F30
        assert (flags, family, index, total) == (0x2000, 0xE48BFF56, number, count)
        assert address == origin + len(held)
        assert address % 256 == 0
        assert size == 256
        held += block[32 : 32 + size]
    assert bytes(held[: len(image)]) == image
    assert set(held[len(image) :]) <= {0xFF}


@pytest.mark.parametrize(("name", "family"), [("rp2040", 0xE48BFF56), ("rp2350", 0xE48BFF59)])
def test_uf2_files_name_their_family(name: str, family: int, images: dict[str, Image]) -> None:
    uf2 = images[name].uf2
    assert uf2 is not None
    assert struct.unpack_from("<I", uf2.read_bytes(), 28)[0] == family


def _of_size(board: Board, *, weights: int, arena: int) -> Export:
    made = load_board_model(TINY, cpu=board.cpu, golden_count=1).made
    return Export(
        name=made.name, cpu=made.cpu, files=made.files, arena_bytes=arena, weight_bytes=weights, graph=made.graph
    )


def test_a_network_too_large_is_said_with_the_numbers() -> None:
    board = find_board("stm32f405")
    with pytest.raises(BoardError, match=r"bytes of flash \(1,100,000 weights.*1,048,576"):
        check_fits(board, _of_size(board, weights=1_100_000, arena=1000), golden_bytes=0)
    with pytest.raises(BoardError, match=r"bytes of RAM \(130,000 arena.*131,072"):
        check_fits(board, _of_size(board, weights=1000, arena=130_000), golden_bytes=0)
    check_fits(board, _of_size(board, weights=900_000, arena=120_000), golden_bytes=10_000)


def test_a_board_spends_what_it_has_on_winograd(tmp_path: Path) -> None:
    """The network that ships, where a kernel that takes more flash and RAM for fewer instructions pays."""
    need("arm-none-eabi-gcc")
    shipped, board = default_bundle_path(), find_board("stm32f405")
    roomy = load_for_board(shipped, board, golden_count=1)
    assert WINOGRAD in roomy.made.sources
    assert build(board, roomy, tmp_path).flash_bytes - roomy.made.weight_bytes <= FIRMWARE_FLASH_BYTES
    plain = load_for_board(shipped, board, golden_count=1, flash_limit_bytes=0)
    assert WINOGRAD not in plain.made.sources
    for tight in (
        replace(board, flash_bytes=FIRMWARE_FLASH_BYTES + plain.made.weight_bytes + 96 * 96 * 3 + 1000),
        replace(board, ram_bytes=FIRMWARE_RAM_BYTES + STACK_BYTES + plain.made.arena_bytes),
    ):
        made = load_for_board(shipped, tight, golden_count=1).made
        assert (made.sources, made.arena_bytes) == (plain.made.sources, plain.made.arena_bytes)
        check_fits(tight, made, golden_bytes=96 * 96 * 3 + 1)
    assert WINOGRAD not in load_for_board(shipped, find_board("rp2040"), golden_count=1).made.sources


def test_a_missing_tool_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(BoardError, match="sudo apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi"):
        find_tool("arm-none-eabi-gcc")


def test_the_build_verb(tmp_path: Path) -> None:
    need("arm-none-eabi-gcc")
    words = ["firmware", "build", str(TINY), "--board", "rp2040", "-o", str(tmp_path / "out")]
    done = subprocess.run(
        [Path(sys.executable).with_name("hairline"), *words], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "of 2,097,152 bytes of flash" in done.stdout
    assert (tmp_path / "out" / "main.uf2").is_file()


def test_the_emulators_lock_names_no_registry() -> None:
    """The package's hash is what matters; where it comes from is the user's own setting."""
    lock = json.loads((Path(find_board("rp2040").folder).parents[1] / "emulators" / "package-lock.json").read_text())
    package = lock["packages"]["node_modules/rp2040js"]
    assert package["integrity"].startswith("sha512-")
    assert "resolved" not in package
