"""Images as a boot ROM wants them: UF2 blocks, and the check sum of the RP2040's second boot stage."""

import struct

from firmware_export.errors import BoardError

# The UF2 format: https://github.com/microsoft/uf2
_BLOCK = struct.Struct("<IIIIIIII476sI")
_MAGICS = (0x0A324655, 0x9E5D5157, 0x0AB16F30)
_FAMILY_GIVEN = 0x2000
_PAYLOAD_BYTES = 256

BOOT2_BYTES = 256
_BOOT2_CODE_BYTES = 252


def to_uf2(image: bytes, *, origin: int, family: int) -> bytes:
    """The blocks of 512 bytes that put `image` at `origin`, the last one filled up with 0xff."""
    starts = range(0, len(image), _PAYLOAD_BYTES)
    parts = [image[at : at + _PAYLOAD_BYTES].ljust(_PAYLOAD_BYTES, b"\xff") for at in starts]
    first, second, end = _MAGICS
    return b"".join(
        _BLOCK.pack(
            first,
            second,
            _FAMILY_GIVEN,
            origin + number * _PAYLOAD_BYTES,
            _PAYLOAD_BYTES,
            number,
            len(parts),
            family,
            part.ljust(476, b"\0"),
            end,
        )
        for number, part in enumerate(parts)
    )


def seal_boot2(image: bytes) -> bytes:
    """The image with the CRC-32 of its first 252 bytes behind them, as the RP2040's boot ROM checks it.

    RP2040 datasheet 2.8.1.3.1: polynomial 0x04c11db7, initial value 0xffffffff, neither reflected nor inverted.
    """
    if image[_BOOT2_CODE_BYTES:BOOT2_BYTES] != bytes(4) or not any(image[:_BOOT2_CODE_BYTES]):
        raise BoardError("an RP2040 image begins with 252 bytes of code and 4 that are free; this one does not")
    crc = boot2_crc(image[:_BOOT2_CODE_BYTES])
    return image[:_BOOT2_CODE_BYTES] + struct.pack("<I", crc) + image[BOOT2_BYTES:]


def boot2_crc(code: bytes) -> int:
    """CRC-32/MPEG-2."""
    crc = 0xFFFFFFFF
    for byte in code:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc
