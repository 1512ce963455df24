"""A board on a serial line as the classifier: tiles out, int8 scores in."""

import time
from types import TracebackType
from typing import Self

import numpy as np

from edge.bundle import Bundle
from edge.errors import BundleError, SerialError
from edge.frame import U8Image
from edge.manifest import Int8Array
from edge.preprocess import to_int8
from edge.serial_link import DEFAULT_BAUD, Port, SerialLink, SerialPort
from edge.serial_protocol import SELF_TEST_REQUEST, Counter, Hello, Kind, SelfTest, Status, model_number
from edge.tile_by_tile import network_inputs, score_frame
from edge.tiling import ScoreMap

HELLO_S = 2.0
MAX_BAUD = 20_000_000
# The first tile's time is unknown: a slow board, or an emulated one. Later ones are given a multiple of the slowest.
FIRST_TILE_S = 60.0
LEAST_TILE_S = 1.0
PATIENCE = 4
CHECKED_TILES = 4


class SerialBoard:
    """A board that runs Hairline's firmware. `hello` is what it said of itself."""

    def __init__(self, port: Port, *, baud: int = DEFAULT_BAUD) -> None:
        """Raises `SerialError` where no such board answers. Takes over the port, and closes it."""
        self._link = SerialLink(port, baud=baud)
        self._slowest_s: float | None = None
        try:
            answer = self._link.ask(Kind.HELLO, answer_s=HELLO_S)
            self.hello = Hello.unpack(answer.body)
        except ValueError as wrong:
            self.close()
            raise SerialError(f"the board's answer to a greeting is not understood: {wrong}: flash it again") from wrong
        except SerialError:
            self.close()
            raise
        self._model = model_number(self.hello.model_sha256)

    @classmethod
    def open(cls, where: str) -> Self:
        """The board at a port, 'PORT' or 'PORT@BAUD'. Raises `SerialError`, `MissingExtraError` without pySerial."""
        address, at, rate = where.rpartition("@")
        if not at:
            address, rate = where, str(DEFAULT_BAUD)
        if not rate.isdecimal() or not 0 < int(rate) <= MAX_BAUD:
            raise SerialError(f"a port is PORT or PORT@BAUD, with 1 to {MAX_BAUD} baud; got '{where}'")
        return cls(SerialPort(address, int(rate)), baud=int(rate))

    @property
    def retries(self) -> int:
        """How often something had to be asked again."""
        return self._link.retries

    def score(self, tile: Int8Array) -> Int8Array:
        """The scores, int8 (output_bytes,), of a tile, int8 (h, w, c) as the network takes it."""
        if tile.dtype != np.int8 or tile.shape != self.hello.input_hwc:
            raise ValueError(f"a tile is int8 {self.hello.input_hwc}; got {tile.dtype} {tile.shape}")
        answer = self._timed(Kind.TILE, tile.tobytes())
        if len(answer) != self.hello.output_bytes:
            raise SerialError(f"the board must answer with {self.hello.output_bytes} scores; got {len(answer)}")
        return np.frombuffer(answer, np.int8)

    def self_test(self, index: int) -> tuple[SelfTest, bool]:
        """Runs golden tile `index` on the board: what it measured, and whether its scores were exact."""
        request = SELF_TEST_REQUEST.pack(index)
        answer = self._link.ask(Kind.SELF_TEST, request, model=self._model, answer_s=self._tile_s)
        try:
            result = SelfTest.unpack(answer.body, self.hello.output_bytes)
        except ValueError as wrong:
            raise SerialError(f"the board's self-test is not understood: {wrong}: flash it again") from wrong
        return result, answer.status == Status.OK

    def close(self) -> None:
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def _tile_s(self) -> float:
        return FIRST_TILE_S if self._slowest_s is None else max(LEAST_TILE_S, PATIENCE * self._slowest_s)

    def _timed(self, kind: Kind, body: bytes) -> bytes:
        begun, retries = time.monotonic(), self._link.retries
        answer = self._link.ask(kind, body, model=self._model, answer_s=self._tile_s)
        if self._link.retries == retries:
            self._slowest_s = max(self._slowest_s or 0.0, time.monotonic() - begun)
        return answer.body


class SerialClassifier:
    """The classifier of a bundle, on a board that holds the bundle's network. One thread, one tile at a time."""

    def __init__(self, bundle: Bundle, board: SerialBoard) -> None:
        """Raises `SerialError` for a board with another network, `BundleError` where its scores are not exact."""
        self.spec = bundle.manifest.classifier
        self._board = board
        hello = board.hello
        stated = bundle.manifest.files[self.spec.file]
        if hello.model_sha256.hex() != stated:
            raise SerialError(
                f"the board ({hello.board}) must hold the network of {bundle.path}, SHA-256 {stated[:12]}…; it holds "
                f"{hello.model_sha256.hex()[:12]}…: hairline firmware flash --board {hello.board} {bundle.path}"
            )
        self.runtime = f"hairline firmware on {hello.board} at {hello.clock_hz / 1e6:g} MHz (serial)"
        got = self.score_tiles(bundle.golden.tiles[:CHECKED_TILES])
        if not np.array_equal(got, bundle.golden.outputs[:CHECKED_TILES]):
            raise BundleError(
                f"{bundle.path / self.spec.file}: the firmware must give the golden outputs exactly; {hello.board} "
                f"gives {got.tolist()} for {bundle.golden.outputs[:CHECKED_TILES].tolist()}: flash it again"
            )

    @property
    def retries(self) -> int:
        return self._board.retries

    def score_map(self, frame_bgr: U8Image) -> ScoreMap:
        return score_frame(frame_bgr, self.spec, self.score_tiles)

    def score_tiles(self, tiles: U8Image) -> Int8Array:
        inputs = (to_int8(tile, self.spec.input) for tile in network_inputs(tiles, self.spec))
        return np.array([self._board.score(tile)[0] for tile in inputs], np.int8)


def describe(hello: Hello, result: SelfTest) -> str:
    """What a self-test measured, in words: cycles where the board has a counter."""
    names = {Counter.DWT_CYCLES: "cycles (DWT)", Counter.SYSTICK_CYCLES: "cycles (SysTick)"}
    if hello.counter not in names:
        return "no cycle counter: an emulator"
    return f"{result.count:,} {names[Counter(hello.counter)]}, {result.count / hello.clock_hz * 1e3:.1f} ms"
