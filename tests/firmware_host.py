"""Compiles an export on this machine, with sanitizers, and runs it; what each tensor should hold, from TFLite.

The program reads inputs from stdin and writes every row of every tensor, as it is made, to stdout.
"""

import atexit
import subprocess
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from firmware_export.export import Export, export_model, write_export

FLAGS = [
    *("-std=c99", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-Wno-sign-conversion", "-Wshadow", "-O1", "-g"),
    *("-DHAIRLINE_TRACE", "-DHAIRLINE_EMULATE", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"),
]

MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include "NAME.h"

void NAME_trace(int tensor, const int8_t *buffer, int rows, int32_t row_bytes, int first, int end)
{
    for (int y = first; y < end; y++) {
        int32_t head[3];
        head[0] = tensor;
        head[1] = y;
        head[2] = row_bytes;
        fwrite(head, 4, 3, stdout);
        fwrite(buffer + (y % rows) * row_bytes, 1, (size_t)row_bytes, stdout);
    }
}

int main(void)
{
    /* malloc aligns to 16; each block apart, so that the address sanitizer sees the first byte beyond it. */
    int8_t *arena = malloc(UPPER_ARENA_BYTES);
    int8_t *input = malloc(UPPER_INPUT_SIZE), *output = malloc(UPPER_OUTPUT_SIZE);
    int status = 0;
    while (status == 0 && fread(input, 1, UPPER_INPUT_SIZE, stdin) == UPPER_INPUT_SIZE) {
        int32_t head[3] = {-1, 0, UPPER_OUTPUT_SIZE};
        status = NAME_run(input, output, arena);
        fwrite(head, 4, 3, stdout);
        fwrite(output, 1, UPPER_OUTPUT_SIZE, stdout);
    }
    free(arena);
    free(input);
    free(output);
    return status;
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostProgram:
    """A compiled export."""

    made: Export
    path: Path

    def run(self, inputs: np.ndarray) -> list[dict[int, np.ndarray]]:
        """For each input, int8 (n, ...), every tensor it made, flat, by number; -1 is the output."""
        done = subprocess.run([self.path], input=inputs.astype(np.int8).tobytes(), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return _parse(done.stdout)


def _parse(stream: bytes) -> list[dict[int, np.ndarray]]:
    results: list[dict[int, np.ndarray]] = []
    rows: dict[int, dict[int, bytes]] = {}
    at = 0
    while at < len(stream):
        tensor, y, size = np.frombuffer(stream, np.int32, 3, at).tolist()
        rows.setdefault(tensor, {})[y] = stream[at + 12 : at + 12 + size]
        at += 12 + size
        if tensor == -1:
            joined = {t: b"".join(made[k] for k in sorted(made)) for t, made in rows.items()}
            results.append({t: np.frombuffer(content, np.int8) for t, content in joined.items()})
            rows = {}
    return results


def compile_export(content: bytes, folder: Path, *, cpu: str = "generic", name: str = "net") -> HostProgram:
    """Exports and compiles; warnings are errors."""
    made = export_model(content, name=name, cpu=cpu)
    write_export(made, folder)
    (folder / "main.c").write_text(MAIN.replace("NAME", name).replace("UPPER", name.upper()))
    program = folder / "program"
    kernels = [kernel_object(source) for source in made.sources if source.startswith("hairline_")]
    _gcc(folder, f"{name}.c", "main.c", *kernels, "-o", program)
    return HostProgram(made=made, path=program)


@cache
def kernel_object(source: str) -> Path:
    """A kernel compiled once for all networks: an export's copy of it is the package's, byte for byte."""
    target = _objects() / f"{source}.o"
    _gcc(Path(str(files("firmware_export") / "kernels")), "-c", source, "-o", target)
    return target


@cache
def _objects() -> Path:
    folder = TemporaryDirectory(prefix="hairline-kernels-")
    atexit.register(folder.cleanup)
    return Path(folder.name)


def _gcc(folder: Path, *words: str | Path) -> None:
    command = ["gcc", *FLAGS, *(str(word) for word in words)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:3000]


def reference(content: bytes, inputs: np.ndarray) -> list[dict[int, np.ndarray]]:
    """What TFLite's reference kernels give for each input: every int8 tensor, flat, by number."""
    interpreter = Interpreter(
        model_content=content,
        experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
        experimental_preserve_all_tensors=True,
    )
    interpreter.allocate_tensors()
    (detail,) = interpreter.get_input_details()
    results = []
    for values in inputs:
        interpreter.set_tensor(detail["index"], values.reshape(detail["shape"]).astype(np.int8))
        interpreter.invoke()
        results.append(
            {
                t["index"]: interpreter.get_tensor(t["index"]).ravel().copy()
                for t in interpreter.get_tensor_details()
                if t["dtype"] == np.int8
            }
        )
    return results


def check_parity(
    content: bytes,
    inputs: np.ndarray,
    folder: Path,
    *,
    cpu: str = "generic",
    expected: list[dict[int, np.ndarray]] | None = None,
) -> HostProgram:
    """Every tensor that the C makes equals TFLite's, `expected` where that is known, for every input."""
    program = compile_export(content, folder, cpu=cpu)
    made = program.run(inputs)
    expected = expected or reference(content, inputs)
    assert len(made) == len(inputs)
    for n, (ours, theirs) in enumerate(zip(made, expected, strict=True)):
        for tensor, values in ours.items():
            index = program.made.graph.output if tensor == -1 else tensor
            # Within a chain the last rows may be read by nothing; then they are not made.
            assert values.size == theirs[index].size or tensor != -1
            wrong = np.flatnonzero(values != theirs[index][: values.size])
            assert wrong.size == 0, (
                f"input {n}, tensor {tensor}: {wrong.size} of {values.size} differ, first at {wrong[0]}: "
                f"{values[wrong[0]]} instead of {theirs[index][wrong[0]]}"
            )
    return program
