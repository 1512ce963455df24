"""The picture of a find without anything drawn in: where it lies, what it shows."""

from pathlib import Path

import numpy as np
from edge_log_samples import CLOCK, FIND, START, frame
from hypothesis import given
from hypothesis import strategies as st

from edge.finds import Find
from edge.imagefile import decode_bgr
from edge.log import Entry, InspectionLog
from edge.log.disk_rule import DiskRule
from edge.log.pictures import frames_name, images_of, plain_name, tidy, write_pictures
from edge.plain import MARGIN_PX, plain_box, plain_pictures

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


def test_the_log_keeps_one_for_each_find_beside_the_frames_picture(tmp_path: Path) -> None:
    with InspectionLog.open(tmp_path, clock=CLOCK) as log:
        run_id = log.start_run(START)
        entry = Entry(frame=frame(7), finds=[FIND, FIND], overlay_jpeg=b"drawn", plain_jpegs=[b"first", b"second"])
        (path,) = log.log_frames(run_id, [entry])
    assert path is not None
    content = {one.name: one.read_bytes() for one in (tmp_path / path).parent.iterdir()}
    assert content == {"000007.jpg": b"drawn", "000007-0.jpg": b"first", "000007-1.jpg": b"second"}


@given(seq=st.integers(0, 10**7), n=st.integers(0, 500))
def test_a_picture_says_which_frame_it_belongs_to(seq: int, n: int) -> None:
    name = f"{seq:06d}.jpg"
    assert frames_name(plain_name(name, n)) == frames_name(name) == name


def test_pictures_of_finds_go_with_their_frames(tmp_path: Path) -> None:
    """To make room, and after a run that nobody ended."""
    with InspectionLog.open(tmp_path, clock=CLOCK, rule=DiskRule(max_pictures_mb=0.02)) as log:
        run_id = log.start_run(START)
        for seq in range(3):
            entry = Entry(frame=frame(seq), finds=[FIND], overlay_jpeg=b"o" * 6000, plain_jpegs=[b"p" * 3000])
            log.log_frames(run_id, [entry])
        images = images_of(tmp_path, run_id)
        left = {"000001.jpg", "000001-0.jpg", "000002.jpg", "000002-0.jpg"}
        assert {path.name for path in images.iterdir()} == left
        write_pictures(tmp_path, run_id, {9: (b"never", b"logged")})
        tidy(tmp_path, run_id, log._connection)
    assert {path.name for path in images.iterdir()} == left
