"""The serial protocol: COBS against its published examples, and nothing damaged that passes."""

import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.serial_protocol import (
    CRC,
    Hello,
    Packet,
    SelfTest,
    cobs_decode,
    cobs_encode,
    from_frame,
    model_number,
    to_frame,
)

U32 = st.integers(0, 2**32 - 1)
PACKETS = st.builds(
    Packet,
    kind=st.integers(0, 255),
    status=st.integers(0, 255),
    version=st.integers(0, 65535),
    sequence=U32,
    model=U32,
    body=st.one_of(st.binary(max_size=600), st.binary(max_size=3).map(lambda b: b * 300)),
)


@pytest.mark.parametrize(
    ("plain", "stuffed"),
    # Cheshire and Baker 1999, and the table of examples of "Consistent Overhead Byte Stuffing", Wikipedia.
    [
        ("00", "01 01"),
        ("00 00", "01 01 01"),
        ("00 11 00", "01 02 11 01"),
        ("11 22 00 33", "03 11 22 02 33"),
        ("11 22 33 44", "05 11 22 33 44"),
        ("11 00 00 00", "02 11 01 01 01"),
        (bytes(range(1, 255)).hex(), "ff" + bytes(range(1, 255)).hex()),
        ("00" + bytes(range(1, 255)).hex(), "01 ff" + bytes(range(1, 255)).hex()),
        (bytes(range(1, 256)).hex(), "ff" + bytes(range(1, 255)).hex() + "02 ff"),
        (bytes(range(2, 256)).hex() + "00", "ff" + bytes(range(2, 256)).hex() + "01 01"),
        (bytes(range(3, 256)).hex() + "00 01", "fe" + bytes(range(3, 256)).hex() + "02 01"),
    ],
)
def test_cobs_of_the_published_examples(plain: str, stuffed: str) -> None:
    assert cobs_encode(bytes.fromhex(plain)) == bytes.fromhex(stuffed)
    assert cobs_decode(bytes.fromhex(stuffed)) == bytes.fromhex(plain)


@settings(deadline=None)
@given(st.one_of(st.binary(max_size=2000), st.lists(st.sampled_from([0, 1, 255]), max_size=800).map(bytes)))
def test_cobs_there_and_back(plain: bytes) -> None:
    stuffed = cobs_encode(plain)
    assert 0 not in stuffed
    assert len(stuffed) <= len(plain) + len(plain) // 254 + 1
    assert cobs_decode(stuffed) == plain


@settings(deadline=None)
@given(PACKETS)
def test_packets_there_and_back(packet: Packet) -> None:
    frame = to_frame(packet)
    assert frame.count(0) == 1
    assert frame.endswith(b"\0")
    assert from_frame(frame[:-1]) == packet


@settings(deadline=None)
@given(PACKETS, st.data())
def test_one_changed_lost_or_added_byte_is_noticed(packet: Packet, data: st.DataObject) -> None:
    """A zero ends a frame early, so damage never puts one inside; the parser is given what lies between two."""
    frame = to_frame(packet)[:-1]
    at = data.draw(st.integers(0, len(frame) - 1))
    byte = bytes([data.draw(st.integers(1, 255))])
    damaged = data.draw(
        st.sampled_from(
            [frame[:at] + byte + frame[at + 1 :], frame[:at] + frame[at + 1 :], frame[:at] + byte + frame[at:]]
        )
    )
    if damaged == frame:
        return
    try:
        taken = from_frame(damaged)
    except ValueError:
        return
    # Losing one of two equal bytes, or adding an equal one, can leave the frame what it was.
    assert taken == packet


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_noise_raises_nothing_but_value_error(noise: bytes) -> None:
    try:
        packet = from_frame(noise)
    except ValueError:
        return
    assert from_frame(to_frame(packet)[:-1]) == packet


def test_the_crc_is_zlibs() -> None:
    """The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms."""
    assert zlib.crc32(b"123456789") == 0xCBF43926
    packet = Packet(kind=2, sequence=7, model=9, body=b"tile")
    plain = cobs_decode(to_frame(packet)[:-1])
    assert CRC.unpack(plain[-4:])[0] == zlib.crc32(plain[:-4])


def test_answers_there_and_back() -> None:
    hello = Hello(
        model_sha256=bytes(range(32)),
        input_hwc=(96, 64, 3),
        output_bytes=1,
        arena_bytes=33_376,
        clock_hz=168_000_000,
        counter=1,
        golden_count=4,
        board="stm32f405",
    )
    assert Hello.unpack(hello.pack()) == hello
    assert model_number(hello.model_sha256) == 0x03020100
    tested = SelfTest(index=3, count=2**40, scores=b"\x80\x7f")
    assert SelfTest.unpack(tested.pack(), 2) == tested
    for wrong in (hello.pack()[:-1], b""):
        with pytest.raises(ValueError, match="84 bytes"):
            Hello.unpack(wrong)
    with pytest.raises(ValueError, match="14 bytes"):
        SelfTest.unpack(b"", 2)
