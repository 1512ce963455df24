"""The picture of a find without anything drawn in: where it lies, what it shows."""

from pathlib import Path

import cv2
import numpy as np
from edge_log_samples import CLOCK, FIND, START, frame
from hypothesis import given
from hypothesis import strategies as st

from edge.finds import Find, group_windows
from edge.imagefile import decode_bgr
from edge.log import Entry, InspectionLog
from edge.log.disk_rule import DiskRule
from edge.log.pictures import frames_name, images_of, plain_name, tidy, write_pictures
from edge.manifest import read_manifest
from edge.measure.measured import Course, Interval, Measured, OnWall, Widths
from edge.overlay import draw_finds
from edge.plain import MARGIN_PX, plain_box, plain_frame, plain_pictures
from edge.tiling import ScoreMap, window_origins

SIDE = st.integers(1, 500)
SPEC = read_manifest(Path(__file__).parent / "golden" / "tiny_bundle" / "manifest.json").classifier
LINE = np.column_stack([np.linspace(0, 900, 200), np.linspace(500, 20, 200)])
_MM = Interval(low=12345.67, value=12345.67, high=12345.67)
WIDE = Widths(median=_MM, p95=_MM, maximum=_MM)
# A crack that runs through the whole frame, with a width that takes many letters to write.
LONG = Measured(
    courses=(Course(points_px=LINE, widths_px=np.ones(200)),),
    length_px=1e3,
    orientation_deg=30.0,
    widths_px=Widths(median=2.0, p95=2.0, maximum=2.0),
    on_wall=OnWall(courses_mm=(LINE,), length_mm=WIDE.median, widths_mm=WIDE),
)


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


@given(hits=st.sets(st.tuples(st.integers(0, 5), st.integers(0, 11)), min_size=1, max_size=9), measured=st.booleans())
def test_laid_over_what_was_drawn_they_give_back_the_frame(hits: set[tuple[int, int]], measured: bool) -> None:
    q = np.full((6, 12), -128, np.int8)
    for row, column in hits:
        q[row, column] = 127
    ys, xs = (window_origins(64 + 32 * (n - 1), 64, 32) for n in q.shape)
    score_map = ScoreMap(q=q, xs=xs, ys=ys, spec=SPEC)
    w, h = score_map.frame_wh
    pixels = np.repeat(np.random.default_rng(len(hits)).integers(0, 256, (h, w, 1), np.uint8), 3, axis=2)
    finds = group_windows(score_map, 0.5)
    drawn = pixels.copy()
    draw_finds(drawn, score_map, finds, 0.5, [LONG if measured else None] * len(finds))
    assert (drawn != pixels).any()
    boxes = {n: plain_box(find.box_xywh, (w, h)) for n, find in enumerate(finds)}
    exact = {
        n: cv2.imencode(".png", pixels[y : y + ph, x : x + pw])[1].tobytes() for n, (x, y, pw, ph) in boxes.items()
    }
    named = [(n, find.box_xywh) for n, find in enumerate(finds)]
    assert (plain_frame(drawn, named, exact.get) == pixels).all()
    assert (plain_frame(drawn, named, lambda _: None) == drawn).all()
    assert (plain_frame(drawn, named, lambda _: b"damaged") == drawn).all()
