"""`hairline firmware build|emulate|flash`: a network on a board."""

import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from firmware_export.board import Board
    from firmware_export.build import Image

_GOLDEN_TILES = 2


def configure(actions: Any) -> None:
    """Adds the three actions to the verb's sub-parsers."""
    building = _action(actions, "build", "compile the firmware for a board", _build)
    building.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the image")

    emulating = _action(actions, "emulate", "run a network on an emulated board and count instructions", _emulate)
    emulating.add_argument(
        "--serve", action="store_true", help="run the firmware instead, and name the pseudo-terminal that is its port"
    )
    emulating.add_argument("--install", action="store_true", help="install the RP2040's emulator (npm) first")

    flashing = _action(actions, "flash", "build and put the firmware onto a board", _flash)
    flashing.add_argument(
        "--by", metavar="WAY", help="pyocd, uf2, stm32flash, dfu or bossac (default: the board's first)"
    )
    flashing.add_argument("--port", metavar="PORT", help="serial port: of the boot loader, and for the self-test")
    flashing.add_argument("--drive", type=Path, metavar="DIR", help="the boot drive (default: found)")
    flashing.add_argument("--dry-run", action="store_true", help="build, and say exactly what would be done")


def _action(actions: Any, name: str, words: str, run: Any) -> ArgumentParser:
    parser: ArgumentParser = actions.add_parser(name, help=words, description=words.capitalize() + ".")
    parser.add_argument("model", nargs="?", type=Path, help="bundle folder or int8 .tflite (default: what ships)")
    parser.add_argument("--board", required=True, metavar="B", help="a folder of firmware_export/boards")
    parser.add_argument(
        "--golden",
        type=int,
        default=_GOLDEN_TILES,
        choices=range(1, 17),
        metavar="N",
        help=f"golden tiles in the image, 1 to 16 (default: {_GOLDEN_TILES})",
    )
    parser.set_defaults(run_action=run)
    return parser


def _build(args: Namespace) -> int:
    image = _built(args, args.output)
    files = [path for path in (image.elf, image.binary, image.uf2) if path is not None]
    sys.stdout.write("".join(f"{path}\n" for path in files) + _weight(image))
    return 0


def _emulate(args: Namespace) -> int:
    from firmware_export.board import find_board
    from firmware_export.emulate import install_rp2040js, measure, serving

    board = find_board(args.board)
    if args.install:
        install_rp2040js()
    with tempfile.TemporaryDirectory(prefix="hairline-") as name:
        if args.serve:
            with serving(_built(args, Path(name), in_emulator=True)) as port:
                sys.stdout.write(f"{board.title} serves at {port} until Ctrl-C: --classifier serial:{port}\n")
                sys.stdout.flush()
                _wait()
            return 0
        model = _model(args, board)
        measured = measure(board, model, Path(name))
    macs = model.made.graph.macs
    sys.stdout.write(
        f"{args.model or 'the bundle that ships'} on {board.title}, emulated:\n"
        f"  {measured.instructions:,} instructions (not cycles) each, {measured.instructions / macs:.2f} per MAC\n"
        f"  {measured.flash_bytes:,} bytes of flash; {measured.ram_bytes:,} of RAM: {measured.arena_bytes:,} arena, "
        f"{measured.stack_bytes:,} stack\n"
        f"  scores {'exactly those of' if measured.exact else 'NOT those of'} TFLite's reference kernels\n"
    )
    return 0 if measured.exact else 1


def _flash(args: Namespace) -> int:
    from firmware_export.board import find_board
    from firmware_export.errors import BoardError
    from firmware_export.flash import Flashing

    board = find_board(args.board)
    if not board.ways_to_flash:
        raise BoardError(f"{board.title} exists only as an emulator: hairline firmware emulate --board {board.name}")
    flashing = Flashing(board=board, way=args.by or board.ways_to_flash[0], port=args.port, drive=args.drive)
    with tempfile.TemporaryDirectory(prefix="hairline-") as name:
        image = _built(args, Path(name))
        said = flashing.described(image) if args.dry_run else [flashing.run(image)]
    sys.stdout.write("".join(f"{line}\n" for line in said))
    return 0


def _model(args: Namespace, board: "Board") -> Any:
    from edge.bundle import default_bundle_path
    from firmware_export.golden import load_board_model

    return load_board_model(args.model or default_bundle_path(), cpu=board.cpu, golden_count=args.golden)


def _built(args: Namespace, folder: Path, *, in_emulator: bool = False) -> "Image":
    from firmware_export.board import find_board
    from firmware_export.build import build

    board = find_board(args.board)
    return build(board, _model(args, board), folder, in_emulator=in_emulator or not board.ways_to_flash)


def _weight(image: "Image") -> str:
    board = image.board
    flash, ram = image.flash_bytes + image.golden_bytes, image.static_bytes
    return (
        f"{board.title}: {flash:,} of {board.flash_bytes:,} bytes of flash ({image.golden_bytes:,} golden tiles); "
        f"{ram:,} of {board.ram_bytes:,} bytes of RAM, the stack not counted\n"
    )


def _wait() -> None:
    import signal

    signal.pause()
