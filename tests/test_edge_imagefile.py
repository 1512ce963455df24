"""Pictures: read whole, upright and as 8-bit BGR, or refused by name."""

import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from edge import imagefile
from edge.errors import SourceError
from edge.imagefile import decode_bgr, read_bgr

RGB = np.random.default_rng(0).integers(0, 256, (37, 53, 3), np.uint8)


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


JPEG = encoded(Image.fromarray(RGB), "JPEG", quality=90)
PNG = encoded(Image.fromarray(RGB), "PNG")


@pytest.mark.parametrize("kind", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_pictures_come_back_as_bgr(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "picture"
    path.write_bytes(encoded(Image.fromarray(RGB), kind))
    bgr = read_bgr(path)
    assert bgr.dtype == np.uint8
    assert bgr.flags.c_contiguous
    np.testing.assert_array_equal(bgr, RGB[:, :, ::-1])


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}, {"restart_marker_blocks": 1}])
@pytest.mark.parametrize("quality", [30, 95])
def test_a_jpeg_reads_as_pillow_reads_it(options: dict, quality: int) -> None:
    content = encoded(Image.fromarray(RGB), "JPEG", quality=quality, **options)
    theirs = np.asarray(Image.open(io.BytesIO(content)))
    np.testing.assert_array_equal(decode_bgr(content, name="a.jpg"), theirs[:, :, ::-1])


def test_a_picture_in_the_head_of_a_jpeg_does_not_pass_for_it() -> None:
    head = b"\xff\xe2" + (2 + len(JPEG)).to_bytes(2, "big") + JPEG
    content = JPEG[:2] + head + JPEG[2:]
    np.testing.assert_array_equal(decode_bgr(content, name="a.jpg"), decode_bgr(JPEG, name="a.jpg"))
    with pytest.raises(SourceError, match=r"cut_short: .*no end"):
        decode_bgr(content[:-40], name="cut_short")


def test_the_first_picture_of_a_phones_several_is_read() -> None:
    both = encoded(Image.fromarray(RGB), "MPO", save_all=True, append_images=[Image.new("RGB", (9, 9))], quality=90)
    assert decode_bgr(both, name="a.jpg").shape == RGB.shape


@pytest.mark.parametrize("kind", ["TIFF", "PNG", "WEBP"])
def test_a_picture_of_several_pages_is_refused(kind: str) -> None:
    pages = [Image.fromarray(RGB[::-1]), Image.fromarray(RGB[:, ::-1])]
    several = encoded(Image.fromarray(RGB), kind, save_all=True, append_images=pages)
    with pytest.raises(SourceError, match=r"^scan: .*has 3; give each as a file of its own$"):
        decode_bgr(several, name="scan")
    one = encoded(Image.fromarray(RGB), kind, save_all=True)
    assert decode_bgr(one, name="scan").shape == RGB.shape


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_upright(orientation: int) -> None:
    stored = {  # what a camera stores for an upright picture, by the Exif standard's table of orientations
        1: lambda a: a,
        2: np.fliplr,
        3: lambda a: np.rot90(a, 2),
        4: np.flipud,
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }[orientation](RGB)
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = encoded(Image.fromarray(np.ascontiguousarray(stored)), "PNG", exif=exif)
    np.testing.assert_array_equal(decode_bgr(content, name="a.png"), RGB[:, :, ::-1])


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA"])
def test_other_modes_become_the_same_colours(mode: str) -> None:
    image = Image.fromarray(RGB).convert(mode)
    truth = np.asarray(image.convert("RGB"))[:, :, ::-1]
    np.testing.assert_array_equal(decode_bgr(encoded(image, "PNG"), name="a.png"), truth)


def test_alpha_is_dropped() -> None:
    rgba = np.dstack([RGB, np.full(RGB.shape[:2], 7, np.uint8)])
    np.testing.assert_array_equal(decode_bgr(encoded(Image.fromarray(rgba), "PNG"), name="a.png"), RGB[:, :, ::-1])


def test_cmyk_keeps_its_colours() -> None:
    red = Image.new("RGB", (16, 16), (250, 10, 10)).convert("CMYK")
    assert np.abs(decode_bgr(encoded(red, "JPEG"), name="a.jpg")[8, 8].astype(int) - [10, 10, 250]).max() <= 4


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled_not_cut(kind: str) -> None:
    wide = np.array([[0, 128, 129, 257, 32768, 65406, 65407, 65535]], np.uint16)
    bgr = decode_bgr(encoded(Image.fromarray(wide), kind), name="a")
    assert bgr.shape == (1, 8, 3)
    assert bgr[0, :, 0].tolist() == [0, 0, 1, 1, 128, 254, 255, 255]
    assert (bgr == bgr[:, :, :1]).all()


def test_pixels_of_unknown_range_are_refused() -> None:
    with pytest.raises(SourceError, match=r"a\.tif.*32-bit"):
        decode_bgr(encoded(Image.fromarray(np.zeros((4, 4), np.float32)), "TIFF"), name="a.tif")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([JPEG, PNG]), st.floats(0, 0.97))
def test_a_picture_cut_short_never_passes_for_a_whole_one(content: bytes, share: float) -> None:
    with pytest.raises(SourceError, match="cut_short"):
        decode_bgr(content[: int(share * len(content))], name="cut_short")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([JPEG, PNG]), st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=5))
def test_damage_is_a_source_error_or_pixels_and_never_anything_else(content: bytes, damage: list) -> None:
    broken = bytearray(content)
    for where, value in damage:
        broken[where % len(broken)] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pixels = decode_bgr(bytes(broken), name="broken")
        except SourceError:
            return
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "notes.jpg").write_text("not a picture")
    for path in (tmp_path / "notes.jpg", tmp_path / "absent.jpg", tmp_path):
        with pytest.raises(SourceError, match=path.name):
            read_bgr(path)


def test_formats_that_run_programs_are_not_opened() -> None:
    with pytest.raises(SourceError, match="must be a picture"):
        decode_bgr(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n", name="a.eps")


def test_a_decompression_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = encoded(Image.new("1", (20_000, 20_000)), "PNG")
    with pytest.raises(SourceError, match="at most"):
        decode_bgr(bomb, name="bomb.png")
    monkeypatch.setattr(imagefile, "MAX_PIXELS", 1000)
    with pytest.raises(SourceError, match="at most 1000 pixels"):
        decode_bgr(PNG, name="a.png")
