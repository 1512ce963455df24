"""A program against onnxruntime on the golden tiles, before anyone may use it."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime

from edge.frame import U8Image
from edge.manifest import F32Array
from edge.process_classifier import TOLERANCE
from edge.tile_process import ANSWER, GREETING, REQUEST
from firmware_export.deepc.errors import DeepcError
from firmware_export.deepc.targets import Target
from firmware_export.toolchain import run_tool

_ERRORS_ONLY = 3
_TIMEOUT_S = 600
_MEMORY = re.compile(r"^memory: (\w+) (\d+)$", re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """How far a program is from onnxruntime at most, and the most memory that it used, in bytes by kind."""

    worst: float
    memory: dict[str, int]


def onnx_scores(onnx: bytes, inputs: U8Image) -> F32Array:
    """onnxruntime's scores, float32 (n,), of inputs, uint8 BGR (n, h, w, 3)."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY  # weights that are inputs too, as deepC wants them, make it warn
    session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    tiles = inputs.transpose(0, 3, 1, 2)[:, np.newaxis].astype(np.float32)
    return np.array([np.asarray(session.run(None, {name: tile})[0]).item() for tile in tiles], np.float32)


def check_parity(target: Target, program: Path, inputs: U8Image, expected: F32Array) -> Parity:
    """Runs the program on inputs, uint8 BGR (n, h, w, 3). Raises `DeepcError` where a score is not the expected one."""
    requests, answers = program.with_suffix(".requests"), program.with_suffix(".answers")
    requests.write_bytes(b"".join(REQUEST.pack(index) + tile.tobytes() for index, tile in enumerate(inputs)))
    done = run_tool(target.command(program, requests, answers), timeout_s=_TIMEOUT_S)
    content = answers.read_bytes()
    golden_count = GREETING.unpack_from(content)[5] if len(content) >= GREETING.size else 0
    got = content[GREETING.size + 4 * golden_count :]
    pairs = list(ANSWER.iter_unpack(got)) if len(got) % ANSWER.size == 0 else []
    if [sequence for sequence, _ in pairs] != list(range(len(inputs))):
        said = done.stderr.strip() or "nothing"
        raise DeepcError(f"{program}: must answer {len(inputs)} tiles; it answered {len(pairs)} and said: {said}")
    scores = np.array([score for _, score in pairs], np.float32)
    off = np.abs(scores - expected) / np.maximum(1, np.abs(expected))
    worst = float(np.max(np.where(np.isfinite(off), off, np.inf)))
    if worst > TOLERANCE:
        raise DeepcError(
            f"{program}: must give onnxruntime's scores to {TOLERANCE:g}; one of {len(inputs)} golden tiles is off by "
            f"{worst:.3g}: it is not to be used"
        )
    for scratch in (requests, answers):
        scratch.unlink()
    memory = {kind: int(size) for kind, size in _MEMORY.findall(done.stdout + done.stderr)}
    if target.runner:
        memory.pop("resident", None)
    return Parity(worst=worst, memory=memory)
