"""What goes over the serial line between a host and a board: packets, their check sum and their framing.

A frame on the wire is COBS(packet, CRC-32 of the packet) and a zero byte. COBS (Cheshire and Baker, "Consistent
Overhead Byte Stuffing", IEEE/ACM Transactions on Networking 7(2), 1999) leaves no zero inside a frame, so whoever lost
his place finds it again at the next zero. The CRC-32 is zlib's (IEEE 802.3). Numbers are little-endian.

Every packet begins with the same header. A board answers each request once, under the request's kind and sequence
number; a frame that arrived damaged it answers with `Kind.DAMAGED`, without knowing whose it was. Each request for
scores names the network that it means, so a board that was exchanged or flashed anew cannot answer it by mistake.
`firmware_export.protocol` generates the firmware's C header from this file.
"""

import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

PROTOCOL_VERSION = 1
HEADER = struct.Struct("<BBHII")
CRC = struct.Struct("<I")
DELIMITER = b"\0"
MODEL_SHA256_BYTES = 32
BOARD_NAME_BYTES = 32
HELLO = struct.Struct(f"<{MODEL_SHA256_BYTES}sHHHHIIBB2x{BOARD_NAME_BYTES}s")
SELF_TEST = struct.Struct("<IQ")
SELF_TEST_REQUEST = struct.Struct("<I")


class Kind(IntEnum):
    """What a packet is about. HELLO, TILE and SELF_TEST are asked by the host and answered under the same kind."""

    HELLO = 1
    TILE = 2
    SELF_TEST = 3
    DAMAGED = 4


class Status(IntEnum):
    """How a request went; requests carry OK."""

    OK = 0
    WRONG_VERSION = 1
    WRONG_MODEL = 2
    WRONG_LENGTH = 3
    UNKNOWN_KIND = 4
    SELF_TEST_FAILED = 5


class Counter(IntEnum):
    """What a board's self-test counts. An emulator's clock means nothing, so there a board says NONE."""

    NONE = 0
    DWT_CYCLES = 1
    SYSTICK_CYCLES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One request or answer. `model`: the first four bytes of the network's SHA-256, 0 in a HELLO request."""

    kind: int
    status: int = Status.OK
    version: int = PROTOCOL_VERSION
    sequence: int
    model: int
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """What a board says of itself: network, input (h, w, channels) int8, scores a tile, golden tiles, counter."""

    model_sha256: bytes
    input_hwc: tuple[int, int, int]
    output_bytes: int
    arena_bytes: int
    clock_hz: int
    counter: int
    golden_count: int
    board: str

    def pack(self) -> bytes:
        return HELLO.pack(
            self.model_sha256,
            *self.input_hwc,
            self.output_bytes,
            self.arena_bytes,
            self.clock_hz,
            self.counter,
            self.golden_count,
            self.board.encode("ascii"),
        )

    @classmethod
    def unpack(cls, body: bytes) -> Self:
        """Raises `ValueError` for a body that is no HELLO answer."""
        _check_length("a HELLO answer", body, HELLO.size)
        sha256, h, w, c, output, arena, clock, counter, golden, board = HELLO.unpack(body)
        return cls(
            model_sha256=sha256,
            input_hwc=(h, w, c),
            output_bytes=output,
            arena_bytes=arena,
            clock_hz=clock,
            counter=counter,
            golden_count=golden,
            board=board.rstrip(b"\0").decode("ascii", errors="replace"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """One golden tile on the board: which, what it cost in units of `Hello.counter`, and the int8 scores it gave."""

    index: int
    count: int
    scores: bytes

    def pack(self) -> bytes:
        return SELF_TEST.pack(self.index, self.count) + self.scores

    @classmethod
    def unpack(cls, body: bytes, output_bytes: int) -> Self:
        """Raises `ValueError` for a body that is no SELF_TEST answer with so many scores."""
        _check_length("a SELF_TEST answer", body, SELF_TEST.size + output_bytes)
        index, count = SELF_TEST.unpack_from(body)
        return cls(index=index, count=count, scores=body[SELF_TEST.size :])


def model_number(sha256: bytes) -> int:
    """What `Packet.model` is for a network whose file has this SHA-256."""
    return int.from_bytes(sha256[:4], "little")


def to_frame(packet: Packet) -> bytes:
    """The packet as it goes over the wire, its closing zero included."""
    plain = HEADER.pack(packet.kind, packet.status, packet.version, packet.sequence, packet.model) + packet.body
    return cobs_encode(plain + CRC.pack(zlib.crc32(plain))) + DELIMITER


def from_frame(stuffed: bytes) -> Packet:
    """The packet of a frame without its closing zero. Raises `ValueError` for one that was damaged."""
    plain = cobs_decode(stuffed)
    if len(plain) < HEADER.size + CRC.size:
        raise ValueError(f"a packet has at least {HEADER.size + CRC.size} bytes; got {len(plain)}")
    content, (stated,) = plain[: -CRC.size], CRC.unpack(plain[-CRC.size :])
    if zlib.crc32(content) != stated:
        raise ValueError(f"a packet's CRC-32 must be {zlib.crc32(content):08x}; it says {stated:08x}")
    kind, status, version, sequence, model = HEADER.unpack_from(content)
    return Packet(
        kind=kind, status=status, version=version, sequence=sequence, model=model, body=content[HEADER.size :]
    )


def cobs_encode(plain: bytes) -> bytes:
    """`plain` without zeros: blocks of up to 254 bytes, each led by its length + 1 and, below 255, ended by a zero."""
    out = bytearray()
    runs = plain.split(b"\0")
    for number, run in enumerate(runs, start=1):
        whole = len(run) // 254 * 254
        for at in range(0, whole, 254):
            out += b"\xff" + run[at : at + 254]
        # Nothing follows a full block that ends the packet.
        if whole < len(run) or not whole or number < len(runs):
            out += bytes([len(run) - whole + 1]) + run[whole:]
    return bytes(out)


def cobs_decode(stuffed: bytes) -> bytes:
    """What `cobs_encode` was given. Raises `ValueError` for a zero inside or a block that is cut short."""
    if not stuffed or 0 in stuffed:
        raise ValueError("a frame must not be empty and holds no zero")
    out = bytearray()
    at = 0
    while at < len(stuffed):
        code = stuffed[at]
        block = stuffed[at + 1 : at + code]
        if len(block) != code - 1:
            raise ValueError(f"a frame's last block must have {code - 1} bytes; it has {len(block)}")
        out += block
        at += code
        if code < 255 and at < len(stuffed):
            out.append(0)
    return bytes(out)


def _check_length(what: str, body: bytes, expected: int) -> None:
    if len(body) != expected:
        raise ValueError(f"{what} has {expected} bytes; got {len(body)}")
