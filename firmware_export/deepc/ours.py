"""The same network by Hairline's own generator, compiled by the same compiler, to be weighed beside deepC's."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from edge.bundle import Bundle
from firmware_export.deepc.build import code_bytes
from firmware_export.deepc.targets import Target
from firmware_export.export import export_model, write_export
from firmware_export.toolchain import find_tool, run_tool

_COMPILE_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class OurSize:
    """`code_bytes`: code and constants of the library alone. `arena_bytes`: working memory with the input."""

    code_bytes: int
    arena_bytes: int


def our_size(bundle: Bundle, target: Target) -> OurSize:
    """Exports the bundle's int8 network as C and compiles it for `target`."""
    cpu = "armv7em" if target.semihosting else "generic"
    made = export_model(bundle.model, name="network", cpu=cpu, command="hairline firmware deepc")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_export(made, folder)
        objects: list[Path] = []
        for source in sorted(folder.glob("*.c")):
            objects.append(source.with_suffix(".o"))
            command: list[str | Path] = [
                find_tool(target.compiler),
                *target.flags,
                "-x",
                "c",
                "-std=gnu99",
                "-w",
                "-I",
                folder,
            ]
            run_tool([*command, "-c", source, "-o", objects[-1]], timeout_s=_COMPILE_S)
        return OurSize(code_bytes=code_bytes(target, objects), arena_bytes=made.arena_bytes)
