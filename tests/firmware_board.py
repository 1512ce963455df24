"""A network on an emulated board, every tensor compared: the firmware says the CRC-32 of each as soon as it is made."""

import re
import subprocess
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
from firmware_host import reference
from firmware_tools import need
from test_firmware_emulate import need_rp2040js

from firmware_export.board import find_board
from firmware_export.build import build
from firmware_export.emulate import emulator_command
from firmware_export.golden import BoardModel, load_board_model
from firmware_export.graph import Reshape

# One of each processor: Cortex-M0+, M4, M7, M33, M55, RISC-V.
BOARDS = ("rp2040", "mps2-an386", "mps2-an500", "mps2-an505", "mps3-an547", "riscv-virt")
_TRACE = (Path(__file__).parent / "firmware_trace.c").read_text()


def need_board(name: str) -> None:
    """Skips where the tools for a board are missing."""
    if name == "rp2040":
        need_rp2040js()
    elif name == "riscv-virt":
        need("riscv64-unknown-elf-gcc", "qemu-system-riscv32")
    else:
        need("arm-none-eabi-gcc", "qemu-system-arm")


def check_on_board(content: bytes, name: str, folder: Path, *, cpu: str | None = None) -> BoardModel:
    """Every tensor of one inference on board `name`, with noise as input, equals that of TFLite's reference kernels."""
    board = find_board(name)
    path = folder / "network.tflite"
    path.write_bytes(content)
    model = load_board_model(path, cpu=cpu or board.cpu, golden_count=1)
    image = build(board, _traced(model), folder, program="bench", runs=1, in_emulator=True)
    # It ends with 1 where the output is wrong; the trace then says which tensor was the first.
    done = subprocess.run(
        emulator_command(image), stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False
    )
    said = done.stdout.decode()
    (expected,) = reference(content, model.tiles)
    traced = re.findall(r"^tensor (\w{8}) (\w{8}) (\w{8}) (\w{8})$", said, re.MULTILINE)
    assert {int(t, 16) for t, *_ in traced} == made_by_operators(model)
    for words in traced:
        tensor, first, end, crc = (int(word, 16) for word in words)
        row_bytes = model.made.graph.tensors[tensor].row_bytes
        rows = expected[tensor][first * row_bytes : end * row_bytes]
        assert zlib.crc32(rows.astype(np.int8).tobytes()) == crc, f"{name}: rows {first} to {end} of tensor {tensor}"
    assert re.search(r"^stack \d+ exact$", said, re.MULTILINE), said[-200:]
    return model


def made_by_operators(model: BoardModel) -> set[int]:
    """The tensors that code makes: a reshaped one is another's bytes."""
    return {op.output for op in model.made.graph.operators if not isinstance(op, Reshape)}


def _traced(model: BoardModel) -> BoardModel:
    """The same with the trace compiled in."""
    files = model.made.files
    header = "#define HAIRLINE_TRACE\n" + files["network.h"]
    return replace(model, made=replace(model.made, files={**files, "network.h": header, "trace.c": _TRACE}))
