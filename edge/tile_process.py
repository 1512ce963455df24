"""A program that stays up and scores tiles: what goes through its standard input and output.

All numbers are little-endian. The program begins with a greeting: `GREETING`, then `golden_count` float32, the scores
that it must give for the golden tiles of the bundle it was made from. Then, for every request, a uint32 sequence number
and the tile's pixels (uint8, height x width x channels, in the order B, G, R), it answers the sequence number and the
score, a float32. It ends when its input does. What it has to say otherwise goes to standard error.
"""

import os
import select
import struct
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from edge.errors import ProgramError
from edge.frame import U8Image
from edge.manifest import F32Array

VERSION = 1
MAGIC = b"hairline"
GREETING = struct.Struct("<8sHHHHH32s")
REQUEST = struct.Struct("<I")
ANSWER = struct.Struct("<If")
GREETING_S = 10.0
ANSWER_S = 60.0
END_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Greeting:
    """What a program says of itself: the network's input, the SHA-256 of its ONNX file, its golden scores (n,)."""

    input_hwc: tuple[int, int, int]
    onnx_sha256: str
    golden_scores: F32Array


class TileProcess:
    """A running program. Once it has failed, every further call raises."""

    def __init__(self, command: Sequence[str | Path], *, answer_s: float = ANSWER_S) -> None:
        """Starts it. Raises `ProgramError` where it cannot be started or does not greet as it should."""
        self._command = [str(word) for word in command]
        self._answer_s = answer_s
        self._sequence = 0
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the process)
        try:
            # A session of its own: Ctrl-C in the terminal asks the loop to end, and the loop ends the program.
            self._process = subprocess.Popen(  # noqa: S603  (the user names the program; there is no shell)
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as refused:
            self._said.close()
            raise ProgramError(f"'{self._command[0]}' must be a program for this machine: {refused}") from refused
        self._in, self._out = (self._process.stdin.fileno(), self._process.stdout.fileno())  # type: ignore[union-attr]
        os.set_blocking(self._in, False)
        try:
            self.greeting = self._greeting()
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def score(self, tile: U8Image) -> float:
        """The score of a tile, uint8 BGR `greeting.input_hwc`. Raises `ProgramError`."""
        if tile.dtype != np.uint8 or tile.shape != self.greeting.input_hwc:
            raise ValueError(f"a tile is uint8 {self.greeting.input_hwc}; got {tile.dtype} {tile.shape}")
        self._sequence = (self._sequence + 1) % 2**32
        until = time.monotonic() + self._answer_s
        self._write(REQUEST.pack(self._sequence) + tile.tobytes(), until)
        sequence, score = ANSWER.unpack(self._read(ANSWER.size, until))
        if sequence != self._sequence or not np.isfinite(score):
            raise self._failed(f"must answer tile {self._sequence} with a number; it answered {sequence} with {score}")
        return float(score)

    def close(self) -> None:
        """Ends the program; does nothing where that was done."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _greeting(self) -> Greeting:
        until = time.monotonic() + GREETING_S
        magic, version, h, w, c, count, sha256 = GREETING.unpack(self._read(GREETING.size, until))
        if magic != MAGIC or version != VERSION:
            raise self._failed(
                f"must greet as hairline's version {VERSION} does; it began {magic!r}, {version}: is it a program that "
                "'hairline firmware deepc' made?"
            )
        scores = np.frombuffer(self._read(4 * count, until), "<f4").astype(np.float32)
        return Greeting(input_hwc=(h, w, c), onnx_sha256=sha256.hex(), golden_scores=scores)

    def _write(self, data: bytes, until: float) -> None:
        view = memoryview(data)
        while view:
            self._wait([], [self._in], until)
            try:
                view = view[os.write(self._in, view) :]
            except (BrokenPipeError, BlockingIOError):
                if self._process.poll() is not None:
                    raise self._failed(f"must stay up; it ended with {self._process.returncode}") from None

    def _read(self, count: int, until: float) -> bytes:
        data = bytearray()
        while len(data) < count:
            self._wait([self._out], [], until)
            part = os.read(self._out, count - len(data))
            if not part:
                self._process.wait()
                raise self._failed(f"must stay up; it ended with {self._process.returncode}")
            data += part
        return bytes(data)

    def _wait(self, readable: list[int], writable: list[int], until: float) -> None:
        if self._process.stdin is None or self._process.stdin.closed:
            raise ProgramError(f"'{self._command[0]}' was ended")
        if not any(select.select(readable, writable, [], max(0.0, until - time.monotonic()))):
            self._process.kill()
            raise self._failed("must answer in time; it was silent for too long and was ended")

    def _failed(self, what: str) -> ProgramError:
        """The error, with the program's last words. The program is ended: its next answer would be out of step."""
        self._process.kill()
        self._process.wait()
        self._said.seek(0)
        said = self._said.read()[-2000:].decode(errors="replace").strip().splitlines()[-3:]
        return ProgramError(f"'{self._command[0]}' {what}" + (f"; it said: {' | '.join(said)}" if said else ""))
