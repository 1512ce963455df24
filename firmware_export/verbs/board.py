"""`hairline firmware build|emulate|flash|check`: a network on a board."""

import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmware_export.verbs.flash_limit import add_flash_limit

if TYPE_CHECKING:
    from firmware_export.board import Board
    from firmware_export.build import Image

_GOLDEN_TILES = 2
_OUTPUT = Path("out") / "firmware"
_LOOK_S = 0.2


def configure(actions: Any) -> None:
    """Adds the actions to the verb's sub-parsers."""
    building = _building_action(actions, "build", "compile the firmware for a board", _build)
    building.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the image")

    emulating = _building_action(
        actions, "emulate", "run a network on an emulated board and count instructions", _emulate
    )
    emulating.add_argument(
        "--serve", action="store_true", help="run the firmware instead, and name the pseudo-terminal that is its port"
    )
    emulating.add_argument("--install", action="store_true", help="install the RP2040's emulator (npm) first")

    flashing = _building_action(actions, "flash", "build and put the firmware onto a board", _flash)
    flashing.add_argument("-o", "--output", type=Path, metavar="DIR", help="folder for the image (out/firmware/B)")
    flashing.add_argument(
        "--by", metavar="WAY", help="pyocd, uf2, stm32flash, dfu or bossac (default: the board's first)"
    )
    flashing.add_argument("--port", metavar="PORT", help="serial port: of the boot loader, or for the self-test")
    flashing.add_argument("--drive", type=Path, metavar="DIR", help="the boot drive (default: found)")
    flashing.add_argument("--dry-run", action="store_true", help="build, and say exactly what would be done")

    checking = _action(actions, "check", "let a board test itself over its serial port", _check)
    checking.add_argument("--port", required=True, metavar="PORT", help="the board's serial port")


def _action(actions: Any, name: str, words: str, run: Any) -> ArgumentParser:
    parser: ArgumentParser = actions.add_parser(name, help=words, description=words.capitalize() + ".")
    parser.add_argument("model", nargs="?", type=Path, help="bundle folder or int8 .tflite (default: what ships)")
    parser.add_argument("--board", required=True, metavar="B", help="a folder of firmware_export/boards")
    parser.set_defaults(run_action=run)
    return parser


def _building_action(actions: Any, name: str, words: str, run: Any) -> ArgumentParser:
    parser = _action(actions, name, words, run)
    parser.add_argument(
        "--golden",
        type=int,
        default=_GOLDEN_TILES,
        choices=range(1, 17),
        metavar="N",
        help=f"golden tiles in the image, 1 to 16 (default: {_GOLDEN_TILES})",
    )
    add_flash_limit(parser, "what the board has")
    return parser


def _build(args: Namespace) -> int:
    image = _built(args, args.output)
    files = [path for path in (image.elf, image.binary, image.uf2) if path is not None]
    sys.stdout.write("".join(f"{path}\n" for path in files) + _weight(image))
    return 0


def _emulate(args: Namespace) -> int:
    from firmware_export.board import find_board
    from firmware_export.emulate import install_rp2040js, measure

    board = find_board(args.board)
    if args.install:
        install_rp2040js()
    with tempfile.TemporaryDirectory(prefix="hairline-") as name:
        if args.serve:
            return _serve(args, Path(name))
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


def _serve(args: Namespace, folder: Path) -> int:
    """Until Ctrl-C, SIGTERM, the terminal's or the emulator's own end."""
    import signal

    from edge.interrupt import Interrupt
    from firmware_export.emulate import serving
    from firmware_export.errors import BoardError

    with Interrupt() as end_asked:
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))
        with serving(_built(args, folder, in_emulator=True)) as served:
            sys.stdout.write(f"{args.board} serves at {served.port} until Ctrl-C: --classifier serial:{served.port}\n")
            sys.stdout.flush()
            while not end_asked():
                if (status := served.status()) is not None:
                    raise BoardError(f"an emulator must run until it is stopped; it ended by itself with {status}")
                time.sleep(_LOOK_S)
    return 0


def _flash(args: Namespace) -> int:
    from firmware_export.board import find_board
    from firmware_export.errors import BoardError
    from firmware_export.flash import Flashing

    board = find_board(args.board)
    if not board.ways_to_flash:
        raise BoardError(f"{board.title} exists only as an emulator: hairline firmware emulate --board {board.name}")
    way = args.by or board.ways_to_flash[0]
    flashing = Flashing(board=board, model=args.model, way=way, port=args.port, drive=args.drive)
    image = _built(args, args.output or _OUTPUT / board.name)
    said = flashing.described(image) if args.dry_run else [flashing.run(image)]
    sys.stdout.write("".join(f"{line}\n" for line in said))
    return 0


def _check(args: Namespace) -> int:
    import hashlib

    from edge.bundle import default_bundle_path
    from firmware_export.board import find_board
    from firmware_export.export import read_model
    from firmware_export.flash import self_test

    board = find_board(args.board)
    content, _ = read_model(args.model or default_bundle_path())
    sys.stdout.write(f"{self_test(args.port, board, hashlib.sha256(content).digest())}\n")
    return 0


def _model(args: Namespace, board: "Board") -> Any:
    from edge.bundle import default_bundle_path
    from firmware_export.build import load_for_board

    path = args.model or default_bundle_path()
    return load_for_board(path, board, golden_count=args.golden, flash_limit_bytes=args.flash_limit)


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
