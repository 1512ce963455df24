"""Whether a video file is all there, by the sizes that its container states.

A decoder paints the missing part of a cut frame grey and calls it decoded, and a cut video may even yield as
many frames as it announces. Only the container's own sizes prove that nothing is missing at the end.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

_EBML_ID, _SEGMENT_ID = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"


class Ending(StrEnum):
    """What the container's sizes say of the end of a file."""

    WHOLE = "whole"
    CUT = "cut"
    UNKNOWN = "unknown"  # a container that is not known here, or a stream that states no size


def ending(path: Path) -> Ending:
    """The end of an AVI, MP4, MOV, Matroska or WebM file; `UNKNOWN` for any other. Raises `OSError`."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        head = file.read(12)
        if head[:4] == b"RIFF":
            return _avi(file, size)
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
            return _mp4(file, size)
        if head[:4] == _EBML_ID:
            return _matroska(file, size)
    return Ending.UNKNOWN


def _avi(file: BinaryIO, size: int) -> Ending:
    """A row of RIFF chunks (OpenDML: one a gigabyte); a writer fills their sizes in when it finishes."""
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(8)
        if head[:4] != b"RIFF" and at > 0:
            return Ending.WHOLE  # something was appended to a finished file
        length = int.from_bytes(head[4:8], "little")
        if len(head) < 8 or length < 4 or at + 8 + length > size:
            return Ending.CUT
        at += 8 + length + length % 2
    return Ending.WHOLE


def _mp4(file: BinaryIO, size: int) -> Ending:
    """A row of boxes (ISO/IEC 14496-12, 4.2) that ends where the file does."""
    at = 0
    while at < size:
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:
            return Ending.UNKNOWN  # the last box of a stream: it ends where the file ends, wherever that is
        if len(head) < 8 or length < 8:
            return Ending.CUT
        at += length
    return Ending.WHOLE if at == size else Ending.CUT


def _matroska(file: BinaryIO, size: int) -> Ending:
    """An EBML header, then one segment that holds everything (RFC 8794, 6.2; RFC 9559)."""
    file.seek(4)
    header = _ebml_size(file)
    if header is None:
        return Ending.CUT
    file.seek(header, os.SEEK_CUR)
    if file.read(4) != _SEGMENT_ID:
        return Ending.CUT
    length = _ebml_size(file)
    if length is None:
        return Ending.UNKNOWN
    return Ending.WHOLE if file.tell() + length <= size else Ending.CUT


def _ebml_size(file: BinaryIO) -> int | None:
    """A variable-size integer (RFC 8794, 4); None where it is missing or says "unknown"."""
    first = file.read(1)
    if not first or not first[0]:
        return None
    more = 8 - first[0].bit_length()
    rest = file.read(more)
    value = int.from_bytes(bytes([first[0] & (0x7F >> more)]) + rest, "big")
    unknown = value == (1 << (7 * (more + 1))) - 1
    return None if unknown or len(rest) < more else value
