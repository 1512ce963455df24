"""Requests and answers over a serial line that loses, damages and invents bytes: each request is answered soundly or
raises. `edge.serial_protocol` says what goes over the line."""

import logging
import os
import secrets
import time
from collections.abc import Callable
from typing import Protocol

from edge.errors import MissingExtraError, SerialError
from edge.serial_protocol import DELIMITER, PROTOCOL_VERSION, Kind, Packet, Status, from_frame, to_frame

_log = logging.getLogger(__name__)

ATTEMPTS = 6
QUIET_S = 0.05
LONGEST_NOISE_S = 1.0
FULL_S = 0.001
# An answer is short; more without a zero is noise, and memory that noise must not fill.
MAX_ANSWER_BYTES = 8_192
DEFAULT_BAUD = 921_600


class Port(Protocol):
    """A serial port, or what plays one."""

    def write(self, data: bytes, timeout_s: float) -> bool:
        """Sends all of `data`; False where the line was too slow. Raises `OSError` for a port that is gone."""

    def read(self, timeout_s: float) -> bytes:
        """What has come, at least one byte, or nothing after `timeout_s`. Raises `OSError` for a port that is gone."""

    def close(self) -> None: ...


class SerialPort:
    """A port by pySerial: a device ('/dev/ttyACM0', 'COM3') or one of pySerial's addresses ('socket://host:port')."""

    def __init__(self, address: str, baud: int) -> None:
        """Raises `SerialError` for a port that cannot be opened, `MissingExtraError` without pySerial."""
        try:
            import serial
        except ModuleNotFoundError as missing:
            raise MissingExtraError("a serial port", "serial", "pyserial") from missing
        try:
            self._port = serial.serial_for_url(address, baudrate=baud, timeout=QUIET_S)
        except (OSError, ValueError) as refused:
            raise SerialError(
                f"'{address}' must be a serial port that this user may open; {refused}: is the board plugged in, is "
                "nobody else using it, does your user belong to the group 'dialout'?"
            ) from refused

    def write(self, data: bytes, timeout_s: float) -> bool:
        # Not pySerial's write: it waits for select, which on Linux can miss that a pseudo-terminal has room again, and
        # then does not say how much it had sent.
        until = time.monotonic() + timeout_s
        while data:
            try:
                data = data[os.write(self._port.fileno(), data) :]
            except BlockingIOError:
                if time.monotonic() >= until:
                    return False
                time.sleep(FULL_S)
        return True

    def read(self, timeout_s: float) -> bytes:
        until = time.monotonic() + timeout_s
        while True:
            data: bytes = self._port.read(max(1, self._port.in_waiting))
            if data or time.monotonic() >= until:
                return data

    def close(self) -> None:
        self._port.close()


class SerialLink:
    """One conversation. Not thread-safe. `retries` counts how often something had to be asked again."""

    def __init__(self, port: Port, *, baud: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._port = port
        self._baud = baud
        self._clock = clock
        self._held = bytearray()
        # A random start, so that no answer to another conversation's request can pass for one of ours.
        self._sequence = secrets.randbits(32)
        self.retries = 0

    def ask(self, kind: Kind, body: bytes = b"", *, model: int = 0, answer_s: float) -> Packet:
        """The board's answer, its status OK or SELF_TEST_FAILED, given within `answer_s` of the request's last byte.

        Asks again after a time-out or damage, `ATTEMPTS` times in all. Raises `SerialError` when none came, when the
        board is gone, and for an answer that says the request itself was wrong.
        """
        self._sequence = (self._sequence + 1) & 0xFFFFFFFF
        request = Packet(kind=kind, sequence=self._sequence, model=model, body=body)
        # The zero in front ends whatever the board holds of a frame before.
        data = DELIMITER + to_frame(request)
        sending_s = len(data) * 10 / self._baud
        try:
            for attempt in range(ATTEMPTS):
                if attempt:
                    self.retries += 1
                    self._wait_for_quiet()
                answer = self._attempt(data, request, sending_s * 2 + answer_s)
                if answer is not None:
                    return _sound(answer)
        except OSError as gone:
            if isinstance(gone, SerialError):
                raise
            raise SerialError(f"the serial port must stay open; it is gone: {gone}") from gone
        raise SerialError(
            f"a board must answer within {answer_s:.1f} s; after {ATTEMPTS} attempts none of its answers arrived "
            "undamaged: is it powered, is the firmware flashed, are TX and RX crossed, is the baud rate the same?"
        )

    def close(self) -> None:
        self._port.close()

    def _attempt(self, data: bytes, request: Packet, timeout_s: float) -> Packet | None:
        """The answer to one sending; None for damage at either end or a time-out."""
        until = self._clock() + timeout_s
        if not self._port.write(data, timeout_s):
            _log.info("the serial line did not take a request in time")
            return None
        while (left := until - self._clock()) > 0:
            for frame in self._frames(self._port.read(left)):
                try:
                    packet = from_frame(frame)
                except ValueError as damaged:
                    _log.info("an answer was damaged: %s", damaged)
                    return None
                if packet.kind == Kind.DAMAGED:
                    _log.info("the board says that a request was damaged")
                    return None
                if packet.kind == request.kind and packet.sequence == request.sequence:
                    return packet
                _log.info("an answer to request %d came late", packet.sequence)
        _log.info("no answer within %.1f s", timeout_s)
        return None

    def _frames(self, data: bytes) -> list[bytes]:
        """The frames that `data` completes; what follows the last zero is held."""
        self._held += data
        *frames, rest = bytes(self._held).split(DELIMITER)
        self._held[:] = rest if len(rest) <= MAX_ANSWER_BYTES else b""
        return [frame for frame in frames if frame]

    def _wait_for_quiet(self) -> None:
        """Forgets what was received, and what still comes until nothing does for a moment."""
        until = self._clock() + LONGEST_NOISE_S
        while self._port.read(QUIET_S) and self._clock() < until:
            pass
        self._held.clear()


def _sound(answer: Packet) -> Packet:
    """The answer, unless it says that asking again would not help."""
    if answer.version != PROTOCOL_VERSION or answer.status == Status.WRONG_VERSION:
        raise SerialError(
            f"board and host must speak the same version of the protocol; the board's is {answer.version}, ours "
            f"{PROTOCOL_VERSION}: flash the firmware of this Hairline"
        )
    if answer.status == Status.WRONG_MODEL:
        raise SerialError(
            f"the board must hold the network that it was asked about; it holds {answer.model:08x} (little-endian "
            "beginning of the SHA-256): was it exchanged or flashed anew?"
        )
    if answer.status not in (Status.OK, Status.SELF_TEST_FAILED):
        raise SerialError(f"a board must take the request; it answers with status {answer.status}: flash it again")
    return answer
