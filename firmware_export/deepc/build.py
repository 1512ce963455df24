"""A bundle to a program: ONNX, deepC's C++, repairs, compiler, and the proof on the golden tiles."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from edge.bundle import FLOAT_FOLDER, Bundle
from edge.frame import U8Image
from edge.manifest import F32Array
from edge.tile_by_tile import network_inputs
from firmware_export.deepc.errors import DeepcError
from firmware_export.deepc.generate import generated
from firmware_export.deepc.parity import Parity, check_parity, onnx_scores
from firmware_export.deepc.repair import repaired
from firmware_export.deepc.targets import Target
from firmware_export.toolchain import find_tool, run_tool

_EIGEN = Path("deepC") / "packages" / "eigen-eigen-323c052e1731"
_INCLUDE = Path("deepC") / "include"
_COMPILE_S = 900
_OURS = ("hairline_program.h", "serve.cpp")


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program that gives onnxruntime's scores. `code_bytes`: code, constants and initialised data."""

    target: Target
    path: Path
    code_bytes: int
    parity: Parity


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """The C++ of a network in `folder`; the golden tiles as it takes them, uint8 (n, h, w, 3), and their scores."""

    name: str
    folder: Path
    inputs: U8Image
    scores: F32Array


def write_source(bundle: Bundle, deepc: Path, folder: Path) -> Source:
    """Writes the C++ of a bundle's float network. `deepc`: where deepC is unpacked. Raises `DeepcError`."""
    name, content = _onnx_file(bundle)
    inputs = np.stack(network_inputs(bundle.golden.tiles, bundle.manifest.classifier))
    scores = onnx_scores(content, inputs)
    graph = onnx.load_from_string(content).graph
    weights = {weight.name: numpy_helper.to_array(weight) for weight in graph.initializer}
    raw = folder / "deepc"
    raw.mkdir(parents=True, exist_ok=True)
    (raw / name).write_bytes(content)
    text = generated(raw / name, deepc, raw)
    stem = re.sub(r"\W", "_", Path(name).stem)
    (folder / f"{stem}.cpp").write_text(repaired(text, weights, name=name), encoding="utf-8")
    (folder / "facts.cpp").write_text(_facts(content, inputs, scores), encoding="utf-8")
    return Source(name=stem, folder=folder, inputs=inputs, scores=scores)


def compile_program(source: Source, deepc: Path, target: Target) -> Program:
    """Compiles and proves it. Raises `BoardError` for a missing tool, `DeepcError` for a program with other scores."""
    path = source.folder / f"{source.name}-{target.name}"
    compiler = find_tool(target.compiler)
    with as_file(files("firmware_export") / "deepc") as ours:
        program = ours / "program"
        includes: list[str | Path] = [
            "-I",
            ours,
            "-I",
            program,
            "-isystem",
            deepc / _INCLUDE,
            "-isystem",
            deepc / _EIGEN,
        ]
        objects: list[Path] = []
        for file in (
            source.folder / f"{source.name}.cpp",
            source.folder / "facts.cpp",
            *(program / name for name in ("serve.cpp", *target.sources)),
        ):
            objects.append(source.folder / f"{file.stem}-{target.name}.o")
            # deepC's headers give thousands of warnings.
            language = ["-x", "c"] if file.suffix == ".c" else ["-std=gnu++17"]
            words: list[str | Path] = [
                compiler,
                *target.flags,
                "-w",
                *language,
                *includes,
                "-c",
                file,
                "-o",
                objects[-1],
            ]
            run_tool(words, timeout_s=_COMPILE_S)
        script: list[str | Path] = ["-T", program / "cortex_m.ld"] if target.semihosting else []
        run_tool([compiler, *target.link, *script, *objects, "-o", path], timeout_s=_COMPILE_S)
    for compiled in objects:
        compiled.unlink()
    parity = check_parity(target, path, source.inputs, source.scores)
    return Program(target=target, path=path, code_bytes=code_bytes(target, [path]), parity=parity)


def code_bytes(target: Target, objects: Sequence[Path]) -> int:
    """What objects or a program take in flash: code, constants, and the initial values of variables."""
    table = run_tool([find_tool(target.size_tool), *objects], timeout_s=60).stdout.splitlines()[1:]
    return sum(int(line.split()[0]) + int(line.split()[1]) for line in table)


def _onnx_file(bundle: Bundle) -> tuple[str, bytes]:
    """The name and content of the float network, whose hash `read_bundle` checked."""
    names = [name for name in bundle.manifest.float_files if name.endswith(".onnx")]
    folder = bundle.path / FLOAT_FOLDER
    if len(names) != 1 or not (folder / names[0]).is_file():
        raise DeepcError(
            f"{bundle.path}: a bundle for deepC has one ONNX file in {FLOAT_FOLDER}/; this one has "
            f"{', '.join(names) or 'none'}: make it again with 'hairline train', or copy the whole folder"
        )
    return names[0], (folder / names[0]).read_bytes()


def _facts(content: bytes, inputs: U8Image, scores: F32Array) -> str:
    """`facts.cpp`: what the program says of itself when it starts."""
    h, w, c = inputs.shape[1:]
    sha256 = ", ".join(str(byte) for byte in hashlib.sha256(content).digest())
    return (
        "// Generated by `hairline firmware deepc`: the input, the hash of the ONNX file, onnxruntime's scores of the "
        "golden tiles.\n"
        '#include "hairline_program.h"\n\n'
        f"static const float golden_scores[] = {{{', '.join(f'{float(score):.9g}' for score in scores)}}};\n\n"
        f"const hairline_facts hairline_network_facts = {{{h}, {w}, {c}, {len(scores)},\n"
        f"    {{{sha256}}},\n    golden_scores}};\n"
    )
