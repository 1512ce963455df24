"""`hairline firmware deepc`: a bundle's float network as a program that deepC compiled."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.bundle import Bundle
    from firmware_export.deepc.build import Program, Source

_TARGETS = ("x86-64", "aarch64", "cortex-m4")


def configure(actions: Any) -> None:
    """Adds the action to the verb's sub-parsers."""
    parser: ArgumentParser = actions.add_parser(
        "deepc",
        help="compile the float network by deepC 0.13",
        description="Makes a program of the bundle's float network (ONNX) by deepC 0.13, which is fetched once, and "
        "proves it against onnxruntime on the golden tiles. Conv, MaxPool and Clip are Hairline's: docs/deepc.md.",
    )
    parser.add_argument("bundle", nargs="?", type=Path, help="bundle folder (default: what ships)")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder for C++ and programs")
    parser.add_argument(
        "--target", choices=_TARGETS, action="append", help="machine to compile for, may be repeated (default: x86-64)"
    )
    parser.set_defaults(run_action=run)


def run(args: Namespace) -> int:
    """Makes and proves the programs; prints their size and memory beside those of our C."""
    from edge.bundle import default_bundle_path, read_bundle
    from firmware_export.deepc.build import compile_program, write_source
    from firmware_export.deepc.fetch import deepc_folder, fetch_deepc
    from firmware_export.deepc.targets import TARGETS

    bundle = read_bundle(args.bundle or default_bundle_path())
    deepc = fetch_deepc(deepc_folder())
    source = write_source(bundle, deepc, args.output)
    asked = args.target or _TARGETS[:1]
    programs = [compile_program(source, deepc, target) for target in TARGETS if target.name in asked]
    _report(bundle, source, programs)
    return 0


def _report(bundle: "Bundle", source: "Source", programs: "Sequence[Program]") -> None:
    from rich.console import Console
    from rich.table import Table

    from firmware_export.deepc.ours import our_size

    table = Table(title=f"{source.name}, bytes")
    for heading in ("target", "made by", "type", "code, constants", "memory", "off by at most"):
        table.add_column(heading)
    for program in programs:
        memory = ", ".join(f"{kind} {size:,}" for kind, size in program.parity.memory.items())
        worst = f"{program.parity.worst:.1e}"
        table.add_row(program.target.name, "deepC 0.13", "float32", f"{program.code_bytes:,}", memory, worst)
        ours = our_size(bundle, program.target)
        table.add_row(
            program.target.name,
            "Hairline's C",
            "int8",
            f"{ours.code_bytes:,}",
            f"arena {ours.arena_bytes:,}",
            "not run here",
        )
    Console().print(table)
    for program in programs:
        sys.stdout.write(f"{program.path}\n")
