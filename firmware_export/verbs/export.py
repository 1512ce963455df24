"""`hairline firmware export`: a bundle or a `.tflite` as a folder of C99."""

import sys
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firmware_export.verbs.flash_limit import add_flash_limit

if TYPE_CHECKING:
    from firmware_export.export import Export

_PARTS = ("classifier", "segmenter")
_CPUS = ("generic", "armv6m", "armv7em", "armv7em-winograd", "helium")


def configure(actions: Any) -> None:
    """Adds the action to the verb's sub-parsers."""
    parser: ArgumentParser = actions.add_parser(
        "export",
        help="write the network as C99 without dependencies",
        description="Writes NAME.h, NAME.c and the kernels that the network needs. Compile every .c of the folder.",
    )
    parser.add_argument("model", nargs="?", type=Path, help="bundle folder or int8 .tflite (default: what ships)")
    parser.add_argument(
        "--part", choices=_PARTS, default="classifier", help="which network of a bundle (default: classifier)"
    )
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the C")
    parser.add_argument("--name", help="C identifier for functions and files (default: the bundle's or file's name)")
    parser.add_argument("--cpu", choices=_CPUS, default="generic", help="processor to pack for (default: generic)")
    add_flash_limit(parser, "0 for armv7em, none for armv7em-winograd")
    parser.add_argument(
        "--layout",
        choices=("flat", "arduino", "platformio"),
        default="flat",
        help="files alone, or a library with an example for Arduino or PlatformIO (default: flat)",
    )
    parser.set_defaults(run_action=run)


def run(args: Namespace) -> int:
    """Exports and says what it wrote and what it takes."""
    from edge.bundle import default_bundle_path
    from firmware_export.export import export_model, read_model, write_export
    from firmware_export.layouts import laid_out

    content, name = read_model(args.model or default_bundle_path(), args.part)
    name = args.name or name.lower().replace("-", "_")
    made = export_model(
        content, name=name, cpu=args.cpu, command=_command(args, name), flash_limit_bytes=args.flash_limit
    )
    write_export(replace(made, files=laid_out(made, args.layout)), args.output)
    sys.stdout.write(_summary(made, args.output))
    return 0


def _command(args: Namespace, name: str) -> str:
    from firmware_export.emit import comment_text

    model = comment_text(args.model.name) if args.model else "(the bundle that ships)"
    limit = "" if args.flash_limit is None else f" --flash-limit {args.flash_limit}"
    part = "" if args.part == "classifier" else f" --part {args.part}"
    return f"hairline firmware export {model}{part} --name {name} --cpu {args.cpu}{limit}"


def _summary(made: "Export", folder: Path) -> str:
    h, w, c = made.graph.tensors[made.graph.input].shape_hwc
    return (
        f"{folder}: {', '.join(made.files)}\n"
        f"{made.name} for {made.cpu}: input {h}x{w}x{c}, {made.graph.macs:,} multiply-accumulates, "
        f"{made.weight_bytes:,} bytes of weights, {made.arena_bytes:,} bytes of working memory with the input\n"
    )
