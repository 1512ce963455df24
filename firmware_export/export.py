"""A bundle or an int8 `.tflite` as a folder of C."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.bundle import read_bundle
from firmware_export.emit import emit
from firmware_export.errors import ExportError
from firmware_export.graph import Graph
from firmware_export.kernels.choose import CPUS
from firmware_export.kernels.kernel import table_bytes
from firmware_export.plan import plan
from firmware_export.read import read_graph
from firmware_export.winograd_layers import choose_winograd

PARTS = ("classifier", "segmenter")
# Keywords of C99 and C++ that the pattern below would let through.
_RESERVED = """
auto bool break case char class const continue default delete do double else enum extern false float for goto if inline
int long namespace new private public register restrict return short signed sizeof static struct switch template this
true typedef union unsigned void volatile while
"""
# NAME.h must hide no header of C, POSIX, microcontrollers' C libraries or Arduino's core (whose Print.h is print.h on
# Windows and macOS); NAME.c must not replace a program's own main.c.
_HEADERS = """
alloca api ar arduino argz assert binary byteswap client common complex cpio crypt ctype devctl dirent dlfcn eeprom
elf endian envlock envz err errno error execinfo fastmath fcntl features fenv float fnmatch gcov getopt glob grp
hardwareserial iconv ieeefp interrupts inttypes ipaddress iso646 langinfo libgen limits link locale main malloc math
memory mmintrin ndbm netdb new newlib paths picolibc picotls pins_arduino poll print printable pthread pwd reent
regdef regex sched search semaphore semihost server servo setjmp signal spawn spi stdalign stdarg stdatomic stdbit
stdbool stdckdint stddef stdfix stdint stdio stdio_ext stdlib stdnoreturn stream string strings syslog tar termios
tgmath threads time uchar udp unctrl unistd unwind usbapi utime utmp values varargs wchar wcharacter wctype wire wmath
wordexp wstring
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Export:
    """The C of one network. `files` by name; `sources` are those to compile. `arena_bytes` includes the input,
    `weight_bytes` are all const tables as packed."""

    name: str
    cpu: str
    files: Mapping[str, str]
    arena_bytes: int
    weight_bytes: int
    graph: Graph

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(sorted(name for name in self.files if name.endswith(".c")))


def export_model(
    content: bytes,
    *,
    name: str,
    cpu: str = "generic",
    command: str = "hairline firmware export",
    flash_limit_bytes: int | None = None,
    arena_limit_bytes: int | None = None,
) -> Export:
    """The C of a `.tflite` file's content. Raises `ModelError` for the network, `ExportError` for `name` and `cpu`.

    Winograd's kernel is used with `armv7em-winograd` wherever it pays, with `armv7em` where a `flash_limit_bytes` is
    given, and never beyond that limit (`choose_winograd`); nor where the arena would then pass `arena_limit_bytes`.
    """
    check_name(name)
    if cpu not in CPUS:
        raise ExportError(f"a processor is one of {', '.join(CPUS)}; got '{cpu}'")
    graph = read_graph(content)
    winograd: frozenset[int] = frozenset()
    if cpu == "armv7em-winograd" or flash_limit_bytes is not None:
        winograd = choose_winograd(graph, cpu, flash_limit_bytes)
    planned = plan(graph, cpu, winograd=winograd)
    if winograd and arena_limit_bytes is not None and planned.arena_bytes > arena_limit_bytes:
        planned = plan(graph, cpu)
    made = emit(planned, name=name, command=command)
    return Export(
        name=name,
        cpu=cpu,
        files=made,
        arena_bytes=planned.arena_bytes,
        weight_bytes=table_bytes(made[f"{name}.c"]),
        graph=graph,
    )


def check_name(name: str) -> None:
    """A network's name becomes functions and files. Raises `ExportError`."""
    if name in _HEADERS.split():
        raise ExportError(
            f"a name must not be that of a file which programs already have; {name}.h or {name}.c would take the place "
            "of one of the C library's, of Arduino's or of yours: give another with --name"
        )
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name) or name in _RESERVED.split() or name.startswith("hairline"):
        raise ExportError(
            f"a name must be a C identifier of at most 32 lower-case letters, digits and _, no keyword, and not begin "
            f"with 'hairline'; got '{name}': give another with --name"
        )


def read_model(path: Path, part: str = "classifier") -> tuple[bytes, str]:
    """The network's content, and a name for it (tilenet_m, tilenet_m_segmenter), from a bundle's folder or a `.tflite`
    file. `part` is one of `PARTS`. Raises `ExportError` for a part that is not there."""
    if path.is_dir():
        bundle = read_bundle(path)
        name = bundle.manifest.name.replace("-", "_")
        if part == "classifier":
            return bundle.model, name
        if part == "segmenter" and bundle.segmenter is not None:
            return bundle.segmenter.model, f"{name}_segmenter"
        raise ExportError(
            f"{path}: a part is one of {', '.join(PARTS)}, and must be in the bundle; there is no '{part}'"
        )
    if part != "classifier":
        raise ExportError(f"{path}: only a bundle has a '{part}'; of a .tflite, name the file alone")
    try:
        return path.read_bytes(), path.stem
    except OSError as unreadable:
        raise ExportError(f"{path}: cannot be read: {unreadable.strerror or unreadable}") from unreadable


def write_export(made: Export, folder: Path) -> list[Path]:
    """Writes the files; kernels that another export of the same processor left there are replaced by the same."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for name, text in made.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
            written.append(folder / name)
    except OSError as refused:
        raise ExportError(f"{folder}: cannot be written: {refused.strerror or refused}") from refused
    return written
