"""The picture of a find without anything drawn in: where it lies, what it shows."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.finds import Find
from edge.imagefile import decode_bgr
from edge.plain import MARGIN_PX, plain_box, plain_path, plain_pictures

SIDE = st.integers(1, 500)


@given(x=st.integers(0, 400), y=st.integers(0, 400), w=SIDE, h=SIDE, more=st.tuples(SIDE, SIDE))
def test_it_shows_the_box_with_its_margin_and_nothing_beyond_the_frame(
    x: int, y: int, w: int, h: int, more: tuple[int, int]
) -> None:
    frame_wh = x + w + more[0], y + h + more[1]
    left, top, pw, ph = plain_box((x, y, w, h), frame_wh)
    assert 0 <= left <= x
    assert 0 <= top <= y
    assert x + w <= left + pw <= frame_wh[0]
    assert y + h <= top + ph <= frame_wh[1]
    assert left in (0, x - MARGIN_PX)
    assert left + pw in (frame_wh[0], x + w + MARGIN_PX)
    assert top in (0, y - MARGIN_PX)
    assert top + ph in (frame_wh[1], y + h + MARGIN_PX)


def test_its_pixels_are_the_frames() -> None:
    smooth = np.add.outer(np.arange(300), np.arange(400)) * 255 // 700
    pixels = np.repeat(smooth.astype(np.uint8)[..., None], 3, axis=2)
    find = Find(box_xywh=(150, 100, 96, 96), score=0.9, q=9, windows=1, label=1)
    (jpeg,) = plain_pictures(pixels, [find])
    x, y, w, h = plain_box(find.box_xywh, (400, 300))
    shown = decode_bgr(jpeg, name="plain")
    assert shown.shape == (h, w, 3)
    assert np.abs(shown.astype(int) - pixels[y : y + h, x : x + w]).max() <= 2


def test_it_lies_beside_the_frames_own() -> None:
    assert plain_path(Path("images/run/000007.jpg"), 3) == Path("images/run/000007-3.jpg")
