"""A bundle or an int8 `.tflite` as a folder of C."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edge.bundle import read_bundle
from firmware_export.emit import emit
from firmware_export.errors import ExportError
from firmware_export.graph import Conv, Depthwise, Graph
from firmware_export.kernels.choose import CPUS
from firmware_export.plan import plan
from firmware_export.read import read_graph

# Keywords of C99 and C++ that the pattern below would let through.
_RESERVED = """
auto bool break case char class const continue default delete do double else enum extern false float for goto if inline
int long namespace new private public register restrict return short signed sizeof static struct switch template this
true typedef union unsigned void volatile while
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Export:
    """The C of one network. `files` by name; `sources` are those to compile. `arena_bytes` includes the input."""

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
    content: bytes, *, name: str, cpu: str = "generic", command: str = "hairline firmware export"
) -> Export:
    """The C of a `.tflite` file's content. Raises `ModelError` for the network, `ExportError` for `name` and `cpu`."""
    check_name(name)
    if cpu not in CPUS:
        raise ExportError(f"a processor is one of {', '.join(CPUS)}; got '{cpu}'")
    graph = read_graph(content)
    planned = plan(graph, cpu)
    return Export(
        name=name,
        cpu=cpu,
        files=emit(planned, name=name, command=command),
        arena_bytes=planned.arena_bytes,
        weight_bytes=sum(op.weights.size for op in graph.operators if isinstance(op, Conv | Depthwise)),
        graph=graph,
    )


def check_name(name: str) -> None:
    """A network's name becomes functions and files. Raises `ExportError`."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,31}", name) or name in _RESERVED.split() or name.startswith("hairline"):
        raise ExportError(
            f"a name must be a C identifier of at most 32 lower-case letters, digits and _, no keyword, and not begin "
            f"with 'hairline'; got '{name}': give another with --name"
        )


def read_model(path: Path) -> tuple[bytes, str]:
    """The network's content, and a name for it (tilenet_m), from a bundle's folder or a `.tflite` file."""
    if path.is_dir():
        bundle = read_bundle(path)
        return bundle.model, bundle.manifest.name.replace("-", "_")
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
