"""From a network to an image for a board: the C compiled, linked and weighed."""

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from firmware_export.board import Board, check_fits, firmware_folder, network_room
from firmware_export.errors import BoardError
from firmware_export.export import read_model, write_export
from firmware_export.golden import BoardModel, load_board_model, model_header, model_source
from firmware_export.protocol import HEADER_NAME, protocol_header
from firmware_export.read import read_graph
from firmware_export.toolchain import find_tool, run_tool
from firmware_export.uf2 import seal_boot2, to_uf2

_COMMON = ("-std=gnu99", "-ffunction-sections", "-fdata-sections", "-fno-common", "-Wall", "-Wextra", "-g0")
# Of the DSP kernels the inner loops are assembly: for size they lose 1 to 3 % of speed. Plain C loses a third.
_NETWORK = {"armv7em": "-Os", "helium": "-Os", "armv6m": "-O2", "generic": "-O2"}
_FIRMWARE = "-Os"
_SPECS = {"arm-none-eabi": "nano.specs", "riscv64-unknown-elf": "picolibc.specs"}
_GOLDEN_SECTION = ".testvec"
_IN_RAM = (".data", ".bss")
_COMPILE_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What was built. `binary`, from the flash's origin, and `uf2` are None where the board has no use for them.

    `flash_bytes` and `static_bytes` (data and bss, the arena in it) are the linker's; the golden tiles, `golden_bytes`
    of flash, are not among them.
    """

    board: Board
    model_sha256: bytes
    elf: Path
    binary: Path | None
    uf2: Path | None
    flash_bytes: int
    golden_bytes: int
    static_bytes: int
    arena_bytes: int


def load_for_board(path: Path, board: Board, *, golden_count: int, flash_limit_bytes: int | None = None) -> BoardModel:
    """The network of a bundle or a `.tflite` as this board is to run it.

    On a Cortex-M4, M7 or M33 that is with Winograd's kernel where it pays and the board's flash and RAM hold it, and
    `flash_limit_bytes` where that is less.

    Raises what `load_board_model` raises.
    """
    graph = read_graph(read_model(path)[0])
    golden_bytes = golden_count * sum(
        math.prod(graph.tensors[number].shape_hwc) for number in (graph.input, graph.output)
    )
    flash, arena = network_room(board, golden_bytes=golden_bytes)
    if flash_limit_bytes is not None:
        flash = min(flash, flash_limit_bytes)
    return load_board_model(
        path,
        cpu=board.cpu,
        golden_count=golden_count,
        flash_limit_bytes=max(0, flash),
        arena_limit_bytes=max(0, arena),
    )


def build(
    board: Board,
    model: BoardModel,
    folder: Path,
    *,
    program: Literal["main", "bench"] = "main",
    runs: int = 1,
    in_emulator: bool = False,
) -> Image:
    """Compiles into `folder`. `program`: the firmware, or one that measures `runs` inferences.

    Raises `BoardError` for a network that does not fit, a missing tool, or a compiler's or linker's refusal.
    """
    check_fits(board, model.made, golden_bytes=model.tiles.nbytes + model.outputs.nbytes)
    gcc = find_tool(f"{board.compiler}-gcc")
    generated = _generated(model, folder / "generated")
    defines = [f"-DHAIRLINE_BAUD={board.baud}", f'-DHAIRLINE_BOARD="{board.name}"', f"-DBENCH_RUNS={runs}"]
    defines += ["-DHAIRLINE_IN_EMULATOR"] if in_emulator else []
    includes = [f"-I{path}" for path in (generated, firmware_folder(), board.folder)]
    compiler = [gcc, f"-specs={_SPECS[board.compiler]}", *board.flags]
    objects = []
    for source, level in _sources(board, model, generated, program):
        objects.append(str(folder / f"{source.name}.o"))
        command = [*compiler, *_COMMON, level, *defines, *includes, "-c", str(source), "-o", objects[-1]]
        run_tool(command, timeout_s=_COMPILE_S)
    elf = folder / f"{program}.elf"
    scripts = ["-T", str(board.folder / "memory.ld"), "-T", str(firmware_folder() / "sections.ld")]
    linking = [*compiler, "-nostartfiles", "-Wl,--gc-sections", *scripts, *objects, "-o", str(elf)]
    run_tool(linking, timeout_s=_COMPILE_S)
    return _weighed(board, model, elf)


def _generated(model: BoardModel, folder: Path) -> Path:
    """Writes the C that differs from network to network."""
    write_export(model.made, folder)
    for name, text in (
        ("model.h", model_header(model)),
        ("model.c", model_source(model)),
        (HEADER_NAME, protocol_header()),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _sources(board: Board, model: BoardModel, generated: Path, program: str) -> list[tuple[Path, str]]:
    """Every file to compile, with how much to optimise it and for what."""
    own = [generated / "model.c", firmware_folder() / f"{program}.c", board.folder / "board.c"]
    if program == "main":
        own += [firmware_folder() / name for name in ("link.c", "counter.c")]
    if board.compiler == "arm-none-eabi":
        own.append(firmware_folder() / "start_arm.c")
    if board.boot2:
        own.append(board.folder / "boot2.S")
    network = [generated / name for name in model.made.sources]
    return [*((path, _NETWORK[board.cpu]) for path in network), *((path, _FIRMWARE) for path in own)]


def _weighed(board: Board, model: BoardModel, elf: Path) -> Image:
    sections = section_bytes(board, elf)
    golden = sections.pop(_GOLDEN_SECTION, 0)
    binary = _binary(board, elf) if board.ways_to_flash or board.boot2 else None
    uf2 = None
    if binary is not None and board.uf2 is not None:
        uf2 = elf.with_suffix(".uf2")
        uf2.write_bytes(to_uf2(binary.read_bytes(), origin=board.flash_origin, family=board.uf2.family))
    return Image(
        board=board,
        model_sha256=model.sha256,
        elf=elf,
        binary=binary,
        uf2=uf2,
        flash_bytes=sum(size for name, size in sections.items() if name != ".bss"),
        golden_bytes=golden,
        static_bytes=sum(sections.get(name, 0) for name in _IN_RAM),
        arena_bytes=model.made.arena_bytes,
    )


def section_bytes(board: Board, elf: Path) -> dict[str, int]:
    """The size of each section that takes memory on the board, by the tool chain's `size`."""
    said = run_tool([find_tool(f"{board.compiler}-size"), "-A", elf], timeout_s=60).stdout
    sections = {name: int(size) for name, size in re.findall(r"^(\.\w+)\s+(\d+)\s+\d+\s*$", said, re.M)}
    known = (".boot2", ".vectors", ".text", ".rodata", _GOLDEN_SECTION, *_IN_RAM)
    if not {".vectors", ".text"} <= sections.keys():
        raise BoardError(f"{elf}: an image has vectors and text; its sections are {', '.join(sections) or 'none'}")
    return {name: sections[name] for name in known if name in sections}


def _binary(board: Board, elf: Path) -> Path:
    """The flash's content from its origin, with what the boot ROM checks."""
    path = elf.with_suffix(".bin")
    run_tool([find_tool(f"{board.compiler}-objcopy"), "-O", "binary", elf, path], timeout_s=60)
    if board.boot2:
        path.write_bytes(seal_boot2(path.read_bytes()))
    return path
